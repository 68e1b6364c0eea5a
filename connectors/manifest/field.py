"""A field of a scheme: one value that a person types, pastes or chooses."""

import re
from typing import Annotated, Literal, Self

from pydantic import Field as Setting, model_validator

from connectors.manifest.base import HttpsUrl, Key, Line, Strict

Kind = Literal["text", "multiline", "host", "url", "port", "integer", "connection_string"]
"""What a value is, which decides how it is cleaned; a choice is a text with `choices`."""


class WrongKind(Strict):
    """A value that is obviously the wrong one: how it looks, and what to tell the person."""

    pattern: str
    reason: Line

    @model_validator(mode="after")
    def _pattern_compiles(self) -> Self:
        re.compile(self.pattern)
        return self


class Choice(Strict):
    """One of the values that a field allows; `warning` is shown beside it when chosen."""

    value: str
    label: Line
    warning: str = ""


class Field(Strict):
    """One value of a scheme.

    Attributes:
        help: what it is, in a sentence.
        where: the very page of the service where the value is found.
        secret: write-only and sealed; never shown again.
        default: what an empty field means; only for fields that are not secret.
        pattern: a regular expression that the whole value must match, with `pattern_hint`
            saying in words what it wants.
        endpoint: it decides where credentials are sent, so a change asks for them again.
        wrong_kinds: values that are refused with a reason of their own, checked first.
        when: the field matters (and is required) only while each named field has one of
            the listed values; otherwise what was typed is dropped.
        allow_http: a `url` field may be unencrypted.
    """

    key: Key
    label: Line
    help: str = ""
    where: HttpsUrl | None = None
    secret: bool = False
    required: bool = True
    default: str = ""
    placeholder: str = ""
    pattern: str = ""
    pattern_hint: str = ""
    choices: list[Choice] = []
    endpoint: bool = False
    kind: Kind = "text"
    wrong_kinds: list[WrongKind] = []
    when: dict[str, list[str]] = {}
    allow_http: bool = False
    max_length: Annotated[int, Setting(ge=1, le=100_000)] = 4_096

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        re.compile(self.pattern)
        if self.pattern and not self.pattern_hint:
            raise ValueError("say in pattern_hint what the pattern wants")
        if self.secret and self.default:
            raise ValueError("a secret has no default; remove it")
        if self.kind in {"host", "url", "port", "connection_string"} and not self.endpoint:
            raise ValueError(f"a {self.kind} decides where credentials go; add endpoint: true")
        if self.choices and self.default and self.default not in self.choice_values:
            raise ValueError("the default is not one of the choices")
        return self

    @property
    def choice_values(self) -> list[str]:
        """The values that are allowed, in order; empty when any is."""
        return [choice.value for choice in self.choices]

    def matters(self, values: dict[str, str]) -> bool:
        """Say whether the field counts, given the other fields' values."""
        return all(values.get(key, "") in allowed for key, allowed in self.when.items())
