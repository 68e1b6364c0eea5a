"""What a scheme of OAuth may not say: each with its place in the file and how to mend it."""

from __future__ import annotations

from typing import Any

import pytest

from connectors import checks
from connectors.manifest import Connector
from tests.connectors.oauth import service

SITE = {"key": "site", "label": "Site", "endpoint": True}
HOST = {"key": "host", "label": "Host", "kind": "host", "endpoint": True}
CLIENT: list[dict[str, Any]] = [
    {"key": "client_id", "label": "Client ID"},
    {"key": "client_secret", "label": "Client secret", "secret": True},
]
READ = {"scope": "read", "label": "Read."}
WRITE = {"scope": "write", "label": "Write."}


def problems(**oauth2: Any) -> list[tuple[str, str]]:
    return checks.problems(service.connector(**oauth2))


def test_a_right_scheme_has_no_problem() -> None:
    assert (
        problems(
            fields=[SITE],
            token_url="https://{site}.example.com/token",
            authorize_url="https://{site}.example.com/authorize",
            scopes=[READ, WRITE],
            presets=[
                {"key": "read", "label": "Read", "scopes": ["read"]},
                {"key": "all", "label": "All", "scopes": ["read", "write"]},
            ],
            captured=[{"key": "api", "path": "api", "kind": "url", "hosts": [".example.com"]}],
            service_url="{api}",
        )
        == []
    )


@pytest.mark.parametrize(
    ("declared", "place", "why"),
    [
        ({"source": ""}, "", "give source, the page that says so, or unconfirmed: true"),
        (
            {"token_url": "https://{site}.example.com/token"},
            ".token_url",
            "{site} is no field with endpoint: true, nor told by the service before that",
        ),
        (
            {
                "authorize_url": "https://x.example.com/{api}",
                "captured": [{"key": "api", "path": "api", "pattern": "x", "source": "callback"}],
            },
            ".authorize_url",
            "{api} is no field with endpoint: true, nor told by the service before that",
        ),
        (
            {"fields": [HOST], "token_url": "https://{host}/token"},
            ".token_url",
            "a person could name a host of their own and get the app's secret; say client: fields",
        ),
        (
            {"fields": [SITE], "token_url": "https://{site}-example.com/token"},
            ".token_url",
            "a person could name a host of their own and get the app's secret; say client: fields",
        ),
        (
            {"fields": [SITE], "token_url": "https://{site}.com/token"},
            ".token_url",
            "a person could name a host of their own and get the app's secret; say client: fields",
        ),
        (
            {"fields": CLIENT[:1]},
            ".client",
            "it is app, and there is a field client_id; say client: fields",
        ),
        (
            {"client": "fields", "fields": CLIENT[:1]},
            ".client",
            "it is fields, and there is no field client_secret; add it",
        ),
        (
            {"client": "fields", "fields": [CLIENT[0], CLIENT[1] | {"secret": False}]},
            ".client",
            "the field client_secret is a secret; add secret: true",
        ),
        (
            {
                "scopes": [READ, WRITE],
                "presets": [
                    {"key": "all", "label": "All", "scopes": ["read", "write"]},
                    {"key": "read", "label": "Read", "scopes": ["read"]},
                ],
            },
            ".presets",
            "the first one is chosen unasked; put the smallest there",
        ),
        ({"scopes": [READ]}, ".presets", "people choose by presets; give one for each usual need"),
        (
            {"authorize_parameters": {"state": "x"}},
            ".authorize_parameters",
            "state is set by the protocol; take it out",
        ),
        (
            {"token_parameters": {"account": "{account}"}},
            ".token_parameters",
            "{account} is nowhere given",
        ),
        (
            {"captured": [{"key": "client_id", "path": "x", "pattern": "x"}]},
            ".captured",
            "client_id is the name of something else, too; rename it",
        ),
        (
            {"captured": [{"key": "api", "path": "x", "kind": "url", "hosts": [".com"]}]},
            ".captured[api].hosts",
            ".com is no host; write api.example.com or .example.com",
        ),
        (
            {"captured": [{"key": "api", "path": "x[", "pattern": "x"}]},
            ".captured[api]",
            "'x[' is not a path; write it like data[0].id",
        ),
        (
            {"captured": [{"key": "api", "path": "x", "pattern": "("}]},
            ".captured[api].pattern",
            "it is no regular expression",
        ),
        (
            {
                "discovery": {
                    "key": "cloud_id",
                    "url": "https://elsewhere.example.com/sites",
                    "id": "id",
                    "name": "name",
                    "choose_by": "site",
                    "pattern": "x",
                    "source": "x",
                },
                "fields": [SITE],
            },
            ".discovery.url",
            "its host is not declared; add it to hosts",
        ),
        (
            {"answer": {"example": {"token": "a"}}},
            ".answer.example",
            "give the documented answer, with the token in its place",
        ),
        (
            {"revoked_errors": ["token revoked"]},
            ".revoked_errors",
            "token revoked is no code: letters, digits, and _ . - only",
        ),
        (
            {"refresh": "none", "revocation": {"url": "https://x.example.com/r", "source": "x"}},
            ".revocation.token",
            "there is no refresh token; say token: access_token",
        ),
        (
            {"revocation": {"url": "https://x.example.com/r", "source": "x", "body": "none"}},
            ".revocation",
            "the token is sent nowhere; say in parameter or bearer how",
        ),
        (
            {"by_service_url": {"sandbox": {"token_url": "https://x.example.com/t"}}},
            ".by_service_url[sandbox]",
            "there is no such service URL",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(
    declared: dict[str, Any], place: str, why: str
) -> None:
    assert problems(**declared) == [(f"schemes[oauth2].oauth2{place}", why)]


def test_tools_name_scopes_that_can_be_asked_for() -> None:
    preset = {"key": "read", "label": "Read", "scopes": ["read"]}
    connector = service.connector(scopes=[READ], presets=[preset])
    tool = connector.tools[0].model_copy(update={"scopes": ["read", "admin"]})
    changed = connector.model_copy(update={"tools": [tool]})
    assert checks.problems(changed) == [
        ("tools[request].scopes", "admin is not among the scopes of any scheme")
    ]


def test_claims_name_members_of_the_document() -> None:
    key = {
        "key": "key",
        "label": "Key",
        "secret": True,
        "kind": "json_key",
        "members": ["private_key"],
    }
    found = problems(
        fields=[key],
        grant="jwt_bearer",
        client="fields",
        client_authentication="none",
        assertion={
            "algorithm": "RS256",
            "document": "key",
            "claims": {"iss": "{client_email}", "aud": "{token_url}", "scope": "{scopes}"},
        },
    )
    assert found == [("schemes[oauth2].oauth2.assertion.claims", "{client_email} is nowhere given")]


def test_oauth_1_names_its_fields() -> None:
    connector = service.connector()
    scheme = {
        "key": "oauth1",
        "label": "Token",
        "source": service.SOURCE,
        "fields": [
            {"key": name, "label": name} for name in ("consumer_key", "token", "token_secret")
        ],
        "oauth1": {"realm": "{account}"},
        "verification": connector.schemes[0].verification,
    }
    data = connector.model_dump() | {"schemes": [scheme], "tools": []}
    assert checks.problems(Connector.model_validate(data)) == [
        ("schemes[oauth1].oauth1.consumer_secret", "{consumer_secret} is nowhere given"),
        ("schemes[oauth1].oauth1.realm", "{account} is nowhere given"),
        ("schemes[oauth1].fields[token_secret]", "it signs every request; add secret: true"),
    ]
