"""Sign-up, proof of the address, sign-in, reset: by django-allauth, as this product wants it."""

from __future__ import annotations

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from tests.factories import PASSWORD, make_cast, make_user, scope
from workspaces import invitations
from workspaces.models import Membership, User, Workspace

pytestmark = pytest.mark.django_db

ZOE = {
    "email": "Zoe@Example.com",
    "password1": PASSWORD,
    "name": "Zoe  Miller",
    "workspace": "Southwind",
}


def link_in_mail(pattern: str) -> str:
    found = re.search(rf"http://testserver({pattern})", str(mail.outbox[-1].body))
    assert found, mail.outbox[-1].body
    return found[1]


def sign_up(client: Client, **changes: str) -> User:
    response = client.post("/accounts/signup/", ZOE | changes)
    assert response.status_code == 302, response.content.decode()
    return User.objects.get(email="zoe@example.com")


def test_signing_up_makes_a_workspace_and_waits_for_the_address() -> None:
    client = Client()
    zoe = sign_up(client)
    assert (zoe.name, zoe.email) == ("Zoe Miller", "zoe@example.com")
    workspace = Workspace.objects.get()
    assert (workspace.name, workspace.slug) == ("Southwind", "southwind")
    with scope(workspace):
        assert Membership.objects.get().role == "owner"
    assert client.get("/").status_code == 302
    assert "_auth_user_id" not in client.session
    client.post(link_in_mail(r"/accounts/confirm-email/[^\s]+"))
    assert EmailAddress.objects.get(user=zoe).verified
    assert client.session["_auth_user_id"] == str(zoe.pk)
    assert client.get("/")["Location"] == "/w/southwind/"


def test_opening_the_link_alone_proves_nothing() -> None:
    client = Client()
    zoe = sign_up(client)
    client.get(link_in_mail(r"/accounts/confirm-email/[^\s]+"))
    assert not EmailAddress.objects.get(user=zoe).verified


def test_a_workspace_without_a_name_is_named_after_its_owner() -> None:
    sign_up(Client(), workspace="")
    assert Workspace.objects.get().name == "Zoe's workspace"


def test_who_was_invited_gets_no_workspace_of_their_own_and_joins_after_the_proof() -> None:
    cast = make_cast()
    row = invitations.invite(
        cast.workspace, email="zoe@example.com", role="member", actor=cast.alice
    )
    link = f"/invitations/{invitations.token_of(row)}/"
    client = Client()
    zoe = sign_up(client, workspace="", next=link)
    assert Workspace.objects.count() == 2
    response = client.post(link_in_mail(r"/accounts/confirm-email/[^\s]+"))
    assert response["Location"] == link
    assert client.post(link).status_code == 302
    with scope(cast.workspace):
        assert Membership.objects.get(user=zoe).role == "member"


def test_signing_up_with_a_known_address_tells_the_visitor_nothing() -> None:
    make_user("Zoe", email="zoe@example.com")
    response = Client().post("/accounts/signup/", ZOE)
    assert response.status_code == 302
    assert response["Location"] == "/accounts/confirm-email/"
    assert User.objects.count() == 1
    assert Workspace.objects.count() == 0
    assert "already" in str(mail.outbox[-1].body)


@pytest.mark.parametrize("password", ["short", "password1234", "zoe@example.com"])
def test_a_weak_password_is_refused(password: str) -> None:
    response = Client().post("/accounts/signup/", ZOE | {"password1": password})
    assert "field-error" in response.content.decode()
    assert User.objects.count() == 0


@pytest.mark.parametrize("field", ["name", "workspace"])
def test_a_name_that_cannot_be_printed_is_refused(field: str) -> None:
    response = Client().post("/accounts/signup/", ZOE | {field: "moc.elgoog\u202e"})
    assert "field-error" in response.content.decode()
    assert User.objects.count() == 0


def test_signing_in_needs_a_proven_address() -> None:
    make_user("Zoe", email="zoe@example.com", verified=False)
    client = Client()
    response = client.post("/accounts/login/", {"login": "zoe@example.com", "password": PASSWORD})
    assert response["Location"] == "/accounts/confirm-email/"
    assert "_auth_user_id" not in client.session


def test_the_address_is_compared_without_its_case() -> None:
    zoe = make_user("Zoe", email="zoe@example.com")
    client = Client()
    client.post("/accounts/login/", {"login": "ZOE@example.com", "password": PASSWORD})
    assert client.session["_auth_user_id"] == str(zoe.pk)


def test_a_password_is_reset_by_a_link_that_works_once() -> None:
    zoe = make_user("Zoe", email="zoe@example.com")
    client = Client()
    client.post("/accounts/password/reset/", {"email": "zoe@example.com"})
    link = link_in_mail(r"/accounts/password/reset/key/[^\s]+")
    form = client.get(link)["Location"]
    new = "another battery staple"
    assert client.post(form, {"password1": new, "password2": new}).status_code == 302
    zoe.refresh_from_db()
    assert zoe.check_password(new)
    assert "no longer works" in Client().get(link).content.decode()


def test_a_reset_for_an_unknown_address_looks_the_same() -> None:
    response = Client().post("/accounts/password/reset/", {"email": "nobody@example.com"})
    assert response["Location"] == "/accounts/password/reset/done/"


def test_guessing_a_password_is_stopped_after_five_tries() -> None:
    make_user("Zoe", email="zoe@example.com")
    client = Client()
    for _ in range(5):
        guess = {"login": "zoe@example.com", "password": "wrong"}
        assert "Too many" not in client.post("/accounts/login/", guess).content.decode()
    right = {"login": "zoe@example.com", "password": PASSWORD}
    assert "Too many" in client.post("/accounts/login/", right).content.decode()
    assert "_auth_user_id" not in client.session


def test_one_address_cannot_try_many_accounts() -> None:
    client = Client()
    for number in range(10):
        client.post("/accounts/login/", {"login": f"a{number}@example.com", "password": "wrong"})
    right = {"login": make_user("Zoe").email, "password": PASSWORD}
    client.post("/accounts/login/", right)
    assert "_auth_user_id" not in client.session


def test_a_form_says_each_thing_once_and_in_our_words() -> None:
    for path in ("login", "signup", "password/reset"):
        page = Client().get(f"/accounts/{path}/").content.decode()
        assert "E-mail address" in page
        assert re.search(r"placeholder|\bEmail|Remember Me", page) is None, path
        assert page.count("Forgot your password?") == (path == "login")


def test_a_wrong_password_is_told_without_saying_whether_the_address_is_known() -> None:
    zoe = make_user("Zoe")
    pages = [
        Client().post("/accounts/login/", {"login": login, "password": "wrong"}).content.decode()
        for login in (zoe.email, "nobody@example.com")
    ]
    assert all("This address and password do not belong together." in page for page in pages)


def test_the_session_changes_when_somebody_signs_in() -> None:
    zoe = make_user("Zoe")
    client = Client()
    session = client.session
    session["planted"] = True
    session.save()
    planted = client.cookies["sessionid"].value
    client.post("/accounts/login/", {"login": zoe.email, "password": PASSWORD})
    assert client.cookies["sessionid"].value != planted
    assert client.cookies["sessionid"]["httponly"]
    assert client.cookies["sessionid"]["samesite"] == "Lax"


def test_a_form_without_its_token_is_refused() -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post("/accounts/login/", {"login": "a@b.c", "password": "x"}).status_code == 403


def test_signing_in_never_leads_off_the_site() -> None:
    zoe = make_user("Zoe")
    fields = {"login": zoe.email, "password": PASSWORD, "next": "https://evil.example/"}
    assert Client().post("/accounts/login/", fields)["Location"] == "/"
