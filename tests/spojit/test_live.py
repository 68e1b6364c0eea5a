"""The running installation of browser tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.live import Live


def test_a_browser_sees_the_sign_in_page(live: Live, page: Page) -> None:
    answer = page.goto(f"{live.url}/accounts/login/")
    assert answer is not None
    assert answer.status == 200


def test_a_killed_worker_is_started_again(live: Live) -> None:
    live.kill("worker")
    live.start("worker")
