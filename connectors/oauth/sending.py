"""The one way of this package to the network: bounded, unredirected, and never raising."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors import ports
from connectors.oauth import answering
from spojit.lib import outbound
from spojit.lib.errors import SpojitError

if TYPE_CHECKING:
    from collections.abc import Callable

    from connectors.manifest import Connector
    from connectors.oauth.types import Answered

TOTAL_SECONDS = 15


def send(
    connector: Connector, make: Callable[[], outbound.Request], policy: outbound.Policy | None
) -> outbound.Answer | Answered:
    """Make a request and send it; what kept it from an answer comes back by its name."""
    try:
        return outbound.send(make(), policy=_bounded(connector, policy))
    except SpojitError as error:
        return answering.failed(error)


def _bounded(connector: Connector, policy: outbound.Policy | None) -> outbound.Policy:
    opened = ports.opened(connector, policy or outbound.Policy.default())
    return opened.with_total(min(TOTAL_SECONDS, opened.total_seconds))
