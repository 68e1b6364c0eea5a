"""Bodies that strangers send, read with limits; what cannot be read stays text or bytes. Pure."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Iterable

Kind = Literal["json", "form", "text", "binary", "empty"]

MOST_LEVELS = 64
MOST_ENTRIES = 10_000
"""Keys and items of the whole document together; fields of a form."""

MOST_DIGITS = 1_000

_FORM = "application/x-www-form-urlencoded"
_CHARSETS = {"iso-8859-1": "iso-8859-1", "latin1": "iso-8859-1", "windows-1252": "cp1252"}
"""What is read besides UTF-8; no codec is chosen by a stranger."""


@dataclass(frozen=True, slots=True)
class Body:
    """What a body says.

    Attributes:
        data: of `json` the value, of `form` texts by name (a list for a name that is there
            again), of `text` the text; None for `binary` and `empty`.
        problem: why it is not read as what it says it is, in a sentence; empty when it is.
    """

    kind: Kind
    data: Any = field(default=None, repr=False)
    problem: str = ""


_HALF = re.compile(r"\\u[dD][89a-fA-F]")
"""How one half of a surrogate pair is written in JSON."""


class _Unfit(Exception):
    """It is not what it says it is, or too much of it."""


def parse(body: bytes, content_type: str) -> Body:
    """Read a body as its Content-Type says. Never raises.

    JSON follows RFC 8259: in UTF-8, and `NaN` and `Infinity` are none; of keys that are there
    twice the last counts. What has no type, or is said to be plain text, is JSON when it reads
    as an object or a list.
    """
    if not body:
        return Body("empty")
    kind, charset = _type_of(content_type)
    try:
        if kind == "application/json" or kind.endswith("+json"):
            return Body("json", _json(body))
        if kind == _FORM:
            return Body("form", _form(body))
    except _Unfit as unfit:
        return _plain(body, charset, str(unfit))
    if kind in {"", "text/plain"} and body.lstrip()[:1] in {b"{", b"["}:
        return _perhaps_json(body, charset)
    return _plain(body, charset)


def _type_of(content_type: str) -> tuple[str, str]:
    """Give the media type in lower case, and the codec that its charset means."""
    kind, *parameters = content_type.lower().split(";")
    found = dict(parameter.strip().partition("=")[::2] for parameter in parameters[:10])
    return kind.strip(), _CHARSETS.get(found.get("charset", "").strip('"'), "utf-8")


def _plain(body: bytes, charset: str, problem: str = "") -> Body:
    if b"\0" in body:
        return Body("binary", problem=problem)
    try:
        return Body("text", body.decode(charset), problem)
    except UnicodeDecodeError:
        return Body("binary", problem=problem)


def _perhaps_json(body: bytes, charset: str) -> Body:
    try:
        return Body("json", _json(body))
    except _Unfit:
        return _plain(body, charset)


def _form(body: bytes) -> dict[str, str | list[str]]:
    try:
        pairs = parse_qsl(
            body.decode("utf-8", "replace"),
            keep_blank_values=True,
            max_num_fields=MOST_ENTRIES,
        )
    except ValueError:
        raise _Unfit(f"The form has more than {MOST_ENTRIES:,} fields.") from None
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}


def _json(body: bytes) -> Any:
    try:
        text = body.decode("utf-8-sig")
        value = json.loads(
            text,
            parse_int=_integer,
            parse_float=_fraction,
            parse_constant=_refuse_constant,
        )
    except RecursionError:
        raise _Unfit(f"The JSON is nested more than {MOST_LEVELS} levels deep.") from None
    except ValueError:
        raise _Unfit("It is said to be JSON, and is not.") from None
    _require_limits(value)
    if _HALF.search(text):
        _require_whole_characters(value)
    return value


def _integer(digits: str) -> int:
    _require_digits(digits)
    return int(digits)


def _fraction(digits: str) -> float:
    _require_digits(digits)
    number = float(digits)
    if math.isinf(number):
        raise _Unfit("The JSON has a number that is too large.")
    return number


def _require_digits(digits: str) -> None:
    if len(digits) > MOST_DIGITS:
        raise _Unfit(f"The JSON has a number of more than {MOST_DIGITS:,} digits.")


def _refuse_constant(_: str) -> None:
    raise ValueError


def _require_limits(value: Any) -> None:
    """Look through the value a level at a time, and stop as soon as there is too much."""
    level, entries = [value], 0
    for _ in range(MOST_LEVELS + 1):
        inner = [item for item in level if isinstance(item, dict | list)]
        if not inner:
            return
        entries += sum(map(len, inner))
        if entries > MOST_ENTRIES:
            raise _Unfit(f"The JSON has more than {MOST_ENTRIES:,} keys and items.")
        level = [item for one in inner for item in _inside(one)]
    raise _Unfit(f"The JSON is nested more than {MOST_LEVELS} levels deep.")


def _inside(value: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value


def _require_whole_characters(value: Any) -> None:
    """A half of a surrogate pair (RFC 8259 section 8.2) could be neither stored nor sent on."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise _Unfit("The JSON has half of a character.") from None
