"""Values that fit a scheme's fields, made from what the fields declare."""

from __future__ import annotations

import random
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from tests.connectors import signing

if TYPE_CHECKING:
    from connectors.manifest import Captured, Connector, Field, Scheme

_parser: Any = re._parser  # type: ignore[attr-defined]
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_FREE = "[A-Za-z0-9]{24}"


def values(connector: Connector, scheme: Scheme, *, service_url: str, port: int) -> dict[str, str]:
    """Make a value for every field that matters with this service URL."""
    found: dict[str, str] = {}
    for field in scheme.fields:
        if field.key == "service_url":
            found[field.key] = service_url
        elif field.kind == "pem":
            found[field.key] = _pem(scheme)
        elif field.matters(found):
            found[field.key] = value(field, port=port)
    return found


def _pem(scheme: Scheme) -> str:
    """Make a key of the kind that the scheme signs with."""
    assertion = scheme.oauth2.assertion if scheme.oauth2 else None
    is_curve = assertion is not None and assertion.algorithm == "ES256"
    return signing.pem(signing.ec_key() if is_curve else None)


def learned(scheme: Scheme, *, port: int) -> dict[str, str]:
    """Make what a scheme with tokens knows besides its fields: its token, and what it was told."""
    if scheme.oauth2 is None:
        return {}
    found = {"access_token": matching(_FREE, seed="access_token")}
    for captured in scheme.oauth2.captured:
        found[captured.key] = told(captured, port=port)
    if scheme.oauth2.discovery:
        discovery = scheme.oauth2.discovery
        found[discovery.key] = matching(discovery.pattern, seed=discovery.key)
    return found


def told(captured: Captured, *, port: int) -> str:
    """Make what a service could tell."""
    if captured.kind == "text":
        return matching(captured.pattern, seed=captured.key)
    name = captured.hosts[0].partition(":")[0]
    host = f"told{name}" if name.startswith(".") else name
    return f"https://{host}:{port}" if captured.kind == "url" else f"{host}:{port}"


def value(field: Field, *, port: int) -> str:
    """Make a value for one field."""
    if field.kind == "url":
        return f"https://api.example.com:{port}"
    if field.kind == "host":
        return f"host.example.com:{port}"
    if field.kind == "connection_string":
        prefix = re.split(r"[|)]", field.pattern.removeprefix("(?:"))[0]
        return f"{prefix}://ada:secret-of-ada@host.example.com:{port}/0"
    if field.kind == "multiline" and not field.required:
        return ""
    if field.kind == "json_key":
        return signing.document(field)
    if field.secret:
        return matching(field.pattern or _FREE, seed=field.key)
    return field.default or field.placeholder or matching(field.pattern or _FREE, seed=field.key)


@cache
def matching(pattern: str, *, seed: str) -> str:
    """Make a text that matches a pattern, long enough not to turn up by chance."""
    text = _write(_parser.parse(pattern), random.Random(seed))
    assert re.fullmatch(pattern, text), (pattern, text)
    return text


def _write(parsed: Any, chance: random.Random) -> str:
    return "".join(_write_one(name, argument, chance) for name, argument in parsed)


def _write_one(name: Any, argument: Any, chance: random.Random) -> str:
    kind = str(name)
    if kind == "LITERAL":
        return chr(argument)
    if kind in {"ANY", "NOT_LITERAL"}:
        return "x"
    if kind == "IN":
        return _one_of(argument, chance)
    if kind == "BRANCH":
        return _write(argument[1][0], chance)
    if kind == "SUBPATTERN":
        return _write(argument[-1], chance)
    if kind in {"MAX_REPEAT", "MIN_REPEAT"}:
        least, most, inner = argument
        count = max(least, min(int(most), 24))
        return "".join(_write(inner, chance) for _ in range(count))
    return ""


def _one_of(choices: Any, chance: random.Random) -> str:
    fitting = [letter for letter in _ALPHABET if _fits(choices, letter)]
    return chance.choice(fitting) if fitting else chr(choices[0][1])


def _fits(choices: Any, letter: str) -> bool:
    is_negated = any(str(kind) == "NEGATE" for kind, _ in choices)
    found = any(
        (str(kind) == "LITERAL" and argument == ord(letter))
        or (str(kind) == "RANGE" and argument[0] <= ord(letter) <= argument[1])
        for kind, argument in choices
    )
    return found != is_negated
