"""What happened to a connection: its last thirty days, and the events in words.

Put together from counters of use, checks, and the audit log; nothing is written for it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, F, QuerySet

from connections import credentials
from connections.models import Check, Connection, UseCounter
from connections.models.check import Kind
from spojit.lib.charts import Day
from workspaces.models import AuditEvent

DAYS = 30


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, for a timeline. `kind` is good, bad, warn or nothing."""

    at: datetime
    icon: str
    text: str
    kind: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """How an act of the audit log reads, and whether it is a change worth a mark."""

    icon: str
    words: str
    is_change: bool = False
    kind: str = ""


ACTS = {
    "connection.created": Act("plus", "added the connection", is_change=True),
    "connection.renamed": Act("edit", "renamed it", is_change=True),
    "connection.made_private": Act("lock", "made it private", is_change=True),
    "connection.shared": Act("people", "opened it to the workspace", is_change=True),
    "connection.handed_over": Act("swap", "handed it over", is_change=True),
    "connection.verification_requested": Act("verify", "asked for a verification"),
    "connection.tool_tried": Act("play", "tried a tool"),
    "connection.account_accepted": Act(
        "swap", "accepted the other account", is_change=True, kind="warn"
    ),
    "connection.account_rejected": Act("cross", "kept the account"),
    "credential.staged": Act("key", "entered new credentials"),
    "credential.promoted": Act("rotate", "rotated the credentials", is_change=True, kind="good"),
    "credential.restored": Act(
        "history", "restored the previous credentials", is_change=True, kind="warn"
    ),
    "credential.discarded": Act("remove", "discarded the new credentials"),
    "credential.expiry_set": Act("clock", "set the expiry date"),
    "credential.retired": Act("remove", "retired the older secret", is_change=True, kind="warn"),
    "credential.retirement_set": Act("clock", "said when the older secret ends"),
    "connection.delivery_tested": Act("play", "sent a test delivery"),
    "connection.delivered_again": Act("rotate", "delivered one again"),
    "connection.replaced": Act("swap", "let another one be used instead", is_change=True),
    "connection.mending_asked": Act("mail", "asked for it to be mended", kind="warn"),
}


def days(connection: Connection, *, today: date) -> list[Day]:
    """Return thirty days, the oldest first: calls, failures, verifications, changes by whom."""
    first = today - timedelta(days=DAYS - 1)
    counters = UseCounter.objects.filter(connection_id=connection.pk, day__gte=first)
    used = {counter.day: counter for counter in counters}
    verified, marks = _verified(connection, since=first), _marks(connection, since=first)
    return [
        _day(day, used.get(day), verified.get(day, 0), marks.get(day, []))
        for day in (first + timedelta(days=number) for number in range(DAYS))
    ]


def recent(connection: Connection, *, most: int, before: datetime | None = None) -> list[Event]:
    """Return the newest events, at most so many."""
    checks = Check.objects.filter(connection_id=connection.pk).exclude(kind=Kind.DECISION)
    acts = _acts(connection)
    if before:
        checks, acts = checks.filter(at__lt=before), acts.filter(at__lt=before)
    events = [
        *map(event_of_check, checks.order_by("-at")[:most]),
        *map(event_of_act, acts.order_by("-at")[:most]),
        *(event for event in _renewal(connection) if before is None or event.at < before),
    ]
    return sorted(events, key=lambda event: event.at, reverse=True)[:most]


def event_of_check(check: Check) -> Event:
    """Say what a check came to."""
    kind = "good" if check.is_ok else "bad"
    return Event(
        check.at, "done" if check.is_ok else "failed", _check_words(check), kind, _why(check)
    )


def event_of_act(event: AuditEvent) -> Event:
    """Say what somebody did."""
    act = ACTS[event.act]
    return Event(event.at, act.icon, f"{event.actor_name} {act.words}", act.kind, _details(event))


def _renewal(connection: Connection) -> list[Event]:
    """Tell of the last renewal of the tokens; the earlier ones are counted by day."""
    if not connection.manifest_scheme.has_tokens:
        return []
    row = credentials.current(connection)
    if row is None or row.tokens_issued_at is None or row.revision < 2:
        return []
    return [Event(row.tokens_issued_at, "done", "Renewed the tokens", "good")]


_OTHER_WORDS = {
    Kind.REFRESH: ("Renewed the tokens", "Renewing the tokens did not work"),
    Kind.AUTHORIZATION: ("Authorized at the service", "Authorizing at the service did not work"),
    Kind.DELIVERY: ("A delivery was verified", "A delivery could not be checked"),
}


def _check_words(check: Check) -> str:
    if check.kind in _OTHER_WORDS:
        return _OTHER_WORDS[Kind(check.kind)][0 if check.is_ok else 1]
    subject = "New credentials" if check.is_staged else "Verified"
    if check.kind == Kind.CALL:
        return f"A call changed the status to {check.status_after.title()}"
    if check.is_ok:
        account = f" as {check.account_name}" if check.account_name else ""
        return f"{subject}{' work' if check.is_staged else ''}{account}"
    return f"{subject} did not work" if check.is_staged else "Verification failed"


def _why(check: Check) -> str:
    if check.is_ok:
        return check.called
    return " ".join(filter(None, (check.meaning.sentence, check.detail)))


def _details(event: AuditEvent) -> str:
    details = event.details
    if event.act == "connection.renamed":
        return f"It was {details.get('from', '')}."
    if event.act in {"connection.handed_over", "connection.account_accepted"}:
        return f"From {details.get('from') or 'nobody'} to {details.get('to', '')}."
    if event.act == "connection.replaced":
        return f"It is {details.get('to', '')}, in {', '.join(details.get('workflows', []))}."
    if event.act == "connection.tool_tried":
        return str(details.get("tool", ""))
    return f"Version {details['version']}" if "version" in details else ""


def _acts(connection: Connection) -> QuerySet[AuditEvent]:
    rows = AuditEvent.objects.filter(workspace_id=connection.workspace_id, subject_id=connection.pk)
    known: QuerySet[AuditEvent] = rows.filter(act__in=list(ACTS))
    return known


def _verified(connection: Connection, *, since: date) -> dict[date, int]:
    """Count the verifications of each day (UTC)."""
    rows = Check.objects.filter(connection_id=connection.pk, at__date__gte=since)
    counted = rows.filter(kind=Kind.VERIFICATION).values_list("at__date").annotate(Count("pk"))
    return dict(counted)


def _marks(connection: Connection, *, since: date) -> dict[date, list[str]]:
    """Name the changes of each day and who made them, each once."""
    found: dict[date, list[str]] = defaultdict(list)
    noted = [act for act, words in ACTS.items() if words.is_change]
    for event in _acts(connection).filter(at__date__gte=since, act__in=noted).order_by("at"):
        _add(found[event.at.date()], f"{event.actor_name} {ACTS[event.act].words}")
    checks = Check.objects.filter(connection_id=connection.pk, at__date__gte=since)
    for check in checks.exclude(status_before=F("status_after")).order_by("at"):
        _add(found[check.at.date()], f"became {check.status_after.title()}")
    return found


def _add(words: list[str], word: str) -> None:
    if word not in words:
        words.append(word)


def _day(on: date, used: UseCounter | None, verifications: int, marks: list[str]) -> Day:
    return Day(
        on=on,
        calls=used.calls if used else 0,
        failures=used.failures if used else 0,
        verifications=verifications,
        refreshes=used.refreshes if used else 0,
        marks=tuple(marks),
    )
