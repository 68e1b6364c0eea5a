"""Where a person is signed in: what is kept, who sees it, and signing out from afar."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from spojit.lib import clock
from tests.factories import PASSWORD, make_user, signed_in
from workspaces import retention, sessions
from workspaces.models import Session, User

pytestmark = pytest.mark.django_db

PAGE = "/accounts/sessions/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"
NEW_PASSWORD = "another long passphrase"


def at(user: User, user_agent: str = FIREFOX, address: str = "198.51.100.7") -> Client:
    """Sign in by password, from this browser at this address."""
    client = Client(headers={"user-agent": user_agent}, REMOTE_ADDR=address)
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    return client


def is_in(client: Client) -> bool:
    return client.get(PAGE).status_code == 200


def row_of(client: Client) -> Session:
    return Session.objects.get(pk=sessions.hashed(key_of(client)))


def key_of(client: Client) -> str:
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def test_a_person_sees_their_sessions_and_which_is_this_one() -> None:
    alice = make_user()
    at(alice, IPHONE, "203.0.113.9")
    at(make_user(), address="192.0.2.1")
    page = at(alice).get(PAGE)
    rows = [(row["browser"], row["address"], row["is_current"]) for row in page.context["rows"]]
    assert rows == [
        ("Firefox on Linux", "198.51.100.7", True),
        ("Safari on an iPhone", "203.0.113.9", False),
    ]
    assert "192.0.2.1" not in page.content.decode()


def test_a_person_signs_out_of_one_session_from_afar() -> None:
    alice = make_user()
    here, phone, tablet = at(alice), at(alice, IPHONE), at(alice, IPHONE)
    answer = here.post(PAGE, {"session": row_of(phone).pk}, follow=True)
    assert "Signed out of it." in answer.content.decode()
    assert [is_in(client) for client in (here, phone, tablet)] == [True, False, True]


def test_a_person_signs_out_of_all_others() -> None:
    alice, bob = make_user(), make_user()
    here, others, bobs = at(alice), [at(alice, IPHONE), at(alice)], at(bob)
    answer = here.post(PAGE, follow=True)
    assert "Signed out of 2 other sessions." in answer.content.decode()
    assert [is_in(client) for client in (here, *others, bobs)] == [True, False, False, True]


def test_nobody_ends_the_session_of_another() -> None:
    alice, mallory = at(make_user()), at(make_user())
    answer = mallory.post(PAGE, {"session": row_of(alice).pk}, follow=True)
    assert "Nothing was left to sign out of." in answer.content.decode()
    assert is_in(alice)


def test_a_changed_password_ends_all_other_sessions() -> None:
    alice = make_user()
    here, other = at(alice), at(alice, IPHONE)
    new = {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert here.post("/accounts/password/change/", new).status_code == 302
    assert [row["is_current"] for row in here.get(PAGE).context["rows"]] == [True]
    assert not is_in(other)


def test_no_address_or_cookie_of_the_database_lets_anybody_in() -> None:
    client = at(make_user())
    row = row_of(client)
    assert key_of(client) not in f"{row.pk} {row.session_data}"
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = row.pk
    assert not is_in(thief)


def test_a_session_is_seen_at_most_every_five_minutes_or_from_elsewhere() -> None:
    client = at(make_user())
    is_in(client)
    assert writes_of(client) == 0
    long_ago = clock.now() - timedelta(minutes=6)
    Session.objects.update(seen_at=long_ago)
    assert writes_of(client) == 1
    assert row_of(client).seen_at > long_ago
    moved = {"REMOTE_ADDR": "192.0.2.5", "headers": {"user-agent": "curl/8 \0" + "x" * 400}}
    client.get(PAGE, **moved)  # type: ignore[arg-type]
    row = row_of(client)
    assert (row.address, len(row.user_agent)) == ("192.0.2.5", 300)


def writes_of(client: Client) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert is_in(client)
    return sum(query["sql"].startswith("UPDATE") for query in captured.captured_queries)


def test_signing_out_leaves_no_row() -> None:
    client = at(make_user())
    client.post("/accounts/logout/")
    assert not Session.objects.filter(user__isnull=False).exists()


def test_what_expired_is_not_listed_and_is_purged() -> None:
    alice = make_user()
    old, here = at(alice), signed_in(alice)
    over = clock.now() - timedelta(seconds=1)
    Session.objects.filter(pk=row_of(old).pk).update(expire_date=over)
    assert len(here.get(PAGE).context["rows"]) == 1
    assert retention.run(now=clock.now())["sessions"] == 1
    assert not is_in(old)
    assert is_in(here)
