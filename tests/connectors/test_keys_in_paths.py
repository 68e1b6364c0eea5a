"""A key that travels in the path, as Telegram's: before every path, on its own host, never told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from connectors import checks, execution, registry
from connectors.encoding import InvalidArguments
from connectors.manifest import Placement, parsed, reading
from connectors.manifest.reading import BadManifest
from tests import servers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from connectors.identity import Verified
    from connectors.outcomes import Outcome
    from tests.connectors.recording import Recorder

TOKEN = "123456789:AAof_alice-0123456789abcdefghijkl"
GOOD = {"ok": True, "result": {"id": 123456789, "username": "shop_bot"}}
FILE = registry.CATALOGUE / "telegram.yaml"


def verify(recorder: Recorder, scheme: str = "api_key", *, token: str = TOKEN) -> Verified:
    telegram = recorder.moved(registry.get("telegram"))
    values = {"service_url": "main", "api_key": token}
    return execution.verify(telegram, telegram.scheme(scheme), values, policy=recorder.policy())


def call(recorder: Recorder, tool: str, scheme: str = "api_key", **arguments: Any) -> Outcome:
    telegram = recorder.moved(registry.get("telegram"))
    values = {"service_url": "main", "api_key": TOKEN}
    return execution.call(
        telegram,
        telegram.scheme(scheme),
        telegram.tool(tool),
        values,
        arguments,
        policy=recorder.policy(),
    )


def test_it_stands_before_the_path_and_what_was_called_does_not_tell_it(
    recorder: Recorder,
) -> None:
    recorder.reply(GOOD)
    verified = verify(recorder)
    assert (verified.account_id, verified.account_name) == ("123456789", "shop_bot")
    assert recorder.requests[0].target == f"/bot{TOKEN}/getMe"
    assert verified.called == f"GET https://api.telegram.org:{recorder.port}/bot[Bot token]/getMe"


def test_more_may_stand_behind_it(recorder: Recorder) -> None:
    recorder.reply(GOOD)
    assert verify(recorder, "api_key_test").environment == "test"
    call(recorder, "request", "api_key_test", path="/getMe")
    assert [request.target for request in recorder.requests] == [f"/bot{TOKEN}/test/getMe"] * 2


def test_tools_and_free_requests_have_it_too(recorder: Recorder) -> None:
    recorder.reply({"ok": True, "result": {"message_id": 7}})
    call(recorder, "send_message", chat_id=1, text="{api_key}")
    call(recorder, "request", method="GET", path="getFile", query={"file_id": "%7Bapi_key%7D"})
    call(recorder, "request", method="GET", path="/{api_key}/%7Bapi_key%7D")
    call(recorder, "request", path=f"https://api.telegram.org:{recorder.port}/getMe")
    sent = [request.target for request in recorder.requests]
    assert sent == [
        f"/bot{TOKEN}/sendMessage",
        f"/bot{TOKEN}/getFile?file_id=%257Bapi_key%257D",
        f"/bot{TOKEN}/%7Bapi_key%7D/%7Bapi_key%7D",
        f"/bot{TOKEN}/getMe",
    ]
    assert recorder.requests[0].body == b'{"chat_id":1,"text":"{api_key}"}'


@pytest.mark.parametrize(
    "path",
    [
        "/../getMe",
        "/../../",
        "/..",
        "/x/..%2f../getMe",
        "/%2e%2e/bot1:2/getMe",
        "/..;/getMe",
        "//evil.example.com/",
        "https://evil.example.com/getMe",
        "\\..\\getMe",
    ],
)
def test_a_free_path_cannot_escape_it(recorder: Recorder, path: str) -> None:
    with pytest.raises(InvalidArguments):
        call(recorder, "request", path=path)
    assert recorder.requests == []


@pytest.mark.parametrize("token", ["..", "x/../../y", "%2e%2e", "..;x", "a\nb", "a\x00b"])
def test_a_stored_value_cannot_climb_or_break_out(recorder: Recorder, token: str) -> None:
    verified = verify(recorder, token=token)
    assert verified.outcome.name == "request_refused"
    assert token not in verified.outcome.detail
    assert recorder.requests == []


@pytest.mark.parametrize(
    ("location", "detail"),
    [
        (f"https://evil.example.com/bot{TOKEN}/x", "the address of another host"),
        (f"/moved/bot{TOKEN}/x", "another address of the same host"),
    ],
)
def test_a_redirect_of_a_proof_is_not_followed_and_not_repeated(
    recorder: Recorder, location: str, detail: str
) -> None:
    recorder.script.replies.append(servers.redirect(location))
    verified = verify(recorder)
    assert verified.outcome.name == "bad_answer"
    assert detail in verified.outcome.detail
    assert "of_alice" not in f"{verified!r}"
    assert len(recorder.requests) == 1


def test_a_redirect_of_a_call_never_takes_it_to_another_host(recorder: Recorder) -> None:
    place = f"https://evil.example.com:{recorder.port}"
    recorder.script.replies.append(servers.redirect(f"{place}/bot{TOKEN}/getChat"))
    refused = call(recorder, "get_chat", chat_id=1)
    assert refused.name == "address_refused"
    assert "of_alice" not in f"{refused!r}"
    recorder.forget()
    leaking = f"{place}/%7Bapi_key%7D/?from=bot{TOKEN}&chat_id=1"
    recorder.script.replies += [servers.redirect(leaking), servers.json_reply({"ok": True})]
    assert call(recorder, "get_chat", chat_id=1).name == "ok"
    assert recorder.requests[1].target == "/%7Bapi_key%7D/?chat_id=1"
    assert b"of_alice" not in recorder.requests[1].raw


def test_a_wrong_token_is_told_whatever_the_server_calls_it(recorder: Recorder) -> None:
    for status in (401, 404):
        recorder.forget()
        told = {"ok": False, "error_code": status, "description": "Not Found"}
        recorder.reply(told, status=status)
        assert verify(recorder).outcome.name == "credentials_refused"
    recorder.forget()
    recorder.reply("<html>Nothing here</html>", status=404)
    assert verify(recorder).outcome.name == "not_found"


def problems(tmp_path: Path, change: Callable[[dict[str, Any]], object]) -> list[str]:
    data = parsed.parse(FILE.read_text(encoding="utf-8"))
    change(data)
    path = tmp_path / "telegram.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    try:
        connector = reading.from_yaml(path)
    except BadManifest as wrong:
        return [str(problem) for problem in wrong.problems]
    return [f"{place}: {message}" for place, message in checks.problems(connector)]


def send(**place: str) -> Callable[[dict[str, Any]], object]:
    return lambda data: data["schemes"][0].update(send=[place])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (send(path="/bot{token}"), "schemes[api_key].send: it sends {token}, which is no field;"),
        (send(path="bot{api_key}"), "a path is written like /bot{api_key}, without dots"),
        (send(path="/bot{api_key}/"), "a path is written like /bot{api_key}, without dots"),
        (send(path="/../{api_key}"), "a path is written like /bot{api_key}, without dots"),
        (send(path="/a?b={api_key}"), "a path is written like /bot{api_key}, without dots"),
        (send(path="/bot"), "a path names at least one field, and none twice"),
        (send(path="/{api_key}/{api_key}"), "a path names at least one field, and none twice"),
        (send(path="/{api_key}", value="x"), "a path is a template itself; take value and prefix"),
        (send(path="/{api_key}", header="X"), "give exactly one of header, query, body and path"),
        (
            lambda data: data["schemes"][0]["send"].append({"path": "/{host}"}),
            "only one credential can stand before the path; put both into one",
        ),
        (
            lambda data: data["tools"][4].update(paging={"kind": "link"}),
            "tools[get_chat].paging: the key of api_key stands in the path, and not in such an",
        ),
        (
            lambda data: (
                data.update(hosts=["api.telegram.org"]),
                data["tools"][4]["request"].update(path="", url="https://api.telegram.org/x"),
            ),
            "tools[get_chat].request.url: the key of api_key stands before a path; give path",
        ),
        (
            lambda data: data["tools"][4]["request"].update(path="/{api_key}/x"),
            "tools[get_chat].request: {api_key} is a secret; secrets go only where send says",
        ),
    ],
)
def test_what_cannot_be_is_said_with_its_fix(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], said: str
) -> None:
    assert any(said in problem for problem in problems(tmp_path, change))


def test_it_is_read_from_its_own_description(tmp_path: Path) -> None:
    telegram = registry.get("telegram")
    kept = reading.described(telegram.model_dump(mode="json"), path=tmp_path / "telegram.yaml")
    assert kept.schemes[0].path_prefix == "/bot{api_key}"
    assert telegram.scheme("api_key_test").path_prefix == "/bot{api_key}/test"


def test_a_field_that_decides_where_it_stands_asks_for_the_key_again(tmp_path: Path) -> None:
    def add(data: dict[str, Any]) -> None:
        data["schemes"][0]["fields"].append({"key": "area", "label": "Area"})
        data["schemes"][0]["send"] = [{"path": "/{area}/bot{api_key}"}]

    assert Placement(path="/{area}/bot{api_key}").deciding == {"area", "api_key"}
    (said,) = problems(tmp_path, add)
    assert said.startswith("schemes[api_key].fields[area]: it decides under which name")
