"""A tool: one thing that a connector can do, with what it takes and what it gives back."""

from collections.abc import Callable
from functools import cached_property
from typing import Any, Literal, Self

from pydantic import Field as Setting, computed_field, field_validator, model_validator

from connectors.manifest.answer import AnswerRule
from connectors.manifest.base import Json, Key, Line, Sourced, Strict
from connectors.manifest.request import HttpRequest, Paging

Effect = Literal["read", "write", "destructive"]
Schema = dict[str, Any]

MAX_PAGES = 50

_EVERY_INPUT: Schema = {"type": "object", "additionalProperties": False}


class Example(Strict):
    """Arguments that a tool takes and the answer the service gives to them."""

    arguments: dict[str, Json] = Setting(default_factory=dict)
    answer: Json = None
    answer_headers: dict[str, str] = Setting(default_factory=dict)


class Deprecation(Strict):
    """Something that is on its way out: since when, why, and what to use instead."""

    notice: Line
    since: str = ""
    use: str = ""


class Tool(Sourced):
    """One thing that a connector can do.

    Attributes:
        effect: `read` changes nothing; `write` creates or changes; `destructive` may destroy.
        idempotent: doing it twice is doing it once.
        idempotency_header: the header by which the service knows a repeated request.
        scopes: what a credential must be granted.
        input, output: JSON Schemas (draft 2020-12); `input` is an object and refuses
            arguments that it does not name.
        function: in a Python connector, the typed function that does it.
        schemas: makes input and output of such a function: it takes time, so not before they are
            asked for.
        answers: rules for this tool, before the connector's own.
    """

    key: Key
    title: Line
    description: str
    effect: Effect
    idempotent: bool = False
    idempotency_header: str = ""
    scopes: list[str] = Setting(default_factory=list)
    declared_input: Schema = Setting(default_factory=dict, alias="input", exclude=True, repr=False)
    declared_output: Schema = Setting(
        default_factory=dict, alias="output", exclude=True, repr=False
    )
    request: HttpRequest | None = None
    function: Callable[..., Any] | None = Setting(default=None, exclude=True, repr=False)
    schemas: Callable[[], tuple[Schema, Schema]] | None = Setting(
        default=None, exclude=True, repr=False
    )
    paging: Paging | None = None
    answers: list[AnswerRule] = Setting(default_factory=list)
    example: Example = Setting(default_factory=Example)
    deprecation: Deprecation | None = None

    @field_validator("declared_input")
    @classmethod
    def _names_every_argument(cls, schema: Schema) -> Schema:
        return _EVERY_INPUT | {"properties": {}} | schema

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if (self.request is None) == (self.function is None):
            raise ValueError("give request (in a Python connector: function), and only one")
        if self.paging:
            self.properties.setdefault("max_pages", dict(MAX_PAGES_SCHEMA))
        return self

    @computed_field  # type: ignore[prop-decorator]
    @cached_property
    def input(self) -> Schema:
        """The JSON Schema of the arguments."""
        return _EVERY_INPUT | self.schemas()[0] if self.schemas else self.declared_input

    @computed_field  # type: ignore[prop-decorator]
    @cached_property
    def output(self) -> Schema:
        """The JSON Schema of the answer."""
        return self.schemas()[1] if self.schemas else self.declared_output

    @property
    def properties(self) -> dict[str, Schema]:
        """The arguments that the tool takes, and the schema of each."""
        properties: dict[str, Schema] = self.input["properties"]
        return properties

    @property
    def required(self) -> list[str]:
        """The arguments that must be given."""
        required: list[str] = self.input.get("required", [])
        return required

    @cached_property
    def is_repeatable(self) -> bool:
        """Whether sending it twice is as good as once, with no key to tell them apart."""
        return self.effect == "read" or self.idempotent


MAX_PAGES_SCHEMA: Schema = {
    "type": "integer",
    "minimum": 1,
    "maximum": MAX_PAGES,
    "default": 1,
    "description": "How many pages to follow and join.",
}
