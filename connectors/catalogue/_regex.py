"""Regular expressions of strangers: RE2, which never backtracks, and a limit on what is left.

RE2 takes time in proportion to the program it makes of a pattern times the text. That product is
limited before a search; between two matches the clock is asked.
"""

from collections.abc import Iterator
from time import monotonic
from typing import Any

from connectors.encoding import InvalidArguments

LONGEST_PATTERN = 1_000
LONGEST_TEXT = 1_000_000
MOST_GROUPS = 30
"""Each may hold the whole text."""

MOST_WORK = 100_000_000
"""Instructions times bytes: the slowest patterns take 35 ns for one, and hold no other thread."""

SECONDS = 3.0


def compiled(pattern: str, *, ignore_case: bool = False, dot_all: bool = False) -> Any:
    """Compile a pattern; it is not kept, since one can take 8 MiB. Raises: InvalidArguments."""
    import re2  # noqa: PLC0415 - slow to load

    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = not ignore_case
    options.dot_nl = dot_all
    try:
        expression = re2.compile(pattern, options)
    except (re2.error, UnicodeEncodeError):
        raise InvalidArguments(
            "The pattern is not a regular expression of RE2, which has no look-around and no"
            " references to groups."
        ) from None
    finally:
        re2.purge()
    if expression.groups > MOST_GROUPS:
        raise InvalidArguments("The pattern has too many groups; (?:…) is none.")
    return expression


def matches(expression: Any, text: str) -> Iterator[Any]:
    """Give the matches one after another. Raises: InvalidArguments when they take too long."""
    require_little_work(expression, text)
    until = monotonic() + SECONDS
    for match in expression.finditer(text):
        yield match
        if monotonic() > until:
            raise InvalidArguments("The pattern takes too long on this text.")


def require_little_work(expression: Any, text: str) -> None:
    """Raise InvalidArguments when one search could take long, or the text is no Unicode."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise InvalidArguments("The text holds half a character.") from None
    if size * expression.programsize > MOST_WORK:
        raise InvalidArguments("The pattern is too large for a text of this length.")
