"""Deliveries as pages show them: verdict and reason in words, and what was carried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.urls import reverse

from connections import runs
from connections.credentials import CredentialUnreadable
from connections.inbound import deliveries
from connections.models.delivery import Origin, Verdict
from connections.views import reasons
from spojit.lib import hex_dumps

if TYPE_CHECKING:
    from connections.inbound.deliveries import Opened
    from connections.models import Connection, Delivery

LONGEST_TEXT = 20_000
MOST_LINES = 32

WORDS = dict(Verdict.choices)
ORIGINS = {Origin.SERVICE: "", Origin.TEST: "test", Origin.AGAIN: "again"}


@dataclass(frozen=True, slots=True)
class ShownVerdict:
    """A verdict as a mark, a word and perhaps a reason."""

    kind: str
    word: str
    reason: str = ""


def shown(delivery: Delivery, *, slug: str) -> dict[str, Any]:
    """Show one delivery: in a list, in the panel that waits, or on its own page."""
    told = reasons.of(delivery.reason)
    sentence = told.sentence if told else ""
    return {
        "id": delivery.pk,
        "url": page(slug, delivery),
        "at": delivery.received_at,
        "verdict": ShownVerdict(delivery.verdict, WORDS[Verdict(delivery.verdict)]),
        "verdict_with_reason": ShownVerdict(
            delivery.verdict, WORDS[Verdict(delivery.verdict)], sentence
        ),
        "reason": sentence,
        "hint": told.hint if told else "",
        "sender_id": delivery.sender_id,
        "origin": ORIGINS[Origin(delivery.origin)],
        "size": delivery.size,
        "content_type": delivery.content_type,
        "duration_ms": delivery.duration_ms,
    }


def page(slug: str, delivery: Delivery, name: str = "delivery") -> str:
    """Return the address of a delivery, or of what can be done with it."""
    where = {"connection_id": delivery.connection_id, "delivery_id": delivery.pk}
    return reverse(f"connections:{name}", kwargs={"slug": slug, **where})


def body(delivery: Delivery) -> dict[str, Any]:
    """Show what a delivery carried, as its kind of body is read; or say why it is not there."""
    try:
        opened = deliveries.opened(delivery)
    except CredentialUnreadable:
        return {"kind": "", "why": "The body could not be opened: the root key may be another one."}
    if opened is None:
        return {"kind": "", "why": _why_not(delivery)}
    return _OF_KIND[opened.parsed.kind](opened) | {
        "kind": opened.parsed.kind,
        "problem": opened.parsed.problem,
    }


def latest(connection: Connection, *, slug: str, most: int) -> list[dict[str, Any]]:
    """Show the latest deliveries, the newest first."""
    return [shown(row, slug=slug) for row in deliveries.latest(connection, most=most)]


def with_runs(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add the runs that each delivery of a list started."""
    found = runs.started([row["id"] for row in rows])
    return [{**row, "runs": found.get(row["id"], [])} for row in rows]


def _why_not(delivery: Delivery) -> str:
    if delivery.verdict == Verdict.REFUSED:
        return "What a refused delivery carries is not kept."
    if delivery.verdict == Verdict.DUPLICATE:
        return "A duplicate is not kept: it carries what the first one did."
    return f"It is no longer kept: bodies are there for {settings.HOOK_BODY_DAYS} days."


def _json(opened: Opened) -> dict[str, Any]:
    return {"data": opened.parsed.data, **_raw(opened)}


def _form(opened: Opened) -> dict[str, Any]:
    pairs = [
        (name, text)
        for name, value in opened.parsed.data.items()
        for text in (value if isinstance(value, list) else [value])
    ]
    return {"data": pairs, **_raw(opened)}


def _raw(opened: Opened) -> dict[str, Any]:
    return {"raw": opened.body[:LONGEST_TEXT].decode("utf-8", "replace")}


def _text(opened: Opened) -> dict[str, Any]:
    text = str(opened.parsed.data)
    return {"text": text[:LONGEST_TEXT], "is_cut": len(text) > LONGEST_TEXT}


def _binary(opened: Opened) -> dict[str, Any]:
    is_cut = len(opened.body) > MOST_LINES * hex_dumps.BYTES_IN_A_LINE
    return {"lines": hex_dumps.lines(opened.body, most=MOST_LINES), "is_cut": is_cut}


def _empty(_opened: Opened) -> dict[str, Any]:
    return {}


_OF_KIND = {"json": _json, "form": _form, "text": _text, "binary": _binary, "empty": _empty}
