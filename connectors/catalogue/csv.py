"""CSV: read, write and change tables of text."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypedDict

from connectors.encoding import InvalidArguments, scalar
from connectors.functions import tool
from connectors.manifest import Connector, Example, Icon, Link, Monogram

MAX_LENGTH = 5_000_000
MAX_ROWS = 100_000
MAX_COLUMNS = 1_000
MAX_CELLS = 1_000_000

Text = Annotated[str, Field(max_length=MAX_LENGTH, description="The table as CSV.")]
Delimiter = Annotated[
    Literal[",", ";", "\t", "|"], Field(description="What stands between two cells.")
]
Rows = Annotated[list[dict[str, Any]], Field(max_length=MAX_ROWS)]
Columns = Annotated[list[str], Field(min_length=1, max_length=MAX_COLUMNS)]
Safe = Annotated[
    bool, Field(description="Put ' before what a spreadsheet would take for a formula.")
]

_DELIMITERS: tuple[Literal[",", ";", "\t", "|"], ...] = (",", ";", "\t", "|")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Source: https://owasp.org/www-community/attacks/CSV_Injection"""


class Shape(TypedDict):
    """What a table is like; its first row counts as its columns."""

    delimiter: str
    columns: list[str]
    rows: int


def read(*, text: Text, delimiter: Delimiter = ",") -> list[dict[str, str]]:
    """Reads a table whose first row names the columns; each row becomes an object."""
    rows = _rows(text, delimiter)
    names = _names(next(rows, []))
    return [dict(zip(names, _as_long(row, len(names)), strict=True)) for row in rows]


def read_rows(*, text: Text, delimiter: Delimiter = ",") -> list[list[str]]:
    """Reads a table without names of columns; each row becomes a list."""
    return list(_rows(text, delimiter))


def write(
    *,
    rows: Rows,
    columns: Annotated[Columns, Field(description="All that occur when left out.")] | None = None,
    delimiter: Delimiter = ",",
    safe_for_spreadsheets: Safe = False,
) -> str:
    """Writes objects as a table with the names of the columns above it."""
    names = columns or list(dict.fromkeys(name for row in rows for name in row))
    cells = [[_cell(row.get(name)) for name in names] for row in _fitting(rows, len(names))]
    return _written([names, *cells], delimiter, is_safe=safe_for_spreadsheets)


def write_rows(
    *,
    rows: Annotated[list[list[Any]], Field(max_length=MAX_ROWS)],
    delimiter: Delimiter = ",",
    safe_for_spreadsheets: Safe = False,
) -> str:
    """Writes lists as a table."""
    cells = [[_cell(value) for value in row] for row in rows]
    return _written(cells, delimiter, is_safe=safe_for_spreadsheets)


def describe(*, text: Text) -> Shape:
    """Says how a table is delimited, which columns it has and how many rows."""
    first = text.splitlines()[0] if text.strip() else ""
    delimiter = max(_DELIMITERS, key=first.count)
    rows = _rows(text, delimiter)
    names = next(rows, [])
    return Shape(delimiter=delimiter, columns=names, rows=sum(1 for _ in rows))


def pick_columns(*, text: Text, columns: Columns, delimiter: Delimiter = ",") -> str:
    """Keeps the named columns of a table, in the order of the names."""
    rows = _rows(text, delimiter)
    names = next(rows, [])
    if missing := [name for name in columns if name not in names]:
        raise InvalidArguments(f"The table has no column {missing[0][:60]!r}.")
    places = [names.index(name) for name in columns]
    kept = ([row[at] if at < len(row) else "" for at in places] for row in rows)
    return _written([columns, *kept], delimiter)


def convert(*, text: Text, delimiter: Delimiter = ",", to: Delimiter = ";") -> str:
    """Writes a table with another delimiter."""
    return _written(_rows(text, delimiter), to)


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    """Read rows, empty ones left out. Raises: InvalidArguments when it is no CSV or too large."""
    reader = csv.reader(
        io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter, strict=True
    )
    count = cells = 0
    try:
        for row in reader:
            if not row:
                continue
            count, cells = count + 1, cells + len(row)
            if count > MAX_ROWS + 1 or len(row) > MAX_COLUMNS or cells > MAX_CELLS:
                raise InvalidArguments("The table is too large.")
            yield row
    except csv.Error:
        raise InvalidArguments(
            "The text is not CSV: a quoted cell does not end, or is too long."
        ) from None


def _names(row: list[str]) -> list[str]:
    """Give each column a name of its own: a repeated one gets a number, an empty one its place."""
    names: dict[str, None] = {}
    for at, given in enumerate(row, start=1):
        name = given.strip() or f"column_{at}"
        while name in names:
            name = f"{name}_{at}"
        names[name] = None
    return list(names)


def _as_long(row: list[str], length: int) -> list[str]:
    return (row + [""] * (length - len(row)))[:length]


def _fitting(rows: list[dict[str, Any]], columns: int) -> list[dict[str, Any]]:
    if columns > MAX_COLUMNS or columns * len(rows) > MAX_CELLS:
        raise InvalidArguments("The table is too large.")
    return rows


def _cell(value: Any) -> str:
    return "" if value is None else scalar(value)


def _written(rows: Iterable[list[str]], delimiter: str, *, is_safe: bool = False) -> str:
    """Write rows as RFC 4180 does. Raises: InvalidArguments when it is too much."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    for row in rows:
        writer.writerow([_defused(cell) for cell in row] if is_safe else row)
        if text.tell() > MAX_LENGTH:
            raise InvalidArguments("The result would be too long.")
    return text.getvalue()


def _defused(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


_TABLE = "id,name\r\n1,Lamp\r\n2,Desk\r\n"

connector = Connector(
    key="csv",
    name="CSV",
    category="Utilities",
    summary="Read, write and change tables of text.",
    icon=Icon(monogram=Monogram(text="CSV", color="#3b6e47")),
    documentation=[Link(title="RFC 4180", url="https://www.rfc-editor.org/rfc/rfc4180")],
    needs_connection="none",
    tools=[
        tool(
            read,
            title="Read CSV",
            example=Example(
                arguments={"text": _TABLE},
                answer=[{"id": "1", "name": "Lamp"}, {"id": "2", "name": "Desk"}],
            ),
        ),
        tool(
            read_rows,
            title="Read rows",
            example=Example(
                arguments={"text": "1;Lamp\n2;Desk", "delimiter": ";"},
                answer=[["1", "Lamp"], ["2", "Desk"]],
            ),
        ),
        tool(
            write,
            title="Write CSV",
            example=Example(
                arguments={"rows": [{"id": 1, "name": "Lamp"}, {"id": 2, "name": "Desk"}]},
                answer=_TABLE,
            ),
        ),
        tool(
            write_rows,
            title="Write rows",
            example=Example(arguments={"rows": [["a", 1], ["b", None]]}, answer="a,1\r\nb,\r\n"),
        ),
        tool(
            describe,
            title="Describe a table",
            example=Example(
                arguments={"text": "id;name\n1;Lamp"},
                answer={"delimiter": ";", "columns": ["id", "name"], "rows": 1},
            ),
        ),
        tool(
            pick_columns,
            title="Pick columns",
            example=Example(
                arguments={"text": _TABLE, "columns": ["name"]}, answer="name\r\nLamp\r\nDesk\r\n"
            ),
        ),
        tool(
            convert,
            title="Change the delimiter",
            example=Example(arguments={"text": "a,b\n1,2"}, answer="a;b\r\n1;2\r\n"),
        ),
    ],
)
