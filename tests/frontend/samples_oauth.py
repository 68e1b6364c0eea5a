"""Contexts of the pages about authorizing: what is asked for, the grant in use, OAuth apps."""

from __future__ import annotations

from types import SimpleNamespace as Sample
from typing import TYPE_CHECKING, Any

from connections.forms import OAuthAppForm, ScopesForm
from connectors.manifest import OAuth2
from tests.frontend import sample_forms, samples as s
from tests.frontend.samples_connections import BASE, connection
from tests.frontend.samples_credentials import add

if TYPE_CHECKING:
    from django.http import HttpRequest

REDIRECT = "https://spojit.example.com/oauth/callback"
APPS = "/w/northwind/oauth-apps/"
OAUTH2 = OAuth2.model_validate(
    {
        "unconfirmed": True,
        "authorize_url": "https://auth.example.com/authorize",
        "token_url": "https://auth.example.com/token",
        "scopes": [
            {"scope": "offline", "label": "Stay connected.", "required": True},
            {"scope": "orders:read", "label": "See orders."},
            {"scope": "orders:write", "label": "Change orders."},
        ],
        "presets": [
            {"key": "read", "label": "Only read", "scopes": ["orders:read"]},
            {"key": "all", "label": "Everything", "scopes": ["orders:read", "orders:write"]},
        ],
    }
)


def asked(scopes: ScopesForm, **extra: Any) -> dict[str, Any]:
    """What stands above the button that leads to the service."""
    given = {
        "service": "Stripe",
        "always": scopes.always,
        "presets": scopes.preset_lines,
        "more": scopes.more,
        "is_more_open": scopes.is_more_open,
        "has_scopes": True,
        "account": "",
        "redirect_url": REDIRECT,
        "app": {"is_missing": False, "whose": "this installation's", "client_id": "ca_5678"},
    }
    return given | extra


def add_grant(request: HttpRequest) -> dict[str, Any]:
    """The add page of a scheme that a person authorizes."""
    scopes = ScopesForm(oauth2=OAUTH2)
    return add(request) | {"asked": asked(scopes), "scopes_form": scopes, "permissions": []}


def add_without_app(request: HttpRequest) -> dict[str, Any]:
    """The same while nobody has entered an OAuth app."""
    scopes = ScopesForm({"preset": "no-such"}, oauth2=OAUTH2)
    app = {
        "is_missing": True,
        "title": "Stripe has no OAuth app here yet.",
        "text": "Register an app at the service once.",
        "url": f"{APPS}stripe/oauth2/",
        "label": "Enter an OAuth app",
    }
    return add_grant(request) | {"asked": asked(scopes, app=app), "scopes_form": scopes}


def left_half_way(request: HttpRequest) -> dict[str, Any]:
    """A connection that nobody authorized yet."""
    return add_grant(request) | {
        "schemes": [],
        "is_unconnected": True,
        "abandon_url": f"{BASE}/abandoning/",
    }


def grant(**extra: Any) -> dict[str, Any]:
    """The authorization in use."""
    given = {
        "is_grant": True,
        "account": "Northwind Ltd (acct_1NkQ2v)",
        "by": "Alice Moreau",
        "at": s.ago(days=12),
        "asked": [{"scope": "offline", "label": ""}, {"scope": "orders:read", "label": ""}],
        "granted": [{"scope": "offline", "label": ""}],
        "refused": ["orders:read"],
        "client_id": "ca_5678",
        "renews": True,
        "renewed_at": s.ago(minutes=120),
        "renews_at": s.ago(minutes=-51),
        "ends_at": s.ago(minutes=-60),
        "grant_ends_at": None,
        "late_since": s.ago(minutes=30),
        "late_because": "The service did not answer in time.",
    }
    return given | extra


def reconnect(_: HttpRequest) -> dict[str, Any]:
    """The page that stands in place of rotating."""
    scopes = ScopesForm(oauth2=OAUTH2, before=["orders:read"])
    form = sample_forms.ExampleForm()
    return {
        "connection": connection("Credentials"),
        "checklist": None,
        "other_account": None,
        "form": form,
        "scopes_form": scopes,
        "fields": [s.field(form["region"])],
        "is_form_open": False,
        "asked": asked(scopes, account="Northwind Ltd"),
        "grant": grant(),
        "action": f"{BASE}/credential/",
        "cancel_url": f"{BASE}/credentials/",
    }


def leaving(_: HttpRequest) -> dict[str, Any]:
    """The page that moves on to the service."""
    url = "https://auth.example.com/authorize?client_id=ca_5678&state=s"
    return {"service": "Stripe", "service_url": url, "back_url": f"{BASE}/"}


def problem(_: HttpRequest) -> dict[str, Any]:
    """What came back belongs to nothing."""
    return {"title": "That took too long", "text": "An authorization counts for ten minutes."}


def apps(_: HttpRequest) -> dict[str, Any]:
    """The list of connectors that need an app."""
    given = {
        "connector_name": "Stripe",
        "icon": s.CONNECTORS[1].icon,
        "scheme_label": "Connect with Stripe",
        "url": f"{APPS}stripe/oauth2/",
    }
    own = {"word": "your own", "kind": "good", "set_at": s.ago(days=3), "set_by": "Adam"}
    none = {"word": "none", "kind": "warn", "set_at": None, "set_by": ""}
    return {"rows": [given | own, given | none], "redirect_url": REDIRECT}


def app(_: HttpRequest) -> dict[str, Any]:
    """The form of one app."""
    return {
        "connector_name": "Stripe",
        "icon": s.CONNECTORS[1].icon,
        "scheme_label": "Connect with Stripe",
        "redirect_url": REDIRECT,
        "register_url": "https://dashboard.stripe.com/apps",
        "notes": ["Switch on offline access."],
        "scopes": OAUTH2.scopes,
        "own": Sample(set_at=s.ago(days=3), set_by_name="Adam", secret_sealed=b"sealed"),
        "has_installed": False,
        "removal_url": f"{APPS}stripe/oauth2/removal/",
        "cancel_url": APPS,
        "form": OAuthAppForm(client_id="ca_5678", has_secret=True),
    }


def app_removal(_: HttpRequest) -> dict[str, Any]:
    """What removing one breaks."""
    return {
        "connector_name": "Stripe",
        "scheme_label": "Connect with Stripe",
        "breaks": ["Stripe - Production has to be reconnected once its present token ends."],
        "cancel_url": APPS,
    }
