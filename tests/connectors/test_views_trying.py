"""The catalogue's pages: trying a tool, by a worker, and who may see its answer."""

from __future__ import annotations

from html import unescape
from typing import TYPE_CHECKING

import pytest

from connections import tasks
from connections.models import Call, Connection
from connectors import registry
from connectors.models import Connector
from tests import factories
from tests.connections import steps
from tests.connectors.pages import page, tool_url

if TYPE_CHECKING:
    from tests.factories import Cast
    from tests.servers import Server


def only_call(cast: Cast) -> Call:
    with factories.scope(cast.workspace):
        found: Call = Call.objects.select_related("connection").get()
    return found


def count_calls(cast: Cast) -> int:
    with factories.scope(cast.workspace):
        return int(Call.objects.count())


def work(call: Call) -> None:
    tasks.carry_out_call(workspace_id=str(call.workspace_id), call_id=str(call.pk))


def test_a_read_is_run_by_a_worker_and_its_answer_appears(
    cast: Cast, connection: Connection, server: Server
) -> None:
    data = {"connection": str(connection.pk), "argument-path": "/things"}
    address = tool_url(cast, "get")
    before = len(server.requests)
    answer = steps.post(cast.bob, address, data, **steps.htmx())
    assert answer.status_code == 200
    assert "Running…" in answer.content.decode()
    assert 'value="/things"' in answer.content.decode()
    assert len(server.requests) == before
    call = only_call(cast)
    tried = page(cast, "try", tool_key="get", call_id=str(call.pk))
    status, text = steps.get(cast.bob, tried, **steps.htmx())
    assert (status, "Running…" in text) == (200, True)
    work(call)
    status, text = steps.get(cast.bob, tried, **steps.htmx())
    assert status == 286
    assert "/things" in text
    assert steps.KEY not in text
    assert only_call(cast).credential_version == 1


def test_without_javascript_the_answer_has_a_page_of_its_own(
    cast: Cast, connection: Connection
) -> None:
    data = {"connection": str(connection.pk), "argument-path": "/things"}
    answer = steps.post(cast.bob, tool_url(cast, "get"), data)
    assert answer.status_code == 302
    text = steps.get(cast.bob, answer["Location"])[1]
    assert '<meta http-equiv="refresh"' in text
    work(only_call(cast))
    assert "200 · " in steps.get(cast.bob, answer["Location"])[1]


def test_a_failed_call_says_why(cast: Cast, connection: Connection, server: Server) -> None:
    server.listener.close()
    data = {"connection": str(connection.pk), "argument-path": "/things"}
    answer = steps.post(cast.bob, tool_url(cast, "get"), data)
    work(only_call(cast))
    text = steps.get(cast.bob, answer["Location"])[1]
    assert "The service could not be reached." in text


def test_a_utility_works_at_once(cast: Cast) -> None:
    tool = registry.get("text").tools[0]
    given = {f"argument-{name}": str(value) for name, value in tool.example.arguments.items()}
    answer = steps.post(cast.bob, tool_url(cast, tool.key, "text"), given)
    assert answer.status_code == 302, answer.context and answer.context["form"].errors
    work(only_call(cast))
    assert "OK" in steps.get(cast.bob, answer["Location"])[1]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({}, "path is needed."),
        ({"argument-path": "/x", "argument-query": "{"}, "This is not JSON."),
        ({"argument-path": "/x", "argument-query": "[1]"}, "does not fit"),
        ({"argument-path": "/x", "connection": "nonsense"}, "valid choice"),
    ],
)
def test_arguments_are_checked_before_anything_is_stored(
    cast: Cast, connection: Connection, data: dict[str, str], sentence: str
) -> None:
    answer = steps.post(cast.bob, tool_url(cast, "get"), data, **steps.htmx())
    assert answer.status_code == 422
    assert sentence in unescape(answer.content.decode())
    assert count_calls(cast) == 0


def test_a_destructive_tool_asks_first(cast: Cast, connection: Connection) -> None:
    data = {"connection": str(connection.pk), "argument-path": "/things"}
    answer = steps.post(cast.bob, tool_url(cast, "delete"), data)
    assert answer.status_code == 422
    assert "Confirm that you mean it" in answer.content.decode()
    assert count_calls(cast) == 0
    data |= {"confirm": "on"}
    assert steps.post(cast.bob, tool_url(cast, "delete"), data).status_code == 302


def test_a_write_runs_only_through_a_connection_of_ones_own(cast: Cast, server: Server) -> None:
    hers = steps.connect(cast.workspace, server, name="Hers", actor=cast.alice)
    data = {"connection": str(hers.pk), "argument-path": "/things"}
    assert steps.post(cast.bob, tool_url(cast, "post"), data).status_code == 422
    assert steps.post(cast.bob, tool_url(cast, "get"), data).status_code == 302
    assert steps.post(cast.adam, tool_url(cast, "post"), data).status_code == 302
    assert count_calls(cast) == 2


def test_a_private_connection_is_not_offered_to_others(cast: Cast, server: Server) -> None:
    hers = steps.connect(cast.workspace, server, name="Hers", actor=cast.alice, is_private=True)
    data = {"connection": str(hers.pk), "argument-path": "/things"}
    assert "Hers" not in steps.get(cast.bob, tool_url(cast, "get"))[1]
    assert steps.post(cast.bob, tool_url(cast, "get"), data).status_code == 422


def test_a_viewer_reads_and_runs_nothing(cast: Cast, connection: Connection) -> None:
    text = steps.get(cast.vera, tool_url(cast, "get"))[1]
    assert "Viewers read" in text
    data = {"connection": str(connection.pk), "argument-path": "/things"}
    assert steps.post(cast.vera, tool_url(cast, "get"), data).status_code == 403
    assert steps.post(cast.mallory, tool_url(cast, "get"), data).status_code == 404


def test_without_a_connection_the_page_says_what_is_missing(cast: Cast, server: Server) -> None:
    assert (
        "Connect an account first" in steps.get(cast.bob, tool_url(cast, "get_issue", "github"))[1]
    )
    text = steps.get(cast.bob, tool_url(cast, "create_issue", "github"))[1]
    assert "only through a connection of one" in unescape(text)


def test_an_answer_is_for_who_asked_and_who_may_manage_the_connection(
    cast: Cast, connection: Connection
) -> None:
    data = {"connection": str(connection.pk), "argument-path": "/things"}
    answer = steps.post(cast.adam, tool_url(cast, "get"), data)
    work(only_call(cast))
    seen = {
        name: steps.get(getattr(cast, name), answer["Location"])[0]
        for name in ("adam", "bob", "alice", "vera", "mallory")
    }
    assert seen == {"adam": 200, "bob": 200, "alice": 200, "vera": 403, "mallory": 404}
    with factories.scope(cast.workspace):
        Connection.objects.update(owner=cast.alice, is_private=True)
    assert steps.get(cast.bob, answer["Location"])[0] == 403


def test_a_call_of_another_tool_is_not_found(cast: Cast, connection: Connection) -> None:
    data = {"connection": str(connection.pk), "argument-path": "/things"}
    steps.post(cast.bob, tool_url(cast, "get"), data)
    call_id = str(only_call(cast).pk)
    assert steps.get(cast.bob, page(cast, "try", tool_key="post", call_id=call_id))[0] == 404


def test_a_call_stands_in_the_activity_with_a_link_for_who_may_open_it(
    cast: Cast, connection: Connection
) -> None:
    data = {"connection": str(connection.pk), "argument-path": "/things"}
    answer = steps.post(cast.bob, tool_url(cast, "get"), data)
    assert "running" in steps.get(cast.bob, steps.url(connection, "activity"))[1]
    work(only_call(cast))
    assert answer["Location"] in steps.get(cast.bob, steps.url(connection, "activity"))[1]
    assert answer["Location"] not in steps.get(cast.vera, steps.url(connection, "activity"))[1]


def test_a_disabled_connector_runs_nothing(cast: Cast, connection: Connection) -> None:
    Connector.objects.update(is_disabled=True, disabled_reason="Closed for now.")
    data = {"connection": str(connection.pk), "argument-path": "/things"}
    for given in (data, data | {"connection": ""}):
        answer = steps.post(cast.bob, tool_url(cast, "get"), given)
        assert answer.status_code == 422
        assert "Closed for now." in answer.content.decode()
