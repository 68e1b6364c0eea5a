"""Mails of workflows: to members only, one line a header, sent once, and not without end."""

from __future__ import annotations

import smtplib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.core import mail
from django.core.mail.backends import locmem

from spojit.lib import clock
from tests.services.smtp import mail_sink
from tests.workflows import running
from tests.workflows.graphs import definition, node
from tests.workflows.running import output, ran, states, steps
from workflows import lifecycle
from workflows.nodes import email as kind
from workspaces import isolation, mail as posting
from workspaces.models import Membership

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_django.fixtures import Settings

    from tests.factories import Cast
    from workflows.models import Run

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """What nothing catches."""


def letter(to: Any, **more: Any) -> list[dict[str, Any]]:
    given = {"to": [to] if isinstance(to, str) else to, "subject": "Order {{ trigger.n }}"}
    return [node("tell", "email", **given | {"body": "It is {{ trigger.n }}."} | more)]


def sent(cast: Cast, to: Any, *, data: Any = None, **more: Any) -> Run:
    return ran(cast, letter(to, **more), "start > tell", data={"n": 7, **(data or {})})


def failing(monkeypatch: pytest.MonkeyPatch, where: str, failure: Exception, *, times: int) -> None:
    """Let the mail server fail so often, when it is reached or when it is given a mail."""
    real, left = getattr(locmem.EmailBackend, where), [times]

    def fail(*given: Any) -> Any:
        left[0] -= 1
        if left[0] >= 0:
            raise failure
        return real(*given)

    monkeypatch.setattr(locmem.EmailBackend, where, fail)


def test_members_get_one_mail_that_says_where_it_comes_from(cast: Cast) -> None:
    run = sent(cast, [cast.bob.email.upper(), cast.vera.email, cast.bob.email])
    [message] = mail.outbox
    assert (message.to, message.subject) == ([cast.bob.email, cast.vera.email], "Order 7")
    footer = f"Sent by the workflow Flow of Northwind: {settings.PUBLIC_URL}/w/"
    assert message.body.startswith(f"It is 7.\n\n-- \n{footer}")
    assert output(run, "tell") == {"to": message.to, "subject": "Order 7"}
    shown = {"to": message.to, "subject": "Order 7", "body": "It is 7."}
    assert steps(run)["tell"].shown_input == shown


def test_an_expression_may_name_several(cast: Cast) -> None:
    who = [cast.bob.email, f"{cast.vera.email}; {cast.adam.email}"]
    sent(cast, "{{ trigger.who }}", data={"who": who})
    assert mail.outbox[0].to == [cast.bob.email, cast.vera.email, cast.adam.email]


@pytest.mark.parametrize(
    ("who", "outcome"),
    [
        ("mallory@elsewhere.example", "not_a_member"),
        ("NEXT DOOR", "not_a_member"),
        ("BOB\nBcc: eve@example.com", "not_a_member"),
        ([], "nobody_to_mail"),
        (None, "nobody_to_mail"),
        ({"a": 1}, "not_a_member"),
    ],
)
def test_nobody_else_gets_one(cast: Cast, who: Any, outcome: str) -> None:
    named = {
        "NEXT DOOR": cast.mallory.email,
        "BOB\nBcc: eve@example.com": f"{cast.bob.email}\nBcc: e@x.y",
    }
    run = sent(cast, "{{ trigger.who }}", data={"who": named.get(str(who), who)})
    assert (run.status, run.error_outcome, mail.outbox) == ("failed", outcome, [])


def test_who_left_gets_none(cast: Cast) -> None:
    workflow = running.enabled(cast, letter(cast.vera.email), "start > tell")
    with isolation.workspace(cast.workspace):
        Membership.objects.filter(user=cast.vera).delete()
    run = running.start(workflow, {"n": 1})
    assert running.work() == ["failed"]
    assert running.fresh(run).error_outcome == "not_a_member"


def test_a_subject_is_one_line_of_a_header(cast: Cast) -> None:
    text = "Hi\r\nBcc: eve@example.com\x00\u2028end" + "x" * 300
    sent(cast, cast.bob.email, subject="{{ trigger.text }}", data={"text": text})
    [message] = mail.outbox
    assert message.subject.startswith("Hi Bcc: eve@example.com end")
    assert len(message.subject) == 200
    assert message.recipients() == [cast.bob.email]
    assert b"\nBcc:" not in message.message().as_bytes()


def test_a_workspace_sends_so_many_an_hour(cast: Cast, settings: Settings) -> None:
    settings.WORKFLOW_MAILS_AN_HOUR = 3
    two = [cast.bob.email, cast.vera.email]
    workflow = running.enabled(cast, letter(two), "start > tell")
    first, second = running.start(workflow, {"n": 1}), running.start(workflow, {"n": 2})
    assert running.work() == ["completed", "failed"]
    assert (len(mail.outbox), running.fresh(first).status) == (1, "completed")
    assert running.fresh(second).error_outcome == "too_many_mails"


def test_a_mail_waits_for_its_server(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, set_clock: Callable[..., None]
) -> None:
    failing(monkeypatch, "open", ConnectionRefusedError(), times=2)
    run = sent(cast, cast.bob.email)
    assert (run.status, run.waits_for, steps(run)["tell"].outcome) == (
        "waiting",
        "retry",
        "mail_late",
    )
    for pause, expected in zip(kind.PAUSES_SECONDS, (["waiting"], ["completed"]), strict=False):
        assert running.work() == []
        set_clock(clock.now() + timedelta(seconds=pause + 1))
        assert running.work() == expected
    assert (len(mail.outbox), steps(run)["tell"].attempts) == (1, 3)


def test_a_server_that_stays_away_fails_the_step(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, set_clock: Callable[..., None]
) -> None:
    failing(monkeypatch, "open", ConnectionRefusedError(), times=99)
    run = sent(cast, cast.bob.email)
    for pause in kind.PAUSES_SECONDS:
        set_clock(clock.now() + timedelta(seconds=pause + 1))
        running.work()
    run = running.fresh(run)
    assert (run.status, run.error_outcome, mail.outbox) == ("failed", "mail_refused", [])


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        (smtplib.SMTPServerDisconnected(), "outcome_unknown"),
        (TimeoutError(), "outcome_unknown"),
        (smtplib.SMTPDataError(554, b"no"), "mail_refused"),
        (smtplib.SMTPDataError(451, b"later"), ""),
        (smtplib.SMTPRecipientsRefused({"a@b.c": (550, b"no")}), "mail_refused"),
        (smtplib.SMTPRecipientsRefused({"a@b.c": (450, b"full")}), ""),
    ],
)
def test_what_may_have_been_sent_is_not_repeated(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, failure: Exception, outcome: str
) -> None:
    failing(monkeypatch, "send_messages", failure, times=1)
    run = sent(cast, cast.bob.email)
    assert run.error_outcome == outcome
    assert run.status == ("failed" if outcome else "waiting")


@pytest.mark.parametrize("after", [False, True])
def test_a_worker_that_dies_sends_no_mail_twice(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, set_clock: Callable[..., None], after: bool
) -> None:
    workflow = running.enabled(cast, letter(cast.bob.email), "start > tell")
    real = posting.send_text

    def deadly(*given: Any, **named: Any) -> Any:
        if after:
            real(*given, **named)
        raise Killed

    monkeypatch.setattr(posting, "send_text", deadly)
    run = running.start(workflow, {"n": 1})
    with pytest.raises(Killed):
        running.work()
    monkeypatch.setattr(posting, "send_text", real)
    set_clock(clock.now() + timedelta(seconds=settings.LEASE_SECONDS + 1))
    assert running.work() == ["failed"]
    assert running.fresh(run).error_outcome == "outcome_unknown"
    assert len(mail.outbox) == int(after)
    assert states(run) == {"tell": "failed"}


def test_a_real_server_is_sent_one_mail_and_refuses_strangers(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    with mail_sink(None) as sink:
        settings.EMAIL_HOST, settings.EMAIL_PORT = sink.host, sink.port
        good = posting.send_text("Hello", subject="Hi", to=["a@x.test", "b@x.test"])
        bad = posting.send_text("Hello", subject="Hi", to=["nobody@x.test"])
    late = posting.send_text("Hello", subject="Hi", to=["a@x.test"])
    assert (good, bad, late) == ("sent", "refused", "late")
    [envelope] = sink.envelopes
    assert envelope.rcpt_tos == ["a@x.test", "b@x.test"]


def test_saving_says_who_is_no_member(cast: Cast) -> None:
    nodes = [running.START, *letter([cast.bob.email, "eve@example.com", "{{ trigger.who }}"])]
    asking = node("ask", "approval", message="Yes?", approvers=[str(cast.vera.pk)])
    whole = definition([*nodes, asking], "start > tell > ask")
    made = lifecycle.create(cast.workspace, name="Flow", actor=cast.bob, definition=whole)
    assert made.latest is not None
    assert [(one["field"], one["message"]) for one in made.latest.problems] == [
        ("to[1]", "eve@example.com is no member of this workspace."),
        ("approvers[0]", "Choose members who may build workflows, or nobody."),
    ]
