"""What browser tests share: pages that may not complain, and a service that knows one key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.browser.steps import Service, Visitor
    from tests.live import Live


@pytest.fixture
def visitor(browser: Browser, live: Live) -> Iterator[Visitor]:
    """Somebody at a browser who has not signed in; no page may log an error."""
    from tests.browser.steps import Visitor  # noqa: PLC0415 - Django is set up by now

    came = Visitor.come(browser, live)
    yield came
    came.leave()


@pytest.fixture
def second(browser: Browser, live: Live) -> Iterator[Visitor]:
    """Somebody else, at another browser."""
    from tests.browser.steps import Visitor  # noqa: PLC0415 - Django is set up by now

    came = Visitor.come(browser, live)
    yield came
    came.leave()


@pytest.fixture
def without_script(browser: Browser, live: Live) -> Iterator[Visitor]:
    """Somebody whose browser runs no JavaScript."""
    from tests.browser.steps import Visitor  # noqa: PLC0415 - Django is set up by now

    came = Visitor.come(browser, live, java_script_enabled=False)
    yield came
    came.leave()


@pytest.fixture
def crm(live: Live) -> Iterator[Service]:
    """A service on loopback that workers may call, and that lets the keys in `keys` in."""
    from tests.browser.steps import service  # noqa: PLC0415 - Django is set up by now

    with service(live.service_ports[0]) as running:
        yield running
