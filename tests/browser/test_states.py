"""Pages that a path alone does not open: behind mailed links, codes and invitations. No faults."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.urls import reverse

from spojit.lib import clock
from tests import factories
from tests.browser import looking, world as worlds
from tests.browser.steps import code_for, link_in_mail
from tests.proofs.sizes import only_whole
from workspaces import invitations, sessions
from workspaces.models import Invitation, Session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.steps import Visitor
    from workspaces.models import User

LONG_ADDRESS = f"{'e' * 28}@{'d' * 28}.example.com"
LONG_AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"
OVER = "no longer works"


class Looker:
    """Collects the faults of what a visitor sees."""

    def __init__(self, visitor: Visitor) -> None:
        """Begin with none."""
        self.visitor = visitor
        self.found: list[str] = []

    def look(self, state: str, *, sees: str = "", within: str = "") -> None:
        """Look at the open page, which has to say `sees`."""
        if sees:
            self.visitor.sees(sees)
        looking.settle(self.visitor.page)
        with self.visitor.unheard():
            faults = looking.faults(self.visitor.page, f"-{state}", within=within)
        self.found += [f"{state} ({self.visitor.page.url}): {fault}" for fault in faults]


@pytest.fixture
def looker(visitor: Visitor) -> Iterator[Looker]:
    """Fail in the end with all faults at once."""
    came = Looker(visitor)
    yield came
    assert came.found == [], "\n".join(came.found)


@only_whole
def test_choosing_a_new_password_has_no_fault(looker: Looker, visitor: Visitor) -> None:
    factories.make_user("Zoe", email=LONG_ADDRESS)
    visitor.go("/accounts/password/reset/")
    visitor.fill(email=LONG_ADDRESS)
    visitor.press("Send the link")
    link = link_in_mail(visitor.live, LONG_ADDRESS)
    visitor.go(link)
    looker.look("reset", sees="Choose a new password")
    visitor.fill(password1="short", password2="other")
    visitor.press("Set password")
    looker.look("reset-wrong", sees="This password is too short")
    visitor.fill(password1=factories.PASSWORD, password2=factories.PASSWORD)
    visitor.press("Set password")
    visitor.page.wait_for_load_state()
    visitor.go(link)
    looker.look("reset-over", sees=OVER)


def test_proving_an_address_has_no_fault(looker: Looker, visitor: Visitor) -> None:
    visitor.go("/accounts/signup/")
    visitor.fill(name="Zoe", email=LONG_ADDRESS, workspace="Z", password1=factories.PASSWORD)
    visitor.press("Sign up")
    visitor.sees("Check your mail")
    visitor.go(link_in_mail(visitor.live, LONG_ADDRESS, containing="/confirm-email/"))
    looker.look("confirm", sees="Confirm your address")
    EmailAddress.objects.create(
        user=factories.make_user("Other"), email=LONG_ADDRESS, verified=True
    )
    visitor.page.reload()
    looker.look("confirm-taken", sees="confirmed by another account")


@only_whole
def test_signing_in_with_a_second_factor_has_no_fault(looker: Looker, visitor: Visitor) -> None:
    alice = factories.make_user("Alice")
    factories.make_workspace("Northwind", slug="northwind", owner=alice)
    seed = set_up_totp(looker, visitor, alice)
    visitor.context.clear_cookies()
    visitor.sign_in(alice.email)
    looker.look("code", sees="Enter your code")
    visitor.fill(code="000000")
    visitor.press("Sign in")
    looker.look("code-wrong", sees="Incorrect code.")
    visitor.fill(code=code_for(seed))
    visitor.press("Sign in")
    visitor.is_at("/w/northwind/.*")
    confirm_it_is_you(looker, visitor, alice)


def set_up_totp(looker: Looker, visitor: Visitor, alice: User) -> str:
    visitor.sign_in(alice.email)
    visitor.is_at("/w/northwind/.*")
    visitor.go(reverse("mfa_activate_totp"))
    looker.look("totp-password", sees="Confirm it is you")
    visitor.fill(password=factories.PASSWORD)
    visitor.press("Confirm")
    looker.look("totp", sees="Enter the code that it shows")
    seed = visitor.page.locator("#authenticator_secret").inner_text()
    visitor.fill(code="000000")
    visitor.press("Turn on")
    looker.look("totp-wrong", sees="Incorrect code.")
    visitor.fill(code=code_for(seed))
    visitor.press("Turn on")
    looker.look("recovery-codes", sees="10 of 10 left")
    for name in ("mfa_index", "mfa_generate_recovery_codes", "mfa_deactivate_totp"):
        visitor.go(reverse(name))
        looker.look(name)
    return seed


def confirm_it_is_you(looker: Looker, visitor: Visitor, alice: User) -> None:
    """Let the sign-in be too long ago for what is sensitive."""
    for row in Session.objects.filter(user=alice):
        data = sessions.SessionStore().decode(row.session_data)
        for method in data["account_authentication_methods"]:
            method["at"] -= 3600
        row.session_data = sessions.SessionStore().encode(data)
        row.save()
    visitor.go(reverse("mfa_generate_recovery_codes"))
    looker.look("again-password", sees="Confirm it is you")
    visitor.fill(password="wrong")
    visitor.press("Confirm")
    looker.look("again-password-wrong", sees="Incorrect password.")
    visitor.follow("Use authenticator app or code")
    looker.look("again-code", sees="Enter a code from your authenticator app")
    visitor.fill(code="000000")
    visitor.press("Confirm")
    looker.look("again-code-wrong", sees="Incorrect code.")


@only_whole
def test_an_invitation_in_each_state_has_no_fault(looker: Looker, visitor: Visitor) -> None:
    owner = factories.make_user(worlds.LONG_PERSON)
    workspace = factories.make_workspace("Northwind " + "z" * 60, slug="northwind", owner=owner)
    row = invitations.invite(workspace, email=LONG_ADDRESS, role="member", actor=owner)
    link = reverse("workspaces:invitation_accept", args=[invitations.token_of(row)])
    visitor.go(link)
    looker.look("invitation-visitor", sees="Sign up as")
    visitor.enter(factories.make_user("Mallory"))
    visitor.go(link)
    looker.look("invitation-of-another", sees="This invitation is for another address.")
    visitor.enter(factories.make_user("Zoe", email=LONG_ADDRESS))
    visitor.go(link)
    looker.look("invitation", sees="Join Northwind")
    visitor.go("/workspaces/new/")
    looker.look("invitation-waits", sees="Northwind")
    with factories.scope(workspace):
        Invitation.objects.update(expires_at=clock.now())
    visitor.go(link)
    looker.look("invitation-over", sees=OVER)


def test_sessions_have_no_fault(looker: Looker, visitor: Visitor) -> None:
    alice = factories.make_user("Alice")
    places = [("2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff", LONG_AGENT), (None, "x" * 300)]
    for address, user_agent in places:
        cookie = factories.signed_in(alice).cookies[settings.SESSION_COOKIE_NAME]
        key = sessions.hashed(cookie.value)
        Session.objects.filter(pk=key).update(address=address, user_agent=user_agent)
    visitor.enter(alice)
    visitor.go(reverse("workspaces:sessions"))
    looker.look("sessions", sees="this one")
    visitor.page.locator("li", has_text="Safari on an iPhone").get_by_role("button").click()
    visitor.sees("Signed out of it.")
    visitor.press("Sign out of all others")
    looker.look("sessions-one", sees="Signed out of it.")


@only_whole
def test_the_staff_pages_have_no_fault_of_ours(looker: Looker, visitor: Visitor) -> None:
    world = worlds.make()
    world.alice.is_superuser = True
    world.alice.save()
    set_up_totp(Looker(visitor), visitor, world.alice)
    paths = [reverse("admin:index"), reverse("admin:connections_connection_changelist")]
    paths.append(reverse("admin:connections_connection_change", args=[world.ids["connection_id"]]))
    paths.append(reverse("admin:workspaces_user_change", args=[world.alice.pk]))
    for path in paths:
        visitor.go(path)
        looker.look("staff", within="#header")
