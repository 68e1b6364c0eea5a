"""A signature or a shared token that people describe: for services without a kind of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.signatures import claims

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

ID_MEMBER = ""
SAMPLE: Mapping[str, object] = {"type": "test", "message": "This is a test delivery from Spojit."}

_TOKEN = "token"  # noqa: S105 - the name of a method
_WITH_MOMENT = "timestamp_body"
_ALGORITHMS = frozenset({"sha256", "sha1", "sha512"})
_DEFAULTS = {"method": "body", "algorithm": "sha256", "encoding": "hex", "separator": "."}


def read(delivery: claims.Delivery) -> claims.Claim:
    """Read what a delivery claims, as the settings kept beside the secret say."""
    if _setting(delivery.values, "method") == _TOKEN:
        return _token(delivery)
    header = delivery.header(_setting(delivery.values, "header"))
    found = claims.signatures(header.split(","), prefix=_prefix(delivery.values))
    given = tuple(one.removeprefix(b" ") for one in found)
    stamp, signed_at = _moment(delivery)
    content = _content(delivery.values, stamp, delivery.body)
    return claims.Claim(given, _right(delivery.values, content), content, signed_at)


def identify(delivery: claims.Delivery) -> claims.Named:
    """Name it by the header that people named; it is not signed."""
    return claims.named(delivery.header(_id_header(delivery.values)))


def sign(draft: claims.Draft) -> dict[str, str]:
    """Sign a body as the settings say."""
    values, method = draft.values, _setting(draft.values, "method")
    stamp = draft.seconds if method == _WITH_MOMENT else ""
    content = _content(values, stamp, draft.body)
    said = claims.secret_of(values) if method == _TOKEN else _right(values, content)[0].decode()
    before = _before_token(values) if method == _TOKEN else _prefix(values)
    told = {
        _setting(values, "header"): before + said,
        _setting(values, "timestamp_header"): stamp,
        _id_header(values): draft.delivery_id,
    }
    return {name: text for name, text in told.items() if name and text}


def deduplicates_by(values: Mapping[str, str]) -> str:
    """Say by what repeated deliveries are known."""
    if name := _id_header(values):
        return f"By the header {name}, for seven days."
    if _setting(values, "method") == _WITH_MOMENT:
        return "By the signature, for ten minutes."
    return "Not at all: no header with an ID is named, and no time is signed."


def _setting(values: Mapping[str, str], name: str) -> str:
    return values.get(name) or _DEFAULTS.get(name, "")


def _id_header(values: Mapping[str, str]) -> str:
    """Give the header of the ID; an ID is kept and shown, so that of the token is none."""
    name, is_none = _setting(values, "id_header"), {_setting(values, "header").lower(): ""}
    return is_none.get(name.lower(), name)


def _prefix(values: Mapping[str, str]) -> str:
    return _setting(values, "prefix").strip()


def _token(delivery: claims.Delivery) -> claims.Claim:
    header = delivery.header(_setting(delivery.values, "header"))
    given = claims.signatures([header], prefix=_before_token(delivery.values))
    return claims.Claim(given, (delivery.key,))


def _before_token(values: Mapping[str, str]) -> str:
    """Give what stands before the token; a word such as Bearer has a space after it."""
    prefix = _prefix(values)
    return f"{prefix} " if prefix[-1:].isalnum() else prefix


def _moment(delivery: claims.Delivery) -> tuple[str, datetime | None]:
    if _setting(delivery.values, "method") != _WITH_MOMENT:
        return "", None
    stamp = delivery.header(_setting(delivery.values, "timestamp_header"))
    return stamp, claims.moment(stamp, milliseconds=True)


def _content(values: Mapping[str, str], stamp: str, body: bytes) -> tuple[bytes, ...]:
    return (claims.to_bytes(f"{stamp}{_setting(values, 'separator')}"), body) if stamp else (body,)


def _right(values: Mapping[str, str], content: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """Give the right signature; in hexadecimal all letters may be capitals.

    Raises:
        claims.Unreadable: the settings name an algorithm that we do not have.
    """
    algorithm = _setting(values, "algorithm")
    if algorithm not in _ALGORITHMS:
        raise claims.Unreadable("secret_unusable")
    key = claims.to_bytes(claims.secret_of(values))
    made = claims.digest(key, *content, algorithm=algorithm)
    if _setting(values, "encoding") == "base64":
        return (claims.base64_of(made),)
    return (claims.hexadecimal(made), claims.hexadecimal(made).upper())
