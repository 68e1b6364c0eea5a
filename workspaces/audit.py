"""The audit log: one function writes it. Rows stand alone, with IDs and names copied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workspaces.models import AuditEvent, User, Workspace

if TYPE_CHECKING:
    import uuid

    from django.db.models import Model


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person, or the system under a name. `address` is the client's IP address."""

    id: uuid.UUID | None
    name: str
    address: str | None = None

    @classmethod
    def of(cls, actor: Actor | User, *, address: str | None = None) -> Actor:
        """Describe a person as an actor; an actor stays what it is."""
        if isinstance(actor, Actor):
            return actor
        return cls(id=actor.pk, name=str(actor), address=address)

    @classmethod
    def system(cls, name: str = "Spojit") -> Actor:
        """Describe a command or a scheduled act."""
        return cls(id=None, name=name)


def record(
    workspace: Workspace,
    *,
    actor: Actor | User,
    act: str,
    subject: Model,
    details: dict[str, Any] | None = None,
) -> AuditEvent:
    """Write one event, in the transaction of the act itself.

    Args:
        workspace: where it happened.
        actor: who did it.
        act: `<kind>.<verb in the past>`, as `connection.removed`.
        subject: what it was done to; its kind, ID and name are copied.
        details: JSON-like values that are no secret.
    """
    actor = Actor.of(actor)
    event: AuditEvent = AuditEvent.objects.create(
        workspace_id=workspace.pk,
        workspace_name=workspace.name,
        actor_id=actor.id,
        actor_name=actor.name,
        address=actor.address,
        act=act,
        subject_kind=subject._meta.model_name or "",
        subject_id=subject.pk,
        subject_name=str(subject)[:254],
        details=details or {},
    )
    return event
