"""The marks of the package `simpleicons`, read where they lie: importing it would cost 46 MB."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

_SLUG = re.compile(rb'\n    slug="([a-z0-9_]+)"')
_PATH = re.compile(rb'<path d="([^"]+)"')
_COLOR = re.compile(rb'\n    hex="([0-9A-Fa-f]{6})"')
_LONGEST = 64 * 1024


def path(slug: str) -> str:
    """Return the SVG path data of a mark on a grid of 24 by 24; empty when there is none."""
    return _found(_PATH, slug)


def color(slug: str) -> str:
    """Return the service's own colour, such as "#181717"; empty when there is no such mark."""
    found = _found(_COLOR, slug)
    return f"#{found.lower()}" if found else ""


def _found(pattern: re.Pattern[bytes], slug: str) -> str:
    found = pattern.search(_entry(slug))
    return found.group(1).decode() if found else ""


@lru_cache(maxsize=8)  # path and colour are asked for one after the other
def _entry(slug: str) -> bytes:
    offset = _offsets().get(slug)
    if offset is None:
        return b""
    with _file().open("rb") as file:
        file.seek(offset)
        return file.read(_LONGEST)


@lru_cache(maxsize=1)
def _offsets() -> dict[str, int]:
    content = _file().read_bytes()
    return {found.group(1).decode(): found.start() for found in _SLUG.finditer(content)}


@lru_cache(maxsize=1)
def _file() -> Path:
    spec = find_spec("simpleicons")
    if spec is None or spec.origin is None:
        folders = spec.submodule_search_locations if spec else None
        return Path(next(iter(folders or ["."]))) / "all.py"
    return Path(spec.origin).with_name("all.py")
