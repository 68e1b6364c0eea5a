"""How far a verification got, as the five steps that people watch. Pure but for the rows given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.outcomes import STEPS

if TYPE_CHECKING:
    from datetime import datetime

    from connections.models import Check, Connection

AUTHORIZED = "Authorized at the service"
"""The step that comes first where a person authorizes the connection."""
ADDRESS, REACHED, ACCEPTED, ACCOUNT, PERMISSIONS = range(5)


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the checklist. `state` is done, running, waiting or failed."""

    label: str
    state: str
    note: str = ""
    why: str = ""
    remedy: str = ""


def is_verifying(connection: Connection, *, now: datetime) -> bool:
    """Whether a verification is due or under way, so that an answer will come by itself."""
    if connection.verification_due_at and connection.verification_due_at <= now:
        return True
    return connection.lease_expires_at is not None and connection.lease_expires_at > now


def running() -> list[Step]:
    """Return the steps while nobody has answered yet."""
    return [Step(label, "waiting" if place else "running") for place, label in enumerate(STEPS)]


def exchanging() -> list[Step]:
    """Return the steps while the service's answer is exchanged for tokens."""
    return [Step(AUTHORIZED, "running"), *(Step(label, "waiting") for label in STEPS)]


def not_authorized(why: str, *, remedy: str) -> list[Step]:
    """Return the steps of an attempt that came to nothing at the service."""
    failed = Step(AUTHORIZED, "failed", why=why, remedy=remedy)
    return [failed, *(Step(label, "waiting") for label in STEPS)]


def authorized(steps: list[Step]) -> list[Step]:
    """Put before the steps of a verification that the service said yes."""
    return [Step(AUTHORIZED, "done"), *steps]


def finished(check: Check, *, scopes: list[str] | None = None) -> list[Step]:
    """Return the steps of a verification's answer; where it failed, the step says why."""
    if check.outcome == "unverified":
        return [Step(label, "waiting", note="not checked") for label in STEPS]
    reached = check.meaning.step or 0
    return [_step(place, check, reached=reached, scopes=scopes) for place in range(len(STEPS))]


def _step(place: int, check: Check, *, reached: int, scopes: list[str] | None) -> Step:
    label = STEPS[place]
    if place < reached:
        return Step(label, "done", note=_note(place, check, scopes))
    if place > reached:
        return Step(label, "waiting")
    why = check.meaning.sentence
    return Step(label, "failed", why=why, remedy=_remedy(check))


def _remedy(check: Check) -> str:
    return " ".join(filter(None, (check.detail, check.meaning.hint)))


def _note(place: int, check: Check, scopes: list[str] | None) -> str:
    if place == ACCOUNT:
        return check.account_name or "this service does not say"
    if place == PERMISSIONS and check.is_ok:
        return ", ".join(scopes[:6]) if scopes else "nothing to compare"
    return ""
