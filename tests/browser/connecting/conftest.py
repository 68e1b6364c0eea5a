"""An installation of its own for these tests: it knows the test service and its certificates."""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from spojit.embedded.state import is_free
from tests import live as lives, servers
from tests.database import VAR_DIR
from tests.servers import catalogue, oidc
from tests.servers.plain_client import App

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.browser.steps import Visitor
    from tests.live import Live
    from tests.servers import Authority
    from tests.servers.oidc import AuthorizationServer


@pytest.fixture(scope="package")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who signs the service's certificate."""
    return servers.Authority(tmp_path_factory.mktemp("browser-authority"))


@pytest.fixture(scope="package")
def live_processes(django_db_setup: None, authority: Authority) -> Iterator[Live]:
    """Web and worker with the test connector, while those of other tests rest."""
    lives.rest()
    folder = VAR_DIR / f"live oidc {os.getpid()}"
    (folder / "mail").mkdir(parents=True)
    live = lives.Live(
        folder, *islice(filter(is_free, range(32_100 + os.getpid() % 500, 32_700)), 2)
    )
    with ExitStack() as until_the_end:
        until_the_end.callback(shutil.rmtree, folder)
        until_the_end.callback(live.stop)
        until_the_end.enter_context(catalogue.with_connectors(catalogue.OIDC))
        changed = until_the_end.enter_context(pytest.MonkeyPatch.context())
        changed.setenv("OUTBOUND_CA_BUNDLE", str(authority.bundle))
        lives._lives.append(live)
        yield live


@pytest.fixture(scope="package")
def _running(live_processes: Live, authority: Authority) -> Iterator[AuthorizationServer]:
    app = replace(App(), redirect_uris=(f"{live_processes.url}/oauth/callback",))
    with oidc.running(authority, app, port=live_processes.service_ports[0]) as service:
        yield service


@pytest.fixture
def service(_running: AuthorizationServer, live: Live) -> AuthorizationServer:
    """The authorization server as it was at its start, its app entered for everybody."""
    from connections.oauth import apps  # noqa: PLC0415 - Django is set up by now

    _running.reset()
    _running.change(**oidc.SETTINGS)
    apps.set_for_installation(
        connector_key="oidc",
        scheme="oauth2",
        client_id=_running.app.id,
        client_secret=_running.app.secret,
        staff_name="Staff",
    )
    return _running


@pytest.fixture
def visitor(browser: Browser, service: AuthorizationServer, live: Live) -> Iterator[Visitor]:
    """Somebody at a browser that trusts the service's certificate."""
    yield from _come(browser, live)


@pytest.fixture
def second(browser: Browser, service: AuthorizationServer, live: Live) -> Iterator[Visitor]:
    """Another browser."""
    yield from _come(browser, live)


@pytest.fixture
def without_script(browser: Browser, service: AuthorizationServer, live: Live) -> Iterator[Visitor]:
    """Somebody whose browser runs no JavaScript."""
    yield from _come(browser, live, java_script_enabled=False)


def _come(browser: Browser, live: Live, **options: bool) -> Iterator[Visitor]:
    from tests.browser.steps import Visitor  # noqa: PLC0415 - Django is set up by now

    came = Visitor.come(browser, live, ignore_https_errors=True, **options)
    yield came
    came.leave()
