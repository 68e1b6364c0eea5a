"""Adding a connection: the live verification, and trying again when it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connections.models import Connection
from tests import factories
from tests.connections import steps
from tests.connections.adding import GITHUB, add_url, filled

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.factories import Cast
    from tests.servers import Authority

    Reach = Callable[..., None]


def test_a_good_key_becomes_active_with_its_account(
    cast: Cast, catalogue: None, reach: Reach, authority: Authority
) -> None:
    with steps.github(authority) as server:
        reach(server.port)
        answer = steps.post(cast.bob, add_url(cast), filled(server))
        assert answer.status_code == 302
        with factories.scope(cast.workspace):
            connection = Connection.objects.select_related("workspace").get()
        assert answer["Location"] == steps.url(connection, "added")
        assert (connection.status, connection.owner_id) == ("pending", cast.bob.pk)
        page = steps.get(cast.bob, answer["Location"])[1]
        assert 'hx-trigger="every 1s"' in page
        assert '<meta http-equiv="refresh"' in page
        steps.work(connection)
    status, fragment = steps.get(cast.bob, steps.url(connection, "checklist"), **steps.htmx())
    assert status == 286
    assert "Connected to octocat." in fragment
    assert "hx-get" not in fragment
    assert "Call it “GitHub - octocat”" in fragment
    assert steps.TOKEN not in page + fragment
    assert steps.fresh(connection).status == "active"


def test_the_worker_is_woken_once_the_row_is_there(
    cast: Cast, catalogue: None, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        steps.post(cast.bob, add_url(cast), GITHUB)
    assert len(callbacks) == 1


def test_a_failing_line_says_why_and_the_fields_are_still_filled(
    cast: Cast, catalogue: None, reach: Reach, authority: Authority
) -> None:
    with steps.github(authority) as server:
        reach(server.port)
        wrong = "ghp_" + "W" * 36
        answer = steps.post(cast.bob, add_url(cast), filled(server, wrong))
        with factories.scope(cast.workspace):
            connection = Connection.objects.select_related("workspace").get()
        steps.work(connection)
        page = steps.get(cast.bob, answer["Location"])[1]
        assert "The service refused the credentials." in page
        assert f'value="github.test:{server.port}"' in page
        assert wrong not in page
        assert 'name="value-api_key-act" value="keep"' in page
        data = filled(server, "ghp_" + "V" * 36) | {"value-api_key-act": "replace"}
        assert steps.post(cast.bob, answer["Location"], data).status_code == 302
        steps.work(connection)
        assert steps.fresh(connection).status == "error"
        data = filled(server) | {"value-api_key-act": "replace"}
        assert steps.post(cast.bob, answer["Location"], data).status_code == 302
        steps.work(connection)
    assert steps.fresh(connection).status == "active"
    assert steps.states(connection) == [(1, "previous"), (2, "destroyed"), (3, "current")]


def test_a_secret_typed_in_a_failed_second_try_is_kept_for_the_third(
    cast: Cast, catalogue: None, reach: Reach, authority: Authority
) -> None:
    with steps.github(authority) as server:
        reach(server.port)
        wrong = "ghp_" + "W" * 36
        answer = steps.post(cast.bob, add_url(cast), filled(server, wrong))
        with factories.scope(cast.workspace):
            connection = Connection.objects.select_related("workspace").get()
        steps.work(connection)
        data = filled(server, "ghp_" + "V" * 36) | {"value-api_key-act": "replace"}
        steps.post(cast.bob, answer["Location"], data)
        steps.work(connection)
        data = filled(server, "") | {"value-api_key-act": "keep"}
        steps.post(cast.bob, answer["Location"], data)
        steps.work(connection)
    sent = [received.headers["authorization"] for received in server.requests]
    assert sent == [f"Bearer {wrong}", *["Bearer ghp_" + "V" * 36] * 2]


def test_the_page_says_when_the_account_is_connected_already(
    cast: Cast, catalogue: None, reach: Reach, authority: Authority
) -> None:
    with steps.github(authority) as server:
        reach(server.port)
        steps.connect_github(cast.workspace, server, name="First", actor=cast.alice)
        second = steps.connect_github(cast.workspace, server, name="Second", actor=cast.bob)
    page = steps.get(cast.bob, steps.url(second, "checklist"))[1]
    assert "You already connected this account: First." in page


def test_a_connection_without_a_call_to_prove_it_says_so(cast: Cast, catalogue: None) -> None:
    connection = factories.make_connection(cast.workspace, actor=cast.bob)
    steps.work(connection)
    status, page = steps.get(cast.bob, steps.url(connection, "checklist"))
    assert status == 286
    assert "There is nothing to verify." in page
    assert page.count("not checked") == 5


def test_no_service_is_called_by_a_page(
    cast: Cast, catalogue: None, reach: Reach, authority: Authority
) -> None:
    with steps.github(authority) as server:
        reach(server.port)
        answer = steps.post(cast.bob, add_url(cast), filled(server))
        steps.get(cast.bob, answer["Location"])
        assert server.connections == 0
