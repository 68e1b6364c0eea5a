"""Runs that failed because their connection did not work: counted, and repeated together."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import structlog
from django.db.models import Exists, OuterRef

from spojit.lib import clock
from spojit.lib.errors import SpojitError
from workflows.models import Run, RunStatus
from workflows.runs import claiming, rerunning
from workspaces import isolation

if TYPE_CHECKING:
    import uuid
    from datetime import datetime

    from django.db.models import QuerySet

    from connections.models import Connection
    from workspaces.audit import Actor

log = structlog.get_logger(__name__)

MOST = 1_000
KEPT_FOR = timedelta(days=7)
"""What failed longer ago is left alone: nobody waits for it any more."""

REASONS = (
    "credentials_refused",
    "connection_broken",
    "credential_missing",
    "credential_unreadable",
    "not_authorized",
    "answer_lost",
    "refresh_exhausted",
    "other_account",
)
"""Outcomes that mending the connection does away with."""


class Blamed(NamedTuple):
    """How many runs failed for a connection, at most `MOST`, and since when."""

    runs: int
    since: datetime


def count(connection: Connection) -> Blamed | None:
    """Count those that nobody repeated yet, in the workspace's scope; None when there are none."""
    moments = list(_failed(connection).values_list("created_at", flat=True)[:MOST])
    return Blamed(len(moments), moments[0]) if moments else None


def rerun_all(connection: Connection, *, actor: Actor) -> int:
    """Repeat them from their failed steps, the oldest first, at most `MOST`; return how many.

    They are ordinary work for workers, so that what people wait for goes first.
    """
    with isolation.workspace(connection.workspace_id):
        keys = list(_failed(connection).values_list("pk", flat=True)[:MOST])
    return sum(_rerun(connection, key, actor=actor) for key in keys)


def _failed(connection: Connection) -> QuerySet[Run]:
    """Find them, the oldest first; of nested runs the outermost one is repeated."""
    rows: QuerySet[Run] = Run.objects.filter(
        ~Exists(Run.objects.filter(rerun_of_id=OuterRef("pk"))),
        workspace_id=connection.workspace_id,
        error_connection_id=connection.pk,
        created_at__gte=clock.now() - KEPT_FOR,
        status=RunStatus.FAILED,
        error_outcome__in=REASONS,
        is_trial=False,
        parent_id=None,
        workflow__removed_at=None,
    )
    return rows.order_by("created_at", "pk")


def _rerun(connection: Connection, key: uuid.UUID, *, actor: Actor) -> bool:
    """Repeat one, unless somebody did meanwhile; what is refused stays as it is."""
    try:
        with isolation.workspace(connection.workspace_id):
            locked = Run.objects.select_for_update(of=("self",)).get(pk=key)
            if not _failed(connection).filter(pk=key).exists():
                return False
            rerunning.rerun(locked, actor=actor, from_failed=True, priority=claiming.ORDINARY)
    except (SpojitError, Run.DoesNotExist) as refusal:
        log.info("A run was not repeated", code=getattr(refusal, "code", "gone"))
        return False
    return True
