"""Contexts of the pages about a connection's credentials, use and end; and of adding one."""

from __future__ import annotations

from types import SimpleNamespace as Sample
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator

from tests.frontend import sample_forms, samples as s
from tests.frontend.samples_connections import BASE, chip, connection

if TYPE_CHECKING:
    from django.http import HttpRequest

OUTSIDE = "https://dashboard.stripe.com/apikeys"


def checklist(done: int, then: str = "waiting", **extra: Any) -> Sample:
    """The live checklist."""
    given = {
        "url": f"{BASE}/checklist/",
        "steps": s.steps(done, then),
        "is_running": False,
        "is_done": False,
        "kind": "",
        "headline": "",
        "hint": "",
        "better_name": "",
        "rename_url": "",
        "back": "added",
        "next_acts": [],
        "retry_url": "",
    }
    return Sample(**given | extra)


def add(_: HttpRequest) -> dict[str, Any]:
    """The add page before saving."""
    form = sample_forms.ExampleForm()
    return {
        "connector": Sample(
            **vars(s.CONNECTORS[1])
            | {"documentation": [Sample(title="API keys", url="https://docs.stripe.com/keys")]}
        ),
        "schemes": [
            Sample(
                label="Secret key", help="Everything the account may do.", url="?", is_current=True
            ),
            Sample(label="Restricted key", help="Only what you tick.", url="?", is_current=False),
        ],
        "form": form,
        "fields": [
            s.field(form["name"]),
            s.field(form["api_key"], where=OUTSIDE),
            s.field(form["region"]),
        ],
        "extras": [s.field(form["is_private"])],
        "extras_open": False,
        "action": f"{BASE}/",
        "cancel_url": "/w/northwind/connectors/",
        "submit_label": "",
        "calls": "GET https://api.stripe.com/v1/account",
        "before_you_start": [
            "Someone with the Developer or Administrator role must make the key.",
            "For staging, make the key in test mode.",
        ],
        "permissions": ["Account: read, to find out whose key it is"],
        "checklist": None,
    }


def add_refused(request: HttpRequest) -> dict[str, Any]:
    """The add page with errors."""
    form = sample_forms.refused_form()
    fields = [s.field(form["name"]), s.field(form["api_key"], where=OUTSIDE)]
    return add(request) | {"form": form, "fields": fields}


def added(request: HttpRequest) -> dict[str, Any]:
    """The add page after saving, while the verification runs."""
    form = sample_forms.ExampleForm({"name": "Stripe - Production"})
    fields = [
        s.field(sample_forms.ExampleForm()["name"]),
        s.field(form["api_key"], where=OUTSIDE, stored=s.stored()),
    ]
    running = checklist(2, "running", is_running=True)
    return add(request) | {"fields": fields, "checklist": running, "schemes": []}


def added_failed(request: HttpRequest) -> dict[str, Any]:
    """The add page when the verification failed."""
    failed = checklist(2, "failed", retry_url=f"{BASE}/verification/")
    return added(request) | {"checklist": failed}


def added_done(request: HttpRequest) -> dict[str, Any]:
    """The add page when all went well."""
    acts = [
        Sample(label="Try a tool", url="#", icon="play"),
        Sample(label="Open the connection", url="#", icon="connections"),
        Sample(label="Add another environment", url="#", icon="plus"),
    ]
    done = checklist(
        5,
        is_done=True,
        headline="Connected as Northwind Ltd",
        hint="Live account.",
        next_acts=acts,
        better_name="Stripe - Northwind Ltd",
        rename_url=f"{BASE}/settings/",
    )
    return added(request) | {"checklist": done}


def credentials(_: HttpRequest) -> dict[str, Any]:
    """The credentials page."""
    was_set = {
        "is_set": True,
        "set_at": s.ago(days=12),
        "set_by": "Bob",
        "used_at": s.ago(minutes=3),
    }
    return {
        "connection": connection("Credentials"),
        "scheme_label": "Secret key",
        "version": 4,
        "expires_on": s.NOW.date(),
        "expiry_warning": None,
        "expiry_form": sample_forms.RenameForm(),
        "fields": [
            Sample(label="Secret key", is_secret=True, value="", **was_set),
            Sample(label="Region", is_secret=False, value="Europe", **was_set),
            Sample(label="Webhook secret", is_secret=True, value="", is_set=False),
        ],
        "versions": [
            Sample(
                version=4,
                state="current",
                kind="good",
                created_at=s.ago(days=12),
                created_by="Bob",
                outcome="It works.",
                restore_url="",
                is_staged=False,
            ),
            Sample(
                version=3,
                state="previous",
                kind="",
                created_at=s.ago(days=90),
                created_by="Alice",
                outcome="It works.",
                restore_url=f"{BASE}/restoration/",
                restorable_until=s.NOW,
                is_staged=False,
            ),
        ],
    }


def rotate(_: HttpRequest) -> dict[str, Any]:
    """The rotate page with a staged version that was refused."""
    form = sample_forms.ExampleForm()
    return {
        "connection": connection("Credentials"),
        "staged_title": "Version 5 did not work; version 4 stays in use",
        "checklist": checklist(2, "failed"),
        "staged": True,
        "discard_url": f"{BASE}/credential/discarding/",
        "previous": None,
        "restore_url": f"{BASE}/restoration/",
        "other_account": None,
        "form": form,
        "fields": [
            s.field(form["api_key"], where=OUTSIDE, stored=s.stored("replace")),
            s.field(form["region"]),
        ],
        "action": f"{BASE}/credential/",
        "cancel_url": f"{BASE}/credentials/",
    }


def activity(_: HttpRequest) -> dict[str, Any]:
    """The ledger of use."""
    rows = [
        Sample(
            what="Verification",
            detail="GET https://api.stripe.com/v1/account",
            outcome="ok",
            kind="good",
            by="the schedule",
            version=4,
            duration_ms=181,
            at=s.ago(minutes=4),
            url="",
        ),
        Sample(
            what="List customers",
            detail="",
            outcome="permission missing",
            kind="warn",
            by="Bob Marsh",
            version=4,
            duration_ms=1420,
            at=s.ago(hours=2),
            url="#",
        ),
    ]
    return {
        "connection": connection("Activity"),
        "rows": rows,
        "page": Paginator(rows, 50).page(1),
        "query": "",
        "chips": [chip("All", 2, is_current=True), chip("Calls", 1), chip("Verifications", 1)],
    }


def references() -> list[Sample]:
    """Where a connection is used."""
    return [
        Sample(
            workflow="Order sync",
            url="#",
            node="Find customer",
            tool="List customers",
            state="enabled",
            kind="good",
            next_run_at=s.ago(hours=-2),
        ),
        Sample(
            workflow="Refund mail",
            url="#",
            node="Refund",
            tool="Create refund",
            state="disabled",
            kind="",
            next_run_at=None,
        ),
    ]


def usage(_: HttpRequest) -> dict[str, Any]:
    """Where it is used."""
    return {
        "connection": connection("Usage"),
        "references": references(),
        "used_at": s.ago(hours=2),
        "next_run_at": s.ago(hours=-2),
    }


def unused(request: HttpRequest) -> dict[str, Any]:
    """Where it is used: nowhere."""
    return usage(request) | {"references": [], "used_at": None, "next_run_at": None}


def settings(_: HttpRequest) -> dict[str, Any]:
    """A connection's settings."""
    return {
        "connection": connection("Settings"),
        "name_form": sample_forms.RenameForm(),
        "sharing_form": sample_forms.SharingForm(),
        "sharing_breaks": [],
        "stable_key": "stripe_production",
    }


def remove(_: HttpRequest) -> dict[str, Any]:
    """What breaks when it is removed."""
    return {
        "connection": connection(""),
        "replace_url": "#",
        "replace_text": "Two other Stripe connections could take over its places.",
        "references": references(),
        "breaks": ["1 enabled workflow stops: Order sync.", "Its next run is in 2 h."],
        "name_to_type": "Stripe - Production",
        "action": f"{BASE}/removal/",
        "cancel_url": f"{BASE}/",
        "form": None,
    }


def hand_over(_: HttpRequest) -> dict[str, Any]:
    """Another owner."""
    return {
        "connection": connection(""),
        "form": sample_forms.HandOverForm(),
        "consequences": ["It is private: Bob will see it, you will no longer."],
        "cancel_url": f"{BASE}/",
    }
