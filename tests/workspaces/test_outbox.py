"""Mails that wait are claimed one by one, so that a killed worker loses at most one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core import mail

from spojit.lib import clock
from tests.factories import Cast, make_cast, scope
from workspaces import invitation_mails, invitations, mail as mailing, notices, outbox
from workspaces.models import Invitation, Notice

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.django_db


class KilledError(BaseException):
    """A worker that is killed handles no exception."""


def kill_at_second(monkeypatch: pytest.MonkeyPatch) -> None:
    send = mailing.send
    sent: list[str] = []

    def dying(template: str, context: Mapping[str, Any], *, subject: str, to: str) -> bool:
        sent.append(to)
        if len(sent) == 2:
            raise KilledError
        return send(template, context, subject=subject, to=to)

    monkeypatch.setattr(mailing, "send", dying)


def tell_three(cast: Cast) -> None:
    with scope(cast.workspace):
        for key in "abc":
            notices.tell(cast.workspace, users=[cast.bob], key=key, title=f"Notice {key}")


def test_a_worker_killed_while_it_mails_notices_loses_one(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = make_cast()
    tell_three(cast)
    with monkeypatch.context() as killing:
        kill_at_second(killing)
        with pytest.raises(KilledError):
            notices.mail_waiting(now=clock.now())
    with scope(cast.workspace):
        assert Notice.objects.filter(mailed_at=None).count() == 1
    assert notices.mail_waiting(now=clock.now()) == 1
    assert [message.subject for message in mail.outbox] == ["Notice a", "Notice c"]


def test_a_worker_killed_while_it_mails_invitations_loses_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cast = make_cast()
    for name in "abc":
        address = f"{name}@example.com"
        invitations.invite(cast.workspace, email=address, role="viewer", actor=cast.adam)
    with monkeypatch.context() as killing:
        kill_at_second(killing)
        with pytest.raises(KilledError):
            invitation_mails.mail_waiting(now=clock.now())
    with scope(cast.workspace):
        assert Invitation.objects.filter(mailed_at=None).count() == 1
    assert invitation_mails.mail_waiting(now=clock.now()) == 1
    assert [message.to for message in mail.outbox] == [["a@example.com"], ["c@example.com"]]


def test_one_sweep_tries_each_mail_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tell_three(make_cast())
    monkeypatch.setattr(mailing, "send", lambda *_, **__: False)
    assert notices.mail_waiting(now=clock.now()) == 3
    assert notices.mail_waiting(now=clock.now()) == 3


def test_one_sweep_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    tell_three(make_cast())
    monkeypatch.setattr(outbox, "MOST_AT_ONCE", 2)
    assert notices.mail_waiting(now=clock.now()) == 2
