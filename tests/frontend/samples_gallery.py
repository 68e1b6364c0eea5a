"""The context of the component gallery."""

from __future__ import annotations

from types import SimpleNamespace as Sample
from typing import TYPE_CHECKING, Any

from tests.frontend import sample_forms, samples as s
from tests.frontend.samples_connections import chip, connection
from tests.frontend.samples_connectors import ANSWER, SCHEMA

if TYPE_CHECKING:
    from django.http import HttpRequest


def gallery(_: HttpRequest) -> dict[str, Any]:
    """One of each component."""
    return {
        "connectors": s.CONNECTORS,
        "form": sample_forms.ExampleForm(),
        "bad": sample_forms.refused_form("bad_%s"),
        "chart": s.chart(),
        "events": s.events(),
        "steps_live": s.steps(2, "running"),
        "steps_failed": s.steps(2, "failed"),
        "schema": SCHEMA,
        "value": ANSWER,
        "messages": [
            s.Message("success", "Stripe - Production was verified."),
            s.Message("error", "The name is taken."),
        ],
        "statuses": [
            s.status("active"),
            s.status("pending"),
            s.status("reauthorize", "The authorization was revoked."),
            s.status("error", "The service refused the credentials."),
            Sample(kind="accepted", word="Accepted"),
            Sample(kind="duplicate", word="Duplicate"),
            Sample(kind="refused", word="Refused", reason="The delivery was not signed."),
        ],
        "chips": [chip("All", 24, is_current=True), chip("Active", 19), chip("Error", 3)],
        "tabs": connection("Overview").tabs,
        "items": connection("Overview").menu,
        "breaks": ["3 enabled workflows stop: Order sync, Refund mail, Nightly report."],
        "stored": s.stored(),
        "now_at": s.ago(minutes=3),
    }
