"""Draws a connector's icon as an SVG that may stand inside a page under a strict CSP."""

from __future__ import annotations

import html
import mmap
import re
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.manifest import Connector, Monogram

_PATH = re.compile(r'<path d="([^"]+)"')
_HEX = re.compile(r'hex="([0-9A-Fa-f]{6})"')
_FONT_SIZES = {1: 14, 2: 11, 3: 8}


class UnknownMark(LookupError):
    """The package of marks has none of that name."""


def svg(connector: Connector) -> str:
    """Draw the icon, 24 by 24 units, without any style attribute; hidden from screen readers.

    The name of the service stands beside it wherever it is shown.

    Raises:
        UnknownMark: `check_connectors` finds those before anybody else.
    """
    icon = connector.icon
    return _mark(icon.mark) if icon.monogram is None else _monogram(icon.monogram)


@lru_cache(maxsize=1024)
def _mark(slug: str) -> str:
    """Find one mark in the package's source: importing all three thousand costs 86 MB."""
    with _source().open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        start = text.find(f"\nsi_{slug} = Icon(".encode())
        entry = text[start : text.find(b"\n)\n", start)].decode() if start >= 0 else ""
    drawn, color = _PATH.search(entry), _HEX.search(entry)
    if drawn is None or color is None:
        raise UnknownMark(slug)
    return _frame(f'<path fill="{_color(color[1])}" d="{html.escape(drawn[1])}"/>')


@lru_cache(maxsize=1)
def _source() -> Path:
    found = find_spec("simpleicons")
    assert found is not None
    return Path(next(iter(found.submodule_search_locations or []))) / "icons.py"


def _color(hex_digits: str) -> str:
    """Give the brand's colour, or the text's where it is too dark or light for one background."""
    red, green, blue = (int(hex_digits[at : at + 2], 16) for at in (0, 2, 4))
    brightness = (red * 299 + green * 587 + blue * 114) / 1000
    return f"#{hex_digits.lower()}" if 40 < brightness < 215 else "currentColor"


def _monogram(monogram: Monogram) -> str:
    size = _FONT_SIZES[len(monogram.text)]
    back = f'<rect width="24" height="24" rx="5" fill="{monogram.color}"/>'
    letters = (
        f'<text x="12" y="12" fill="#ffffff" font-family="system-ui, sans-serif"'
        f' font-weight="600" font-size="{size}" text-anchor="middle"'
        f' dominant-baseline="central">{html.escape(monogram.text)}</text>'
    )
    return _frame(back + letters)


def _frame(drawing: str) -> str:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="24" height="24"'
        f' class="connector-icon" aria-hidden="true" focusable="false">{drawing}</svg>'
    )
