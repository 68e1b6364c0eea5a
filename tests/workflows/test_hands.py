"""Wake-ups under a steady load: one task of each kind a process, so that hands stay free."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connections import tasks as connecting
from connections.inbound import handing
from spojit.lib import clock
from tests.connections import webhooks
from tests.workflows import running
from tests.workflows.graphs import node
from workflows import tasks
from workflows.runs import claiming, working

if TYPE_CHECKING:
    from tests.factories import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tasks that were sent to the broker."""
    found: list[str] = []
    for task in (tasks.work, connecting.hand_over_deliveries):
        monkeypatch.setattr(task, "apply_async", _noting(found, task.name))
    return found


def _noting(found: list[str], name: str) -> Any:
    return lambda *_arguments, **_options: found.append(name)


def test_a_second_hand_over_leaves_all_to_the_first_which_looks_once_more(
    cast: Cast, sent: list[str]
) -> None:
    webhook = webhooks.make_webhook(cast.workspace)
    webhooks.deliver(webhook, b"{}", headers=webhooks.signed("spojit", b"{}"))
    sent.clear()

    with connecting._handing_over:
        connecting.hand_over_deliveries()
        assert handing.is_any_due(now=clock.now())
    connecting.hand_over_deliveries()

    assert not handing.is_any_due(now=clock.now())
    assert sent == []


def test_a_second_worker_of_runs_returns_at_once_and_the_first_looks_once_more(
    cast: Cast, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    workflow = running.enabled(cast, [node("a")], "start > a")
    running.start(workflow)

    with working._one_at_a_time:
        tasks.work()
        assert claiming.is_any_due(now=clock.now())
    monkeypatch.setattr(working, "work", lambda **_: {})
    tasks.work()

    assert sent == ["workflows.work"]
