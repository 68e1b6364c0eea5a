"""The catalogue's pages: search, categories, and a connector with its tools."""

from __future__ import annotations

from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from connections.forms.arguments import ToolForm
from connectors import registry
from connectors.models import Connector
from tests import factories
from tests.connections import steps
from tests.connectors.pages import page, tool_url

if TYPE_CHECKING:
    from connections.models import Connection
    from tests.factories import Cast


def catalogue(cast: Cast, query: str = "", **headers: str) -> Any:
    address = steps.workspace_url(cast.workspace, "connectors:catalogue")
    return factories.signed_in(cast.vera).get(f"{address}{query}", headers=headers)


def keys(answer: Any) -> list[str]:
    groups = answer.context["groups"]
    return [card.key for group in groups for card in group.connectors]


# -- the catalogue ------------------------------------------------------------------------------


def test_the_catalogue_groups_by_category_and_counts_connections(
    cast: Cast, connection: Connection
) -> None:
    answer = catalogue(cast)
    assert answer.status_code == 200
    assert keys(answer) == ["postgresql", "github", "http", "text"]
    assert "1 connected" in answer.content.decode()
    labels = [(row["label"], row["count"]) for row in answer.context["categories"]]
    assert labels == [("All", 4), ("Data", 1), ("Development", 1), ("Utilities", 2)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?q=GITHUB", ["github"]),
        ("?q=pull+requests", ["github"]),
        ("?q=webhook", ["github"]),
        ("?q=nonsense", []),
        ("?category=Utilities", ["http", "text"]),
        ("?category=Utilities&q=api", ["http"]),
        ("?category=nonsense", []),
    ],
)
def test_search_and_category_stand_in_the_address(
    cast: Cast, query: str, expected: list[str]
) -> None:
    assert keys(catalogue(cast, query)) == expected


def test_typing_swaps_the_cards_alone(cast: Cast) -> None:
    text = catalogue(cast, "?q=git", **steps.htmx("cards")).content.decode()
    assert text.lstrip().startswith('<div id="cards"')


def test_enter_opens_the_first(cast: Cast) -> None:
    assert catalogue(cast, "?q=git&open=first")["Location"] == page(cast, "detail", "github")
    assert catalogue(cast, "?q=nonsense&open=first").status_code == 200


def test_what_staff_hid_is_shown_only_where_it_is_connected(
    cast: Cast, connection: Connection
) -> None:
    Connector.objects.filter(key__in=["http", "github"]).update(is_hidden=True)
    assert keys(catalogue(cast)) == ["postgresql", "http", "text"]
    text = steps.get(cast.bob, page(cast, "detail"))[1]
    assert "This connector takes no new connections." in text
    assert "Add connection" not in text


def test_what_staff_disabled_says_why(cast: Cast) -> None:
    rows = Connector.objects.filter(key="github")
    rows.update(is_disabled=True, disabled_reason="Their API is gone.")
    assert "Their API is gone." in steps.get(cast.bob, page(cast, "detail", "github"))[1]


def test_what_is_not_in_the_catalogue_any_more_says_so(cast: Cast) -> None:
    Connector.objects.filter(key="github").update(is_present=False)
    assert "github" not in keys(catalogue(cast))
    assert "not available here" in steps.get(cast.bob, page(cast, "detail", "github"))[1]


def test_the_catalogue_asks_few_questions(cast: Cast) -> None:
    client = factories.signed_in(cast.vera)
    address = steps.workspace_url(cast.workspace, "connectors:catalogue")
    client.get(address)
    with CaptureQueriesContext(database) as captured:
        assert client.get(address).status_code == 200
    asked = [query["sql"] for query in captured.captured_queries]
    assert len([sql for sql in asked if not sql.startswith(("SAVEPOINT", "RELEASE"))]) <= 12


# -- a connector --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["detail", "connections", "about"])
def test_every_connector_has_its_pages(cast: Cast, name: str) -> None:
    client = factories.signed_in(cast.vera)
    for key in sorted(registry.paths()):
        factories.make_connector(key)
        assert client.get(page(cast, name, key)).status_code == 200, key


def test_every_tool_has_a_form() -> None:
    for key in sorted(registry.paths()):
        connector = registry.get(key)
        for tool in connector.tools:
            form = ToolForm(connector=connector, tool=tool, connections=[])
            names = {name for name in form.fields if name.startswith("argument-")}
            assert names == {f"argument-{name}" for name in tool.properties}, (key, tool.key)


def test_every_connector_has_a_page_for_its_last_tool(cast: Cast) -> None:
    client = factories.signed_in(cast.alice)
    for key in sorted(registry.paths()):
        factories.make_connector(key)
        tool = registry.get(key).tools[-1].key if registry.get(key).tools else ""
        assert not tool or client.get(tool_url(cast, tool, key)).status_code == 200, key


def test_about_says_what_to_prepare_and_what_is_called(cast: Cast) -> None:
    text = unescape(steps.get(cast.vera, page(cast, "about", "github"))[1])
    assert "GET https://api.github.com/user" in text
    assert "machine user" in text
    assert "Where to find it" in text


def test_the_connections_of_a_connector_keep_private_ones_private(
    cast: Cast, connection: Connection
) -> None:
    factories.make_connection(cast.workspace, name="Hers", actor=cast.alice, is_private=True)
    text = steps.get(cast.bob, page(cast, "connections"))[1]
    assert "Shop" in text
    assert "Hers" not in text
    assert "a private connection of Alice" in text


@pytest.mark.parametrize("name", ["detail", "connections", "about"])
def test_what_does_not_exist_is_not_found(cast: Cast, name: str) -> None:
    assert steps.get(cast.vera, page(cast, name, "nonsense"))[0] == 404
    assert steps.get(cast.vera, tool_url(cast, "nonsense"))[0] == 404
    assert steps.get(cast.mallory, page(cast, name))[0] == 404
