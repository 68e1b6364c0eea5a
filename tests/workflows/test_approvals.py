"""Approvals: asked once, decided once, and no decision is lost."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.db import connections as databases

from spojit.lib import clock, redaction
from tests import factories
from tests.factories import make_connection, make_member, signed_in
from tests.workflows import running
from tests.workflows.graphs import node
from tests.workflows.running import get, output, states, steps
from workflows import approvals, runs
from workflows.models import Approval, Run
from workflows.nodes import asking
from workflows.runs import advancing, journal
from workspaces import isolation
from workspaces.models import AuditEvent, Membership, Notice

if TYPE_CHECKING:
    from collections.abc import Callable

    from connections.models import Connection
    from tests.factories import Cast
    from workspaces.models import User

pytestmark = pytest.mark.django_db

SECRET = "sk-live-0123456789abcdef"


class Killed(BaseException):
    """What nothing catches."""


def nodes(*approvers: User | str, **more: Any) -> list[dict[str, Any]]:
    asked = [str(getattr(one, "pk", one)) for one in approvers]
    given = {"message": "Refund {{ trigger.n }}?", "approvers": asked, "deadline_seconds": 3600}
    end = {"ok": "{{ ask.approved }}", "by": "{{ ask.by }}", "why": "{{ ask.note }}"}
    return [
        node("ask", "approval", **given | more),
        node("yes", values=end),
        node("no", values=end),
    ]


PATHS = ("start > ask", "ask.approved > yes", "ask.rejected > no")


def asked(cast: Cast, *approvers: User | str, **more: Any) -> tuple[Run, Approval]:
    run = running.start(running.enabled(cast, nodes(*approvers, **more), *PATHS), {"n": 7})
    assert running.work() == ["waiting"]
    return running.fresh(run), question(cast)


def question(cast: Cast) -> Approval:
    with isolation.workspace(cast.workspace):
        found: Approval = Approval.objects.select_related("workspace").get()
        return found


def told(cast: Cast, *, is_open: bool = True) -> list[str]:
    with isolation.workspace(cast.workspace):
        rows = Notice.objects.filter(key__startswith="approval:", closed_at__isnull=is_open)
        return sorted(row.user.name for row in rows.select_related("user"))


def decide(approval: Approval, decision: str, actor: User, note: str = "") -> Approval:
    return approvals.decide(approval, decision=decision, note=note, actor=actor)


def test_admins_are_asked_once_and_a_yes_goes_on(cast: Cast) -> None:
    run, approval = asked(cast)
    assert (run.waits_for, run.waits_for_id, run.due_at) == (
        "approval",
        approval.pk,
        approval.deadline_at,
    )
    assert (approval.message, approval.approvers) == ("Refund 7?", [])
    assert told(cast) == ["Adam", "Alice"]
    decided = decide(approval, "approved", cast.adam, "As agreed\nwith sales")
    assert running.work() == ["completed"]
    assert states(run) == {"ask": "completed", "yes": "completed"}
    assert output(run, "yes") == {"ok": True, "by": str(cast.adam), "why": "As agreed with sales"}
    assert output(run, "ask")["at"] == decided.decided_at.isoformat()  # type: ignore[union-attr]
    assert steps(run)["ask"].shown_input == {"message": "Refund 7?"}
    assert told(cast) == []
    with isolation.workspace(cast.workspace):
        [event] = AuditEvent.objects.filter(act="approval.approved")
    assert (event.subject_name, event.actor_id) == ("Ask", cast.adam.pk)


def test_a_no_and_a_deadline_go_on_at_rejected(cast: Cast, set_clock: Callable[..., None]) -> None:
    run, approval = asked(cast, cast.bob)
    assert told(cast) == ["Bob"]
    decide(approval, "rejected", cast.bob)
    assert running.work() == ["completed"]
    assert output(run, "no") == {"ok": False, "by": str(cast.bob), "why": ""}

    late = running.start(running.enabled(cast, nodes(), *PATHS, name="Late"), {"n": 8})
    running.work()
    set_clock(clock.now() + timedelta(seconds=3601))
    with isolation.workspace(cast.workspace):
        approval = Approval.objects.select_related("workspace").get(run=late)
    with pytest.raises(approvals.DeadlinePassed):
        decide(approval, "approved", cast.alice)
    assert running.work() == ["completed"]
    value = output(late, "ask")
    assert (value["approved"], value["expired"], value["by"]) == (False, True, "")
    assert set(states(late)) == {"ask", "no"}
    assert told(cast) == []


def test_only_who_is_asked_decides_and_only_once(cast: Cast) -> None:
    ben = make_member(cast.workspace, name="Ben").user
    _, approval = asked(cast, cast.bob)
    for other in (cast.alice, ben, cast.vera, cast.mallory):
        with pytest.raises(approvals.NotAsked):
            decide(approval, "approved", other)
    decide(approval, "rejected", cast.bob)
    with pytest.raises(approvals.AlreadyDecided, match=f"{cast.bob} rejected this already"):
        decide(approval, "approved", cast.bob)
    assert question(cast).decision == "rejected"


def test_approvers_who_left_are_replaced_by_the_admins(cast: Cast) -> None:
    _, approval = asked(cast, cast.bob)
    with isolation.workspace(cast.workspace):
        Membership.objects.filter(user=cast.bob).update(role="viewer")
    with pytest.raises(approvals.NotAsked):
        decide(approval, "approved", cast.bob)
    with isolation.workspace(cast.workspace):
        adam = Membership.objects.get(user=cast.adam)
        assert approvals.asked_of(adam, [approval]) == {approval.pk}
    assert decide(approval, "approved", cast.adam).decision == "approved"


def test_nothing_is_decided_for_a_run_that_was_cancelled(cast: Cast) -> None:
    run, approval = asked(cast)
    runs.cancel(run, actor=cast.bob)
    assert told(cast) == []
    with pytest.raises(approvals.RunEnded):
        decide(approval, "approved", cast.adam)
    assert question(cast).decision == ""
    assert running.work() == []


def test_a_message_is_masked_and_cut(cast: Cast) -> None:
    workflow = running.enabled(cast, nodes(message="{{ trigger.text }}"), *PATHS)
    running.start(workflow, {"text": SECRET + "x" * 20_000})
    with redaction.scope():
        redaction.register([SECRET])
        running.work()
    approval = question(cast)
    assert len(approval.message) == 10_000
    with isolation.workspace(cast.workspace):
        text = Notice.objects.filter(key__startswith="approval:")[0].text
    assert SECRET not in approval.message + text
    assert approval.message.startswith("••••xxx")


def test_a_trial_run_asks_whoever_tries(cast: Cast) -> None:
    workflow = running.enabled(cast, nodes(cast.alice), *PATHS)
    run = running.start(workflow, {"n": 7})
    with isolation.workspace(cast.workspace):
        Run.objects.filter(pk=run.pk).update(is_trial=True, actor_id=cast.bob.pk)
    running.work()
    assert told(cast) == ["Bob"]


@pytest.mark.parametrize("late", ["_rest", "_write"])
def test_a_decision_while_the_run_is_given_back_is_not_missed(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, late: str
) -> None:
    run = running.start(running.enabled(cast, nodes(), *PATHS), {"n": 7})
    module: Any = advancing if late == "_rest" else journal.RunJournal
    real = getattr(module, late)

    def meanwhile(*given: Any, **named: Any) -> Any:
        monkeypatch.setattr(module, late, real)
        decide(question(cast), "approved", cast.adam)
        return real(*given, **named)

    monkeypatch.setattr(module, late, meanwhile)
    assert running.work() == ["waiting"]
    assert running.work() == ["completed"]
    assert running.fresh(run).status == "completed"


@pytest.mark.parametrize(
    ("module", "name"),
    [(asking, "_asked"), (asking, "find"), (journal.RunJournal, "_write"), (advancing, "_rest")],
)
@pytest.mark.parametrize("after", [False, True])
def test_killed_workers_ask_nobody_twice_and_lose_no_decision(
    cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
    set_clock: Callable[..., None],
    module: Any,
    name: str,
    after: bool,
) -> None:
    run = running.start(running.enabled(cast, nodes(), *PATHS), {"n": 7})
    real, calls = getattr(module, name), [0]

    def deadly(*given: Any, **named: Any) -> Any:
        calls[0] += 1
        found = real(*given, **named) if after or calls[0] != 1 else None
        if calls[0] == 1:
            raise Killed
        return found

    monkeypatch.setattr(module, name, deadly)
    with pytest.raises(Killed):
        running.work()
    set_clock(clock.now() + timedelta(seconds=settings.LEASE_SECONDS + 1))
    running.work()
    assert told(cast) == ["Adam", "Alice"]
    calls[0] = 0
    decide(question(cast), "approved", cast.alice)
    for _ in range(3):
        try:
            running.work()
        except Killed:
            set_clock(clock.now() + timedelta(seconds=settings.LEASE_SECONDS + 1))
    assert running.fresh(run).status == "completed"
    assert states(run) == {"ask": "completed", "yes": "completed"}


@pytest.mark.django_db(transaction=True)
def test_of_many_who_decide_at_once_one_does(cast: Cast) -> None:
    run, approval = asked(cast)
    ends: list[str] = []

    def race(decision: str, actor: User) -> None:
        try:
            ends.append(decide(approval, decision, actor).decision)
        except approvals.AlreadyDecided:
            ends.append("late")
        databases.close_all()

    given = [("approved", cast.alice), ("rejected", cast.adam)] * 3
    threads = [threading.Thread(target=race, args=one) for one in given]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ends.count("late") == 5
    [won] = [end for end in ends if end != "late"]
    assert question(cast).decision == won
    assert running.work() == ["completed"]
    assert ("yes" in states(run)) == (won == "approved")


# -- The inbox ----------------------------------------------------------------------------------


def run_path(run: Run) -> str:
    with isolation.workspace(run.workspace_id):
        return Run.objects.select_related("workspace").get(pk=run.pk).get_absolute_url()  # type: ignore[no-any-return]


def page(cast: Cast, user: User, path: str = "", **query: str) -> str:
    answer = signed_in(user).get(f"/w/{cast.workspace.slug}/workflows/approvals/{path}", query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_inbox_shows_each_person_what_waits_for_them(cast: Cast) -> None:
    asked(cast, cast.bob)
    assert "Refund 7?" in page(cast, cast.bob)
    assert '<span class="nav-count">1<span class="visually-hidden"> waiting' in page(cast, cast.bob)
    for other in (cast.adam, cast.vera):
        assert "nav-count" not in page(cast, other)
    assert "Nothing waits for you" in page(cast, cast.adam)
    assert "Refund 7?" in page(cast, cast.adam, show="all")
    assert "Nothing was decided yet" in page(cast, cast.bob, show="over")


def test_a_decision_by_the_page_lets_the_run_go_on(cast: Cast) -> None:
    run, approval = asked(cast)
    path = approval.get_absolute_url()
    adam = signed_in(cast.adam)
    assert f'href="{path}">See what is asked' in adam.get(run_path(run)).content.decode()
    assert adam.post(path, {"note": "hm"}).status_code == 422
    assert signed_in(cast.bob).post(path, {"decision": "approved"}).status_code == 403
    answer = adam.post(path, {"decision": "approved", "note": "Fine"}, follow=True)
    assert "You approved it. The run goes on." in answer.content.decode()
    assert running.work() == ["completed"]
    assert output(run, "yes")["why"] == "Fine"
    again = adam.post(path, {"decision": "rejected"}, follow=True).content.decode()
    assert f"{cast.adam} approved this already." in again
    assert "Fine" in page(cast, cast.vera, f"{approval.pk}/")
    assert "Fine" not in page(cast, cast.vera, show="over")


def test_what_a_private_connection_gave_is_shown_to_who_is_asked_only(
    cast: Cast, connection: Connection
) -> None:
    mine = make_connection(cast.workspace, actor=cast.bob, is_private=True)
    first = [get("read", connection), *nodes(cast.bob)]
    workflow = running.enabled(cast, first, "start > read > ask", *PATHS[1:])
    running.start(workflow, {"n": 7})
    running.work()
    approval = question(cast)
    assert "Refund 7?" in page(cast, cast.vera, show="all")
    with factories.scope(cast.workspace):
        approval.run.steps.filter(place="read").update(connection_id=mine.pk)
    for path in ("", f"{approval.pk}/"):
        assert "Refund 7?" not in page(cast, cast.vera, path, show="all")
        assert "Refund 7?" in page(cast, cast.bob, path, show="all")
        assert "Refund 7?" in page(cast, cast.adam, path, show="all")
