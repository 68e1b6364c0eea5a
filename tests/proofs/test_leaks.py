"""A secret that was used everywhere is nowhere to be found afterwards, in any encoding."""

from __future__ import annotations

import base64
import io
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail

from connections import credentials, tasks, tries
from connections.models import Call, Connection
from connectors import execution
from spojit.lib import clock
from spojit.lib.redaction import MASK
from tests import factories, servers
from tests.factories import make_cast, make_connector, scope, signed_in
from tests.proofs import listeners
from tests.proofs.leaks import SHAPES, Canary, found, logging_everything, stores, whole
from workspaces import invitation_mails, invitations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.test import Client

    from tests.factories import Cast
    from tests.proofs.listeners import Ear
    from tests.servers import Received, Reply, Server

pytestmark = pytest.mark.django_db(transaction=True)


def echo(received: Received) -> Reply:
    """Send back all that came, plain and encoded, as a careless service does."""
    sent = received.raw.decode("latin-1")
    authorization = received.headers.get("authorization", "")
    coded = base64.b64encode(received.raw).decode()
    body = {"sent": sent, "coded": coded, "authorization": authorization, "hex": received.raw.hex()}
    status = {"/refused": 401, "/broken": 500, "/forbidden": 403}.get(received.path, 200)
    return servers.json_reply(body, status=status)


def test_canaries_that_were_used_everywhere_are_found_nowhere(
    reach: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    cast, written = make_cast(), io.StringIO()
    for key in ("http", "postgresql", "mysql", "redis", "smtp", "s3"):
        make_connector(key)
    canaries: list[Canary] = []
    with servers.recording(echo) as server, _ears() as ears, logging_everything(written):
        reach(server.port, *(ear.port for ear in ears.values()))
        _connect_in_every_way(cast, server, ears, canaries)
        _work_off(cast)
        _rotate_try_and_break(cast, server, canaries, monkeypatch)
        _work_off(cast)
        assert all(canary.token.encode() in server.everything for canary in canaries[:3])
        assert any(listeners.heard(ears["redis"], canary.token) for canary in canaries)
        seed, link = _sealed_for_people(cast)
        places = _pages(cast) | _staff_pages(seed) | stores(seen="api_key /ok")
    places["logs"] = written.getvalue().encode()
    assert found([Canary("plain", token=link), Canary("plain", token=seed)], places) == []
    places["mail"] = "".join(str(message.message()) for message in mail.outbox).encode()
    assert found(canaries, places) == []
    assert "Tool called" in written.getvalue()
    assert len(canaries) > 10


def test_the_search_itself_finds_what_is_hidden_in_any_encoding() -> None:
    for shape in SHAPES:
        canary = Canary(shape)
        for shift in range(3):
            text = b"x" * shift + canary.value.encode() + b"tail"
            assert found([canary], {"base64": base64.b64encode(text)}) == [f"{shape} in base64"]
            assert found([canary], {"hex": text.hex().encode()}) == [f"{shape} in hex"]
        assert found([canary], {"nothing": b"nothing here"}) == []


def _new(canaries: list[Canary], shape: str) -> str:
    canaries.append(Canary(shape))
    return canaries[-1].value


@contextmanager
def _ears() -> Iterator[dict[str, Ear]]:
    """Servers of other languages than HTTP, by connector."""
    with ExitStack() as opened:
        yield {kind: opened.enter_context(listeners.service(kind)) for kind in listeners.SPEAK}


def _connect_in_every_way(
    cast: Cast, server: Server, ears: dict[str, Ear], canaries: list[Canary]
) -> None:
    client, url = signed_in(cast.bob), server.url
    for path in ("/ok", "/refused", "/broken"):
        for scheme, more, shape in (
            ("api_key", {}, "base64"),
            ("api_key_header", {"header_name": "X-Key"}, "markup"),
            ("api_key_query", {"parameter_name": "key"}, "quotes"),
        ):
            values = {"base_url": url, "api_key": _new(canaries, shape), "test_path": path, **more}
            _add(client, cast, "http", scheme, values, name=f"{scheme} {path}")
        password = _new(canaries, "letters")
        values = {"base_url": url, "username": "bob", "password": password, "test_path": path}
        _add(client, cast, "http", "basic", values, name=f"basic {path}")
    _connect_to_servers(client, cast, ears, canaries)
    _connect_to_storage(client, cast, server.port, canaries)
    refused = {"base_url": "https://u:p@x/", "api_key": _new(canaries, "plain")}
    answer = _post(client, cast, "http", "api_key", refused | {"name": "refused"})
    assert answer.status_code == 422
    assert found(canaries, {"the refused form": answer.content}) == []


def _connect_to_servers(
    client: Client, cast: Cast, ears: dict[str, Ear], canaries: list[Canary]
) -> None:
    """Databases and mail, all of which repeat what they heard."""
    for key, scheme, more in (
        ("postgresql", "database", {"database": "d", "tls": "off"}),
        ("mysql", "database", {"database": "d", "tls": "off"}),
        ("redis", "database", {"database": "0", "tls": "off"}),
        ("smtp", "basic", {"tls": "starttls"}),
    ):
        host = {"host": "127.0.0.1", "port": str(ears[key].port), "username": "bob"}
        values = {**host, **more, "password": _new(canaries, "plain")}
        _add(client, cast, key, scheme, values, name=f"{key} by password")
    for key in ("postgresql", "mysql", "redis"):
        url = f"{key}://bob:{_new(canaries, 'plain')}@127.0.0.1:{ears[key].port}/0"
        _add(client, cast, key, "database_url", {"connection_string": url}, name=f"{key} by URL")


def _connect_to_storage(client: Client, cast: Cast, port: int, canaries: list[Canary]) -> None:
    keys = {"access_key_id": "AKIAIOSFODNN7EXAMPLE", "region": "us-east-1"}
    place = {"service_url": "compatible", "endpoint": f"http://127.0.0.1:{port}"}
    secret = {"secret_access_key": _new(canaries, "base64")}
    _add(client, cast, "s3", "aws_sigv4", keys | place | secret, name="s3")


def _post(client: Client, cast: Cast, key: str, scheme: str, values: dict[str, str]) -> Any:
    path = f"/w/{cast.workspace.slug}/connections/new/{key}/?scheme={scheme}"
    name = values.pop("name")
    return client.post(
        path, {f"value-{key}": value for key, value in values.items()} | {"name": name}
    )


def _add(
    client: Client, cast: Cast, key: str, scheme: str, values: dict[str, str], *, name: str
) -> None:
    answer = _post(client, cast, key, scheme, values | {"name": name})
    assert answer.status_code == 302, answer.context["form"].errors


def _rotate_try_and_break(
    cast: Cast, server: Server, canaries: list[Canary], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("api_key /ok", "basic /ok"):
        connection = _find(cast, name)
        secret = "api_key" if name.startswith("api") else "password"
        new = {secret: _new(canaries, "spaces"), "test_path": "/refused"}
        credentials.stage(connection, values=new, actor=cast.bob)
        _work_off(cast)
        credentials.stage(connection, values={secret: _new(canaries, "plain")}, actor=cast.bob)
    for connection in _all(cast):
        if connection.name.endswith("/ok"):
            _try(cast, connection, "get", {"path": "/ok"})
            _try(cast, connection, "post", {"path": "/broken", "body": {"a": 1}})
    _work_off(cast)
    _break_in_the_middle(cast, _find(cast, "api_key /ok"), monkeypatch)


def _break_in_the_middle(
    cast: Cast, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let a bug raise the very secret, in a task and in a page."""

    def burst(*arguments: Any, **_: Any) -> Any:
        raise RuntimeError(f"a bug with {arguments[2]!r}")

    with monkeypatch.context() as patched:
        patched.setattr(execution, "verify", burst)
        with scope(cast.workspace):
            Connection.objects.filter(pk=connection.pk).update(verification_due_at=clock.now())
        tasks.verify.apply(
            kwargs={"workspace_id": str(cast.workspace.pk), "connection_id": str(connection.pk)}
        )


def _try(cast: Cast, connection: Connection, tool: str, arguments: dict[str, Any]) -> None:
    tries.request(
        cast.workspace,
        connector_key=connection.connector_id,
        connection=connection,
        tool=tool,
        arguments=arguments,
        actor=cast.bob,
    )


def _work_off(cast: Cast) -> None:
    """Do what workers do, until nothing is due."""
    workspace_id = cast.workspace.pk
    with scope(cast.workspace):
        Connection.objects.filter(verification_attempts__gt=0).update(verification_due_at=None)
        due = list(Connection.objects.due(now=clock.now()))
        calls = list(Call.objects.filter(finished_at=None).values_list("pk", flat=True))
    for connection in due:
        tasks.verify(workspace_id=str(workspace_id), connection_id=str(connection.pk))
    for call_id in calls:
        tasks.carry_out_call(workspace_id=str(workspace_id), call_id=str(call_id))
    tasks.sweep()
    tasks.tidy()


def _all(cast: Cast) -> list[Connection]:
    with scope(cast.workspace):
        return list(Connection.objects.select_related("workspace").order_by("name"))


def _find(cast: Cast, name: str) -> Connection:
    return next(connection for connection in _all(cast) if connection.name == name)


def _pages(cast: Cast) -> dict[str, bytes]:
    client, here = signed_in(cast.alice), f"/w/{cast.workspace.slug}"
    paths = [f"{here}/connections/", f"{here}/connectors/", f"{here}/audit/", f"{here}/notices/"]
    paths += [f"{here}/audit/export/", f"{here}/members/"]
    tabs = ["", "status/", "checklist/", "added/", "credentials/", "credential/", "activity/"]
    tabs += ["usage/", "settings/", "removal/"]
    for number, connection in enumerate(_all(cast)):
        chosen = tabs if number % 4 == 0 else ["", "credentials/"]
        paths += [f"{here}/connections/{connection.pk}/{tab}" for tab in chosen]
        paths.append(f"{here}/connections/new/{connection.connector_id}/?from={connection.pk}")
    with scope(cast.workspace):
        tried = f"{here}/connectors/http/tools"
        paths += [f"{tried}/{call.tool}/tries/{call.pk}/" for call in Call.objects.all()]
    answers = {path: client.get(path) for path in paths}
    assert {answer.status_code for answer in answers.values()} <= {200, 286, 302}
    assert any(
        MASK in answer.content.decode() for path, answer in answers.items() if "tries" in path
    )
    return {path: whole(answer) for path, answer in answers.items()}


def _sealed_for_people(cast: Cast) -> tuple[str, str]:
    """Make a second factor's seed, and an invitation whose link was mailed; return both secrets."""
    invitation = invitations.invite(
        cast.workspace, email="ivy@example.com", role="member", actor=cast.alice
    )
    invitation_mails.mail_waiting(now=clock.now())
    link = invitations.token_of(invitation)
    assert link in str(mail.outbox[-1].body)
    return generate_totp_secret(), link


def _staff_pages(seed: str) -> dict[str, bytes]:
    staff = factories.make_user("Stella", is_staff=True, is_superuser=True)
    TOTP.activate(staff, seed)
    client = signed_in(staff)
    paths = ["/admin/"]
    models = ("connection", "credential", "check", "call")
    paths += [f"/admin/connections/{model}/" for model in models]
    with scope_of_all():
        keys = list(Connection.objects.values_list("pk", flat=True))
    paths += [f"/admin/connections/connection/{key}/change/" for key in keys]
    paths.append("/admin/workspaces/auditevent/")
    answers = {path: client.get(path) for path in paths}
    assert answers["/admin/"].status_code == 200
    assert answers[f"/admin/connections/connection/{keys[0]}/change/"].status_code == 200
    return {path: whole(answer) for path, answer in answers.items()}


def scope_of_all() -> Any:
    from workspaces import isolation  # noqa: PLC0415

    return isolation.everything(reason="a test looks at all")
