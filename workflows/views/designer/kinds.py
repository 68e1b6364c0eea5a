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
        Kind("loop", "Loop", "rotate", "For each item, or so many times"),
        Kind("parallel", "Parallel", "parallel", "Branches side by side"),
        Kind("transform", "Transform", "transform", "Makes new values of earlier ones"),
        Kind("approval", "Approval", "approval", "Waits for somebody's decision"),
        Kind("delay", "Delay", "clock", "Waits for a while"),
        Kind("email", "Send e-mail", "mail", "To members of the workspace"),
        Kind("sub_workflow", "Sub-workflow", "workflow", "Runs another workflow"),
        Kind("response", "Response", "send", "Answers who waits for the run"),
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
