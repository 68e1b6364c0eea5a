"""Contexts of the catalogue's pages."""

from __future__ import annotations

from types import SimpleNamespace as Sample
from typing import TYPE_CHECKING, Any

from tests.frontend import sample_forms, samples as s
from tests.frontend.samples_connections import rows

if TYPE_CHECKING:
    from django.http import HttpRequest

BASE = "/w/northwind/connectors/stripe"
SCHEMA = {
    "type": "object",
    "required": ["amount", "currency"],
    "properties": {
        "amount": {"type": "integer", "description": "In the smallest unit, such as cents."},
        "currency": {"type": "string", "enum": ["eur", "usd", "czk"], "default": "eur"},
        "customer": {
            "type": "object",
            "description": "Who pays.",
            "properties": {
                "id": {"type": "string"},
                "tags": {"type": "array", "items": {"type": "string"}},
            },
        },
    },
}
ANSWER = {
    "id": "cus_1Nk",
    "object": "customer",
    "balance": 0,
    "delinquent": False,
    "metadata": {"plan": "team", "owner": None},
    "sources": [1, 2.5, {"deep": {"deeper": {"x": 1}}}],
}


def catalogue(_: HttpRequest) -> dict[str, Any]:
    """The catalogue by category."""
    names = ["Data", "Development", "Email", "Payments", "Storage"]
    groups = [
        Sample(name=name, connectors=[one for one in s.CONNECTORS if one.category == name])
        for name in names
    ]
    categories = [Sample(label="All", url="?", count=len(s.CONNECTORS), is_current=True)]
    categories += [
        Sample(label=one.name, url="?", count=len(one.connectors), is_current=False)
        for one in groups
    ]
    return {
        "groups": groups,
        "categories": categories,
        "search": "",
        "kept_query": [],
        "http_url": "#",
        "clear_url": "?",
    }


def nothing_found(request: HttpRequest) -> dict[str, Any]:
    """The catalogue when nothing matches."""
    return catalogue(request) | {"groups": [], "search": "fax"}


def head(current: str, **extra: Any) -> Sample:
    """The head of every page of one connector."""
    tabs = (("Tools", "", 3), ("Connections", "connections/", 2), ("About", "about/", None))
    return Sample(
        **vars(s.CONNECTORS[1])
        | {
            "needs_none": False,
            "tabs": [
                Sample(label=label, url=f"{BASE}/{path}", count=count, is_current=label == current)
                for label, path, count in tabs
            ],
        }
        | extra
    )


def tool(effect: str = "write") -> Sample:
    """A tool."""
    return Sample(
        key="create_payment",
        title="Create a payment",
        summary="Start collecting money from a customer.",
        description="Start collecting money from a customer. Nothing is charged until confirmed.",
        effect=effect,
        is_idempotent=True,
        scopes=["payment_intents:write"],
        deprecation="",
        url=f"{BASE}/tools/create_payment/",
        input=SCHEMA,
        output={},
    )


def detail(_: HttpRequest) -> dict[str, Any]:
    """A connector's tools."""
    return {"connector": head("Tools"), "tools": [tool("read"), tool(), tool("destructive")]}


def tool_page(_: HttpRequest) -> dict[str, Any]:
    """A tool, not yet tried."""
    return {
        "connector": head("Tools"),
        "tool": tool(),
        "form": sample_forms.ExampleForm(),
        "may_run": True,
        "may_not_run": "",
        "call": None,
    }


def tool_running(request: HttpRequest) -> dict[str, Any]:
    """A tool while its call runs."""
    return tool_page(request) | {"call": Sample(is_running=True, url=f"{BASE}/tools/x/tries/1/")}


def tool_answered(request: HttpRequest) -> dict[str, Any]:
    """A tool with its answer."""
    call = Sample(
        is_running=False,
        word="ok",
        kind="good",
        sentence="",
        hint="",
        detail="",
        status_code=200,
        duration_ms=231,
        has_data=True,
        data=ANSWER,
        is_cut=True,
    )
    return tool_page(request) | {"call": call}


def tool_closed(request: HttpRequest) -> dict[str, Any]:
    """A tool that this person may not run."""
    return tool_page(request) | {"may_run": False, "may_not_run": "Connect an account first."}


def connections(_: HttpRequest) -> dict[str, Any]:
    """A connector's connections in this workspace."""
    return {"connector": head("Connections"), "rows": rows()[:2]}


def no_connections(_: HttpRequest) -> dict[str, Any]:
    """A connector without connections."""
    return {"connector": head("Connections"), "rows": []}


def about(_: HttpRequest) -> dict[str, Any]:
    """What to prepare."""
    field = Sample(
        label="Secret key",
        help="Starts with sk_live_ or sk_test_.",
        secret=True,
        required=True,
        where="https://dashboard.stripe.com/apikeys",
    )
    return {
        "connector": head("About"),
        "before_you_start": ["Someone with the Developer role must make the key."],
        "version": 1,
        "documentation": [Sample(title="API keys", url="https://docs.stripe.com/keys")],
        "schemes": [
            Sample(
                key="api_key",
                label="Secret key",
                help="Everything the account may do.",
                calls="GET https://api.stripe.com/v1/account",
                fields=[field],
            )
        ],
    }
