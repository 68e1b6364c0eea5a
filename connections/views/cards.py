"""Connectors as cards: what the catalogue and the list of connections show of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connections.views import showing
from connectors import registry
from connectors.models import Connector

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.manifest import Connector as Manifest, Scheme


@dataclass(frozen=True, slots=True)
class Card:
    """One connector."""

    key: str
    name: str
    category: str
    summary: str
    icon: Any
    schemes: list[Scheme]
    deprecation: str
    connected: int
    url: str
    add_url: str


@dataclass(frozen=True, slots=True)
class Group:
    """The connectors of one category."""

    name: str
    connectors: list[Card]


def groups(slug: str, *, connected: Mapping[str, int], search: str = "") -> list[Group]:
    """Group the connectors that a search finds by category.

    One that staff hid is there only while the workspace has connections to it.
    """
    found = [card for card in _cards(slug, connected) if _matches(card, search)]
    names = sorted({card.category for card in found})
    return [Group(name, [card for card in found if card.category == name]) for name in names]


def card(manifest: Manifest, row: Connector | None, *, slug: str, connected: int) -> Card:
    """Show one connector; `row` is what staff decided."""
    is_addable = row is not None and not row.is_hidden and not row.is_disabled
    notice = row.deprecation_notice if row else ""
    return Card(
        key=manifest.key,
        name=manifest.name,
        category=manifest.category,
        summary=manifest.summary,
        icon=manifest.icon,
        schemes=manifest.schemes,
        deprecation=notice or (manifest.deprecation.notice if manifest.deprecation else ""),
        connected=connected,
        url=showing.connector_page(slug, manifest.key),
        add_url=showing.add_page(slug, manifest.key) if is_addable and manifest.schemes else "",
    )


def _cards(slug: str, connected: Mapping[str, int]) -> list[Card]:
    rows = {row.key: row for row in Connector.objects.filter(is_present=True)}
    return [
        card(manifest, rows[manifest.key], slug=slug, connected=connected.get(manifest.key, 0))
        for manifest in registry.all()
        if manifest.key in rows and _is_shown(rows[manifest.key], connected)
    ]


def _is_shown(row: Connector, connected: Mapping[str, int]) -> bool:
    return not row.is_hidden or bool(connected.get(row.key))


def _matches(found: Card, search: str) -> bool:
    words = search.lower().split()
    receives = "webhook" if any(scheme.is_inbound for scheme in found.schemes) else ""
    text = f"{found.name} {found.key} {found.summary} {found.category} {receives}".lower()
    return all(word in text for word in words)
