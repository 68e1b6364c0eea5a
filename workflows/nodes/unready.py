"""Kinds that can be drawn but not run yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Never

from spojit.lib.errors import Refused

if TYPE_CHECKING:
    from workflows.engine.visit import Visit


class CannotRunYet(Refused):
    """Nothing runs a node of this kind yet."""

    code = "cannot_run_yet"
    message = "Steps of this kind cannot be run yet."


def run(visit: Visit) -> Never:
    """Refuse. Raises: CannotRunYet."""
    raise CannotRunYet(f"{visit.node.name} cannot be run yet: nothing carries out such steps.")
