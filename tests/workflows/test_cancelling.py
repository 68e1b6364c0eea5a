"""Cancelling: whatever a run does at that moment, it does no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.workflows import running
from tests.workflows.graphs import node
from tests.workflows.running import get, states
from workflows import runs
from workflows.runs import advancing, claiming
from workflows.runs.cancelling import AlreadyEnded
from workspaces import isolation
from workspaces.models import AuditEvent

if TYPE_CHECKING:
    from connections.models import Connection
    from tests.factories import Cast

pytestmark = pytest.mark.django_db


def test_a_run_that_waits_is_cancelled_by_name(cast: Cast) -> None:
    run = running.ran(cast, [node("pause", "delay", seconds=100)], "start > pause")
    cancelled = runs.cancel(run, actor=cast.bob)
    assert (cancelled.status, cancelled.due_at) == ("cancelled", None)
    assert cancelled.error_sentence == f"Cancelled by {cast.bob}."
    assert running.work() == []
    with isolation.workspace(cast.workspace):
        assert AuditEvent.objects.filter(act="run.cancelled", subject_id=run.pk).count() == 1


def test_a_worker_that_is_at_it_commits_nothing_any_more(
    cast: Cast, connection: Connection
) -> None:
    nodes = [get("read", connection), node("end")]
    run = running.start(running.enabled(cast, nodes, "start > read > end"))
    [claimed] = claiming.claim(most=1)
    runs.cancel(run, actor=cast.bob)
    assert advancing.advance(claimed) == ""
    assert (running.fresh(run).status, states(run)) == ("cancelled", {})


def test_what_has_ended_is_not_cancelled(cast: Cast) -> None:
    run = running.ran(cast, [running.START])
    with pytest.raises(AlreadyEnded):
        runs.cancel(run, actor=cast.bob)
    assert running.fresh(run).status == "completed"
