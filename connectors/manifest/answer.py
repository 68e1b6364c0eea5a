"""What an answer means when its status alone does not say so."""

from typing import Literal, Self

from pydantic import model_validator

from connectors.manifest.base import Json, Line, Strict

RuleOutcome = Literal[
    "credentials_refused",
    "permission_missing",
    "valid_but_limited",
    "not_found",
    "request_refused",
    "rate_limited",
    "upstream_fault",
    "ok",
]


class Condition(Strict):
    """A test on the answer's body: the value at `path`; with neither test, that it is there.

    Attributes:
        path: a path of `connectors.paths`.
        equals: the value is this one.
        one_of: the value is one of these.
    """

    path: str
    equals: Json = None
    one_of: list[Json] = []


class AnswerRule(Strict):
    """When an answer has this status and this body, it means `outcome`. The first rule wins.

    Attributes:
        status: statuses that the rule is about; empty means any.
        body: what the body must hold.
        header: header names (lower case) and the exact values that they must have.
        outcome: a name of `connectors.outcomes`, or `valid_but_limited`: the credentials are
            good and may not do this (for a verification that is a pass, for a tool it is
            `permission_missing`).
        detail: a sentence for people about this occurrence.
    """

    status: list[int] = []
    body: Condition | None = None
    header: dict[str, str] = {}
    outcome: RuleOutcome
    detail: Line | None = None

    @model_validator(mode="after")
    def _tests_something(self) -> Self:
        if not (self.status or self.body or self.header):
            raise ValueError("a rule tests a status, the body or a header; this one tests nothing")
        return self
