"""A JSON value as HTML folds: objects and lists open and close, long text is cut. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DEPTH = 12
MAX_ITEMS = 200
MAX_TEXT = 2000
MAX_VALUES = 2000
"""Of the whole tree: what strangers send may have as many in every branch as a list may."""

OPEN_TO = 2


def tree(value: Any, *, key: str = "") -> SafeString:
    """Render a JSON-like value, after its key if it has one; the first two levels are open."""
    return _tree(value, key=key, depth=0, left=iter(range(MAX_VALUES)))


def _tree(value: Any, *, key: str, depth: int, left: Iterator[int]) -> SafeString:
    name = format_html('<span class="json-key">{}:</span> ', key) if key else SafeString()
    if depth >= MAX_DEPTH or next(left, None) is None:
        return format_html('{}<span class="json-count">…</span>', name)
    if isinstance(value, dict):
        members = [(str(member), item) for member, item in value.items()]
        return _fold(name, members, brackets="{}", depth=depth, left=left)
    if isinstance(value, (list, tuple)):
        items = [("", item) for item in value]
        return _fold(name, items, brackets="[]", depth=depth, left=left)
    return name + _leaf(value)


def _fold(
    name: SafeString,
    items: list[tuple[str, Any]],
    *,
    brackets: str,
    depth: int,
    left: Iterator[int],
) -> SafeString:
    if not items:
        return format_html('{}<span class="json-count">{}</span>', name, brackets)
    first = items[:MAX_ITEMS]
    rows = ((_tree(item, key=key, depth=depth + 1, left=left),) for key, item in first)
    more = format_html('<div class="json-count">… {} more</div>', len(items) - MAX_ITEMS)
    return format_html(
        '<details{}><summary>{}<span class="json-count">{} {} {}</span></summary>{}{}</details>',
        SafeString(" open" if depth < OPEN_TO else ""),
        name,
        brackets[0],
        len(items),
        brackets[1],
        format_html_join("", "<div>{}</div>", rows),
        more if len(items) > MAX_ITEMS else "",
    )


def _leaf(value: Any) -> SafeString:
    if isinstance(value, str):
        cut = value if len(value) <= MAX_TEXT else f"{value[:MAX_TEXT]}…"
        return format_html('<span class="json-text">{}</span>', json.dumps(cut, ensure_ascii=False))
    if isinstance(value, bool) or value is None:
        return format_html('<span class="json-word">{}</span>', json.dumps(value))
    return format_html('<span class="json-number">{}</span>', str(value))
