"""UUID: make identifiers, and read what they say."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from connectors.encoding import InvalidArguments
from connectors.functions import tool
from connectors.manifest import Connector, Example, Icon, Link, Monogram
from spojit.lib import ids

MOST = 1_000

Identifier = Annotated[str, Field(max_length=64, description="A UUID in any of its forms.")]
Version = Annotated[
    Literal[4, 7], Field(description="4 is random, 7 begins with the time and sorts by it.")
]
Namespace = Literal["dns", "url", "oid", "x500"]

_NAMESPACES = {
    "dns": uuid.NAMESPACE_DNS,
    "url": uuid.NAMESPACE_URL,
    "oid": uuid.NAMESPACE_OID,
    "x500": uuid.NAMESPACE_X500,
}
_GREGORIAN = datetime(1582, 10, 15, tzinfo=UTC)
"""When the clock of version 1 and 6 began (RFC 9562, section 5.1)."""


class Described(TypedDict):
    """What a UUID says; the moment is there when its version holds one."""

    is_uuid: bool
    version: int | None
    created_at: str | None


def generate(*, version: Version = 4) -> str:
    """Makes a UUID."""
    return str(_new(version))


def generate_many(
    *, count: Annotated[int, Field(ge=1, le=MOST)], version: Version = 4
) -> list[str]:
    """Makes several UUIDs at once."""
    return [str(_new(version)) for _ in range(count)]


def from_name(
    *,
    name: Annotated[str, Field(min_length=1, max_length=10_000)],
    namespace: Annotated[
        Namespace | Annotated[str, Field(max_length=64)],
        Field(description="dns, url, oid, x500, or a UUID of your own."),
    ] = "url",
) -> str:
    """Makes a UUID of a name: the same name gives the same one each time (version 5)."""
    try:
        return str(uuid.uuid5(_NAMESPACES.get(namespace) or _read(namespace), name))
    except UnicodeEncodeError:
        raise InvalidArguments("The name holds half a character.") from None


def describe(*, text: Identifier) -> Described:
    """Says whether a text is a UUID, which version it has, and when it was made."""
    try:
        found = _read(text)
    except InvalidArguments:
        return Described(is_uuid=False, version=None, created_at=None)
    return Described(is_uuid=True, version=found.version, created_at=_created_at(found))


def write(
    *,
    text: Identifier,
    as_: Annotated[Literal["hyphens", "hex", "urn", "number"], Field(alias="as")],
) -> str:
    """Writes a UUID in another form."""
    found = _read(text)
    forms = {"hyphens": str(found), "hex": found.hex, "urn": found.urn, "number": str(found.int)}
    return forms[as_]


def _new(version: int) -> uuid.UUID:
    return ids.new_id() if version == 7 else uuid.uuid4()


def _read(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text.strip())
    except ValueError:
        raise InvalidArguments("That is not a UUID.") from None


def _created_at(found: uuid.UUID) -> str | None:
    """Read the moment of versions 1, 6 and 7 (RFC 9562, sections 5.1, 5.6 and 5.7)."""
    if found.version == 7:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=found.int >> 80)
    elif found.version == 1:
        moment = _GREGORIAN + timedelta(microseconds=found.time // 10)
    elif found.version == 6:
        ticks = (found.int >> 80) << 12 | (found.int >> 64) & 0xFFF
        moment = _GREGORIAN + timedelta(microseconds=ticks // 10)
    else:
        return None
    return moment.isoformat(timespec="milliseconds")


_ONE = "018cc251-f400-7000-8000-000000000000"

connector = Connector(
    key="uuid",
    name="UUID",
    category="Utilities",
    summary="Make identifiers, and read what they say.",
    icon=Icon(monogram=Monogram(text="ID", color="#4a5a78")),
    documentation=[Link(title="RFC 9562", url="https://www.rfc-editor.org/rfc/rfc9562")],
    needs_connection="none",
    tools=[
        tool(generate, title="Make a UUID", example=Example(arguments={"version": 7})),
        tool(generate_many, title="Make several", example=Example(arguments={"count": 2})),
        tool(
            from_name,
            title="Make one of a name",
            example=Example(
                arguments={"name": "example.com", "namespace": "dns"},
                answer="cfbff0d1-9375-5685-968c-48ce8b15ae17",
            ),
        ),
        tool(
            describe,
            title="Describe",
            example=Example(
                arguments={"text": _ONE},
                answer={
                    "is_uuid": True,
                    "version": 7,
                    "created_at": "2024-01-01T00:00:00.000+00:00",
                },
            ),
        ),
        tool(
            write,
            title="Write in another form",
            example=Example(
                arguments={"text": _ONE, "as": "hex"}, answer="018cc251f40070008000000000000000"
            ),
        ),
    ],
)
