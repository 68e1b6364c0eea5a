"""Text: change, cut, join and search."""

import re
import unicodedata
from typing import Annotated, Literal

from pydantic import Field

from connectors.encoding import InvalidArguments
from connectors.functions import tool
from connectors.manifest import Connector, Example, Icon, Monogram

MAX_LENGTH = 5_000_000
"""Characters that a tool gives at most: half of what an answer may be, at two bytes each."""

Text = Annotated[str, Field(max_length=MAX_LENGTH, description="The text.")]
Part = Annotated[str, Field(min_length=1, max_length=10_000)]


def change_case(*, text: Text, to: Literal["upper", "lower", "title", "sentence", "slug"]) -> str:
    """Writes a text in capitals, small letters, as a title, as a sentence, or fit for a URL."""
    changes = {"upper": str.upper, "lower": str.lower, "title": str.title}
    if to == "slug":
        return _slug(text)
    return text[:1].upper() + text[1:].lower() if to == "sentence" else changes[to](text)


def trim(*, text: Text, characters: str | None = None) -> str:
    """Takes spaces and line breaks off both ends, or the characters that are given."""
    return text.strip(characters)


def replace(
    *,
    text: Text,
    find: Annotated[Part, Field(description="What to look for, exactly as it is.")],
    with_: Annotated[str, Field(alias="with", max_length=10_000)] = "",
    ignore_case: bool = False,
) -> str:
    """Replaces every occurrence of a text by another."""
    flags = re.IGNORECASE if ignore_case else re.NOFLAG
    found = len(re.findall(re.escape(find), text, flags))
    if len(text) + found * (len(with_) - len(find)) > MAX_LENGTH:
        raise InvalidArguments("The result would be too long.")
    return re.sub(re.escape(find), lambda _: with_, text, flags=flags)


def split(
    *,
    text: Text,
    separator: Annotated[Part, Field(description="What stands between the parts.")] = ",",
    trim_parts: bool = True,
    keep_empty: bool = False,
) -> list[str]:
    """Cuts a text into a list at a separator."""
    parts = [part.strip() if trim_parts else part for part in text.split(separator)]
    return [part for part in parts if part or keep_empty]


def join(*, items: list[str | int | float], separator: str = ", ") -> str:
    """Joins a list into one text."""
    return separator.join(str(item) for item in items)


def shorten(
    *,
    text: Text,
    length: Annotated[int, Field(ge=1, le=MAX_LENGTH, description="In characters.")],
    ending: Annotated[str, Field(max_length=20)] = "…",
) -> str:
    """Cuts a text to a length, between words where it can, and marks that it was cut."""
    if len(text) <= length:
        return text
    kept = text[: max(length - len(ending), 0)]
    at_word = kept.rsplit(None, 1)[0] if " " in kept.strip() else kept
    return (at_word.rstrip() + ending)[:length]


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


connector = Connector(
    key="text",
    name="Text",
    category="Utilities",
    summary="Change, cut, join and search text.",
    icon=Icon(monogram=Monogram(text="Aa", color="#5b5f97")),
    needs_connection="none",
    tools=[
        tool(
            change_case,
            title="Change case",
            example=Example(arguments={"text": "Hello World", "to": "slug"}, answer="hello-world"),
        ),
        tool(trim, title="Trim", example=Example(arguments={"text": " hello "}, answer="hello")),
        tool(
            replace,
            title="Replace",
            example=Example(
                arguments={"text": "red lamp", "find": "red", "with": "blue"}, answer="blue lamp"
            ),
        ),
        tool(
            split,
            title="Split",
            example=Example(arguments={"text": "a, b,,c"}, answer=["a", "b", "c"]),
        ),
        tool(
            join,
            title="Join",
            example=Example(arguments={"items": ["a", "b"]}, answer="a, b"),
        ),
        tool(
            shorten,
            title="Shorten",
            example=Example(
                arguments={"text": "A lamp for the desk", "length": 10}, answer="A lamp…"
            ),
        ),
    ],
)
