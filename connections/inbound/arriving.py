"""A request as it arrived at a hook, before anything is known of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connections.models.delivery import Origin
from spojit.lib import clock

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from workspaces.audit import Actor


def _now() -> datetime:
    """Ask the clock as it is then: tests set it, and this module may be loaded meanwhile."""
    return clock.now()


@dataclass(frozen=True, slots=True)
class Request:
    """What was sent, by whom.

    Attributes:
        headers: by name, in lower case.
        body: the raw bytes; empty when there were too many of them.
        size: how many bytes there were, or were announced.
        address: the client's; none for what did not come over the network.
        is_too_large: whether the body was beyond the limit, and was not read.
        origin: the service, or a member who tests.
    """

    headers: Mapping[str, str]
    body: bytes
    size: int
    address: str | None
    is_too_large: bool = False
    origin: str = Origin.SERVICE.value
    actor: Actor | None = None
    received_at: datetime = field(default_factory=_now)
    started: float = field(default_factory=time.perf_counter)

    @property
    def content_type(self) -> str:
        """What the sender says that the body is."""
        return self.headers.get("content-type", "")

    @property
    def milliseconds(self) -> int:
        """How long it has taken until now."""
        return int((time.perf_counter() - self.started) * 1000)
