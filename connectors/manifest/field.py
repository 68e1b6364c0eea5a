"""A field of a scheme: one value that a person types, pastes or chooses."""

from typing import Annotated, Literal, Self

from pydantic import Field as Setting, model_validator

from connectors.manifest.base import HttpsUrl, Key, Line, Strict

Kind = Literal[
    "text",
    "multiline",
    "host",
    "url",
    "port",
    "integer",
    "connection_string",
    "json_key",
    "pem",
]
"""What a value is, which decides how it is cleaned; a choice is a text with `choices`.

`pem` is a private key, `json_key` a pasted JSON document that holds one: a service account's file.
"""

KEYS = frozenset({"json_key", "pem"})
_NEVER_OPEN = frozenset({"client_secret", "passphrase", "private_key"})
_LONGEST_KEY = 16_384
"""A document around an RSA key of 8192 bits takes about 8,000 characters."""


class WrongKind(Strict):
    """A value that is obviously the wrong one: how it looks, and what to tell the person."""

    pattern: str
    reason: Line


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
        document_type: what the member `type` of a `json_key` must be.
        members: what a `json_key` must have; all members are secret.
        open_members: those of them that are no secret, such as a project's ID: requests of tools
            and of the verification may name them.
        member_paths: where a member stands whose key is not its name at the top of the document:
            a path of `connectors.paths`, such as `appAuth.privateKey`. One of the key `passphrase`
            opens the private key when the document is saved, and is not kept.
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
    choices: list[Choice] = Setting(default_factory=list)
    endpoint: bool = False
    kind: Kind = "text"
    wrong_kinds: list[WrongKind] = Setting(default_factory=list)
    when: dict[str, list[str]] = Setting(default_factory=dict)
    allow_http: bool = False
    document_type: str = ""
    members: list[Key] = Setting(default_factory=list)
    open_members: list[Key] = Setting(default_factory=list)
    member_paths: dict[Key, str] = Setting(default_factory=dict)
    max_length: Annotated[int, Setting(ge=1, le=100_000)] = 4_096

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if self.pattern and not self.pattern_hint:
            raise ValueError("say in pattern_hint what the pattern wants")
        if self.secret and self.default:
            raise ValueError("a secret has no default; remove it")
        if self.kind in {"host", "url", "port", "connection_string"} and not self.endpoint:
            raise ValueError(f"a {self.kind} decides where credentials go; add endpoint: true")
        if self.kind in KEYS and not self.secret:
            raise ValueError(f"a {self.kind} is a secret; add secret: true")
        if self.kind != "json_key" and (
            self.document_type or self.members or self.open_members or self.member_paths
        ):
            raise ValueError("document_type and members are for the kind json_key")
        if not set(self.open_members) <= set(self.members) - _NEVER_OPEN:
            raise ValueError(f"open_members are among members, but for {sorted(_NEVER_OPEN)}")
        if self.choices and self.default and self.default not in self.choice_values:
            raise ValueError("the default is not one of the choices")
        return self

    @property
    def choice_values(self) -> list[str]:
        """The values that are allowed, in order; empty when any is."""
        return [choice.value for choice in self.choices]

    @property
    def is_multiline(self) -> bool:
        """Whether its value has lines."""
        return self.kind == "multiline" or self.kind in KEYS

    @property
    def longest(self) -> int:
        """How many characters a value may have; keys take more than texts do."""
        is_own = "max_length" in self.model_fields_set or self.kind not in KEYS
        return self.max_length if is_own else _LONGEST_KEY

    def member_path(self, key: str) -> str:
        """Say where in a `json_key` a member stands."""
        return self.member_paths.get(key, key)

    def matters(self, values: dict[str, str]) -> bool:
        """Say whether the field counts, given the other fields' values."""
        return all(values.get(key, "") in allowed for key, allowed in self.when.items())
