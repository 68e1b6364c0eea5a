"""Contexts of the connections' pages."""

from __future__ import annotations

from types import SimpleNamespace as Sample
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator

from tests.frontend import samples as s

if TYPE_CHECKING:
    from django.http import HttpRequest

ID = "0199b1d2-7a31-7c55-9a10-3f5e8a4f2f10"
BASE = f"/w/northwind/connections/{ID}"


def chip(label: str, count: int, *, is_current: bool = False) -> Sample:
    """A filter with its count."""
    return Sample(label=label, count=count, url=f"?status={label.lower()}", is_current=is_current)


def option(value: str, label: str, *, is_selected: bool = False) -> Sample:
    """A choice of a select."""
    return Sample(value=value, label=label, is_selected=is_selected)


def row(index: int, name: str, status: Sample, **extra: Any) -> Sample:
    """A row of the list."""
    connector = s.CONNECTORS[index]
    given = {
        "id": ID,
        "name": name,
        "url": f"{BASE}/",
        "icon": connector.icon,
        "connector_name": connector.name,
        "environment": "",
        "account": "northwind",
        "owner": "Alice Moreau",
        "is_private": False,
        "used_by": 0,
        "checked_at": s.ago(minutes=4),
        "remedy": None,
    }
    return Sample(status=status, **given | extra)


def rows() -> list[Sample]:
    """A list as it comes: what is broken first."""
    refused = s.status("error", "The service refused the credentials.")
    revoked = s.status("reauthorize", "The authorization was revoked.")
    rotate = Sample(label="Rotate", url=f"{BASE}/credential/")
    return [
        row(1, "Stripe - Production", refused, environment="live", used_by=4, remedy=rotate),
        row(
            0,
            "GitHub - northwind",
            revoked,
            remedy=Sample(label="Reconnect", url=f"{BASE}/credential/"),
            owner="Bob Marsh",
        ),
        row(2, "Resend", s.status("pending"), account="", checked_at=None),
        row(
            3,
            "PostgreSQL - reporting replica in Frankfurt",
            s.status("active"),
            account="reporting@db.eu-central.northwind.example:5432/warehouse",
            used_by=12,
            checked_at=s.ago(hours=3),
        ),
        row(1, "Stripe - Sandbox", s.status("active"), environment="test", is_private=True),
        row(7, "Status page", s.status("active"), account="", owner="", used_by=1),
    ]


def listing(_: HttpRequest) -> dict[str, Any]:
    """The list, full."""
    found = rows()
    return {
        "has_any": True,
        "rows": found,
        "page": Paginator(found * 20, 50).page(1),
        "query": "sort=name",
        "sort": "status",
        "search": "",
        "kept_query": [("status", "all")],
        "refresh_url": "",
        "clear_url": "/w/northwind/connections/",
        "chips": [chip("All", 24, is_current=True), chip("Active", 19), chip("Error", 3)],
        "connector_choices": [option("stripe", "Stripe"), option("github", "GitHub")],
        "owner_choices": [option("1", "Alice Moreau", is_selected=True)],
        "available": [
            Sample(name="Payments", connectors=s.CONNECTORS[1:2]),
            Sample(name="Data", connectors=s.CONNECTORS[3:5]),
        ],
        "popular": s.CONNECTORS[:3],
    }


def nothing_found(request: HttpRequest) -> dict[str, Any]:
    """The list, when nothing matches."""
    return listing(request) | {"rows": [], "search": "xyz"}


def empty(request: HttpRequest) -> dict[str, Any]:
    """The list, before the first connection."""
    return listing(request) | {"rows": [], "has_any": False}


TABS = (
    ("Overview", ""),
    ("Credentials", "credentials/"),
    ("Usage", "usage/"),
    ("Activity", "activity/"),
    ("Settings", "settings/"),
)


def connection(current: str, status: Sample | None = None, **extra: Any) -> Sample:
    """The head of every page of one connection."""
    return Sample(
        id=ID,
        name="Stripe - Production",
        icon=s.CONNECTORS[1].icon,
        connector_name="Stripe",
        connector_url="/w/northwind/connectors/stripe/",
        status=status or s.status("active"),
        environment="live",
        account="Northwind Ltd (acct_1NkQ2v)",
        owner="Alice Moreau",
        is_private=True,
        may_verify=True,
        may_edit=True,
        remedy=Sample(url=f"{BASE}/credential/", label="Rotate", icon="rotate", is_first=False),
        tabs=[
            Sample(
                label=label,
                url=f"{BASE}/{path}",
                is_current=label == current,
                count=4 if label == "Usage" else None,
            )
            for label, path in TABS
        ],
        menu=[
            Sample(label="Duplicate", url="#", icon="copy", is_danger=False),
            Sample(label="Hand over", url="#", icon="person", is_danger=False),
            Sample(label="Make private", url="#", icon="lock", is_danger=False),
            Sample(label="Remove", url="#", icon="remove", is_danger=True),
        ],
        **extra,
    )


def panel(status: Sample, **extra: Any) -> Sample:
    """What the status panel shows."""
    given = {
        "url": f"{BASE}/status/",
        "is_verifying": False,
        "sentence": "",
        "hint": "",
        "detail": "",
        "remedies": [],
        "warnings": [],
        "decided_at": s.ago(minutes=4),
        "decided_by": "GET https://api.stripe.com/v1/account",
        "last_outcome": "It works.",
        "last_outcome_at": s.ago(minutes=4),
    }
    return Sample(status=status, **given | extra)


def fact(label: str, value: str = "", **extra: Any) -> Sample:
    """A line of the facts."""
    return Sample(label=label, value=value, **{"at": None, "url": ""} | extra)


def detail(_: HttpRequest) -> dict[str, Any]:
    """The overview of one that works, with a warning."""
    warning = Sample(
        title="The key expires in 7 days.",
        text="Rotate it before then; nothing breaks while you do.",
        url=f"{BASE}/credential/",
        label="Rotate",
    )
    return {
        "connection": connection("Overview"),
        "panel": panel(s.status("active"), warnings=[warning]),
        "other_account": None,
        "chart": s.chart(),
        "events": s.events(),
        "facts": [
            fact("Connector", "Stripe", url="/w/northwind/connectors/stripe/"),
            fact("Signs in by", "Secret key"),
            fact("Address", "https://api.stripe.com"),
            fact("Account", "Northwind Ltd (acct_1NkQ2v)"),
            fact("Last checked", at=s.ago(minutes=4)),
            fact("Last used", at=s.ago(hours=2)),
            fact("Added", at=s.ago(days=12)),
        ],
    }


def broken(request: HttpRequest) -> dict[str, Any]:
    """The overview of one that is broken, with another account found."""
    status = s.status("error", "The credentials now belong to another account.")
    return detail(request) | {
        "connection": connection("Overview", status),
        "panel": panel(
            s.status("error"),
            sentence="The credentials now belong to another account.",
            hint="Accept the other account, or put the old credentials back.",
            detail="Two runs wait for this.",
            remedies=[Sample(label="Rotate", url=f"{BASE}/credential/")],
            is_verifying=True,
        ),
        "other_account": Sample(
            kept_name="Northwind Ltd",
            kept_id="acct_1NkQ2v",
            found_name="Southwind GmbH",
            found_id="acct_9ZzT1a",
            consequence="If you accept, 4 workflows act in Southwind GmbH from now on.",
            may_decide=True,
        ),
    }
