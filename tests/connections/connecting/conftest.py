"""A real authorization server for these tests, and a workspace that has an app there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.servers import catalogue, oidc
from tests.servers.plain_client import App

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.test import Client

    from connections.models import Connection
    from tests.factories import Cast
    from tests.servers import Authority
    from tests.servers.oidc import AuthorizationServer


@pytest.fixture(scope="session")
def _running(authority: Authority) -> Iterator[AuthorizationServer]:
    from connections.oauth import apps  # noqa: PLC0415 - Django is set up by now

    app = replace(App(), redirect_uris=(apps.redirect_url(),))
    with oidc.running(authority, app) as service:
        yield service


@pytest.fixture
def service(
    _running: AuthorizationServer, reach: Callable[..., None]
) -> Iterator[AuthorizationServer]:
    """One server for all, as it was at its start."""
    _running.reset()
    _running.change(**oidc.SETTINGS)
    reach(_running.port)
    with catalogue.with_connectors(catalogue.OIDC):
        yield _running


@pytest.fixture
def unauthorized(cast: Cast, service: AuthorizationServer) -> Connection:
    """Give Bob a Pending connection, and the workspace an app."""
    from tests.connections.connecting import journey  # noqa: PLC0415

    journey.set_app(cast.workspace, service)
    return journey.pending(cast.workspace, service, actor=cast.bob)


@pytest.fixture
def bobs(cast: Cast, service: AuthorizationServer) -> Client:
    """Bob's bobs, in a workspace that has an app."""
    from tests import factories  # noqa: PLC0415
    from tests.connections.connecting import journey  # noqa: PLC0415

    journey.set_app(cast.workspace, service)
    return factories.signed_in(cast.bob)


@pytest.fixture
def connected(cast: Cast, bobs: Client, service: AuthorizationServer) -> Connection:
    """Bob's Active connection."""
    from tests.connections import steps  # noqa: PLC0415
    from tests.connections.connecting import journey, pages  # noqa: PLC0415

    pages.bring(service, bobs, pages.way_out(bobs.post(pages.add_url(cast), pages.filled(service))))
    journey.work(pages.only_attempt(cast))
    return steps.fresh(pages.connection_of(cast))
