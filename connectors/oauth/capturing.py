"""Reads what a service tells once, and takes only what the connector allows. Pure.

An address that came out of an answer decides where credentials go, so it must lie on a declared
host and on that host's declared port (443 when none is declared), whatever the service says.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from connectors import paths
from connectors.oauth.types import BadCapture
from spojit.lib.errors import Refused
from spojit.lib.outbound import targets

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from connectors.manifest import Captured

LONGEST = 500
_VISIBLE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")


def from_answer(
    declared: Iterable[Captured], data: Any, *, kept: Mapping[str, str]
) -> dict[str, str]:
    """Add to what is kept what this answer tells.

    A value that is kept changes only where the connector says that it may.

    Raises:
        BadCapture: a required one is missing, or one is not what it may be.
    """
    found = dict(kept)
    for captured in declared:
        if captured.source != "token" or (captured.key in kept and not captured.on_refresh):
            continue
        text = paths.text(data, captured.path)
        if text:
            found[captured.key] = checked(captured, text)
        elif captured.required and captured.key not in kept:
            raise BadCapture
    return found


def from_query(declared: Iterable[Captured], query: Mapping[str, str]) -> dict[str, str]:
    """Read what the callback's query tells. Raises: BadCapture."""
    found: dict[str, str] = {}
    for captured in declared:
        if captured.source != "callback":
            continue
        if text := query.get(captured.path, ""):
            found[captured.key] = checked(captured, text)
        elif captured.required:
            raise BadCapture
    return found


def checked(captured: Captured, text: str) -> str:
    """Give the value in its one form. Raises: BadCapture."""
    if len(text) > LONGEST or not _VISIBLE.fullmatch(text):
        raise BadCapture
    if captured.kind != "text":
        text = _placed(captured, text)
    if captured.pattern and not re.fullmatch(captured.pattern, text):
        raise BadCapture
    return text


def _placed(captured: Captured, text: str) -> str:
    """Read a host or an address; a host may also be told as an address."""
    whole = text if "://" in text or captured.kind == "url" else f"https://{text}"
    try:
        target = targets.read(whole)
    except Refused:
        raise BadCapture from None
    if target.scheme != "https" or target.query or "#" in text or "?" in text:
        raise BadCapture
    if not any(_lies_in(declared, target) for declared in captured.hosts):
        raise BadCapture
    return target.authority if captured.kind == "host" else target.place.rstrip("/")


def _lies_in(declared: str, target: targets.Target) -> bool:
    name, _, port = declared.partition(":")
    if target.port != int(port or 443):
        return False
    if name.startswith("."):
        return target.host.endswith(name) and target.host != name[1:]
    return target.host == name
