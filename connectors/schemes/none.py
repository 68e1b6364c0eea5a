"""No authentication: nothing is added to a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spojit.lib.outbound.types import Parts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.manifest import Scheme


def attach(scheme: Scheme, values: Mapping[str, str]) -> Parts:  # noqa: ARG001 - one shape for all
    """Add nothing."""
    return Parts()
