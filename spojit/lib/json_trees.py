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


def tree(value: Any, *, depth: int = 0) -> SafeString:
    """Render a JSON-like value; the first two levels are open."""
    if depth >= MAX_DEPTH:
        return SafeString('<span class="json-count">…</span>')
    if isinstance(value, dict):
        return _fold(
            [(str(key), item) for key, item in value.items()],
            size=len(value),
            brackets="{}",
            depth=depth,
        )
    if isinstance(value, (list, tuple)):
        items = [("", item) for item in value]
        return _fold(items, size=len(value), brackets="[]", depth=depth)
    return _leaf(value)


def _fold(items: list[tuple[str, Any]], *, size: int, brackets: str, depth: int) -> SafeString:
    if not items:
        return format_html('<span class="json-count">{}</span>', brackets)
    rows = format_html_join(
        "", "<div>{}{}</div>", (_row(*item, depth) for item in items[:MAX_ITEMS])
    )
    more = format_html('<div class="json-count">… {} more</div>', size - MAX_ITEMS)
    return format_html(
        '<details{}><summary><span class="json-count">{} {} {}</span></summary>{}{}</details>',
        SafeString(" open" if depth < OPEN_TO else ""),
        brackets[0],
        size,
        brackets[1],
        rows,
        more if size > MAX_ITEMS else "",
    )


def _row(key: str, value: Any, depth: int) -> tuple[SafeString, SafeString]:
    name = format_html('<span class="json-key">{}:</span> ', key) if key else SafeString()
    return name, tree(value, depth=depth + 1)


def _leaf(value: Any) -> SafeString:
    if isinstance(value, str):
        cut = value if len(value) <= MAX_TEXT else f"{value[:MAX_TEXT]}…"
        return format_html('<span class="json-text">{}</span>', json.dumps(cut, ensure_ascii=False))
    if isinstance(value, bool) or value is None:
        return format_html('<span class="json-word">{}</span>', json.dumps(value))
    return format_html('<span class="json-number">{}</span>', str(value))
