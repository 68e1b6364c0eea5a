"""What each other kind of node must say before it can run. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from cronsim import CronSim, CronSimError

from spojit.lib import clock
from workflows import templating
from workflows.definition import settings as kinds
from workflows.definition.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from workflows.definition.graph import Node
    from workflows.definition.settings import Strict
    from workflows.definition.surroundings import Surroundings

FIELDS = 5
"""Of cron."""


def check(node: Node, surroundings: Surroundings) -> Iterator[Problem]:
    """List what one node still has to say."""
    if rule := _RULES.get(type(node.settings)):
        for field, message in rule(node.settings, surroundings):
            path = f"nodes[{node.place}].settings.{field}"
            yield Problem(path, node.id, field, message)


def _trigger(settings: kinds.Trigger, surroundings: Surroundings) -> Iterator[tuple[str, str]]:
    start = settings.start
    if isinstance(start, kinds.FromWebhook):
        yield from _from_webhook(start, surroundings)
    elif isinstance(start, kinds.Scheduled):
        yield from _scheduled(start)


def _from_webhook(
    start: kinds.FromWebhook, surroundings: Surroundings
) -> Iterator[tuple[str, str]]:
    found = surroundings.connections.get(start.connection_id)
    if found is None or not found.is_inbound:
        yield "start.connection_id", "Choose a webhook connection whose deliveries start this."
    elif start.waits_seconds and start.connection_id in surroundings.waited_for:
        other = surroundings.waited_for[start.connection_id]
        yield "start.waits_seconds", f"Whoever sends to {found.name} waits for {other} already."


def _scheduled(start: kinds.Scheduled) -> Iterator[tuple[str, str]]:
    if start.time_zone not in available_timezones():
        yield "start.time_zone", "Choose a time zone, such as Europe/Ljubljana."
    if not _is_cron(start.cron):
        yield "start.cron", "Five fields: minute, hour, day, month, weekday, as in 0 8 * * 1-5."


def _is_cron(text: str) -> bool:
    """Whether cron reads it, and a moment ever comes; a sixth field would be seconds."""
    try:
        next(CronSim(text, clock.now()))
    except (CronSimError, StopIteration):
        return False
    return len(text.split()) == FIELDS


def _condition(settings: kinds.Condition, _: Surroundings) -> Iterator[tuple[str, str]]:
    if bool(settings.expression.strip()) == bool(settings.comparisons):
        yield "expression", "Give an expression, or comparisons."


def _loop(settings: kinds.Loop, _: Surroundings) -> Iterator[tuple[str, str]]:
    if settings.over == "each" and settings.items in (None, ""):
        yield "items", "Say over which list it goes."
    elif settings.over == "times" and settings.times in (None, ""):
        yield "times", "Say how many times."
    elif settings.over == "while" and not settings.condition.strip():
        yield "condition", "Say while what is true."


def _approval(settings: kinds.Approval, surroundings: Surroundings) -> Iterator[tuple[str, str]]:
    if not settings.message.strip():
        yield "message", "Say what is to be approved."
    for place, approver in enumerate(map(str, settings.approvers)):
        if surroundings.approvers is None or templating.has_expression(approver):
            continue
        if approver not in surroundings.approvers:
            yield f"approvers[{place}]", "Choose members who may build workflows, or nobody."


def _sub_workflow(
    settings: kinds.SubWorkflow, surroundings: Surroundings
) -> Iterator[tuple[str, str]]:
    if settings.workflow_id not in surroundings.workflows:
        yield "workflow_id", "Choose another workflow of this workspace."


def _email(settings: kinds.Email, surroundings: Surroundings) -> Iterator[tuple[str, str]]:
    if not any(one.strip() for one in settings.to):
        yield "to", "Say who gets it."
    for place, address in enumerate(settings.to):
        if surroundings.addresses is None or templating.has_expression(address):
            continue
        for one in re.split(r"[,;\s]+", address.strip()):
            if one and one.casefold() not in surroundings.addresses:
                yield f"to[{place}]", f"{one[:80]} is no member of this workspace."
    if not settings.subject.strip():
        yield "subject", "Give it a subject."


def _delay(settings: kinds.Delay, _: Surroundings) -> Iterator[tuple[str, str]]:
    if bool(settings.seconds) == bool(settings.until.strip()):
        yield "seconds", "Say for how long, or until when."


_RULES: dict[type[Strict], Callable[..., Iterator[tuple[str, str]]]] = {
    kinds.Trigger: _trigger,
    kinds.Condition: _condition,
    kinds.Loop: _loop,
    kinds.Approval: _approval,
    kinds.SubWorkflow: _sub_workflow,
    kinds.Email: _email,
    kinds.Delay: _delay,
}
