"""Settings, handing over, removing: who may, what it says, what changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connections.calls import Use
from tests import factories
from tests.connections import steps
from workspaces.models import AuditEvent

if TYPE_CHECKING:
    from collections.abc import Callable

    from connections.models import Connection
    from connections.usage import Reference
    from tests.factories import Cast

    Reach = Callable[..., None]

USE = Use("person", name="Bob")


def acts(cast: Cast, connection: Connection) -> list[str]:
    with factories.scope(cast.workspace):
        rows = AuditEvent.objects.filter(subject_id=connection.pk).order_by("at", "id")
        return list(rows.values_list("act", flat=True))


def test_renaming_keeps_the_id_and_says_so(cast: Cast, connection: Connection) -> None:
    address = steps.url(connection, "settings")
    answer = steps.post(cast.bob, address, {"form": "name", "name": "  Shop   - Live "})
    assert answer["Location"] == address
    assert steps.fresh(connection).name == "Shop - Live"
    assert acts(cast, connection)[-1] == "connection.renamed"


def test_renaming_from_the_head_leads_back(cast: Cast, connection: Connection) -> None:
    referer = f"http://testserver{steps.url(connection, 'usage')}"
    data = {"form": "name", "name": "Another"}
    answer = steps.post(cast.bob, steps.url(connection, "settings"), data, Referer=referer)
    assert answer["Location"] == steps.url(connection, "usage")


@pytest.mark.parametrize("name", ["", "TAKEN", "x" * 121, "bell\x07"])
def test_a_name_that_will_not_do_changes_nothing(
    cast: Cast, connection: Connection, name: str
) -> None:
    factories.make_connection(cast.workspace, name="Taken", actor=cast.alice)
    data = {"form": "name", "name": name}
    answer = steps.post(cast.bob, steps.url(connection, "settings"), data)
    assert answer.status_code == 422
    assert answer.context["name_form"].errors["name"]
    assert steps.fresh(connection).name == "Shop"


def test_a_used_one_becomes_private_only_when_confirmed(
    cast: Cast, connection: Connection, used: list[Reference]
) -> None:
    address = steps.url(connection, "settings")
    assert "Orders to books" in steps.get(cast.bob, address)[1]
    answer = steps.post(cast.bob, address, {"form": "sharing", "is_private": "True"})
    assert answer.status_code == 422
    assert not steps.fresh(connection).is_private
    data = {"form": "sharing", "is_private": "True", "confirm": "on"}
    assert steps.post(cast.bob, address, data).status_code == 302
    assert steps.fresh(connection).is_private
    assert acts(cast, connection)[-1] == "connection.made_private"
    data = {"form": "sharing", "is_private": "False"}
    assert steps.post(cast.bob, address, data).status_code == 302
    assert not steps.fresh(connection).is_private
    assert acts(cast, connection)[-1] == "connection.shared"


def test_an_unused_one_becomes_private_at_once_and_twice_is_once(
    cast: Cast, connection: Connection
) -> None:
    data = {"form": "sharing", "is_private": "True"}
    for _ in range(2):
        assert steps.post(cast.bob, steps.url(connection, "settings"), data).status_code == 302
    assert acts(cast, connection).count("connection.made_private") == 1
    nonsense = {"form": "sharing", "is_private": "maybe"}
    assert steps.post(cast.bob, steps.url(connection, "settings"), nonsense).status_code == 422


def test_a_form_without_a_name_changes_nothing(cast: Cast, connection: Connection) -> None:
    assert steps.post(cast.bob, steps.url(connection, "settings")).status_code == 422


def test_the_owner_hands_over_to_a_member_and_loses_the_right(
    cast: Cast, connection: Connection
) -> None:
    address = steps.url(connection, "hand_over")
    page = steps.get(cast.bob, address)[1]
    assert "You can no longer edit" in page
    assert "Vera" not in page
    data = {"owner": str(cast.alice.pk)}
    answer = steps.post(cast.bob, address, data)
    assert answer["Location"] == steps.url(connection)
    assert steps.fresh(connection).owner_id == cast.alice.pk
    assert steps.post(cast.bob, address, data).status_code == 403


def test_a_private_one_that_is_handed_over_is_out_of_sight(
    cast: Cast, connection: Connection
) -> None:
    steps.post(
        cast.bob, steps.url(connection, "settings"), {"form": "sharing", "is_private": "True"}
    )
    address = steps.url(connection, "hand_over")
    assert "You can no longer see it." in steps.get(cast.bob, address)[1]
    answer = steps.post(cast.bob, address, {"owner": str(cast.adam.pk)})
    assert answer["Location"] == steps.workspace_url(cast.workspace, "connections:list")


@pytest.mark.parametrize("person", ["vera", "mallory", "bob"])
def test_only_a_member_who_may_own_it_is_offered(
    cast: Cast, connection: Connection, person: str
) -> None:
    data = {"owner": str(getattr(cast, person).pk)}
    answer = steps.post(cast.adam, steps.url(connection, "hand_over"), data)
    assert answer.status_code == 422
    assert steps.fresh(connection).owner_id == cast.bob.pk


def test_an_heir_who_left_meanwhile_is_refused(
    cast: Cast, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    from connections import lifecycle  # noqa: PLC0415

    def refuse(*_: Any, **__: Any) -> None:
        raise lifecycle.NotAMember

    monkeypatch.setattr(lifecycle, "hand_over", refuse)
    data = {"owner": str(cast.alice.pk)}
    answer = steps.post(cast.bob, steps.url(connection, "hand_over"), data)
    assert answer.status_code == 422
    assert "not a member" in answer.content.decode()


def test_removing_an_unused_one_destroys_its_credentials(
    cast: Cast, connection: Connection
) -> None:
    address = steps.url(connection, "remove")
    page = steps.get(cast.bob, address)[1]
    assert "to confirm" not in page
    answer = steps.post(cast.bob, address)
    assert answer["Location"] == steps.workspace_url(cast.workspace, "connections:list")
    gone = steps.fresh(connection)
    assert (gone.removed_by_name, gone.account_name) == ("Bob", "")
    assert steps.states(connection) == [(1, "destroyed")]


def test_removing_a_used_one_names_what_breaks_and_wants_the_name(
    cast: Cast, connection: Connection, used: list[Reference]
) -> None:
    address = steps.url(connection, "remove")
    page = steps.get(cast.bob, address)[1]
    assert "Orders to books" in page
    assert "2 workflows use it, 1 of them enabled." in page
    for typed in ("", "shop", "Shop!"):
        answer = steps.post(cast.bob, address, {"name": typed})
        assert answer.status_code == 422
        assert "This is not its name." in answer.content.decode()
    assert steps.fresh(connection).removed_at is None
    assert steps.post(cast.bob, address, {"name": " Shop "}).status_code == 302
    assert steps.fresh(connection).removed_at is not None


@pytest.mark.parametrize(("person", "expected"), [("vera", 403), ("mallory", 404), ("adam", 302)])
def test_removal_is_for_the_owner_and_admins(
    cast: Cast, connection: Connection, person: str, expected: int
) -> None:
    answer = steps.post(getattr(cast, person), steps.url(connection, "remove"))
    assert answer.status_code == expected
    assert (steps.fresh(connection).removed_at is None) is (expected != 302)
