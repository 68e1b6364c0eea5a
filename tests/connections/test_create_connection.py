"""The command that creates a connection: whose it is, and which variables it reads."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command

from connections import credentials, lifecycle
from connections.lifecycle import NameTaken, NotAMember
from connections.models import Connection
from tests import factories
from tests.connections import steps
from workspaces.audit import Actor

if TYPE_CHECKING:
    from tests.factories import Cast
    from tests.servers import Server


@pytest.fixture(autouse=True)
def variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set what a shell may have set: the fields, and others that begin the same."""
    monkeypatch.setenv("SPOJIT_BASE_URL", "https://api.example.com")
    monkeypatch.setenv("SPOJIT_COLOUR", "red")


def create(cast: Cast, *more: str) -> str:
    factories.make_connector("http")
    said = io.StringIO()
    given = ["--workspace", cast.workspace.slug, "--connector", "http", "--scheme", "none"]
    call_command("create_connection", *given, "--name", "Shop", *more, stdout=said)
    return said.getvalue().strip()


def count(cast: Cast) -> int:
    with factories.scope(cast.workspace):
        return Connection.objects.count()


def test_only_the_fields_of_the_scheme_are_read(cast: Cast) -> None:
    created = create(cast, "--owner", cast.bob.email, "--private")
    with factories.scope(cast.workspace):
        row = Connection.objects.get(pk=created)
        current = credentials.current(row)
    assert (row.owner, row.is_private) == (cast.bob, True)
    assert current is not None
    assert current.shown["base_url"] == "https://api.example.com"


def test_without_an_owner_it_belongs_to_nobody(cast: Cast) -> None:
    create(cast)
    with factories.scope(cast.workspace):
        assert Connection.objects.get().owner is None


def test_what_is_private_to_nobody_is_refused(cast: Cast) -> None:
    with pytest.raises(CommandError, match="--private needs --owner"):
        create(cast, "--private")
    assert count(cast) == 0


def test_who_is_no_member_owns_nothing(cast: Cast) -> None:
    with pytest.raises(CommandError, match="This person is not a member of the workspace"):
        create(cast, "--owner", cast.mallory.email)
    assert count(cast) == 0


@pytest.mark.parametrize("is_user", [True, False])
def test_no_other_way_makes_a_stranger_the_owner(cast: Cast, is_user: bool) -> None:
    factories.make_connector("http")
    actor = cast.mallory if is_user else Actor(id=cast.mallory.pk, name="Mallory")
    with pytest.raises(NotAMember):
        lifecycle.create(
            cast.workspace,
            connector_key="http",
            scheme="none",
            name="Shop",
            values={"base_url": "https://api.example.com"},
            actor=actor,
        )
    assert count(cast) == 0


@pytest.mark.parametrize("given", ["nonsense", "[]"])
def test_what_is_no_object_is_refused(
    cast: Cast, given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(given))
    said = "Standard input is not a JSON object of field names to values."
    with pytest.raises(CommandError, match=re.escape(said)):
        create(cast, "--stdin")


def test_values_come_from_standard_input_too(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO('{"base_url": "https://other.example.com"}'))
    row: Any = create(cast, "--stdin")
    with factories.scope(cast.workspace):
        current = credentials.current(Connection.objects.get(pk=row))
    assert current is not None
    assert current.shown["base_url"] == "https://other.example.com"


def test_where_there_is_no_such_workspace_or_person_nothing_is_made(cast: Cast) -> None:
    with pytest.raises(CommandError, match="There is no workspace 'nowhere'"):
        create(cast, "--workspace", "nowhere")
    with pytest.raises(CommandError, match="Nobody here has the address"):
        create(cast, "--owner", "ghost@example.com")
    assert count(cast) == 0


def test_each_wrong_value_is_told_with_its_field(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOJIT_BASE_URL", "https://u:p@shop.example.com")
    with pytest.raises(CommandError, match=r"^base_url: "):
        create(cast)
    assert count(cast) == 0


def test_a_refusal_comes_with_its_remedy(cast: Cast) -> None:
    create(cast)
    with pytest.raises(CommandError, match=re.escape(f"{NameTaken.message} {NameTaken.hint}")):
        create(cast)
    assert count(cast) == 1


def test_it_is_verified_here_when_asked(cast: Cast, server: Server) -> None:
    factories.make_connector("http")
    given = ["--workspace", cast.workspace.slug, "--connector", "http", "--name", "Shop"]
    said, told = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as variables:
        variables.setenv("SHOP_BASE_URL", server.url)
        variables.setenv("SHOP_API_KEY", steps.KEY)
        call_command(
            "create_connection", *given, "--prefix", "SHOP_", "--verify", stdout=said, stderr=told
        )
    assert told.getvalue().startswith("active: ")
    assert steps.KEY not in said.getvalue() + told.getvalue()
    with factories.scope(cast.workspace):
        assert Connection.objects.get(pk=said.getvalue().strip()).status == "active"
