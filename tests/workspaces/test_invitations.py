"""Invitations: sent, resent, revoked, accepted once by the right person."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from spojit.lib import clock
from tests.factories import Cast, make_cast, make_user, scope
from workspaces import invitation_mails, invitations, tasks
from workspaces.models import AuditEvent, Invitation, Membership

pytestmark = pytest.mark.django_db


def invite(cast: Cast, *, email: str = "zoe@example.com", role: str = "member") -> Invitation:
    return invitations.invite(cast.workspace, email=email, role=role, actor=cast.adam)


def mailed_token() -> str:
    found = re.search(r"http://testserver/invitations/([^/\s]+)/", str(mail.outbox[-1].body))
    assert found
    return found[1]


def test_an_invitation_is_mailed_once_and_its_link_works_once() -> None:
    cast = make_cast()
    invite(cast, email=" Zoe@Example.com ")
    tasks.mail_notices()
    tasks.mail_notices()
    [message] = mail.outbox
    assert message.to == ["zoe@example.com"]
    assert message.subject == "Adam invites you to Northwind on Spojit"
    zoe = make_user("Zoe", email="zoe@example.com")
    membership = invitations.accept(mailed_token(), user=zoe)
    assert (membership.workspace_id, membership.role) == (cast.workspace.pk, "member")
    with pytest.raises(invitations.InvitationOver):
        invitations.accept(mailed_token(), user=zoe)


def test_only_the_hash_of_the_token_is_stored() -> None:
    cast = make_cast()
    row = invite(cast)
    with scope(cast.workspace):
        stored = Invitation.objects.values().get()
    token = invitations.token_of(row)
    assert len(token) == 64
    assert token not in str(stored)


def test_every_act_on_an_invitation_is_audited_without_its_token() -> None:
    cast = make_cast()
    row = invite(cast)
    invitations.send_again(row, actor=cast.adam)
    invitations.revoke(row, actor=cast.alice)
    with scope(cast.workspace):
        events = AuditEvent.objects.order_by("at").values_list("act", "actor_name", "details")
        assert list(events) == [
            ("invitation.sent", "Adam", {"role": "member"}),
            ("invitation.sent_again", "Adam", {"role": "member"}),
            ("invitation.revoked", "Alice", {"role": "member"}),
        ]


@pytest.mark.parametrize("verified", [False, True])
def test_only_an_account_that_proved_the_address_is_let_in(verified: bool) -> None:
    cast = make_cast()
    token = invitations.token_of(invite(cast))
    other = make_user("Otto", email="otto@example.com" if verified else "zoe@example.com")
    if not verified:
        EmailAddress.objects.filter(user=other).update(verified=False)
    with pytest.raises(invitations.OtherAddress):
        invitations.accept(token, user=other)
    with scope(cast.workspace):
        assert Membership.objects.count() == 4
        assert Invitation.objects.get().accepted_at is None


def test_an_invitation_ends_after_seven_days() -> None:
    cast = make_cast()
    row = invite(cast)
    token = invitations.token_of(row)
    assert row.expires_at - row.created_at < timedelta(days=7, seconds=5)
    with scope(cast.workspace):
        Invitation.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    with pytest.raises(invitations.InvitationOver):
        invitations.find(token)


def test_a_revoked_invitation_opens_nothing() -> None:
    cast = make_cast()
    row = invite(cast)
    invitations.revoke(row, actor=cast.adam)
    with pytest.raises(invitations.InvitationOver):
        invitations.find(invitations.token_of(row))
    with pytest.raises(invitations.InvitationOver):
        invitations.revoke(row, actor=cast.adam)
    with pytest.raises(invitations.InvitationOver):
        invitations.send_again(row, actor=cast.adam)


def test_sending_again_makes_a_new_link_and_ends_the_old_one() -> None:
    cast = make_cast()
    row = invite(cast)
    old = invitations.token_of(row)
    again = invitations.send_again(row, actor=cast.adam)
    with pytest.raises(invitations.InvitationOver):
        invitations.find(old)
    assert invitations.find(invitations.token_of(again)).pk == row.pk


def test_inviting_an_address_again_replaces_the_open_invitation() -> None:
    cast = make_cast()
    first, second = invite(cast), invite(cast, role="viewer")
    with pytest.raises(invitations.InvitationOver):
        invitations.find(invitations.token_of(first))
    assert invitations.find(invitations.token_of(second)).role == "viewer"


@pytest.mark.parametrize("email", ["", "zoe", "a@b@c.com", "zoe@example.com\nBcc: x@example.com"])
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(invitations.BadAddress):
        invite(make_cast(), email=email)


def test_a_member_is_not_invited() -> None:
    cast = make_cast()
    with pytest.raises(invitations.AlreadyMember):
        invite(cast, email=cast.bob.email.upper())


def test_an_admin_invites_no_owner_and_a_stranger_nobody() -> None:
    cast = make_cast()
    with pytest.raises(invitations.RoleNotGivable):
        invite(cast, role="owner")
    with pytest.raises(invitations.RoleNotGivable):
        invitations.invite(cast.workspace, email="z@example.com", role="viewer", actor=cast.mallory)
    with pytest.raises(invitations.RoleNotGivable):
        invitations.invite(cast.workspace, email="z@example.com", role="viewer", actor=cast.bob)
    with scope(cast.workspace):
        assert Invitation.objects.count() == 0


def test_a_mail_that_could_not_be_sent_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = make_cast()
    invite(cast)

    def refuse(_backend: EmailBackend, _messages: object) -> int:
        raise ConnectionRefusedError

    with monkeypatch.context() as broken:
        broken.setattr(EmailBackend, "send_messages", refuse)
        tasks.mail_notices()
    assert mail.outbox == []
    tasks.mail_notices()
    assert len(mail.outbox) == 1


def test_a_mail_is_not_tried_for_ever() -> None:
    cast = make_cast()
    invite(cast)
    assert invitation_mails.mail_waiting(now=clock.now() + timedelta(days=1, minutes=1)) == 0


def test_an_address_is_awaited_while_its_invitation_is_open() -> None:
    cast = make_cast()
    assert not invitations.is_awaited("zoe@example.com")
    row = invite(cast)
    assert invitations.is_awaited("ZOE@example.com ")
    invitations.revoke(row, actor=cast.adam)
    assert not invitations.is_awaited("zoe@example.com")
