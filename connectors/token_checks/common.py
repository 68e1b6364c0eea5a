"""What these checks share: how a problem is said, and the smallest tests."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from connectors import paths, templates

Found = Iterator[tuple[str, str]]
"""Places in the file, and what is wrong there with how to mend it."""

NO_SOURCE = "give source, the page that says so, or unconfirmed: true"


def unknown(place: str, texts: Iterable[str], known: Iterable[str]) -> Found:
    """Templates name only what is given."""
    wanted = frozenset().union(*(templates.names(text) for text in texts))
    for name in sorted(wanted - set(known)):
        yield place, f"{{{name}}} is nowhere given"


def bad_path(place: str, path: str) -> Found:
    """A path can be read."""
    try:
        paths.parse(path)
    except paths.BadPath as error:
        yield place, str(error)


def bad_pattern(place: str, pattern: str) -> Found:
    """A pattern can be read."""
    try:
        re.compile(pattern)
    except re.error:
        yield f"{place}.pattern", "it is no regular expression"
