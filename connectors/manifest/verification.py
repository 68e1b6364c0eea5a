"""The call that proves a credential, and what its answer tells about the account."""

from collections.abc import Callable
from typing import Any, Literal, Self

from pydantic import Field as Setting, model_validator

from connectors.manifest.answer import AnswerRule
from connectors.manifest.base import Json, Key, Line, Sourced, Strict
from connectors.manifest.request import HttpRequest

EnvironmentName = Literal["live", "test", "sandbox", ""]
Refusal = Literal["refused", "valid_but_limited"]


class Identity(Strict):
    """Where the answer says whose account it is: paths of `connectors.paths`.

    Of several `name` paths the first that holds something counts. Where no answer holds the ID,
    `id` is the key in braces of a value that the service told (captured or discovered).

    Attributes:
        header: in place of `id`, the header (lower case) that holds the ID; it is the name, too,
            where there is none.
    """

    id: str = ""
    header: str = ""
    name: list[str] = []

    @property
    def told_key(self) -> str:
        """The key of the value that is the ID; empty when a path leads to it."""
        is_told = self.id.startswith("{") and self.id.endswith("}")
        return self.id[1:-1] if is_told else ""


class Environment(Strict):
    """How to tell live from test: by a field's beginning, or by a value in the answer."""

    field: Key | None = None
    prefixes: dict[str, EnvironmentName] = {}
    path: str = ""
    values: dict[str, EnvironmentName] = {}
    fixed: EnvironmentName = ""


class Scopes(Strict):
    """Where granted scopes stand: a header, or a path in the answer; text is split.

    Attributes:
        item: in a list of objects, the path of the scope's name in each.
    """

    header: str = ""
    path: str = ""
    item: str = ""
    separator: str = ","


class Verification(Sourced):
    """How a scheme's credentials are proven.

    Attributes:
        request: a read that changes nothing and costs little.
        function: in a Python connector, `(session) -> connectors.session.Account`.
        skip: say nothing was proven (`unverified`) when this field is empty.
        called: in words, what a `function` does.
        answers: rules for this call, before the connector's own.
        follow_redirects: whether the service redirects this call to where it answers it. Else a
            redirect proves nothing: wrong credentials lead to a log-in page, which answers 200.
        on_401, on_403: what these mean here when no rule says otherwise.
        limited_note: what the page says of credentials that are valid but limited.
    """

    request: HttpRequest | None = None
    function: Callable[..., Any] | None = Setting(default=None, exclude=True, repr=False)
    skip: Key | None = None
    called: str = ""
    identity: Identity | None = None
    environment: Environment | None = None
    scopes: Scopes | None = None
    answers: list[AnswerRule] = []
    follow_redirects: bool = False
    on_401: Refusal = "refused"
    on_403: Refusal = "refused"
    limited_note: Line | None = None
    example: Json = None
    example_headers: dict[str, str] = {}

    @model_validator(mode="after")
    def _calls_something(self) -> Self:
        if (self.request is None) == (self.function is None):
            raise ValueError("give request (in a Python connector: function), and only one")
        return self
