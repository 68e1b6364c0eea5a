"""XML: read and write documents, without entities, document types or anything from outside."""

from typing import Annotated, Any
from xml.sax.saxutils import escape as escaped, unescape as unescaped

from pydantic import Field

from connectors import paths, xml_values
from connectors.catalogue import _json, _xml
from connectors.encoding import InvalidArguments
from connectors.functions import tool
from connectors.manifest import Connector, Example, Icon, Link, Monogram

Document = Annotated[str, Field(max_length=_xml.MAX_LENGTH, description="The document.")]
Path = Annotated[
    str, Field(min_length=1, max_length=1_000, description="Such as order.item[0].@id.")
]
Text = Annotated[str, Field(max_length=1_000_000)]

_QUOTES = {'"': "&quot;", "'": "&apos;"}


def read(*, text: Document) -> dict[str, Any]:
    """Reads a document as an object: attributes begin with @, repeated elements become a list."""
    try:
        return xml_values.read(text)
    except xml_values.BadXml as bad:
        raise InvalidArguments(f"The text is not XML that can be read: {bad}.") from None


def get(*, text: Document, path: Path, default: Any = None) -> Any:
    """Follows a path into a document; gives the default where it leads nowhere."""
    found = paths.descend(read(text=text), _json.steps(path))
    return default if found is paths.MISSING else found


def list_elements(*, text: Document, path: Path) -> list[Any]:
    """Lists the elements at a path, be there none, one or many."""
    found = paths.descend(read(text=text), _json.steps(path))
    if found is paths.MISSING:
        return []
    return found if isinstance(found, list) else [found]


def write(
    *,
    value: Annotated[
        dict[str, Any], Field(min_length=1, max_length=1, description="The root element.")
    ],
    indent: Annotated[int, Field(ge=0, le=8)] = 0,
    declaration: Annotated[bool, Field(description="Begin with <?xml …?>.")] = False,
) -> str:
    """Writes an object as a document, the way reading gives it."""
    return _xml.write(value, indent=indent, declaration=declaration)


def check(*, text: Document) -> bool:
    """Says whether a text is XML that can be read here: well-formed and without document type."""
    try:
        xml_values.read(text)
    except xml_values.BadXml:
        return False
    return True


def escape(*, text: Text) -> str:
    """Writes a text so that it can stand in a document."""
    return escaped(text, _QUOTES)


def unescape(*, text: Text) -> str:
    """Reads the five entities that every document has."""
    return unescaped(text, {name: sign for sign, name in _QUOTES.items()})


_ORDER = '<order id="7"><item>Lamp</item><item>Desk</item></order>'
_READ = {"order": {"@id": "7", "item": ["Lamp", "Desk"]}}

connector = Connector(
    key="xml",
    name="XML",
    category="Utilities",
    summary="Read and write XML documents.",
    icon=Icon(monogram=Monogram(text="XML", color="#a0522d")),
    documentation=[Link(title="XML 1.0", url="https://www.w3.org/TR/xml/")],
    needs_connection="none",
    tools=[
        tool(
            read,
            title="Read XML",
            example=Example(arguments={"text": _ORDER}, answer=_READ),
        ),
        tool(
            get,
            title="Get a value",
            example=Example(arguments={"text": _ORDER, "path": "order.@id"}, answer="7"),
        ),
        tool(
            list_elements,
            title="List elements",
            example=Example(
                arguments={"text": _ORDER, "path": "order.item"}, answer=["Lamp", "Desk"]
            ),
        ),
        tool(
            write,
            title="Write XML",
            example=Example(arguments={"value": _READ}, answer=_ORDER),
        ),
        tool(check, title="Check", example=Example(arguments={"text": "<a><b></a>"}, answer=False)),
        tool(
            escape,
            title="Escape",
            example=Example(
                arguments={"text": "Fish & <chips>"}, answer="Fish &amp; &lt;chips&gt;"
            ),
        ),
        tool(
            unescape,
            title="Unescape",
            example=Example(arguments={"text": "Fish &amp; chips"}, answer="Fish & chips"),
        ),
    ],
)
