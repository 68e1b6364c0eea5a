"""Notices: told once, mailed once, read and dismissed by whom they are for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail

from spojit.lib import clock, redaction
from spojit.lib.ids import new_id
from tests.factories import Cast, make_cast, scope
from workspaces import notices, tasks
from workspaces.models import Membership, Notice

pytestmark = pytest.mark.django_db


def tell(cast: Cast, **fields: object) -> int:
    values = {"users": [cast.bob], "key": "expiry:1", "title": "A key expires"} | fields
    with scope(cast.workspace):
        return notices.tell(cast.workspace, **values)  # type: ignore[arg-type]


def bob(cast: Cast) -> Membership:
    with scope(cast.workspace):
        return Membership.objects.get(user=cast.bob)  # type: ignore[no-any-return]


def test_a_thing_is_told_once_to_each_person() -> None:
    cast = make_cast()
    assert tell(cast) == 1
    assert tell(cast, users=[cast.bob, cast.vera]) == 1
    with scope(cast.workspace):
        assert Notice.objects.count() == 2


def test_what_was_dismissed_is_not_told_again() -> None:
    cast = make_cast()
    tell(cast)
    with scope(cast.workspace):
        [notice] = notices.of(bob(cast))
    assert notices.dismiss(bob(cast), notice_id=notice.pk) == 1
    assert tell(cast) == 0
    with scope(cast.workspace):
        assert list(notices.of(bob(cast))) == []


def test_what_is_no_longer_true_is_closed_with_its_subject() -> None:
    cast = make_cast()
    subject = new_id()
    tell(cast, key="status:1", subject_id=subject)
    tell(cast, key="expiry:1", subject_id=subject)
    with scope(cast.workspace):
        assert notices.close(cast.workspace, subject_id=subject, key_prefix="status:") == 1
        assert [notice.key for notice in notices.of(bob(cast))] == ["expiry:1"]


def test_each_notice_is_mailed_once() -> None:
    cast = make_cast()
    tell(cast, text="Rotate it.", path="/w/northwind/connections/1/")
    tasks.mail_notices()
    tasks.mail_notices()
    [message] = mail.outbox
    assert (message.to, message.subject) == ([cast.bob.email], "A key expires")
    assert "Rotate it." in str(message.body)
    assert "http://testserver/w/northwind/connections/1/" in str(message.body)


def test_a_notice_that_was_dismissed_is_not_mailed() -> None:
    cast = make_cast()
    tell(cast)
    with scope(cast.workspace):
        Notice.objects.update(closed_at=clock.now())
    tasks.mail_notices()
    assert mail.outbox == []


def test_an_old_notice_is_not_mailed() -> None:
    tell(make_cast())
    assert notices.mail_waiting(now=clock.now() + timedelta(days=1, minutes=1)) == 0


def test_a_mail_masks_secrets() -> None:
    cast = make_cast()
    with redaction.scope():
        redaction.register(["hunter2-hunter2"])
        tell(cast, title="Look: hunter2-hunter2", text="hunter2-hunter2")
        tasks.mail_notices()
    [message] = mail.outbox
    assert "hunter2" not in f"{message.subject} {message.body}"


def test_reading_marks_ones_own_notices_only() -> None:
    cast = make_cast()
    tell(cast, users=[cast.bob, cast.vera])
    tell(cast, key="other")
    assert notices.count_unread(bob(cast)) == 2
    assert notices.read(bob(cast)) == 2
    assert notices.read(bob(cast)) == 0
    with scope(cast.workspace):
        assert Notice.objects.filter(read_at=None).get().user_id == cast.vera.pk


def test_nobody_dismisses_the_notice_of_another() -> None:
    cast = make_cast()
    tell(cast, users=[cast.vera])
    with scope(cast.workspace):
        notice = Notice.objects.get()
    assert notices.dismiss(bob(cast), notice_id=notice.pk) == 0
