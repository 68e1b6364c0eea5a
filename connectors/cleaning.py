"""The hygiene of one value: trimmed, free of control characters, of the right kind, normalised.

Notes say what was changed, errors what is wrong; neither ever repeats the value.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from connectors import keys, ports
from connectors.manifest.field import KEYS
from connectors.schemes import database, mongodb
from spojit.lib.errors import Refused
from spojit.lib.outbound import Policy, targets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from connectors.manifest import Connector, Field, Scheme

_INVISIBLE_EDGES = "\ufeff\u200b\u200c\u200d\u2060\u00a0"
_NAMES = {
    "\n": "a line break",
    "\r": "a line break",
    "\t": "a tab",
    "\x00": "a null character",
    "\u2028": "a line separator",
    "\u200b": "an invisible space",
    "\ufeff": "a byte order mark",
}
_IN_ASCII = frozenset({"api_key", "aws_sigv4", "oauth1", "oauth2"})
_SCHEME = re.compile(r"(?i)([a-z][a-z0-9+.-]*)://")


class Wrong(ValueError):
    """What is wrong with a value, in a sentence for people that does not hold the value."""


def clean(field: Field, typed: str, *, connector: Connector, scheme: Scheme) -> tuple[str, str]:
    """Give the value as it will be stored, and what was changed. Raises: Wrong."""
    text, note = _trimmed(field, typed)
    if not text:
        return "", note
    _refuse_control(field, text)
    _refuse_wrong_kind(field, text)
    _refuse_foreign(field, text, scheme)
    normalise = _NORMALISE.get(field.kind, _as_is)
    text, changed = normalise(field, text)
    if field.kind in KEYS:
        _require_fitting_key(field, text, scheme)
    if field.kind == "port":
        _require_port(int(text), connector)
    if field.kind == "host" and ":" in text and any(f.kind == "port" for f in scheme.fields):
        raise Wrong("Put the port into its own field.")
    _require_fit(field, text)
    return text, " ".join(filter(None, (note, changed)))


def _trimmed(field: Field, typed: str) -> tuple[str, str]:
    text = typed
    while (stripped := text.strip().strip(_INVISIBLE_EDGES)) != text:
        text = stripped
    if field.is_multiline:
        text = text.replace("\r\n", "\n")
        return text, ""
    return text, "Spaces or line breaks around it were removed." if text != typed else ""


def _refuse_control(field: Field, text: str) -> None:
    allowed = "\n\t" if field.is_multiline else ""
    for position, character in enumerate(text, start=1):
        hidden = unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
        if hidden and character not in allowed:
            name = _NAMES.get(character, "a control or invisible character")
            code = f"U+{ord(character):04X}"
            where = f"{name} ({code}) at position {position}"
            raise Wrong(f"{field.label} holds {where}; paste it again in one piece.")


def _refuse_wrong_kind(field: Field, text: str) -> None:
    for wrong in field.wrong_kinds:
        if re.search(wrong.pattern, text):
            raise Wrong(wrong.reason)


def _refuse_foreign(field: Field, text: str, scheme: Scheme) -> None:
    """Keys travel in headers: those hold ASCII, so a curly quote or a dash was pasted along."""
    if not field.secret or field.is_multiline or scheme.kind not in _IN_ASCII:
        return
    for position, character in enumerate(text, start=1):
        if not character.isascii():
            name = unicodedata.name(character, "a character").lower()
            raise Wrong(f"{field.label} holds “{name}” at position {position}, which no key has.")


def _require_fit(field: Field, text: str) -> None:
    if len(text) > field.longest:
        raise Wrong(f"{field.label} is longer than {field.longest} characters.")
    if field.choices and text not in field.choice_values:
        raise Wrong(f"Choose one of: {', '.join(choice.label for choice in field.choices)}.")
    if field.pattern and not re.fullmatch(field.pattern, text):
        raise Wrong(f"{field.label} does not look right: {field.pattern_hint}")


def _as_is(_field: Field, text: str) -> tuple[str, str]:
    return text, ""


def _host(field: Field, text: str) -> tuple[str, str]:
    """Bring a host into its one form; what surrounds it in a pasted address is taken off."""
    bare = _SCHEME.sub("", text, count=1) if _SCHEME.match(text) else text
    bare = re.split(r"[/?#]", bare, maxsplit=1)[0]
    _refuse_userinfo(bare)
    try:
        bracketed = f"[{bare}]" if bare.count(":") > 1 and not bare.startswith("[") else bare
        stored = targets.read(f"https://{bracketed}").authority
    except Refused as refused:
        raise Wrong(f"{field.label} is not a host name: {refused.message}") from None
    if bracketed.startswith("[") and "]:" not in bracketed:
        stored = stored.strip("[]")
    return stored, "" if stored == text else f"Stored as {stored}."


def _url(field: Field, text: str) -> tuple[str, str]:
    """Bring an address into its one form: lower-case host, no query, no slash at its end."""
    whole = text if _SCHEME.match(text) else f"https://{text}"
    _refuse_userinfo(re.split(r"[/?#]", whole.partition("://")[2], maxsplit=1)[0])
    try:
        stored = targets.read(whole).place.rstrip("/")
    except Refused as refused:
        raise Wrong(f"{field.label} is not an address: {refused.message}") from None
    if stored.startswith("http://") and not field.allow_http:
        raise Wrong(f"{field.label} must begin with https://, so that nobody can listen in.")
    return stored, "" if stored == text.rstrip("/") else f"Stored as {stored}."


def _refuse_userinfo(authority: str) -> None:
    if "@" in authority:
        raise Wrong("Take the user name and password out of the address; they do not belong there.")


def _integer(field: Field, text: str) -> tuple[str, str]:
    if not re.fullmatch(r"-?[0-9]{1,15}", text):
        raise Wrong(f"{field.label} must be a whole number.")
    return str(int(text)), ""


def _require_port(port: int, connector: Connector) -> None:
    if not 1 <= port <= 65_535:
        raise Wrong("A port is a number from 1 to 65535.")
    policy = Policy.default()
    if port in ports.opened(connector, policy, port=port).allowed_ports:
        return
    if connector.ports == "any":
        low = _listed(port for port in policy.allowed_ports if port < ports.LEAST_FREE_PORT)
        raise Wrong(f"Ports below {ports.LEAST_FREE_PORT} are closed, except {low}.")
    raise Wrong(f"This port is closed here; {connector.name} uses {_listed(connector.ports)}.")


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(numbers)))


def _connection_string(_field: Field, text: str) -> tuple[str, str]:
    try:
        if text.startswith("mongodb"):
            mongodb.parse(text)
        else:
            database.parse(text, port=1)
    except database.BadConnectionString as refused:
        raise Wrong(refused.message) from None
    return text, ""


def _json_key(field: Field, text: str) -> tuple[str, str]:
    try:
        return keys.clean_document(text, field), ""
    except keys.BadKey as bad:
        raise Wrong(f"{field.label} cannot be used: {bad}.") from None


def _pem(field: Field, text: str) -> tuple[str, str]:
    try:
        return keys.clean_pem(text), ""
    except keys.BadKey as bad:
        raise Wrong(f"{field.label} cannot be used: {bad}.") from None


def _require_fitting_key(field: Field, text: str, scheme: Scheme) -> None:
    """Check that a key is of the kind that its scheme signs with."""
    pem = keys.document(text).get("private_key") if field.kind == "json_key" else text
    assertion = scheme.oauth2.assertion if scheme.oauth2 else None
    if not isinstance(pem, str) or assertion is None:
        return
    if not keys.fits(keys.private_key(pem), assertion.algorithm):
        raise Wrong(f"{field.label} cannot be used: {assertion.algorithm} needs another kind.")


_NORMALISE: dict[str, Callable[[Field, str], tuple[str, str]]] = {
    "host": _host,
    "url": _url,
    "port": _integer,
    "integer": _integer,
    "connection_string": _connection_string,
    "json_key": _json_key,
    "pem": _pem,
}
