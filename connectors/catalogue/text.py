"""Text: change, cut, join and search. What takes apart another language is its own connector's."""

import re
import unicodedata
from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from connectors.catalogue import _html
from connectors.encoding import InvalidArguments
from connectors.functions import tool
from connectors.manifest import Connector, Example, Icon, Monogram

MAX_LENGTH = 5_000_000
"""Characters that a tool gives at most: half of what an answer may be, at two bytes each."""

Text = Annotated[str, Field(max_length=MAX_LENGTH, description="The text.")]
Part = Annotated[str, Field(min_length=1, max_length=10_000)]

_NAME = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]{0,59})\}")


class Counted(TypedDict):
    """How much there is of a text."""

    characters: int
    words: int
    lines: int


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


def cut(
    *,
    text: Text,
    start: Annotated[int, Field(description="From 0; negative counts from the end.")] = 0,
    length: Annotated[int, Field(ge=0, description="All that follows when left out.")]
    | None = None,
) -> str:
    """Gives a part of a text, by position and length."""
    rest = text[start:]
    return rest if length is None else rest[:length]


def between(
    *,
    text: Text,
    after: Annotated[Part, Field(description="What stands before the part.")],
    before: Annotated[Part, Field(description="What stands behind it.")],
) -> str | None:
    """Gives what stands between two texts, the first time; null when they are not there."""
    _, found, rest = text.partition(after)
    part, end, _ = rest.partition(before)
    return part if found and end else None


def contains(
    *,
    text: Text,
    find: Part,
    where: Literal["anywhere", "start", "end"] = "anywhere",
    ignore_case: bool = False,
) -> bool:
    """Says whether a text holds another, begins with it, or ends in it."""
    whole, wanted = (text.casefold(), find.casefold()) if ignore_case else (text, find)
    if where == "anywhere":
        return wanted in whole
    return whole.startswith(wanted) if where == "start" else whole.endswith(wanted)


def count(*, text: Text) -> Counted:
    """Counts characters, words and lines."""
    return Counted(
        characters=len(text), words=len(text.split()), lines=len(text.splitlines()) if text else 0
    )


def lines(*, text: Text, keep_empty: bool = False) -> list[str]:
    """Cuts a text into its lines, whichever line breaks it has."""
    return [line for line in text.splitlines() if keep_empty or line.strip()]


def pad(
    *,
    text: Annotated[str, Field(max_length=10_000)],
    length: Annotated[int, Field(ge=1, le=10_000, description="In characters.")],
    side: Literal["left", "right"] = "left",
    character: Annotated[str, Field(min_length=1, max_length=1)] = " ",
) -> str:
    """Fills a text up to a length, such as 7 to 007."""
    fill = text.rjust if side == "left" else text.ljust
    return fill(length, character)


def tidy(*, text: Text, keep_lines: bool = False) -> str:
    """Makes one space of several, and one form of each character (Unicode NFC)."""
    plain = unicodedata.normalize("NFC", text)
    if not keep_lines:
        return " ".join(plain.split())
    return "\n".join(" ".join(line.split()) for line in plain.splitlines()).strip()


def remove_tags(*, text: Text) -> str:
    """Gives the words of a piece of HTML, without tags, scripts and styles."""
    return _html.words(text)


def fill(
    *,
    text: Annotated[str, Field(max_length=1_000_000, description="Such as Dear {name}.")],
    values: Annotated[dict[str, str | int | float], Field(max_length=1_000)],
) -> str:
    """Puts values in the places of their names in braces; names without a value stay."""
    written = {name: str(value) for name, value in values.items()}
    found = [match[1] for match in _NAME.finditer(text)]
    if len(text) + sum(len(written.get(name, "")) for name in found) > MAX_LENGTH:
        raise InvalidArguments("The result would be too long.")
    return _NAME.sub(lambda match: written.get(match[1], match[0]), text)


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
        tool(
            cut,
            title="Cut out",
            example=Example(
                arguments={"text": "INV-2026-07", "start": 4, "length": 4}, answer="2026"
            ),
        ),
        tool(
            between,
            title="Get what is between",
            example=Example(
                arguments={"text": "Order #1001 (paid)", "after": "#", "before": " "}, answer="1001"
            ),
        ),
        tool(
            contains,
            title="Contains",
            example=Example(
                arguments={"text": "Red lamp", "find": "LAMP", "ignore_case": True}, answer=True
            ),
        ),
        tool(
            count,
            title="Count",
            example=Example(
                arguments={"text": "Red lamp\nBlue lamp"},
                answer={"characters": 18, "words": 4, "lines": 2},
            ),
        ),
        tool(
            lines,
            title="Split into lines",
            example=Example(arguments={"text": "one\r\n\ntwo"}, answer=["one", "two"]),
        ),
        tool(
            pad,
            title="Fill up",
            example=Example(arguments={"text": "7", "length": 3, "character": "0"}, answer="007"),
        ),
        tool(
            tidy,
            title="Tidy spaces",
            example=Example(arguments={"text": "  red \t lamp\n"}, answer="red lamp"),
        ),
        tool(
            remove_tags,
            title="Remove HTML tags",
            example=Example(
                arguments={"text": "<p>Fish &amp; <b>chips</b></p><script>x()</script>"},
                answer="Fish & chips",
            ),
        ),
        tool(
            fill,
            title="Fill in",
            example=Example(
                arguments={"text": "Dear {name}", "values": {"name": "Ada"}}, answer="Dear Ada"
            ),
        ),
    ],
)
