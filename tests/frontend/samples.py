"""Every page's context as an example: the same objects that docs/frontend.md lists in words."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace as Sample
from typing import Any

from django.http import HttpRequest

from spojit.lib import charts, clock

NOW = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
Context = Callable[[HttpRequest], dict[str, Any]]


class Person:
    """Somebody signed in."""

    email = "alice@northwind.example"
    is_staff = True
    is_authenticated = True

    def __str__(self) -> str:
        return "Alice Moreau"


class Message:
    """What `django.contrib.messages` gives."""

    def __init__(self, level: str, text: str) -> None:
        self.level_tag, self.text = level, text

    def __str__(self) -> str:
        return self.text


RIGHTS = [
    "see",
    "create_connections",
    "use_connections",
    "manage_own_connections",
    "manage_any_connection",
    "build_workflows",
    "manage_members",
    "read_audit",
    "manage_workspace",
]
WORKSPACE = Sample(name="Northwind", slug="northwind")


def frame(request: HttpRequest) -> dict[str, Any]:
    """What the context processors give to every page."""
    request.user = Person()  # type: ignore[assignment]
    return {
        "workspace": WORKSPACE,
        "workspaces": [WORKSPACE, Sample(name="Side project", slug="side")],
        "membership": Sample(role="owner"),
        "may": dict.fromkeys(RIGHTS, True),
        "notices_count": 3,
        "is_trial": True,
        "user": request.user,
    }


def ago(**amount: float) -> datetime:
    """A moment before now."""
    return clock.now() - timedelta(**amount)


WORDS = {
    "active": "Active",
    "pending": "Pending",
    "reauthorize": "Reauthorize",
    "error": "Error",
}


def status(kind: str, reason: str = "") -> Sample:
    """A status for `{% status %}`."""
    return Sample(kind=kind, word=WORDS[kind], reason=reason)


def mark(slug: str = "", text: str = "", color: str = "#5b4bdb") -> Sample:
    """An icon as a manifest has it."""
    return Sample(mark=slug, monogram=Sample(text=text, color=color) if text else None)


def connector(
    key: str,
    name: str,
    icon: Sample,
    *schemes: str,
    category: str,
    summary: str,
    connected: int = 0,
) -> Sample:
    """A card of the catalogue."""
    return Sample(
        key=key,
        name=name,
        icon=icon,
        category=category,
        summary=summary,
        schemes=[Sample(label=label) for label in schemes],
        connected=connected,
        url=f"/w/northwind/connectors/{key}/",
        add_url=f"/w/northwind/connections/new/{key}/",
        deprecation="",
        unavailable="",
    )


CONNECTORS = [
    connector(
        "github",
        "GitHub",
        mark("github"),
        "Token",
        category="Development",
        summary="Repositories, issues, pull requests and releases.",
        connected=2,
    ),
    connector(
        "stripe",
        "Stripe",
        mark("stripe"),
        "Secret key",
        "Restricted key",
        category="Payments",
        summary="Payments, customers and subscriptions.",
        connected=1,
    ),
    connector(
        "resend",
        "Resend",
        mark("resend", "R", "#1f1f24"),
        "API key",
        category="Email",
        summary="Transactional e-mail for developers.",
    ),
    connector(
        "postgresql",
        "PostgreSQL",
        mark("postgresql"),
        "Database",
        category="Data",
        summary="Query a PostgreSQL database over TLS.",
        connected=1,
    ),
    connector(
        "redis",
        "Redis",
        mark("redis"),
        "Database",
        category="Data",
        summary="Keys, hashes, lists and streams.",
    ),
    connector(
        "smtp",
        "SMTP",
        mark("", "@", "#0f766e"),
        "Password",
        category="Email",
        summary="Send mail through any server.",
    ),
    connector(
        "s3",
        "Amazon S3",
        mark("amazons3", "S3", "#b4530a"),
        "AWS Signature V4",
        category="Storage",
        summary="Objects and buckets, signed with Signature V4.",
    ),
    connector(
        "http",
        "HTTP",
        mark("", "{}", "#4a5568"),
        "None",
        "Basic",
        "Bearer",
        "Header key",
        "Query key",
        category="Development",
        summary="Any HTTP API: none, Basic, bearer, header or query key.",
    ),
]


def field(bound: Any, **extra: Any) -> Sample:
    """A field of the add and rotate pages."""
    return Sample(**{"bound": bound, "where": "", "note": "", "stored": None} | extra)


def stored(act: str = "keep") -> Sample:
    """What a page says about a stored secret."""
    return Sample(at=ago(days=12), by="Bob", used_at=ago(minutes=3), can_clear=True, act=act)


def chart() -> charts.Chart:
    """Thirty days of use."""
    dice = random.Random(4)
    today = date(2026, 11, 21)
    days = []
    for index in range(30):
        calls = dice.choice([0, 3, 8, 14, 22, 30, 41, 18, 12])
        days.append(
            charts.Day(
                on=today - timedelta(days=29 - index),
                calls=calls,
                failures=min(calls, dice.choice([0, 0, 0, 0, 1, 3])),
                marks={11: ["Bob rotated the key"], 22: ["Alice changed the address"]}.get(
                    index, ()
                ),
            )
        )
    return charts.draw(days)


def event(text: str, at: datetime, icon: str, kind: str = "", detail: str = "") -> Sample:
    """A line of the timeline."""
    return Sample(text=text, at=at, icon=icon, kind=kind, detail=detail)


def events() -> list[Sample]:
    """What happened to a connection."""
    return [
        event(
            "Verified: the account is Northwind Ltd",
            ago(minutes=4),
            "verify",
            "good",
            "200 in 181 ms",
        ),
        event(
            "The service refused the credentials.",
            ago(hours=2),
            "warning",
            "bad",
            "GET https://api.stripe.com/v1/account answered 401",
        ),
        event(
            "Bob rotated the key",
            ago(days=3),
            "rotate",
            "",
            "Version 4 is in use; version 3 can be restored until 24 Nov",
        ),
        event("Alice added the connection", ago(days=12), "plus"),
    ]


STEPS = (
    "Address found",
    "Reached",
    "Credentials accepted",
    "Account identified",
    "Permissions checked",
)


def steps(done: int, then: str = "waiting") -> list[Sample]:
    """The steps of a verification of which `done` are over and the next is in the state `then`."""
    states = ["done"] * done + [then] + ["waiting"] * 5
    return [
        Sample(
            label=label,
            state=state,
            note="api.stripe.com" if index == 0 else "",
            why="The service refused the credentials." if state == "failed" else "",
            remedy="Check that the key is whole and has not been revoked, then replace it."
            if state == "failed"
            else "",
        )
        for index, (label, state) in enumerate(zip(STEPS, states, strict=False))
    ]
