"""What is special about storage, warehouses and models: nested keys, second hosts, odd refusals."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import serialization
from joserfc import jwt
from joserfc.jwk import RSAKey

from connectors import execution, fields, oauth, registry
from connectors.execution import InvalidArguments
from tests.connectors import signing
from tests.connectors.oauth import service

if TYPE_CHECKING:
    from connectors.identity import Verified
    from connectors.outcomes import Outcome
    from tests.connectors.recording import Recorder

TOKEN = "a-token-0123456789"
GOOGLE = {"access_token": TOKEN, "project_id": "shop-analytics"}


def verify(recorder: Recorder, key: str, scheme: str, **values: str) -> Verified:
    connector = recorder.moved(registry.get(key))
    return execution.verify(connector, connector.scheme(scheme), values, policy=recorder.policy())


def call(
    recorder: Recorder, service_key: str, tool: str, known: dict[str, str], /, **given: Any
) -> Outcome:
    connector = recorder.moved(registry.get(service_key))
    scheme = connector.schemes[0]
    return execution.call(
        connector, scheme, connector.tool(tool), known, given, policy=recorder.policy()
    )


def box_file() -> str:
    """Write a server app's file as Box's console does: the key locked, its passphrase beside."""
    locked = signing.rsa_key().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"open sesame"),
    )
    auth = {"publicKeyID": "k7", "privateKey": locked.decode(), "passphrase": "open sesame"}
    app = {"clientID": "box-app-7", "clientSecret": "secret-of-box-app", "appAuth": auth}
    return json.dumps({"boxAppSettings": app, "enterpriseID": "1234567"}, indent=2)


def test_box_signs_with_the_file_that_its_console_gives(recorder: Recorder) -> None:
    box = recorder.moved(registry.get("box"))
    scheme = box.scheme("oauth2_jwt")
    values = fields.clean(box, scheme, {"app_settings": box_file()}).values
    assert "open sesame" not in values["app_settings"]
    recorder.reply({"access_token": TOKEN, "expires_in": 3600})
    answered = oauth.mint(box, scheme, values, app=None, scopes=[], policy=recorder.policy())
    assert answered.tokens == oauth.Tokens(TOKEN, "", 3600.0)
    sent = service.form(recorder.requests[0])
    assert (sent["client_id"], sent["client_secret"]) == ("box-app-7", "secret-of-box-app")
    public = RSAKey.import_key(signing.public_pem(signing.rsa_key()))
    token = jwt.decode(sent["assertion"], public, algorithms=["RS256"])
    claims = dict(token.claims)
    assert token.header["kid"] == "k7"
    assert claims.pop("exp") - claims.pop("iat") <= 60
    assert len(claims.pop("jti")) >= 16
    assert claims == {
        "iss": "box-app-7",
        "sub": "1234567",
        "box_sub_type": "enterprise",
        "aud": "https://api.box.com/oauth2/token",
    }


def test_a_file_of_box_without_a_secret_is_refused() -> None:
    box = registry.get("box")
    cut = json.loads(box_file())
    del cut["boxAppSettings"]["clientSecret"]
    with pytest.raises(fields.InvalidValues) as refused:
        fields.clean(box, box.scheme("oauth2_jwt"), {"app_settings": json.dumps(cut)})
    assert refused.value.errors == {
        "app_settings": (
            "JSON file cannot be used: it has no boxAppSettings.clientSecret; "
            "paste the whole file as the service gave it."
        )
    }


@pytest.mark.parametrize(
    ("tag", "outcome", "limited"),
    [
        ("expired_access_token", "credentials_refused", False),
        ("user_suspended", "credentials_refused", False),
        ("missing_scope", "ok", True),
    ],
)
def test_dropbox_says_by_a_tag_what_its_401_means(
    recorder: Recorder, tag: str, outcome: str, limited: bool
) -> None:
    recorder.reply({"error_summary": f"{tag}/..", "error": {".tag": tag}}, status=401)
    verified = verify(recorder, "dropbox", "oauth2", access_token=TOKEN)
    assert (verified.outcome.name, verified.limited) == (outcome, limited)
    assert recorder.requests[0].body == b""


def test_dropbox_keeps_files_at_another_host(recorder: Recorder) -> None:
    recorder.reply("Minutes")
    values = {"access_token": TOKEN}
    read = call(recorder, "dropbox", "read_file", values, path="/Notes/a b.txt", root="7")
    assert (read.name, read.data) == ("ok", "Minutes")
    [request] = recorder.requests
    assert request.headers["host"].startswith("content.dropboxapi.com")
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert json.loads(request.headers["dropbox-api-arg"]) == {"path": "/Notes/a b.txt"}
    assert json.loads(request.headers["dropbox-api-path-root"]) == {".tag": "root", "root": "7"}
    for path in ('/a", "mode": "overwrite', "/Grüße.txt", "/a\\"):
        with pytest.raises(InvalidArguments):
            call(recorder, "dropbox", "read_file", values, path=path)
    assert len(recorder.requests) == 1


def test_what_dropbox_does_not_find_is_a_conflict_there(recorder: Recorder) -> None:
    error = {".tag": "path", "path": {".tag": "not_found"}}
    recorder.reply({"error_summary": "path/not_found/", "error": error}, status=409)
    listed = call(recorder, "dropbox", "list_folder", {"access_token": TOKEN}, path="/none")
    assert listed.name == "not_found"


def test_snowflake_is_told_what_kind_of_token_it_gets(recorder: Recorder) -> None:
    recorder.reply({"data": [["XY12345.SHOP", None]]})
    values = {"service_url": "account", "account": "acme-analytics", "api_key": "p" * 60}
    verified = verify(recorder, "snowflake", "api_key", **values)
    assert (verified.outcome.name, verified.account_id) == ("ok", "XY12345.SHOP")
    sent = recorder.requests[0].headers
    assert sent["host"].startswith("acme-analytics.snowflakecomputing.com")
    assert sent["x-snowflake-authorization-token-type"] == "PROGRAMMATIC_ACCESS_TOKEN"


@pytest.mark.parametrize(
    ("state", "outcome"),
    [("42501", "permission_missing"), ("42S02", "not_found"), ("42000", "request_refused")],
)
def test_snowflake_says_by_a_state_why_a_statement_failed(
    recorder: Recorder, state: str, outcome: str
) -> None:
    recorder.reply({"sqlState": state, "message": "…", "statementHandle": "x"}, status=422)
    values = {"service_url": "account", "account": "acme-analytics", "api_key": "p" * 60}
    failed = call(recorder, "snowflake", "run_statement", values, statement="SELECT 1")
    assert failed.name == outcome


def test_bigquery_names_the_project_of_a_service_accounts_file(recorder: Recorder) -> None:
    file = {"project_id": "files-own", "private_key": "secret"}
    recorder.reply({"jobComplete": True, "rows": [{"f": [{"v": "robot@shop.example.com"}]}]})
    values = {"access_token": TOKEN, "service_account_key": json.dumps(file)}
    for more in ({}, {"project_id": "another-one"}):
        verified = verify(recorder, "bigquery", "oauth2_service_account", **values | more)
        assert verified.account_id == "robot@shop.example.com"
    assert [request.path for request in recorder.requests] == [
        "/bigquery/v2/projects/files-own/queries",
        "/bigquery/v2/projects/another-one/queries",
    ]


def test_a_row_that_bigquery_refuses_is_no_success(recorder: Recorder) -> None:
    recorder.reply({"insertErrors": [{"index": 0, "errors": [{"reason": "invalid"}]}]})
    rows = [{"json": {"name": "Lamp"}}]
    place = {"dataset_id": "shop", "table_id": "orders"}
    inserted = call(recorder, "bigquery", "insert_rows", GOOGLE, rows=rows, **place)
    assert (inserted.name, inserted.data) == ("request_refused", None)


def test_an_openai_account_without_credit_is_not_asked_again(recorder: Recorder) -> None:
    recorder.reply({"error": {"code": "insufficient_quota"}}, status=429)
    asked = call(
        recorder, "openai", "create_response", {"api_key": "sk-x"}, model="gpt-5.4", input="Hello"
    )
    assert (asked.name, asked.detail) == (
        "request_refused",
        "The account has no credit left, or its budget is used up.",
    )


@pytest.mark.parametrize(
    ("status", "kind", "outcome"),
    [
        (401, "authentication_error", "credentials_refused"),
        (403, "permission_error", "permission_missing"),
        (429, "rate_limit_error", "rate_limited"),
        (529, "overloaded_error", "upstream_fault"),
    ],
)
def test_anthropic_says_by_a_type_what_went_wrong(
    recorder: Recorder, status: int, kind: str, outcome: str
) -> None:
    recorder.reply({"type": "error", "error": {"type": kind, "message": "…"}}, status=status)
    counted = call(
        recorder,
        "anthropic",
        "count_tokens",
        {"api_key": "sk-ant-api03-x"},
        model="claude-opus-5-5",
        messages=[{"role": "user", "content": "Hello"}],
    )
    assert counted.name == outcome
    assert recorder.requests[0].headers["anthropic-version"] == "2023-06-01"


def test_google_sheets_writes_a_range_into_the_path(recorder: Recorder) -> None:
    recorder.reply({"updates": {"updatedRows": 1}})
    written = call(
        recorder,
        "google_sheets",
        "append_rows",
        {"access_token": TOKEN},
        spreadsheet_id="1a",
        range="Größe!A1:B2",
        values=[["=A1", 2, None]],
        input="RAW",
    )
    assert written.name == "ok"
    [request] = recorder.requests
    assert request.path == "/v4/spreadsheets/1a/values/Gr%C3%B6%C3%9Fe%21A1%3AB2:append"
    assert request.query == [("valueInputOption", "RAW")]
    assert request.json == {"majorDimension": "ROWS", "values": [["=A1", 2, None]]}
