"""A key that travels in the path of every request is nowhere to be found afterwards."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from connections import calls, tasks, tries
from connections.calls import Use
from connections.models import Call, Connection
from connectors import execution
from spojit.lib import clock
from tests import factories, servers
from tests.connections import steps
from tests.proofs.leaks import SHAPES, Canary, found, logging_everything, stores, whole
from tests.servers import catalogue

if TYPE_CHECKING:
    from pathlib import Path

    from tests.factories import Cast
    from tests.proofs.conftest import Reach
    from tests.servers import Authority, Received, Reply

pytestmark = pytest.mark.django_db(transaction=True)

USE = Use("person", name="Bob")
PATHS = ("/echo", "/refused", "/forbidden", "/broken", "/garbled", "/on", "/away", "/carried")
PARROT = """
key: parrot
name: Parrot
category: Utilities
summary: Repeats what it hears.
icon: {monogram: {text: P, color: "#2f5d8a"}}
before_you_start: [Have a key at hand.]
service_urls:
  - {key: own, label: Own, url: "https://{host}", unconfirmed: true}
schemes:
  - key: api_key
    label: Key
    unconfirmed: true
    fields:
      - {key: host, label: Host, kind: host, endpoint: true}
      - {key: api_key, label: Key, secret: true}
    send:
      - {path: "/bot{api_key}"}
    verification:
      unconfirmed: true
      request: {method: GET, path: /me}
      identity: {id: id, name: [name]}
      example: {id: 1, name: Parrot}
"""


def answer(received: Received) -> Reply:
    """Repeat what came in as many ways as there are."""
    raw, path = received.raw, received.path
    coded = {"coded": base64.b64encode(raw).decode(), "hex": raw.hex()}
    told = {"id": 7, "name": f"The owner of {path}", "sent": raw.decode("latin-1"), **coded}
    kind = f"/{path.rpartition('/')[2]}"
    if kind == "/garbled":
        return servers.Reply(200, {"Content-Type": "application/json"}, raw)
    places = {"/on": "echo", "/away": "//other.test/x", "/carried": f"//other.test{path}"}
    if kind in places:
        return servers.redirect(f"{places[kind]}?from={path}")
    status = {"/refused": 401, "/forbidden": 403, "/broken": 500}.get(kind, 200)
    return servers.json_reply(told, status, X_Request_Id=path, Location=path)


def test_a_key_in_the_path_is_found_nowhere(
    reach: Reach, authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cast, written = factories.make_cast(), io.StringIO()
    file = tmp_path / "parrot.yaml"
    file.write_text(PARROT)
    canaries = [Canary(shape) for shape in SHAPES if shape != "letters"]  # keys are ASCII
    tls = authority.issue("127.0.0.1", "other.test")
    with (
        catalogue.with_connectors(file),
        servers.recording(answer, tls=tls) as server,
        logging_everything(written),
    ):
        reach(server.port)
        factories.make_connector("parrot")
        for canary in canaries:
            _connect(cast, f"127.0.0.1:{server.port}", canary)
        _break_in_the_middle(_all(cast)[0], monkeypatch)
        assert all(canary.token.encode() in server.everything for canary in canaries)
        places = _pages(cast) | stores(seen=f"Parrot {canaries[0].shape}")
    places |= {"logs": written.getvalue().encode(), "metrics": Client().get("/metrics").content}
    assert found(canaries, places) == []
    assert "Tool called" in written.getvalue()
    assert b'spojit_outcomes_total{kind="call",outcome="ok"}' in places["metrics"]


def _connect(cast: Cast, host: str, canary: Canary) -> None:
    """Add a connection as people do, and use it in every way."""
    page = f"/w/{cast.workspace.slug}/connections/new/parrot/?scheme=api_key"
    sent = {"value-host": host, "value-api_key": canary.value, "name": f"Parrot {canary.shape}"}
    added = factories.signed_in(cast.bob).post(page, sent)
    assert added.status_code == 302, added.context["form"].errors
    connection = next(row for row in _all(cast) if row.name == sent["name"])
    steps.work(connection)
    assert steps.fresh(connection).status == "active"
    for path in PATHS:
        arguments = {"method": "GET", "path": path}
        outcome = calls.call(connection, tool="request", arguments=arguments, use=USE)
        assert found([canary], {path: repr(outcome).encode()}) == []
        _try(cast, connection, arguments)


def _try(cast: Cast, connection: Connection, arguments: dict[str, Any]) -> None:
    tries.request(
        cast.workspace,
        connector_key="parrot",
        connection=connection,
        tool="request",
        arguments=arguments,
        actor=cast.bob,
    )
    with factories.scope(cast.workspace):
        waiting = list(Call.objects.filter(finished_at=None).values_list("pk", flat=True))
    for key in waiting:
        tasks.carry_out_call(workspace_id=str(cast.workspace.pk), call_id=str(key))


def _break_in_the_middle(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a bug raise the very address."""

    def burst(*arguments: Any, **_: Any) -> Any:
        raise RuntimeError(f"a bug at https://127.0.0.1/bot{arguments[2]['api_key']}/me")

    with monkeypatch.context() as patched:
        patched.setattr(execution, "verify", burst)
        with factories.scope(connection.workspace):
            Connection.objects.filter(pk=connection.pk).update(verification_due_at=clock.now())
        ids = {"workspace_id": str(connection.workspace_id), "connection_id": str(connection.pk)}
        tasks.verify.apply(kwargs=ids)


def _all(cast: Cast) -> list[Connection]:
    with factories.scope(cast.workspace):
        return list(Connection.objects.select_related("workspace").order_by("name"))


def _pages(cast: Cast) -> dict[str, bytes]:
    client, here = factories.signed_in(cast.alice), f"/w/{cast.workspace.slug}"
    tabs = ("", "status/", "checklist/", "added/", "credentials/", "activity/", "usage/")
    paths = [f"{here}/connections/", f"{here}/audit/", f"{here}/audit/export/", f"{here}/notices/"]
    paths += [f"{here}/connections/{row.pk}/{tab}" for row in _all(cast) for tab in tabs]
    with factories.scope(cast.workspace):
        tried = f"{here}/connectors/parrot/tools/request/tries"
        paths += [f"{tried}/{call.pk}/" for call in Call.objects.all()]
    answers = {path: client.get(path) for path in paths}
    assert {got.status_code for got in answers.values()} <= {200, 286, 302}
    return {path: whole(got) for path, got in answers.items()}
