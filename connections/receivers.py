"""What this app tells the registries of the apps below: departures, first steps, retention."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import OuterRef, Q, Subquery

from connections import lifecycle
from connections.inbound import forgetting
from connections.models import (
    Authorization,
    Call,
    Check,
    Connection,
    Credential,
    DeliveryCount,
    Revocation,
    Status,
    UseCounter,
)
from connections.models.credential import State
from connections.oauth import attempts
from workspaces import audit, departures, first_steps, isolation, retention
from workspaces.departures import Holding, Holdings
from workspaces.first_steps import Step

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection

    from django.db.models import QuerySet

    from workspaces.audit import Actor
    from workspaces.models import Membership, TenantModel, User, Workspace

CALLS_FOR = timedelta(days=30)
CHECKS_FOR = timedelta(days=365)
CREDENTIALS_FOR = timedelta(days=90)
"""How long the rows of destroyed credentials are kept; what they held is gone at once."""
COUNTERS_FOR = timedelta(days=400)


class HeldStatus(NamedTuple):
    """A status as the template tag of that name draws it."""

    kind: str
    word: str


def register() -> None:
    """Fill the registries."""
    departures.register(find=held_by, hand_over=hand_over_all)
    first_steps.register(_CONNECT)
    retention.register("authorizations", _purge_authorizations)
    retention.register("calls", _purge_calls)
    retention.register("checks", _purge_checks)
    retention.register("destroyed credentials", _purge_credentials)
    retention.register("counts of deliveries", _purge_delivery_counts)
    retention.register("deliveries", _purge_deliveries)
    retention.register("revocations", _purge_revocations)
    retention.register("use counters", _purge_counters)


def held_by(workspace: Workspace, user_ids: Collection[uuid.UUID]) -> Holdings:
    """List the connections that each of these people owns, or that act as them, by name."""
    people = set(user_ids)
    granted = Credential.objects.filter(
        connection_id=OuterRef("pk"), state=State.CURRENT, tokens__isnull=False
    )
    rows: QuerySet[Any] = Connection.objects.present().annotate(
        authorized_by=Subquery(granted.values("created_by_id")[:1])
    )
    named = rows.filter(Q(owner_id__in=people) | Q(authorized_by__in=people), workspace=workspace)
    found: Holdings = defaultdict(list)
    for row in named.select_related("workspace", "connector").order_by("name", "pk"):
        person = row.authorized_by if _is_grant(row) else None
        for user_id in people & {row.owner_id, person}:
            found[user_id].append(_holding(row, acts_as_person=user_id == person))
    return found


def hand_over_all(membership: Membership, to: User | None, actor: Actor) -> int:
    """Give a member's connections to another one, or to nobody; return how many."""
    rows = Connection.objects.present().filter(owner_id=membership.user_id)
    connections = list(rows.select_related("workspace", "owner").order_by("pk"))
    for connection in connections:
        if to is None:
            _disown(connection, actor=actor)
        else:
            lifecycle.hand_over(connection, to=to, actor=actor)
    return len(connections)


def _disown(connection: Connection, *, actor: Actor) -> None:
    details = {"from": str(connection.owner or ""), "to": ""}
    Connection.objects.filter(pk=connection.pk).update(owner=None)
    audit.record(
        connection.workspace,
        actor=actor,
        act="connection.handed_over",
        subject=connection,
        details=details,
    )


def _is_grant(row: Connection) -> bool:
    return row.connector.is_present and row.manifest_scheme.is_grant


def _holding(row: Connection, *, acts_as_person: bool) -> Holding:
    return Holding(
        kind=row.connector.name,
        name=row.name,
        path=row.get_absolute_url(),
        icon=row.manifest.icon if row.connector.is_present else None,
        status=HeldStatus(row.status, Status(row.status).label),
        acts_as_person=acts_as_person,
    )


def _has_connection(workspace: Workspace) -> bool:
    return bool(Connection.objects.present().filter(workspace=workspace).exists())


def _purge_authorizations(now: datetime) -> int:
    return _purge(Authorization, created_at__lt=now - attempts.KEPT_FOR)


def _purge_calls(now: datetime) -> int:
    return _purge(Call, created_at__lt=now - CALLS_FOR)


def _purge_checks(now: datetime) -> int:
    return _purge(Check, at__lt=now - CHECKS_FOR)


def _purge_credentials(now: datetime) -> int:
    before = now - CREDENTIALS_FOR
    return _purge(Credential, state=State.DESTROYED, destroyed_at__lt=before)


def _purge_delivery_counts(now: datetime) -> int:
    return _purge(DeliveryCount, hour__lt=now - COUNTERS_FOR)


def _purge_deliveries(now: datetime) -> int:
    return forgetting.past(now=now)


def _purge_revocations(now: datetime) -> int:
    return _purge(Revocation, created_at__lt=now - CREDENTIALS_FOR)


def _purge_counters(now: datetime) -> int:
    return _purge(UseCounter, day__lt=(now - COUNTERS_FOR).date())


def _purge(model: type[TenantModel], **past: Any) -> int:
    with isolation.everything(reason="purge of what connections left behind"):
        return int(model.objects.filter(**past).delete()[0])


_CONNECT = Step(
    order=10,
    title="Connect a service",
    text="Choose one that your team uses, paste its key, and see at once whether it works.",
    label="Browse connectors",
    url_name="connectors:catalogue",
    is_done=_has_connection,
)
