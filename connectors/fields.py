"""Cleans what a person typed into a scheme's fields, and says what was changed or is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field as member
from typing import TYPE_CHECKING

from connectors import cleaning, hosts
from connectors.templates import Unfilled
from spojit.lib.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from connectors.manifest import Connector, Field, Scheme


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Values fit to be stored, by field, and what was changed in them, in words.

    Fields left empty are not there; nor are secrets that are kept.
    """

    values: dict[str, str] = member(repr=False)
    notes: dict[str, str]


class InvalidValues(Refused):
    """Values that cannot be stored; `errors` says why, by field."""

    code = "invalid_values"

    def __init__(self, errors: dict[str, str]) -> None:
        """Take every error, not only the first."""
        self.errors = errors
        super().__init__("Some fields need another look.")


def clean(
    connector: Connector,
    scheme: Scheme,
    values: Mapping[str, str],
    *,
    kept: Collection[str] = (),
) -> Cleaned:
    """Clean the values of a scheme.

    Args:
        connector: whose scheme it is.
        scheme: whose fields are filled in.
        values: what was typed, by field.
        kept: secret fields whose stored value stays when nothing was typed.

    Raises:
        InvalidValues: with one sentence for each field that is wrong. No sentence holds a value.
    """
    errors = {key: "There is no such field." for key in values if scheme.field(key) is None}
    found: dict[str, str] = {}
    notes: dict[str, str] = {}
    for field in scheme.fields:
        if not field.matters(found):
            continue
        try:
            _clean_one(connector, scheme, field, values.get(field.key, ""), found, notes, kept)
        except cleaning.Wrong as wrong:
            errors[field.key] = str(wrong)
    if not errors:
        errors = _misplaced(connector, scheme, found)
    if errors:
        raise InvalidValues(errors)
    return Cleaned(found, notes)


def _clean_one(
    connector: Connector,
    scheme: Scheme,
    field: Field,
    typed: str,
    found: dict[str, str],
    notes: dict[str, str],
    kept: Collection[str],
) -> None:
    text, note = cleaning.clean(field, typed, connector=connector, scheme=scheme)
    if note and text:
        notes[field.key] = note
    if text:
        found[field.key] = text
    elif field.default:
        found[field.key] = field.default
    elif field.required and not (field.secret and field.key in kept):
        raise cleaning.Wrong(f"{field.label} is needed.")


def _misplaced(connector: Connector, scheme: Scheme, found: Mapping[str, str]) -> dict[str, str]:
    """Say which field keeps the service's address from being one."""
    if not connector.is_http or scheme.is_inbound:
        return {}
    try:
        hosts.base(connector, hosts.stand_ins(scheme) | dict(found))
    except (hosts.BadServiceUrl, Unfilled) as error:
        endpoints = [field.key for field in scheme.fields if field.endpoint and field.key in found]
        return {endpoints[-1]: error.message} if endpoints else {}
    return {}
