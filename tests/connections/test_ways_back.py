"""Small things of the pages: where a rename leads back to, and what a removal says to break."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import factories
from tests.connections import steps

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.factories import Cast
    from tests.servers import Authority


def test_a_better_name_is_taken_on_the_page_that_offers_it(
    cast: Cast, authority: Authority, reach: Callable[..., None]
) -> None:
    with steps.github(authority) as server:
        reach(server.port)
        connection = steps.connect_github(cast.workspace, server, name="GitHub", actor=cast.bob)
        page = steps.get(cast.bob, steps.url(connection, "added"))[1]
    assert "Call it “GitHub - octocat”" in page
    assert '<input type="hidden" name="back" value="added">' in page
    data = {"form": "name", "name": "GitHub - octocat", "back": "added"}
    answer = steps.post(cast.bob, steps.url(connection, "settings"), data)
    assert answer["Location"] == steps.url(connection, "added")
    assert steps.fresh(connection).name == "GitHub - octocat"


@pytest.mark.parametrize("back", ["", "remove", "https://evil.example/"])
def test_a_form_leads_to_no_other_page(cast: Cast, back: str) -> None:
    connection = factories.make_connection(cast.workspace, actor=cast.bob)
    data = {"form": "name", "name": "Shop", "back": back}
    answer = steps.post(cast.bob, steps.url(connection, "settings"), data)
    assert answer["Location"] == steps.url(connection, "settings")


def test_removing_what_nothing_uses_warns_of_nothing(cast: Cast) -> None:
    connection = factories.make_connection(cast.workspace, actor=cast.bob)
    status, page = steps.get(cast.bob, steps.url(connection, "remove"))
    assert status == 200
    assert 'class="breaks"' not in page
    assert "Remove connection" in page
