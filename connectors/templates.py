"""Texts with `{x}` in them. Only plain names: no format specifiers, attributes or indexes."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from spojit.lib.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

_NAME = re.compile(r"\{([a-z][a-z0-9_]*)\}")


class Unfilled(Refused):
    """A template names a value that was not given."""

    code = "unfilled"


def _as_is(value: str) -> str:
    return value


@lru_cache(maxsize=8192)
def split(template: str) -> tuple[tuple[str, str], ...]:
    """Split into pairs of literal text and the name that follows it (empty at the end)."""
    pieces = _NAME.split(template)
    names = [*pieces[1::2], ""]
    return tuple(zip(pieces[::2], names, strict=True))


@lru_cache(maxsize=8192)
def names(template: str) -> frozenset[str]:
    """Say which values a template wants."""
    return frozenset(name for _, name in split(template) if name)


def render(
    template: str,
    values: Mapping[str, str],
    *,
    encode: Callable[[str], str] = _as_is,
    optional: Collection[str] = (),
) -> str:
    """Fill a template, each value passed through `encode`; `optional` ones may be empty.

    Raises:
        Unfilled: a value is missing.
    """
    if "{" not in template:
        return template
    text = ""
    for literal, name in split(template):
        text += literal
        if name:
            value = values.get(name, "")
            if not value and name not in optional:
                raise Unfilled(f"The value {name} is missing.")
            text += encode(value)
    return text
