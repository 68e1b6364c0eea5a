"""What a new version of a connector would break of stored grants."""

from __future__ import annotations

from typing import Any

import pytest

from connectors import compatibility
from tests.connectors.oauth import service

READ = {"scope": "read", "label": "Read."}


def breaks(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, str]]:
    return compatibility.breaks(service.connector(**old), service.connector(**new))


CAPTURED = {"key": "api", "path": "api", "kind": "url", "hosts": [".example.com"]}


@pytest.mark.parametrize(
    ("old", "new", "place", "why"),
    [
        (
            {},
            {"token_url": "https://new.example.com/token"},
            ".token_url",
            "its host was changed; stored tokens would go there",
        ),
        (
            {},
            {"client": "fields"},
            ".client",
            "it was changed; stored tokens belong to another client",
        ),
        (
            {"captured": [CAPTURED]},
            {},
            ".captured[api]",
            "it was removed; keys are permanent, so keep it",
        ),
        (
            {"captured": [CAPTURED]},
            {"captured": [CAPTURED | {"kind": "host"}]},
            ".captured[api].kind",
            "it was changed; stored values may not fit",
        ),
        (
            {},
            {"captured": [CAPTURED]},
            ".captured[api]",
            "it is new; stored grants lack it; say required: false",
        ),
    ],
)
def test_what_would_break_stored_grants_is_said(
    old: dict[str, Any], new: dict[str, Any], place: str, why: str
) -> None:
    found = dict(breaks(old, new))
    assert found[f"schemes[oauth2].oauth2{place}"] == why


def test_another_grant_breaks_stored_tokens() -> None:
    found = dict(breaks({}, {"grant": "client_credentials"}))
    assert found["schemes[oauth2].oauth2.grant"] == (
        "it was changed; stored tokens were got in another way"
    )


def test_more_that_nobody_needs_breaks_nothing() -> None:
    new = {
        "captured": [CAPTURED | {"required": False}],
        "authorize_url": "https://new.example.com/authorize",
        "scopes": [READ],
        "client_authentication": "post",
        "revocation": {"url": "https://auth.example.com/revoke", "source": "x"},
    }
    assert breaks({}, new) == []


def test_members_of_a_stored_file_may_not_be_moved() -> None:
    key = {"key": "key", "label": "Key", "secret": True, "kind": "json_key", "members": ["project"]}
    old, new = ({"fields": [key | {"member_paths": paths}]} for paths in ({"project": "a.b"}, {}))
    assert dict(breaks(old, new)) == {
        "schemes[oauth2].fields[key].member_paths": (
            "members were moved; stored documents have them elsewhere"
        )
    }
    assert breaks(new, new) == []


def test_members_of_a_stored_file_may_not_become_open() -> None:
    key = {"key": "key", "label": "Key", "secret": True, "kind": "json_key", "members": ["project"]}
    found = dict(breaks({"fields": [key]}, {"fields": [key | {"open_members": ["project"]}]}))
    assert found == {
        "schemes[oauth2].fields[key].open_members": "members were secret when they were stored"
    }
