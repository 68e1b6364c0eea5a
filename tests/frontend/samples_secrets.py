"""Contexts of the pages of a webhook connection's secrets."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace as Sample
from typing import TYPE_CHECKING, Any

from tests.frontend import sample_forms, samples as s
from tests.frontend.samples_connections import BASE
from tests.frontend.samples_webhooks import connection, hook

if TYPE_CHECKING:
    from django.http import HttpRequest


def secret(version: int, **extra: Any) -> Sample:
    """A secret that is accepted."""
    given = {
        "version": version,
        "state": "newer",
        "kind": "good",
        "is_older": False,
        "set_at": s.ago(days=2),
        "set_by": "Bob",
        "first_used_at": s.ago(days=1),
        "last_used_at": s.ago(minutes=4),
        "retires_at": None,
        "retire_url": "",
    }
    return Sample(**given | extra)


def secrets(_: HttpRequest) -> dict[str, Any]:
    """Two secrets, the older of which is still being used."""
    older = {"state": "older", "kind": "warn", "is_older": True, "retires_at": s.ago(days=-5)}
    return {
        "connection": connection("Secrets"),
        "warning": Sample(title="Version 1 is still being used.", text="Version 2 is, too."),
        "rows": [secret(2), secret(1, **older, retire_url=f"{BASE}/credential/retirement/")],
        "enter_url": "",
        "scheme_label": "Signature of Shopify",
        "fields": [Sample(label="Header", value="X-Signature"), Sample(label="Prefix", value="")],
        "repeats": hook().repeats,
    }


def no_secret(request: HttpRequest) -> dict[str, Any]:
    """None yet."""
    return secrets(request) | {"rows": [], "warning": None, "enter_url": f"{BASE}/credential/"}


def rotate(_: HttpRequest) -> dict[str, Any]:
    """The form of a new secret."""
    form = sample_forms.ExampleForm()
    return {
        "connection": connection("Secrets"),
        "hook": hook(),
        "form": form,
        "fields": [s.field(form["api_key"]), s.field(form["region"])],
        "is_first": False,
        "we_make_it": True,
        "replaces": "Version 1 retires at once when another secret is put to use.",
        "submit_label": "Put it to use",
        "action": f"{BASE}/credential/",
        "cancel_url": f"{BASE}/credentials/",
    }


def rotated(_: HttpRequest) -> dict[str, Any]:
    """The new secret, shown once."""
    return {
        "connection": connection("Secrets"),
        "hook": hook(),
        "made": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
        "version": 3,
        "is_beside": True,
        "retires_at": s.NOW + timedelta(days=7),
        "address": f"{BASE}/credentials/",
    }


def retire(_: HttpRequest) -> dict[str, Any]:
    """When the older one ends."""
    return {
        "connection": connection("Secrets"),
        "version": 1,
        "newest": 2,
        "breaks": ["Deliveries that are signed with it are refused from then on."],
        "form": sample_forms.HandOverForm(),
        "action": f"{BASE}/credential/retirement/",
        "cancel_url": f"{BASE}/credentials/",
    }
