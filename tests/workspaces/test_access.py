"""Who gets in: 404 across tenants, 403 inside, the log-in page for visitors; and at what cost."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from spojit.lib import clock
from tests.factories import Cast, make_cast, make_member, make_workspace, scope, signed_in
from workspaces import notices
from workspaces.models import Membership

pytestmark = pytest.mark.django_db


def url(name: str, slug: str, **arguments: object) -> str:
    return reverse(f"workspaces:{name}", kwargs={"slug": slug, **arguments})


def test_a_visitor_is_sent_to_the_log_in_page_and_back() -> None:
    cast = make_cast()
    members = url("members", cast.workspace.slug)
    response = Client().get(members)
    assert (response.status_code, response["Location"]) == (302, f"/accounts/login/?next={members}")


def test_a_fragment_for_a_visitor_sends_the_whole_page_to_the_log_in_page() -> None:
    cast = make_cast()
    members = url("members", cast.workspace.slug)
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{members}?x=1"}
    response = Client().get(members, headers=headers)
    assert response["HX-Redirect"] == f"/accounts/login/?next={members}"


def test_another_tenants_address_looks_like_none() -> None:
    cast = make_cast()
    mallory = signed_in(cast.mallory)
    assert mallory.get(url("members", cast.workspace.slug)).status_code == 404
    assert mallory.get(url("members", "no-such-workspace")).status_code == 404
    assert mallory.get(url("members", cast.next_door.slug)).status_code == 200


def test_a_missing_right_is_403_and_its_page_shows_the_frame() -> None:
    cast = make_cast()
    with scope(cast.workspace):
        notices.tell(cast.workspace, users=[cast.vera], key="k", title="t")
    response = signed_in(cast.vera).get(url("audit", cast.workspace.slug))
    assert response.status_code == 403


def test_a_member_who_was_removed_gets_404_at_once() -> None:
    cast = make_cast()
    bob = signed_in(cast.bob)
    assert bob.get(url("members", cast.workspace.slug)).status_code == 200
    with scope(cast.workspace):
        Membership.objects.filter(user=cast.bob).delete()
    assert bob.get(url("members", cast.workspace.slug)).status_code == 404


def test_an_account_that_was_switched_off_is_a_visitor() -> None:
    cast = make_cast()
    bob = signed_in(cast.bob)
    cast.bob.is_active = False
    cast.bob.save()
    assert bob.get(url("members", cast.workspace.slug)).status_code == 302


def test_being_here_is_noted_every_ten_minutes() -> None:
    cast = make_cast()
    bob = signed_in(cast.bob)
    before = clock.now()
    bob.get(url("members", cast.workspace.slug))
    first = last_seen_of_bob(cast)
    assert before <= first <= clock.now()
    bob.get(url("members", cast.workspace.slug))
    assert last_seen_of_bob(cast) == first
    with scope(cast.workspace):
        Membership.objects.update(last_seen_at=clock.now() - timedelta(minutes=11))
    bob.get(url("members", cast.workspace.slug))
    assert last_seen_of_bob(cast) > first


def last_seen_of_bob(cast: Cast) -> datetime:
    with scope(cast.workspace):
        return Membership.objects.get(user=cast.bob).last_seen_at  # type: ignore[no-any-return]


@pytest.mark.django_db(transaction=True)
def test_the_frame_asks_five_questions_however_much_there_is() -> None:
    cast = make_cast()
    bob = signed_in(cast.bob)
    settings = url("settings", cast.workspace.slug)
    bob.get(settings)
    few = questions(bob, settings)
    for number in range(8):
        make_member(make_workspace(f"Other {number}"), "viewer", user=cast.bob)
    with scope(cast.workspace):
        for number in range(20):
            notices.tell(cast.workspace, users=[cast.bob], key=f"k{number}", title="t")
    many = questions(bob, settings)
    assert len(few) == len(many)
    assert len(many) <= 5, many


def questions(client: Client, path: str) -> list[str]:
    """Return the statements of a request, without BEGIN, SAVEPOINT and the cached session."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    quiet = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
    found = [query["sql"] for query in captured.captured_queries]
    return [sql for sql in found if not sql.startswith(quiet) and "workspaces_session" not in sql]
