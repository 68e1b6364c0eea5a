"""The page of all connections: search, filters, counts, sorting, paging, privacy, few queries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from connections.models import Connection
from spojit.lib.ids import new_id
from tests import factories
from tests.connections import steps

if TYPE_CHECKING:
    from django.test import Client

    from tests.factories import Cast
    from workspaces.models import Workspace

SCOPES = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")


def listed(client: Client, workspace: Workspace, query: str = "", **headers: str) -> Any:
    address = steps.workspace_url(workspace, "connections:list")
    return client.get(f"{address}{query}", headers=headers)


def names(answer: Any) -> list[str]:
    return [row["name"] for row in answer.context["rows"]]


def make(cast: Cast, name: str, **more: Any) -> Connection:
    return factories.make_connection(cast.workspace, name=name, actor=cast.alice, **more)


def make_many(workspace: Workspace, number: int, **more: Any) -> None:
    owner = factories.owner_of(workspace)
    factories.make_connector("http")
    rows = [
        Connection(
            id=new_id(),
            workspace=workspace,
            connector_id="http",
            scheme="none",
            name=f"Copy {place:05}",
            stable_key=f"copy_{place}",
            owner=owner,
            status="active",
            **more,
        )
        for place in range(number)
    ]
    with factories.scope(workspace):
        Connection.objects.bulk_create(rows)


def test_an_empty_workspace_says_what_a_connection_is(cast: Cast) -> None:
    factories.make_connector("github")
    answer = listed(factories.signed_in(cast.bob), cast.workspace)
    assert answer.status_code == 200
    assert not answer.context["has_any"]
    assert [card.key for card in answer.context["popular"]] == ["github"]
    assert "Connect the first service" in answer.content.decode()


def test_a_viewer_is_not_asked_to_connect_anything(cast: Cast) -> None:
    factories.make_connector("github")
    page = listed(factories.signed_in(cast.vera), cast.workspace).content.decode()
    assert "Add connection" not in page
    assert "Browse all connectors" not in page


def test_broken_ones_come_first_and_offer_their_remedy(cast: Cast) -> None:
    make(cast, "A works", status="active")
    broken = make(cast, "Z broken", status="error", reason="credentials_refused")
    make(cast, "B waits", status="pending")
    make(cast, "C again", status="reauthorize", reason="credentials_refused")
    answer = listed(factories.signed_in(cast.alice), cast.workspace)
    assert names(answer) == ["Z broken", "C again", "B waits", "A works"]
    rows = answer.context["rows"]
    assert rows[0]["remedy"].url == steps.url(broken, "credential")
    assert rows[0]["status"].reason == "The service refused the credentials."
    assert rows[3]["remedy"] is None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?q=ONE", ["One"]),
        ("?q=octo", ["Two"]),
        ("?q=github", ["Two"]),
        ("?q=100%25", []),
        ("?q=_", []),
        ("?status=error", ["One"]),
        ("?connector=github", ["Two"]),
        ("?status=error&connector=github", []),
        ("?status=nonsense&connector=nonsense&owner=nonsense", ["One", "Two"]),
        ("?sort=-name", ["Two", "One"]),
        ("?sort=name", ["One", "Two"]),
        ("?sort=account", ["Two", "One"]),
        ("?sort=owner", ["One", "Two"]),
        ("?sort=checked", ["One", "Two"]),
        ("?sort=connector", ["Two", "One"]),
        ("?sort=environment", ["One", "Two"]),
        ("?sort=used_by", ["One", "Two"]),
        ("?sort=nonsense", ["One", "Two"]),
        ("?page=99", ["One", "Two"]),
    ],
)
def test_search_filters_and_sorting_stand_in_the_address(
    cast: Cast, query: str, expected: list[str]
) -> None:
    make(cast, "One", status="error", reason="tls")
    make(cast, "Two", connector_key="github", status="active", account_name="octocat")
    answer = listed(factories.signed_in(cast.vera), cast.workspace, query)
    assert answer.status_code == 200
    assert names(answer) == expected


def test_one_owner_can_be_chosen(cast: Cast) -> None:
    make(cast, "Hers")
    factories.make_connection(cast.workspace, name="His", actor=cast.bob)
    answer = listed(factories.signed_in(cast.vera), cast.workspace, f"?owner={cast.bob.pk}")
    assert names(answer) == ["His"]
    chosen = [
        choice["label"] for choice in answer.context["owner_choices"] if choice["is_selected"]
    ]
    assert chosen == ["Bob"]


def test_chips_count_under_the_other_filters(cast: Cast) -> None:
    make(cast, "One", status="error")
    make(cast, "Two", status="active")
    make(cast, "Three", connector_key="github", status="active")
    answer = listed(factories.signed_in(cast.vera), cast.workspace, "?connector=http")
    counted = [(chip["label"], chip["count"]) for chip in answer.context["chips"]]
    assert counted == [("All", 2), ("Error", 1), ("Active", 1)]


def test_htmx_gets_the_table_alone(cast: Cast) -> None:
    make(cast, "One", status="active", verification_due_at=None)
    client = factories.signed_in(cast.vera)
    page = listed(client, cast.workspace, "", **steps.htmx("table")).content.decode()
    assert page.lstrip().startswith('<div id="table"')
    assert "hx-get" not in page


def test_the_table_asks_again_while_something_is_being_verified(cast: Cast) -> None:
    make(cast, "One")
    answer = listed(factories.signed_in(cast.vera), cast.workspace, "?sort=name")
    assert answer.context["refresh_url"].endswith("/connections/?sort=name")


def test_a_private_connection_shows_whose_it_is_and_nothing_more(cast: Cast) -> None:
    make(cast, "Secret project", is_private=True, status="active", account_name="hidden-account")
    answer = listed(factories.signed_in(cast.bob), cast.workspace)
    assert names(answer) == ["a private connection of Alice"]
    assert "Secret project" not in answer.content.decode()
    assert "hidden-account" not in answer.content.decode()
    assert answer.context["rows"][0]["url"] == ""
    assert names(listed(factories.signed_in(cast.adam), cast.workspace)) == ["Secret project"]


@pytest.mark.parametrize("query", ["?q=secret", "?q=hidden", "?q=http"])
def test_no_search_tells_of_a_private_connection(cast: Cast, query: str) -> None:
    make(cast, "Secret project", is_private=True, account_name="hidden-account")
    assert names(listed(factories.signed_in(cast.bob), cast.workspace, query)) == []
    assert names(listed(factories.signed_in(cast.alice), cast.workspace, query)) == [
        "Secret project"
    ]


def test_the_name_of_a_private_connection_does_not_order_its_row(cast: Cast) -> None:
    for name in ("B open", "D open"):
        make(cast, name, status="active")
    make(cast, "C private", is_private=True, status="active")
    answer = listed(factories.signed_in(cast.bob), cast.workspace, "?sort=name")
    assert names(answer) == ["B open", "D open", "a private connection of Alice"]
    assert names(listed(factories.signed_in(cast.adam), cast.workspace, "?sort=name")) == [
        "B open",
        "C private",
        "D open",
    ]


def test_removed_ones_and_those_next_door_are_not_there(cast: Cast) -> None:
    factories.make_connection(cast.next_door, name="Next door")
    gone = make(cast, "Gone")
    with factories.scope(cast.workspace):
        from connections import lifecycle  # noqa: PLC0415

        lifecycle.remove(gone, actor=cast.alice)
    answer = listed(factories.signed_in(cast.alice), cast.workspace)
    assert answer.context["rows"] == []
    assert not answer.context["has_any"]


def test_pages_hold_fifty_rows(cast: Cast) -> None:
    make_many(cast.workspace, 60)
    client = factories.signed_in(cast.vera)
    first, second = listed(client, cast.workspace), listed(client, cast.workspace, "?page=2&q=copy")
    assert (len(names(first)), len(names(second))) == (50, 10)
    assert first.context["page"].paginator.count == 60


def test_the_number_of_queries_is_small_and_does_not_grow(cast: Cast) -> None:
    make_many(cast.workspace, 1)
    few = count_queries(cast)
    factories.make_connection(cast.workspace, name="Another", actor=cast.bob)
    with factories.scope(cast.workspace):
        Connection.objects.filter(name="Copy 00000").delete()
    make_many(cast.workspace, 200, account_name="somebody", environment="test")
    assert count_queries(cast) == few
    assert few <= 12


def count_queries(cast: Cast) -> int:
    client = factories.signed_in(cast.bob)
    listed(client, cast.workspace)
    with CaptureQueriesContext(database) as captured:
        assert listed(client, cast.workspace).status_code == 200
    asked = [query["sql"] for query in captured.captured_queries]
    return len([sql for sql in asked if not sql.startswith(SCOPES)])


def test_who_lives_next_door_finds_nothing(cast: Cast) -> None:
    assert listed(factories.signed_in(cast.mallory), cast.workspace).status_code == 404
