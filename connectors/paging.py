"""Follows pages and joins their items, within limits."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from connectors import answers, paths
from connectors.outcomes import Outcome
from spojit.lib.outbound import Answer, InvalidRequest, targets

if TYPE_CHECKING:
    from connectors.manifest import Connector, Paging, Tool
    from spojit.lib.outbound.types import Headers

MAX_ITEMS = 10_000
MAX_SECONDS = 30.0
"""All pages together: the last one has what is left of it, so that a call fits its lease."""

Send = Callable[[Mapping[str, Any], str, float], Answer]
"""Sends one page: parameters, a whole address that replaces the first one, seconds left."""

_LINK = re.compile(r'<([^<>]*)>\s*((?:;\s*[^,;=]+(?:=(?:"[^"]*"|[^,;"]*))?)*)')
_NEXT = re.compile(r'(?i);\s*rel\s*=\s*(?:"[^"]*\bnext\b[^"]*"|next\b)')
_EMPTY = re.compile(r'(?i);\s*results\s*=\s*"?false"?')


@dataclass(frozen=True, slots=True)
class Step:
    """What asks for one page."""

    parameters: dict[str, Any]
    url: str = ""


def follow(connector: Connector, tool: Tool, arguments: dict[str, Any], send: Send) -> Outcome:
    """Ask for one page, or up to `max_pages` of them; a page that fails fails the whole."""
    assert tool.request is not None
    limit = arguments.pop("max_pages", 1) if tool.paging else 1
    step: Step | None = first(tool.paging, arguments)
    outcome, items, asked, ends_at = Outcome("ok"), [], 0, monotonic() + MAX_SECONDS
    while step is not None:
        answer = send(step.parameters, step.url, ends_at - monotonic())
        reading = answers.read(connector, answer, rules=tool.answers, kind=tool.request.answer)
        outcome = answers.outcome(connector, answer, reading)
        asked += 1
        if tool.request.free and outcome.is_ok:
            return replace(outcome, data=_whole(answer, outcome.data))
        if not outcome.is_ok or tool.paging is None or limit == 1:
            return outcome
        items += _items(tool.paging, outcome.data)
        if asked >= limit or len(items) >= MAX_ITEMS or monotonic() >= ends_at:
            break
        step = following(
            tool.paging, step, answer, outcome.data, size=_size(tool.paging, arguments)
        )
    return replace(outcome, data=_joined(tool.paging, outcome.data, items[:MAX_ITEMS]))


def first(paging: Paging | None, _arguments: Mapping[str, Any]) -> Step:
    """Say how the first page is asked for: with nothing, since services begin at the beginning."""
    return Step({paging.parameter: paging.start} if paging and paging.kind == "page" else {})


def following(paging: Paging, step: Step, answer: Answer, data: Any, *, size: int) -> Step | None:
    """Say how the next page is asked for; None after the last."""
    if paging.kind == "link":
        url = next_link(answer.headers, base=answer.url)
        return Step({}, url) if url else None
    if paging.more and paths.find(data, paging.more) is not True:
        return None
    if paging.kind == "url":
        url = _of_same_origin(answer.url, paths.text(data, paging.next))
        return Step({}, url) if url else None
    if paging.kind == "cursor":
        cursor = paths.text(data, paging.next)
        return Step({paging.parameter: cursor}) if cursor else None
    count = len(_items(paging, data))
    if count == 0 or (not paging.more and count < size):
        return None
    grown = count if paging.kind == "offset" else 1
    return Step({paging.parameter: step.parameters.get(paging.parameter, 0) + grown})


def next_link(headers: Headers, *, base: str) -> str:
    """Read `rel="next"` of a Link header (RFC 8288); only an address of the same origin counts.

    Sentry has such a link on the last page, too, and says there that it leads to no results
    (https://docs.sentry.io/api/pagination/).
    """
    for url, parameters in _LINK.findall(headers.get("link", "")):
        if _NEXT.search(parameters) and not _EMPTY.search(parameters):
            return _of_same_origin(base, url)
    return ""


def _of_same_origin(base: str, url: str) -> str:
    if not url:
        return ""
    try:
        whole = urljoin(base, url)
        return whole if targets.read(whole).origin == targets.read(base).origin else ""
    except (ValueError, InvalidRequest):
        return ""


def _size(paging: Paging, arguments: Mapping[str, Any]) -> int:
    given = arguments.get(paging.size_argument or "")
    return given if isinstance(given, int) else paging.size


def _items(paging: Paging, data: Any) -> list[Any]:
    found = paths.find(data, paging.items)
    return found if isinstance(found, list) else []


def _joined(paging: Paging | None, data: Any, items: list[Any]) -> Any:
    """Put all items where the last page had its own."""
    if paging is None or not paging.items:
        return items
    *parents, last = paths.parse(paging.items)
    holder = paths.descend(data, parents)
    if isinstance(holder, dict) and isinstance(last, str):
        holder[last] = items
        return data
    return _nested(parents, last, items)


def _nested(parents: Sequence[str | int], last: str | int, items: list[Any]) -> Any:
    """Make the place of the items anew: the last page had none."""
    whole: Any = items
    for step in (last, *reversed(parents)):
        whole = {step: whole} if isinstance(step, str) else [whole]
    return whole


def _whole(answer: Answer, body: Any) -> dict[str, Any]:
    headers = {name: value for name, value in answer.headers.items() if name != "set-cookie"}
    return {"status": answer.status, "headers": headers, "body": body}
