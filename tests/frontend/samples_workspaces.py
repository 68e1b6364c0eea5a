"""Contexts of the workspace's pages."""

from __future__ import annotations

from types import SimpleNamespace as Sample
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.paginator import Paginator

from tests.frontend import sample_forms, samples as s
from tests.frontend.samples_connections import option

if TYPE_CHECKING:
    from django.http import HttpRequest

BASE = "/w/northwind"


class InviteForm(forms.Form):
    """An address and a role."""

    email = forms.EmailField(label="E-mail address")
    role = forms.ChoiceField(choices=[("viewer", "Viewer"), ("member", "Member")])


class WorkspaceForm(forms.Form):
    """What an owner may change."""

    name = forms.CharField(initial="Northwind")
    time_zone = forms.ChoiceField(choices=[("UTC", "UTC"), ("Europe/Prague", "Europe/Prague")])
    audit_retention_days = forms.IntegerField(
        initial=365, help_text="Days that audit rows are kept."
    )


def member(name: str, email: str, role: str, **extra: Any) -> Sample:
    """A row of the members."""
    given = {
        "is_you": False,
        "roles": [
            option(one, one.title(), is_selected=one == role) for one in ("viewer", "member")
        ],
        "url": f"{BASE}/members/1/",
        "last_seen_at": s.ago(minutes=4),
        "connections": 2,
        "connections_url": "#",
        "remove_url": f"{BASE}/members/1/removal/",
        "remove_label": "Remove",
    }
    return Sample(name=name, email=email, role=role.title(), **given | extra)


def members(_: HttpRequest) -> dict[str, Any]:
    """The members."""
    return {
        "rows": [
            member(
                "Alice Moreau",
                "alice@northwind.example",
                "owner",
                is_you=True,
                roles=[],
                remove_url="",
            ),
            member("Bob Marsh", "bob@northwind.example", "member"),
            member("Vera Li", "vera@northwind.example", "viewer", last_seen_at=None, connections=0),
        ]
    }


def holdings() -> list[Sample]:
    """What a leaving person's name is on."""
    connector = s.CONNECTORS[1]
    return [
        Sample(
            kind="Stripe connection",
            name="Stripe - Production",
            path="#",
            icon=connector.icon,
            status=s.status("active"),
            acts_as_person=True,
        )
    ]


def member_removal(_: HttpRequest) -> dict[str, Any]:
    """What is in the name of a leaving member."""
    return {"person": "Bob Marsh", "holdings": holdings(), "form": None, "cancel_url": "#"}


def invitations(_: HttpRequest) -> dict[str, Any]:
    """Invitations, open and over."""
    row = {"role": "Member", "invited_by": "Alice Moreau", "expires_at": s.ago(days=-3)}
    return {
        "form": InviteForm(),
        "rows": [
            Sample(
                email="carol@example.org",
                state="open",
                kind="accent",
                revoke_url="#",
                resend_url="#",
                **row,
            ),
            Sample(email="dan@example.org", state="accepted", kind="good", revoke_url="", **row),
        ],
    }


INVITATION = Sample(
    workspace="Northwind", email="carol@example.org", role="member", invited_by="Alice Moreau"
)


def invitation(_: HttpRequest) -> dict[str, Any]:
    """An invitation for the person who is signed in."""
    return {"invitation": INVITATION, "may_accept": True}


def invitation_other(_: HttpRequest) -> dict[str, Any]:
    """An invitation for another address."""
    why = "You are signed in as alice@northwind.example; it was sent to carol@example.org."
    return {"invitation": INVITATION, "may_accept": False, "why_not": why}


def invitation_over(_: HttpRequest) -> dict[str, Any]:
    """An invitation that no longer works."""
    return {"invitation": None}


def audit(_: HttpRequest) -> dict[str, Any]:
    """The audit log."""
    row = {"actor": "Bob Marsh", "subject": "Stripe - Production", "address": "203.0.113.7"}
    found = [
        Sample(what="Rotated a credential", details="version 4", at=s.ago(days=3), **row),
        Sample(what="Renamed a connection", details="from Stripe", at=s.ago(days=4), **row),
    ]
    return {
        "rows": found,
        "page": Paginator(found, 50).page(1),
        "query": "",
        "actor_choices": [option("1", "Bob Marsh")],
        "act_choices": [option("connection.renamed", "Renamed a connection")],
        "from_on": "",
        "to_on": "2026-11-21",
        "errors": [],
        "export_url": f"{BASE}/audit/export/?",
        "clear_url": f"{BASE}/audit/",
    }


def notices(_: HttpRequest) -> dict[str, Any]:
    """Notices, read and unread."""
    found = [
        Sample(
            title="Stripe - Production stopped working",
            text="The service refused the credentials. 4 workflows need it.",
            url="#",
            at=s.ago(hours=2),
            is_unread=True,
        ),
        Sample(
            title="The key of Resend expires in 7 days",
            text="",
            url="#",
            at=s.ago(days=2),
            is_unread=False,
        ),
    ]
    return {"rows": found, "page": Paginator(found, 50).page(1)}


def no_notices(_: HttpRequest) -> dict[str, Any]:
    """Nothing to say."""
    return {"rows": [], "page": Paginator([], 50).page(1), "notices_count": 0}


def settings(_: HttpRequest) -> dict[str, Any]:
    """The workspace's settings, for an owner."""
    return {"form": WorkspaceForm(), "facts": []}


def settings_read(_: HttpRequest) -> dict[str, Any]:
    """The workspace's settings, for everybody else."""
    return {"form": None, "facts": [Sample(label="Name", value="Northwind")]}


def create(_: HttpRequest) -> dict[str, Any]:
    """A new workspace."""
    return {"form": sample_forms.RenameForm()}


def welcome(_: HttpRequest) -> dict[str, Any]:
    """The first page after sign-up."""
    step = {"url": "#", "label": "Go", "is_done": False, "is_next": False}
    return {
        "done_count": 1,
        "steps": [
            Sample(
                **step
                | {
                    "title": "Connect a service",
                    "text": "So that workflows can act.",
                    "is_done": True,
                }
            ),
            Sample(
                **step
                | {"title": "Build a workflow", "text": "Say what starts it, and what follows."}
            ),
            Sample(
                **step
                | {"title": "Invite someone", "text": "Share what is connected.", "is_next": True}
            ),
        ],
    }


def delete(_: HttpRequest) -> dict[str, Any]:
    """The end of a workspace."""
    return {"breaks": ["6 connections stop at once.", "3 members lose access."], "cancel_url": "#"}


def leave(_: HttpRequest) -> dict[str, Any]:
    """Leaving."""
    return {
        "why_not": None,
        "holdings": holdings(),
        "form": sample_forms.HandOverForm(),
        "cancel_url": "#",
    }


def leave_refused(_: HttpRequest) -> dict[str, Any]:
    """The last owner cannot leave."""
    why = Sample(
        title="You are the last owner.", text="Hand over first.", url="#", label="Hand over"
    )
    return {"why_not": why}


def hand_over(_: HttpRequest) -> dict[str, Any]:
    """Another owner of the workspace."""
    return {"form": sample_forms.HandOverForm(), "cancel_url": "#"}
