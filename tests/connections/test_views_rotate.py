"""Rotating on the page: keep, replace or clear; the old stays in use until the new works."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from connections import credentials
from connections.models import Credential
from spojit.lib import clock
from tests import factories, servers
from tests.connections import steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from connections.models import Connection
    from tests.factories import Cast
    from tests.servers import Server

    Reach = Callable[..., None]

NEW = "a-key-2222222222"


@pytest.fixture
def server(reach: Reach) -> Iterator[Server]:
    with steps.door(steps.KEY, NEW) as running:
        reach(running.port)
        yield running


@pytest.fixture
def connection(cast: Cast, server: Server) -> Connection:
    return steps.connect(cast.workspace, server, name="Shop", actor=cast.bob)


def sent(server: Server, **changes: str) -> dict[str, str]:
    values = {"value-base_url": server.url, "value-test_path": "/me", "value-api_key": ""}
    return values | {f"value-{key}": value for key, value in changes.items()}


def rotate(cast: Cast, connection: Connection, data: dict[str, str]) -> Any:
    return steps.post(cast.bob, steps.url(connection, "credential"), data)


def keys_seen(server: Server) -> list[str]:
    tokens = [received.headers["authorization"] for received in server.requests]
    return [token.removeprefix("Bearer ") for token in tokens]


def test_the_form_shows_what_is_stored_and_never_the_secret(
    cast: Cast, connection: Connection
) -> None:
    status, page = steps.get(cast.bob, steps.url(connection, "credential"))
    assert status == 200
    assert 'name="value-api_key-act" value="keep" checked' in page
    assert "by Bob" in page
    assert steps.KEY not in page
    assert "•" not in page
    assert 'value="clear"' not in page


def test_a_working_new_key_is_promoted(cast: Cast, connection: Connection, server: Server) -> None:
    data = sent(server, api_key=NEW) | {"value-api_key-act": "replace"}
    answer = rotate(cast, connection, data)
    assert answer["Location"] == steps.url(connection, "credential")
    page = steps.get(cast.bob, answer["Location"])[1]
    assert "Verifying the new credentials" in page
    steps.work(connection)
    page = steps.get(cast.bob, answer["Location"])[1]
    assert "Promoted: the new credentials are in use" in page
    assert "Restore the old ones" in page
    assert steps.states(connection) == [(1, "previous"), (2, "current")]


def test_replacing_by_nothing_is_refused(
    cast: Cast, connection: Connection, server: Server
) -> None:
    data = sent(server, api_key="") | {"value-api_key-act": "replace"}
    answer = rotate(cast, connection, data)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Paste the new value, or choose Keep." in page
    assert 'name="value-api_key-act" value="replace" checked' in page
    assert steps.states(connection) == [(1, "current")]


def test_a_wrong_new_key_leaves_the_old_one_in_use_and_can_be_discarded(
    cast: Cast, connection: Connection, server: Server
) -> None:
    data = sent(server, api_key="wrong-key-333333") | {"value-api_key-act": "replace"}
    rotate(cast, connection, data)
    steps.work(connection)
    page = steps.get(cast.bob, steps.url(connection, "credential"))[1]
    assert "The new credentials did not work" in page
    assert "The old credentials stay in use." in page
    assert steps.fresh(connection).status == "active"
    assert "New credentials wait" in steps.get(cast.bob, steps.url(connection))[1]
    steps.post(cast.bob, steps.url(connection, "discard"))
    assert steps.states(connection) == [(1, "current"), (2, "destroyed")]
    assert steps.post(cast.bob, steps.url(connection, "discard")).status_code == 302


@pytest.mark.parametrize("act", [{}, {"value-api_key-act": "keep"}, {"value-api_key-act": "x"}])
def test_an_empty_secret_keeps_the_stored_one(
    cast: Cast, connection: Connection, server: Server, act: dict[str, str]
) -> None:
    rotate(cast, connection, sent(server, test_path="/you") | act)
    steps.work(connection)
    assert steps.states(connection) == [(1, "previous"), (2, "current")]
    assert keys_seen(server) == [steps.KEY, steps.KEY]
    assert [received.path for received in server.requests] == ["/me", "/you"]


def test_a_secret_typed_under_keep_does_not_count(
    cast: Cast, connection: Connection, server: Server
) -> None:
    rotate(cast, connection, sent(server, api_key=NEW) | {"value-api_key-act": "keep"})
    steps.work(connection)
    assert keys_seen(server) == [steps.KEY, steps.KEY]


def test_without_a_choice_a_typed_secret_replaces(
    cast: Cast, connection: Connection, server: Server
) -> None:
    rotate(cast, connection, sent(server, api_key=NEW))
    steps.work(connection)
    assert keys_seen(server) == [steps.KEY, NEW]


def test_a_required_secret_cannot_be_cleared(
    cast: Cast, connection: Connection, server: Server
) -> None:
    answer = rotate(cast, connection, sent(server) | {"value-api_key-act": "clear"})
    assert answer.status_code == 422
    assert answer.context["form"].errors["value-api_key"] == ["Token is needed."]
    assert steps.states(connection) == [(1, "current")]


def test_an_optional_secret_can_be_cleared(cast: Cast, reach: Reach) -> None:
    with servers.recording() as server:
        reach(server.port)
        values = {"base_url": server.url, "username": "ada", "password": "a-password-1234"}
        connection = factories.make_connection(
            cast.workspace, scheme="basic", values=values, actor=cast.bob
        )
    page = steps.get(cast.bob, steps.url(connection, "credential"))[1]
    assert 'name="value-password-act" value="clear"' in page
    data = {
        "value-base_url": server.url,
        "value-username": "ada",
        "value-password": "",
        "value-password-act": "clear",
    }
    assert rotate(cast, connection, data).status_code == 302
    with factories.scope(cast.workspace):
        staged = credentials.staged(connection)
    with credentials.borrow(connection, credential=staged) as borrowed:
        assert borrowed.reveal() == {"base_url": server.url, "username": "ada"}


def test_a_change_of_host_asks_for_the_key_again(
    cast: Cast, connection: Connection, server: Server
) -> None:
    with servers.recording() as elsewhere:
        data = sent(server, base_url=elsewhere.url) | {"value-api_key-act": "keep"}
        answer = rotate(cast, connection, data)
        assert answer.status_code == 422
        page = answer.content.decode()
        assert "no old secret goes to a new host" in page
        assert 'name="value-api_key-act" value="replace" checked' in page
        assert f'value="{elsewhere.url}"' in page
        steps.work(connection)
        assert elsewhere.connections == 0
    assert steps.states(connection) == [(1, "current")]


def test_who_set_what_and_when_is_told_per_field(
    cast: Cast, connection: Connection, server: Server
) -> None:
    data = sent(server, api_key=NEW) | {"value-api_key-act": "replace"}
    steps.post(cast.adam, steps.url(connection, "credential"), data)
    steps.work(connection)
    status, page = steps.get(cast.vera, steps.url(connection, "credentials"))
    assert status == 200
    assert "In use: version 2" in page
    assert "by Adam" in page
    assert "by Bob" in page
    assert NEW not in page


def test_the_previous_version_is_restored_while_it_lasts(
    cast: Cast, connection: Connection, server: Server, set_clock: Any
) -> None:
    rotate(cast, connection, sent(server, api_key=NEW) | {"value-api_key-act": "replace"})
    steps.work(connection)
    assert "Restore" in steps.get(cast.bob, steps.url(connection, "credentials"))[1]
    assert "Restore</button>" not in steps.get(cast.vera, steps.url(connection, "credentials"))[1]
    answer = factories.signed_in(cast.bob).post(steps.url(connection, "restoration"), follow=True)
    assert "in use again, as version 3" in answer.content.decode()
    set_clock(clock.now() + timedelta(days=8))
    client = factories.signed_in(cast.bob)
    answer = client.post(steps.url(connection, "restoration"), follow=True)
    assert "can no longer be restored" in answer.content.decode()
    assert steps.states(connection) == [(1, "destroyed"), (2, "previous"), (3, "current")]


def test_the_expiry_date_is_set_warned_of_and_taken_away(
    cast: Cast, connection: Connection
) -> None:
    day = clock.now().date() + timedelta(days=5)
    address = steps.url(connection, "credentials")
    answer = steps.post(cast.bob, address, {"expires_on": day.isoformat()})
    assert answer.status_code == 302
    page = steps.get(cast.bob, steps.url(connection))[1]
    assert f"The credentials expire on {day:%-d %B %Y}." in page
    assert "The credentials expire" not in steps.get(cast.vera, steps.url(connection))[1]
    assert steps.post(cast.bob, address, {"expires_on": "2001-01-01"}).status_code == 422
    with factories.scope(cast.workspace):
        Credential.objects.update(expires_on="2020-02-02")
    assert "expired on 2 February 2020" in steps.get(cast.bob, address)[1]
    assert steps.post(cast.bob, address, {"expires_on": ""}).status_code == 302
    assert "No expiry date" in steps.get(cast.bob, address)[1]


def test_without_a_credential_there_is_no_expiry_to_set(cast: Cast, connection: Connection) -> None:
    with factories.scope(cast.workspace):
        credentials.destroy_all(connection)
    address = steps.url(connection, "credentials")
    assert steps.post(cast.bob, address, {"expires_on": ""}).status_code == 422
    assert "In use: version none" in steps.get(cast.bob, address)[1]


@pytest.mark.parametrize(
    ("person", "read", "write"),
    [("alice", 200, 302), ("adam", 200, 302), ("vera", 200, 403), ("mallory", 404, 404)],
)
def test_only_the_owner_and_admins_rotate(
    cast: Cast, connection: Connection, server: Server, person: str, read: int, write: int
) -> None:
    user = getattr(cast, person)
    assert steps.get(user, steps.url(connection, "credentials"))[0] == read
    data = sent(server, api_key=NEW) | {"value-api_key-act": "replace"}
    for name in ("credential", "discard", "restoration"):
        assert steps.post(user, steps.url(connection, name), data).status_code == write


def test_another_member_may_not_rotate_what_is_not_theirs(cast: Cast, server: Server) -> None:
    connection = steps.connect(cast.workspace, server, name="Hers", actor=cast.alice)
    for name in ("credential", "added", "settings", "hand_over", "remove"):
        assert steps.get(cast.bob, steps.url(connection, name))[0] == 403
    assert (
        steps.post(cast.bob, steps.url(connection, "credential"), sent(server)).status_code == 403
    )
    assert steps.states(connection) == [(1, "current")]
