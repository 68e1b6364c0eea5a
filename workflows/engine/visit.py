"""One coming of the engine to one node: all that the node's kind has to work with. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable
    from datetime import datetime

    from workflows.definition import Node
    from workflows.engine.journal import Entry, Journal
    from workflows.engine.scope import Scope


@dataclass(slots=True)
class Facts:
    """What is recorded of a step besides its outcome; `shown_input` is masked already."""

    attempts: int = 1
    shown_input: Any = None
    connection_id: uuid.UUID | None = None
    connection_name: str = ""
    credential_version: int = 0
    tool: str = ""


@dataclass(slots=True)
class Visit:
    """A node at its place in a run.

    Attributes:
        prefix: the rounds that it stands in, such as `each[3].`; empty outside of loops.
        entry: what was committed of it before, if anything was.
        walk: runs what hangs on one of the node's outputs, in a scope, below a prefix.
        facts: filled in by the kind as it learns them.
    """

    node: Node
    prefix: str
    scope: Scope
    entry: Entry | None
    journal: Journal
    started_at: datetime
    walk: Callable[[str, Scope, str], None]
    facts: Facts = field(default_factory=Facts)

    @property
    def place(self) -> str:
        """What tells this step from the others of its run."""
        return self.prefix + self.node.id
