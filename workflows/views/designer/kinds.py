"""What people call each kind of step, and its outputs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of step, as the designer offers it."""

    key: str
    label: str
    icon: str
    summary: str


KINDS = {
    one.key: one
    for one in (
        Kind("trigger", "Trigger", "play", "Starts the workflow"),
        Kind("connector", "Connector", "connectors", "Calls a service"),
        Kind("condition", "Condition", "branch", "Goes on at yes or at no"),
        Kind("loop", "Loop", "rotate", "Repeats steps for each item, or so many times"),
        Kind("parallel", "Parallel", "parallel", "Runs branches side by side"),
        Kind("transform", "Transform", "transform", "Makes new values out of earlier ones"),
        Kind("approval", "Approval", "approval", "Waits until somebody approves or rejects"),
        Kind("delay", "Delay", "clock", "Waits for a time, or until a moment"),
        Kind("email", "Send e-mail", "mail", "Writes to members of the workspace"),
        Kind(
            "sub_workflow", "Sub-workflow", "workflow", "Runs another workflow and takes its answer"
        ),
        Kind("response", "Response", "send", "Answers whoever waits for the run"),
    )
}

STARTS = {
    "manual": ("Started by a person", "play"),
    "webhook": ("On each delivery", "inbox"),
    "schedule": ("By the clock", "clock"),
}

OUTPUTS = {
    "next": "then",
    "each": "for each",
    "done": "when done",
    "error": "on failure",
}


def output_label(output: str) -> str:
    """Say an output in words, such as `branch 1`."""
    return OUTPUTS.get(output, output.replace("_", " "))
