"""What each kind of node is told, as strict values. Pure; texts may hold expressions."""

from __future__ import annotations

import uuid  # noqa: TC003 - read while running
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

NODE_ID = r"^[a-z][a-z0-9_]*$"
Name = Annotated[str, StringConstraints(pattern=NODE_ID, max_length=40)]
"""Under which later steps find what a node gave."""

Text = Annotated[str, StringConstraints(max_length=50_000)]
Line = Annotated[str, StringConstraints(pattern=r"^[^\r\n]*$", max_length=300)]
OnFailure = Literal["stop", "continue", "branch"]
"""What follows a failure: the run fails, the next step runs, or what hangs on `error`."""

MOST_BRANCHES = 10
MOST_ROUNDS = 10_000
LONGEST_WAIT_SECONDS = 30 * 24 * 3600


class Strict(BaseModel):
    """Unknown keys are errors, types are not coerced, nothing changes."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Manual(Strict):
    """Started by a person, who fills in what the JSON Schema `input` names."""

    type: Literal["manual"]
    input: dict[str, Any] = {}


class FromWebhook(Strict):
    """Started by each delivery to a webhook connection.

    `waits_seconds`: for how long the sender waits for the Response node; 0 answers at once.
    """

    type: Literal["webhook"]
    connection_id: str = ""
    waits_seconds: Annotated[int, Field(ge=0, le=30)] = 0


class Scheduled(Strict):
    """Started by the clock: cron (five fields) in a time zone of the IANA database.

    `catches_up`: whether a moment that was missed is made good once, or skipped.
    """

    type: Literal["schedule"]
    cron: Line = ""
    time_zone: Line = "UTC"
    catches_up: bool = False


class Trigger(Strict):
    """What starts a run; what it brought stands under the name `trigger`."""

    start: Annotated[Manual | FromWebhook | Scheduled, Field(discriminator="type")]


class Connector(Strict):
    """One tool, through a connection where the connector needs one.

    `timeout_seconds` is at most what any call may take: the lease of a run is a little longer.
    """

    connector: Line = ""
    connection_id: str = ""
    tool: Line = ""
    arguments: dict[str, Any] = {}
    output: Name | None = None
    attempts: Annotated[int, Field(ge=1, le=5)] = 1
    timeout_seconds: Annotated[int, Field(ge=1, le=30)] = 30
    on_failure: OnFailure = "stop"


class Comparison(Strict):
    """A value, how it is compared, and with what."""

    value: Any = None
    operator: Literal[
        "equals",
        "differs",
        "greater",
        "less",
        "contains",
        "begins_with",
        "ends_with",
        "is_empty",
        "is_not_empty",
        "is_true",
        "is_false",
    ] = "equals"
    with_: Any = Field(default=None, alias="with")


class Condition(Strict):
    """Goes on at `yes` or at `no`: by an expression, or when all (or any) comparisons hold."""

    expression: Text = ""
    comparisons: Annotated[list[Comparison], Field(max_length=20)] = []
    match: Literal["all", "any"] = "all"


class Loop(Strict):
    """Runs what hangs on `each` again and again, then what hangs on `done`.

    For each item of a list, so many times, or while an expression is true; never more than `most`
    rounds. Within, `item` names the item (or the number of the round), `<item>_index` its place.
    """

    over: Literal["each", "times", "while"] = "each"
    items: Any = None
    times: Any = None
    condition: Text = ""
    item: Name = "item"
    most: Annotated[int, Field(ge=1, le=MOST_ROUNDS)] = 1_000
    on_failure: OnFailure = "stop"


class Parallel(Strict):
    """Runs its branches side by side, then what hangs on `done`."""

    branches: Annotated[int, Field(ge=2, le=MOST_BRANCHES)] = 2
    on_failure: OnFailure = "stop"


class Transform(Strict):
    """Makes an object out of expressions."""

    values: dict[str, Any] = {}
    output: Name | None = None
    on_failure: OnFailure = "stop"


class Approval(Strict):
    """Waits until one of these members approves or rejects, or the deadline passes.

    `approvers` are IDs of members; with none, admins are asked. What passes its deadline is
    rejected.
    """

    message: Text = ""
    approvers: Annotated[list[uuid.UUID | str], Field(max_length=50)] = []
    deadline_seconds: Annotated[int, Field(ge=60, le=LONGEST_WAIT_SECONDS)] = 3 * 24 * 3600
    output: Name | None = None


class SubWorkflow(Strict):
    """Runs another workflow and goes on with what its Response gave."""

    workflow_id: str = ""
    data: Any = None
    output: Name | None = None
    on_failure: OnFailure = "stop"


class Email(Strict):
    """Sends a mail by the installation to members of the workspace."""

    to: Annotated[list[Line], Field(max_length=20)] = []
    subject: Line = ""
    body: Text = ""
    on_failure: OnFailure = "stop"


class Response(Strict):
    """What the run gives back: to whoever waits at the hook, or to the workflow that called it."""

    status: Annotated[int, Field(ge=200, le=599)] = 200
    body: Any = None
    headers: Annotated[dict[str, Line], Field(max_length=20)] = {}


class Delay(Strict):
    """Waits for a time, or until a moment (ISO 8601, or an expression that gives one)."""

    seconds: Annotated[int, Field(ge=0, le=LONGEST_WAIT_SECONDS)] = 0
    until: Line = ""


KINDS: dict[str, type[Strict]] = {
    "trigger": Trigger,
    "connector": Connector,
    "condition": Condition,
    "loop": Loop,
    "parallel": Parallel,
    "transform": Transform,
    "approval": Approval,
    "sub_workflow": SubWorkflow,
    "email": Email,
    "response": Response,
    "delay": Delay,
}
"""Every kind of node; a new one is a class here and a module in `workflows.nodes`."""


def outputs(kind: str, settings: Strict) -> tuple[str, ...]:
    """Name the outputs that a wire can begin at, in order."""
    if isinstance(settings, Parallel):
        names: tuple[str, ...] = (*(f"branch_{n}" for n in range(1, settings.branches + 1)), "done")
    else:
        names = _OUTPUTS.get(kind, ("next",))
    return (*names, "error") if getattr(settings, "on_failure", "") == "branch" else names


_OUTPUTS = {
    "condition": ("yes", "no"),
    "loop": ("each", "done"),
    "approval": ("approved", "rejected"),
    "response": (),
}
