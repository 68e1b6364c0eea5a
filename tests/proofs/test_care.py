"""What is done for a connection over time: hygiene, accounts, warnings, switching off."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.core import mail

from connections import calls, credentials, tasks, verification
from connections.calls import OtherAccount, Use
from connections.models import Connection
from connectors.models import Connector
from spojit.lib import clock
from tests import factories, servers
from tests.proofs import acts
from tests.proofs.caring import KEY, MONDAY, Fickle, connected
from workspaces import notices

if TYPE_CHECKING:
    import ssl

    from tests.factories import Cast
    from tests.proofs.conftest import Move, Reach, SetClock

pytestmark = pytest.mark.django_db

USE = Use("person", name="Alice")


# -- what is typed (B2) ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "typed", "said"),
    [
        ("stripe", "pk_live_" + "4eC39HqLyjWDarjtT1zdp7dc", "This is a publishable key"),
        ("stripe", "sk_test_4eC39Hq\nLyjWDarjtT1zdp7dc", "a line break (U+000A) at position 16"),
        ("stripe", "sk_test_4eC39Hq\u200bLyjWDarjtT1zdp7dc", "an invisible space (U+200B)"),
        ("github", "-----BEGIN OPENSSH PRIVATE KEY-----", "This is an SSH or private key"),
        ("github", "ghp_0123456789abcdefghij\u2013ABCDEFGHIJ012345", "en dash"),
    ],
)
def test_a_key_that_cannot_be_right_is_refused_with_the_reason(
    key: str, typed: str, said: str
) -> None:
    workspace = factories.make_workspace()
    factories.make_connector(key)
    person = factories.owner_of(workspace)
    url = f"/w/{workspace.slug}/connections/new/{key}/?scheme=api_key"
    answer = factories.signed_in(person).post(url, {"name": "Mine", "value-api_key": typed})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert typed not in page
    with factories.scope(workspace):
        assert not Connection.objects.exists()


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("HTTP://API.Example.COM:80/v1/", "http://api.example.com/v1"),
        ("api.example.com", "https://api.example.com"),
        ("https://bücher.example/", "https://xn--bcher-kva.example"),
    ],
)
def test_an_address_is_shown_as_it_is_stored(typed: str, stored: str) -> None:
    workspace = factories.make_workspace()
    values = {"base_url": typed, "api_key": f"  {KEY}\r\n"}
    connection = acts.connect(workspace, "http", "api_key", values)
    with credentials.borrow(connection) as borrowed:
        assert borrowed.reveal() == {"base_url": stored, "api_key": KEY}


def test_a_password_inside_an_address_is_refused() -> None:
    workspace = factories.make_workspace()
    factories.make_connector("http")
    client = factories.signed_in(factories.owner_of(workspace))
    data = {"name": "Mine", "value-base_url": "https://ada:hunter22@api.example.com"}
    answer = client.post(f"/w/{workspace.slug}/connections/new/http/?scheme=none", data)
    assert answer.status_code == 422
    assert "Take the user name and password out of the address" in answer.content.decode()


# -- whose account it is (B4) ----------------------------------------------------------------------


@pytest.fixture
def cast() -> Cast:
    """Everybody."""
    return factories.make_cast()


def test_another_account_stays_in_question_through_outages_until_a_person_decides(
    reach: Reach, move: Move, places: ssl.SSLContext, cast: Cast
) -> None:
    fickle = Fickle()
    with servers.recording(fickle, tls=places) as server:
        reach(server.port)
        move("github", server.port)
        connection = factories.make_connection(cast.workspace, connector_key="github")
        assert acts.verify(connection).status == "active"
        fickle.account = "2"
        seen = acts.verify_again(connection)
        acts.assert_said(seen, "other_account", status="error")
        fickle.status = 500
        seen = acts.verify_again(connection)
        assert (seen.outcome, seen.reason) == ("upstream_fault", "other_account")
        with pytest.raises(OtherAccount):
            calls.call(connection, tool="list_repositories", arguments={}, use=USE)
        assert len(server.requests) == 3
        fresh = acts.look(connection).connection
        accepted = verification.accept_account(fresh, actor=cast.alice)
        assert (accepted.status, accepted.account_id, accepted.account_name) == (
            "active", "2", "octo-2",
        )  # fmt: skip
        fickle.status = 200
        assert acts.verify_again(connection).status == "active"


def test_the_same_account_is_told_only_within_the_workspace(
    reach: Reach, move: Move, places: ssl.SSLContext, cast: Cast
) -> None:
    told = "You already connected this account"
    with servers.recording(Fickle(), tls=places) as server:
        reach(server.port)
        move("github", server.port)
        theirs = factories.make_connection(cast.next_door, connector_key="github")
        acts.verify(theirs)
        ours = factories.make_connection(cast.workspace, connector_key="github")
        assert not acts.verify(ours).says(told)
        again = factories.make_connection(cast.workspace, connector_key="github")
        assert acts.verify(again).says(told)
        assert not acts.look(theirs).says(told)


# -- what runs out (B8) ----------------------------------------------------------------------------


def test_an_expiry_is_mailed_30_7_and_1_days_ahead_once_to_each(
    set_clock: SetClock, cast: Cast
) -> None:
    real_now = clock.now()
    set_clock(MONDAY)
    connection = factories.make_connection(cast.workspace, actor=cast.bob)
    day = (MONDAY + timedelta(days=40)).date()
    credentials.set_expiry(connection, expires_on=day, actor=cast.bob)
    told: list[tuple[int, str]] = []
    for hour in range(0, 43 * 24, 13):
        now = MONDAY + timedelta(hours=hour)
        set_clock(now)
        mail.outbox.clear()
        tasks.tidy()
        notices.mail_waiting(now=real_now)  # rows are dated by the real clock
        told += [((day - now.date()).days, message.to[0]) for message in mail.outbox]
    people = sorted(person.email for person in (cast.alice, cast.adam, cast.bob))
    assert sorted(told) == sorted((days, email) for days in (30, 7, 1) for email in people)


def test_what_staff_switch_off_is_not_called_and_keeps_its_status(reach: Reach) -> None:
    with servers.recording(Fickle()) as server:
        reach(server.port)
        connection = connected(server)
        assert acts.verify(connection).status == "active"
        Connector.objects.filter(pk="http").update(
            is_disabled=True, disabled_reason="Closed until Friday."
        )
        heard = len(server.requests)
        seen = acts.verify_again(connection)
        assert (seen.status, seen.check.detail) == ("active", "Closed until Friday.")
        assert len(server.requests) == heard
        Connector.objects.filter(pk="http").update(is_disabled=False)
        assert acts.verify_again(connection).status == "active"
        assert len(server.requests) == heard + 1
