"""What a definition refers to, as far as checks need to know: connections, workflows. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any


@dataclass(frozen=True, slots=True)
class KnownConnection:
    """A connection of the workspace.

    Attributes:
        scopes: what was granted, when the service tells.
        may_bind: whether whoever saves may use it in a node; a private one only its owner and
            the admins may.
    """

    id: str
    name: str
    connector_key: str
    is_inbound: bool = False
    scopes: frozenset[str] | None = None
    may_bind: bool = True


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything around one workflow.

    Attributes:
        connections: the workspace's present ones, by ID.
        removed: names of removed connections that are still referred to, by ID.
        workflows: names of the workspace's other workflows, by ID.
        bound_before: the settings that a node was saved with, by its ID: a node that is bound to
            somebody's private connection may stay as it was, and not be edited by others.
        approvers: names of the members who may decide approvals, by user ID; None when not known.
        addresses: the members' e-mail addresses, in small letters; None when not known.
        waited_for: the name of the other enabled workflow whose Response the sender of a webhook
            connection waits for, by the connection's ID.
    """

    connections: Mapping[str, KnownConnection] = field(default_factory=dict)
    removed: Mapping[str, str] = field(default_factory=dict)
    workflows: Mapping[str, str] = field(default_factory=dict)
    bound_before: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    approvers: Mapping[str, str] | None = None
    addresses: frozenset[str] | None = None
    waited_for: Mapping[str, str] = field(default_factory=dict)
