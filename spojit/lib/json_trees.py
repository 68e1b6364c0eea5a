"""A JSON value as HTML folds: objects and lists open and close, long text is cut. Pure."""

from __future__ import annotations

import json
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

MAX_DEPTH = 12
MAX_ITEMS = 200
MAX_TEXT = 2000
OPEN_TO = 2


def tree(value: Any, *, key: str = "", depth: int = 0) -> SafeString:
    """Render a JSON-like value, after its key if it has one; the first two levels are open."""
    name = format_html('<span class="json-key">{}:</span> ', key) if key else SafeString()
    if depth >= MAX_DEPTH:
        return format_html('{}<span class="json-count">…</span>', name)
    if isinstance(value, dict):
        members = [(str(member), item) for member, item in value.items()]
        return _fold(name, members, brackets="{}", depth=depth)
    if isinstance(value, (list, tuple)):
        return _fold(name, [("", item) for item in value], brackets="[]", depth=depth)
    return name + _leaf(value)


def _fold(
    name: SafeString, items: list[tuple[str, Any]], *, brackets: str, depth: int
) -> SafeString:
    if not items:
        return format_html('{}<span class="json-count">{}</span>', name, brackets)
    rows = ((tree(item, key=key, depth=depth + 1),) for key, item in items[:MAX_ITEMS])
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
