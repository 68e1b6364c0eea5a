"""Regex: find, replace and split by patterns (RE2: no pattern can hold a worker)."""

import re
from itertools import islice
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from connectors.catalogue import _regex
from connectors.encoding import InvalidArguments
from connectors.functions import tool
from connectors.manifest import Connector, Example, Icon, Link, Monogram

MAX_LENGTH = 5_000_000
MOST_MATCHES = 10_000

Text = Annotated[str, Field(max_length=_regex.LONGEST_TEXT, description="The text.")]
Pattern = Annotated[
    str,
    Field(
        min_length=1,
        max_length=_regex.LONGEST_PATTERN,
        description="In the syntax of RE2, which has no look-around.",
    ),
]
IgnoreCase = Annotated[bool, Field(description="A and a are the same.")]
Lines = Annotated[bool, Field(description="^ and $ match at each line.")]
DotAll = Annotated[bool, Field(description="A dot matches line breaks, too.")]
Limit = Annotated[int, Field(ge=1, le=MOST_MATCHES)]

_REFERENCE = re.compile(r"\$(?:\$|([0-9]{1,2})|\{([A-Za-z_][A-Za-z0-9_]*)\})")


class Match(TypedDict):
    """What was found: the text, where it stands, and its groups by number and by name."""

    text: str
    start: int
    end: int
    groups: list[str | None]
    names: dict[str, str | None]


class Checked(TypedDict):
    """Whether a pattern is one, and how many groups it has."""

    is_valid: bool
    groups: int
    names: list[str]


def matches(
    *,
    text: Text,
    pattern: Pattern,
    whole: Annotated[bool, Field(description="The whole text must match.")] = False,
    ignore_case: IgnoreCase = False,
    multiline: Lines = False,
    dot_all: DotAll = False,
) -> bool:
    """Says whether a pattern matches a text."""
    expression = _expression(
        rf"\A(?:{pattern})\z" if whole else pattern, ignore_case, multiline, dot_all
    )
    return next(_regex.matches(expression, text), None) is not None


def find(
    *,
    text: Text,
    pattern: Pattern,
    ignore_case: IgnoreCase = False,
    multiline: Lines = False,
    dot_all: DotAll = False,
) -> Match | None:
    """Finds the first match, with its groups; null when there is none."""
    expression = _expression(pattern, ignore_case, multiline, dot_all)
    found = next(_regex.matches(expression, text), None)
    return None if found is None else _match(found)


def find_all(
    *,
    text: Text,
    pattern: Pattern,
    limit: Limit = 1_000,
    ignore_case: IgnoreCase = False,
    multiline: Lines = False,
    dot_all: DotAll = False,
) -> list[Match]:
    """Finds all matches, with their groups."""
    expression = _expression(pattern, ignore_case, multiline, dot_all)
    return [_match(found) for found in islice(_regex.matches(expression, text), limit)]


def extract(
    *,
    text: Text,
    pattern: Pattern,
    group: Annotated[int, Field(ge=0, le=99, description="0 is the whole match.")] = 0,
    limit: Limit = 1_000,
    ignore_case: IgnoreCase = False,
    multiline: Lines = False,
    dot_all: DotAll = False,
) -> list[str]:
    """Lists the texts of all matches, or of one group in each."""
    expression = _expression(pattern, ignore_case, multiline, dot_all)
    if group > expression.groups:
        raise InvalidArguments("The pattern has no group of this number.")
    found = islice(_regex.matches(expression, text), limit)
    return [match.group(group) or "" for match in found]


def replace(
    *,
    text: Text,
    pattern: Pattern,
    with_: Annotated[
        str,
        Field(alias="with", max_length=10_000, description="$1 and ${name} are what groups hold."),
    ] = "",
    limit: Annotated[int, Field(ge=1, le=_regex.LONGEST_TEXT)] | None = None,
    ignore_case: IgnoreCase = False,
    multiline: Lines = False,
    dot_all: DotAll = False,
) -> str:
    """Replaces matches by a text, in which groups may stand."""
    expression = _expression(pattern, ignore_case, multiline, dot_all)
    pieces: list[str] = []
    size, end = len(text), 0
    for match in islice(_regex.matches(expression, text), limit):
        written = _filled(with_, match)
        size += len(written) - (match.end() - match.start())
        if size > MAX_LENGTH:
            raise InvalidArguments("The result would be too long.")
        pieces += [text[end : match.start()], written]
        end = match.end()
    return "".join([*pieces, text[end:]])


def split(
    *,
    text: Text,
    pattern: Pattern,
    keep_empty: bool = False,
    ignore_case: IgnoreCase = False,
    multiline: Lines = False,
    dot_all: DotAll = False,
) -> list[str]:
    """Cuts a text wherever a pattern matches."""
    expression = _expression(pattern, ignore_case, multiline, dot_all)
    parts, end = [], 0
    for match in _regex.matches(expression, text):
        parts.append(text[end : match.start()])
        end = match.end()
    return [part for part in [*parts, text[end:]] if part or keep_empty]


def escape(*, text: Annotated[str, Field(max_length=_regex.LONGEST_PATTERN)]) -> str:
    """Writes a text so that a pattern takes it as it is."""
    return re.sub(r"([^A-Za-z0-9_\s\x80-\U0010ffff])", r"\\\1", text)


def check(*, pattern: Pattern) -> Checked:
    """Says whether a pattern is one, and which groups it has."""
    try:
        expression = _regex.compiled(pattern)
    except InvalidArguments:
        return Checked(is_valid=False, groups=0, names=[])
    names = sorted(expression.groupindex, key=expression.groupindex.__getitem__)
    return Checked(is_valid=True, groups=expression.groups, names=names)


def _expression(pattern: str, ignore_case: bool, multiline: bool, dot_all: bool) -> Any:  # noqa: FBT001 - in the order of the tools
    written = f"(?m:{pattern})" if multiline else pattern
    return _regex.compiled(written, ignore_case=ignore_case, dot_all=dot_all)


def _match(found: Any) -> Match:
    return Match(
        text=found.group(),
        start=found.start(),
        end=found.end(),
        groups=list(found.groups()),
        names=found.groupdict(),
    )


def _filled(template: str, match: Any) -> str:
    """Put groups into a replacement. Raises: InvalidArguments for one that there is not."""

    def written(reference: re.Match[str]) -> str:
        if reference[0] == "$$":
            return "$"
        try:
            return match.group(reference[2] or int(reference[1])) or ""
        except IndexError:
            raise InvalidArguments("The pattern has no group of this name or number.") from None

    return _REFERENCE.sub(written, template)


_ORDER = {"text": "Order #1001, order #1002", "pattern": r"#(?P<number>\d+)"}
_FOUND = {"text": "#1001", "start": 6, "end": 11, "groups": ["1001"], "names": {"number": "1001"}}

connector = Connector(
    key="regex",
    name="Regex",
    category="Utilities",
    summary="Find, replace and split by patterns.",
    icon=Icon(monogram=Monogram(text=".+", color="#7d3f98")),
    documentation=[Link(title="Syntax", url="https://github.com/google/re2/wiki/Syntax")],
    needs_connection="none",
    tools=[
        tool(
            matches,
            title="Test",
            example=Example(
                arguments={"text": "INV-2026", "pattern": r"INV-\d{4}", "whole": True}, answer=True
            ),
        ),
        tool(find, title="Find", example=Example(arguments=_ORDER, answer=_FOUND)),
        tool(
            find_all,
            title="Find all",
            example=Example(arguments=_ORDER | {"limit": 1}, answer=[_FOUND]),
        ),
        tool(
            extract,
            title="Extract",
            example=Example(arguments=_ORDER | {"group": 1}, answer=["1001", "1002"]),
        ),
        tool(
            replace,
            title="Replace",
            example=Example(
                arguments=_ORDER | {"with": "no. ${number}"},
                answer="Order no. 1001, order no. 1002",
            ),
        ),
        tool(
            split,
            title="Split",
            example=Example(
                arguments={"text": "a, b;c", "pattern": r"[,;]\s*"}, answer=["a", "b", "c"]
            ),
        ),
        tool(
            escape,
            title="Escape",
            example=Example(arguments={"text": "1.5 (net)"}, answer=r"1\.5 \(net\)"),
        ),
        tool(
            check,
            title="Check a pattern",
            example=Example(
                arguments={"pattern": r"(\w+)@(?P<host>\w+)"},
                answer={"is_valid": True, "groups": 2, "names": ["host"]},
            ),
        ),
    ],
)
