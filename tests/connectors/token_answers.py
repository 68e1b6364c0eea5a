"""What services answer when tokens are asked for, as their connectors declare it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from connectors import paths

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.manifest import Discovery, OAuth2


def good(oauth2: OAuth2, access_token: str, told: Mapping[str, str]) -> dict[str, Any]:
    """Write an answer as it is declared."""
    answer = oauth2.answer
    data: dict[str, Any] = {}
    inside = f"{answer.within}." if answer.within else ""
    _put(data, inside + answer.access_token, access_token)
    _put(data, inside + answer.refresh_token, "refresh-token-of-the-answer")
    _put(data, inside + answer.expires_in, 3600)
    if answer.success:
        _put(data, answer.success, True)
    for captured in oauth2.captured:
        if captured.source == "token" and captured.key in told:
            _put(data, captured.path, told[captured.key])
    return data


def with_told(oauth2: OAuth2, example: dict[str, Any], told: Mapping[str, str]) -> dict[str, Any]:
    """Take the documented answer, with addresses on the recording server's port."""
    data: dict[str, Any] = json.loads(json.dumps(example))
    for captured in oauth2.captured:
        if captured.source == "token":
            _put(data, captured.path, told[captured.key])
    return data


def sites(discovery: Discovery, values: Mapping[str, str], told: Mapping[str, str]) -> Any:
    """Write the list from which one site is chosen, as it is declared."""
    entry: dict[str, Any] = {}
    _put(entry, discovery.name, values.get(discovery.choose_by, "A site"))
    _put(entry, discovery.id, told[discovery.key])
    if not discovery.items:
        return [entry]
    data: dict[str, Any] = {}
    _put(data, discovery.items, [entry])
    return data


def _put(data: dict[str, Any], path: str, value: Any) -> None:
    """Put a value where a path of names leads."""
    *parents, last = paths.parse(path)
    inner: Any = data
    for name in parents:
        inner = inner.setdefault(name, {})
    inner[last] = value
