"""Every page, full, empty and awkward: no serious fault, no sideways scrolling, nothing logged.

`make soak` opens all of them; `make test` every other one, for a browser takes half of its time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser import looking, table, world as worlds
from tests.proofs.sizes import IS_FULL, LEFT_TO_SOAK, only_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tests.browser.steps import Visitor
    from tests.browser.world import World

pytestmark = pytest.mark.soak


def test_no_page_is_missing_from_the_table() -> None:
    found = set(table.names())
    assert found - table.known() == set(), "add these to tests/browser/table.py"
    assert table.known() - found == set(), "these are gone: take them out"


@only_whole
def test_pages_for_visitors_have_no_fault(visitor: Visitor) -> None:
    assert_no_fault(visitor, table.of_visitors(worlds.make()))


@only_whole
def test_pages_of_an_empty_workspace_have_no_fault(visitor: Visitor) -> None:
    world = worlds.make()
    visitor.enter(world.alice)
    assert_no_fault(visitor, table.of_quiet(world))


@pytest.mark.parametrize(
    "pages",
    [
        table.of_northwind,
        table.of_a_connection,
        table.of_a_webhook,
        pytest.param(table.of_waiting_webhooks, marks=LEFT_TO_SOAK),
    ],
)
def test_pages_of_a_full_workspace_have_no_fault(
    visitor: Visitor, pages: Callable[[World], Iterator[str]]
) -> None:
    world = worlds.make()
    visitor.enter(world.alice)
    assert_no_fault(visitor, pages(world))


@only_whole
def test_a_list_of_a_thousand_has_no_fault(visitor: Visitor) -> None:
    world = worlds.make()
    worlds.add_many(world.quiet)
    visitor.enter(world.alice)
    assert_no_fault(visitor, ["/w/quiet/connections/"])
    expect(visitor.page.locator("#table tbody tr").first).to_contain_text("Error")
    visitor.page.locator("[data-search]").fill("service 0777")
    expect(visitor.page.locator("#table tbody tr")).to_have_count(1)


def assert_no_fault(visitor: Visitor, paths: Iterable[str]) -> None:
    """Open the pages, and fail with the faults of all of them."""
    found = []
    for path in list(paths)[:: 1 if IS_FULL else 2]:
        visitor.go(path)
        looking.settle(visitor.page)
        with visitor.unheard():
            found += [f"{path} {fault}" for fault in looking.faults(visitor.page)]
    assert found == [], "\n".join(found)
