"""Contexts of the pages of webhook connections."""

from __future__ import annotations

import random
from datetime import date, timedelta
from types import SimpleNamespace as Sample
from typing import TYPE_CHECKING, Any

from spojit.lib import hex_dumps, strips
from tests.frontend import sample_forms, samples as s
from tests.frontend.samples_connections import BASE, connection as connection_of, fact

if TYPE_CHECKING:
    from django.http import HttpRequest

URL = "https://spojit.northwind.example/hooks/Yk3vQ0mS8r2LwZx7T5uJh1BcNfEaKdGo9PiRtVsXqMw"
ONE = f"{BASE}/deliveries/0199b1d2-7a31-7c55-9a10-3f5e8a4f2f11/"
GUIDE = [
    "Open Settings, Notifications, Webhooks, and create a webhook.",
    "Paste the URL, choose JSON, and save.",
    "Copy the secret that the page shows at the bottom, and paste it here.",
]
ORDER = {
    "id": 820982911946154508,
    "email": "jon@example.com",
    "total_price": "409.94",
    "line_items": [{"sku": "IPOD2008PINK", "quantity": 1}],
    "test": True,
}
TABS = (
    ("Overview", ""),
    ("Deliveries", "deliveries/"),
    ("Secrets", "credentials/"),
    ("Usage", "usage/"),
    ("Activity", "activity/"),
    ("Settings", "settings/"),
)


def connection(current: str, status: Sample | None = None) -> Sample:
    """The head of every page of one webhook connection."""
    shown = connection_of("", status)
    shown.name, shown.connector_name, shown.account = "Orders of the shop", "Shopify", ""
    shown.is_inbound, shown.may_verify = True, False
    shown.test_url = f"{BASE}/deliveries/test/"
    shown.url = f"{BASE}/"
    shown.tabs = [
        Sample(label=label, url=f"{BASE}/{path}", is_current=label == current, count=None)
        for label, path in TABS
    ]
    return shown


def hook(**extra: Any) -> Sample:
    """The URL and the guide."""
    given = {
        "url": URL,
        "is_whole": True,
        "service": "Shopify",
        "guide": GUIDE,
        "where": "https://shopify.dev/docs/apps/build/webhooks",
        "repeats": "By the headers X-Shopify-Topic and X-Shopify-Event-Id, for seven days.",
    }
    return Sample(**given | extra)


def delivery(verdict: str = "accepted", **extra: Any) -> Sample:
    """A delivery, in a list or on its page."""
    reason = "The signature does not fit: the secret differs, or the delivery was changed."
    given = {
        "url": ONE,
        "at": s.ago(minutes=4),
        "verdict": Sample(kind=verdict, word=verdict.capitalize()),
        "reason": reason if verdict == "refused" else "",
        "hint": "Copy the secret anew." if verdict == "refused" else "",
        "sender_id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
        "origin": "",
        "size": 5123,
        "content_type": "application/json",
        "duration_ms": 7,
        "run": None,
    }
    shown = given | extra
    shown["verdict_with_reason"] = Sample(
        kind=verdict, word=verdict.capitalize(), reason=shown["reason"]
    )
    return Sample(**shown)


def rows() -> list[Sample]:
    """A list of deliveries."""
    return [
        delivery(),
        delivery("duplicate", at=s.ago(minutes=9)),
        delivery("refused", at=s.ago(hours=1), sender_id=""),
        delivery(at=s.ago(hours=2), origin="test", size=311),
        delivery(at=s.ago(days=2), origin="again"),
    ]


def panel(kind: str, **extra: Any) -> Sample:
    """What the panel that waits says."""
    given = {
        "url": f"{BASE}/status/?in=overview&seen=",
        "page_url": f"{BASE}/",
        "is_inside": False,
        "is_listening": kind == "pending",
        "is_waiting": kind == "pending",
        "status": s.status(kind),
        "sentence": "Waiting for the first delivery…",
        "hint": "Put the URL into the service and let it send something; it shows up here.",
        "remedies": [],
        "ask": None,
        "arrived": None,
        "body": None,
        "warnings": [],
    }
    return Sample(**given | extra)


def json_body() -> Sample:
    """A body that is JSON."""
    raw = '{"id": 820982911946154508, "email": "jon@example.com"}'
    return Sample(kind="json", data=ORDER, raw=raw, problem="", is_cut=False)


def strip() -> strips.Strip:
    """Thirty days of deliveries."""
    dice, today = random.Random(7), date(2026, 11, 21)
    days = [
        (
            today - timedelta(days=29 - index),
            (
                dice.choice([40, 55, 61, 38, 72, 0]),
                dice.choice([0, 2, 6]),
                30 if index == 19 else 0,
            ),
        )
        for index in range(30)
    ]
    words = {"accepted": "accepted", "duplicate": "duplicates", "refused": "refused"}
    return strips.draw(days, words=words)


def detail(_: HttpRequest) -> dict[str, Any]:
    """The overview of one that takes deliveries while its old secret is still being used."""
    warning = Sample(
        title="Version 1 of the secret is still being used.",
        text="Version 2 is in use, too. Put it in everywhere at Shopify.",
        url=f"{BASE}/credentials/",
        label="See the secrets",
    )
    works = {"sentence": "Deliveries arrive, and are checked.", "hint": "", "warnings": [warning]}
    return {
        "connection": connection("Overview"),
        "panel": panel("active", **works),
        "hook": hook(),
        "strip": strip(),
        "recent": Sample(rows=rows(), url=f"{BASE}/deliveries/"),
        "events": s.events()[2:],
        "facts": [
            fact("Signed by", "Signature of Shopify"),
            fact("Secret", "version 2 beside version 1", url=f"{BASE}/credentials/"),
            fact("Repeats are known", hook().repeats),
            fact("Last verified delivery", at=s.ago(minutes=4)),
            fact("Added", at=s.ago(days=12)),
        ],
    }


def waiting(request: HttpRequest) -> dict[str, Any]:
    """The overview of one that waits, for somebody who does not manage it."""
    hidden = hook(url="https://spojit.northwind.example/hooks/…", is_whole=False)
    status = s.status("pending")
    return detail(request) | {
        "connection": connection("Overview", status),
        "panel": panel("pending", remedies=[Sample(url=f"{BASE}/added/", label="Set it up")]),
        "hook": hidden,
        "strip": strips.draw([], words={}),
        "recent": Sample(rows=[], url=f"{BASE}/deliveries/"),
    }


def added(_: HttpRequest) -> dict[str, Any]:
    """The page after saving, with the secret that we made."""
    return {
        "connection": connection(""),
        "made": "4f1c0d6f0b4e5a3f8d6a7b9c2e1f0a9b8c7d6e5f4a3b2c1d0e9f8a7b6c5d4e3f",
        "address": f"{BASE}/added/",
        "hook": hook(),
        "panel": panel("pending", is_inside=True),
        "has_secret": True,
        "rotate_url": f"{BASE}/credential/",
        "form": None,
        "fields": [],
        "action": f"{BASE}/added/",
        "test_url": "",
    }


def added_refused(request: HttpRequest) -> dict[str, Any]:
    """The page after saving, when the service makes the secret and its delivery was refused."""
    form = sample_forms.ExampleForm()
    refused = {"arrived": delivery("refused"), "hint": "Something arrived and was refused."}
    return added(request) | {
        "made": "",
        "has_secret": False,
        "form": form,
        "fields": [s.field(form["api_key"], where="https://shopify.dev/")],
        "panel": panel("pending", **refused, is_inside=True),
    }


def added_done(request: HttpRequest) -> dict[str, Any]:
    """The page after saving, when the first delivery has arrived."""
    came = {"sentence": "Deliveries arrive, and are checked.", "hint": "", "arrived": delivery()}
    return added(request) | {
        "made": "",
        "panel": panel("active", **came, body=json_body(), is_inside=True),
        "test_url": f"{BASE}/deliveries/test/",
    }


def deliveries(_: HttpRequest) -> dict[str, Any]:
    """The list of deliveries."""
    return {
        "connection": connection("Deliveries"),
        "rows": rows(),
        "strip": strip(),
        "kept_days": 7,
        "setup_url": f"{BASE}/",
    }


def no_deliveries(request: HttpRequest) -> dict[str, Any]:
    """The list of deliveries, before the first one."""
    return deliveries(request) | {"rows": []}


def one(_: HttpRequest) -> dict[str, Any]:
    """One delivery that was accepted."""
    return {
        "connection": connection("Deliveries"),
        "delivery": delivery(),
        "body": json_body(),
        "headers": [
            ["content-type", "application/json"],
            ["user-agent", "Shopify-Captain-Hook"],
            ["x-shopify-hmac-sha256", "XWmrwMey…"],
            ["x-shopify-topic", "orders/create"],
            ["authorization", "***"],
        ],
        "first": None,
        "again_url": f"{ONE}again/",
        "facts": [
            fact("Received", at=s.ago(minutes=4)),
            fact("From", "203.0.113.7"),
            fact("Secret", "version 2", url=f"{BASE}/credentials/"),
            fact("Took", "7 ms"),
            fact("Handed over", at=s.ago(minutes=4)),
        ],
    }


def one_form(request: HttpRequest) -> dict[str, Any]:
    """One delivery that repeats another, whose body is a form."""
    pairs = [("command", "/weather"), ("text", "94070"), ("text", "again")]
    first = Sample(words="It repeats a delivery that had arrived:", label="the first one", url=ONE)
    body = Sample(kind="form", data=pairs, raw="command=%2Fweather&text=94070", problem="")
    return one(request) | {"delivery": delivery("duplicate"), "body": body, "first": first}


def one_binary(request: HttpRequest) -> dict[str, Any]:
    """One delivery whose body is no text."""
    lines = hex_dumps.lines(bytes(range(200)), most=8)
    body = Sample(kind="binary", lines=lines, problem="It is said to be JSON, and is not.",
                  is_cut=True, raw="")  # fmt: skip
    return one(request) | {"body": body}


def one_refused(request: HttpRequest) -> dict[str, Any]:
    """One delivery that was refused."""
    body = Sample(kind="", why="What a refused delivery carries is not kept.", problem="", raw="")
    return one(request) | {"delivery": delivery("refused"), "body": body, "again_url": ""}
