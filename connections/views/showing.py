"""What templates show of a connection: words, links and rights, with no queries left to make."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypedDict

from django.urls import reverse

from connections import access
from connections.models import Connection, Status
from connectors.outcomes import MEANINGS
from spojit.lib.ids import NOBODY

if TYPE_CHECKING:
    import uuid
    from datetime import datetime

    from workspaces.models import Membership

TRY_AGAIN = frozenset({"timeout", "unreachable", "upstream_fault", "rate_limited"})
WORDS = dict(Status.choices)
LOOK_AT = {
    "other_account": "Decide",
    "name_not_found": "Check the address",
    "tls": "Check the address",
    "address_refused": "Check the address",
    "not_found": "Check the address",
    "bad_answer": "Check the address",
}


@dataclass(frozen=True, slots=True)
class ShownStatus:
    """A status as a mark, a word and perhaps a reason."""

    kind: str
    word: str
    reason: str = ""

    @classmethod
    def of(cls, connection: Connection) -> ShownStatus:
        """Say what a connection is."""
        return cls(connection.status, WORDS[connection.status], reason_of(connection))


@dataclass(frozen=True, slots=True)
class Link:
    """An address and what it is called."""

    url: str
    label: str
    icon: str = ""
    is_danger: bool = False


class Row(TypedDict):
    """One connection in a table: a dictionary, which templates read faster than attributes."""

    id: uuid.UUID
    icon: Any
    connector_name: str
    url: str
    name: str
    environment: str
    is_private: bool
    status: ShownStatus
    account: str
    owner: str
    used_by: int
    checked_at: datetime | None
    remedy: Link | None


def row(connection: Connection, *, slug: str, membership: Membership, used_by: int = 0) -> Row:
    """Show a connection in a table; of a private one others see whose it is and how it is."""
    is_seen = access.may_see(membership, connection)
    manifest = connection.manifest
    return Row(
        id=connection.pk,
        icon=manifest.icon,
        connector_name=manifest.name,
        url=page(slug, connection, "detail") if is_seen else "",
        name=access.shown_name(membership, connection),
        environment=connection.environment if is_seen else "",
        is_private=connection.is_private,
        status=ShownStatus.of(connection),
        account=connection.account_name if is_seen else "",
        owner=str(connection.owner or ""),
        used_by=used_by,
        checked_at=connection.checked_at,
        remedy=remedy(connection, slug=slug, membership=membership),
    )


def remedy(connection: Connection, *, slug: str, membership: Membership) -> Link | None:
    """Return the act that may mend a broken connection, for whoever may do it."""
    if not access.may_manage(membership, connection):
        return None
    if _is_left_half_way(connection):
        return Link(page(slug, connection, "added"), "Continue")
    if not connection.needs_attention:
        return None
    if connection.manifest_scheme.is_inbound:
        return Link(page(slug, connection, "credential"), "Enter the secret again")
    if connection.reason == "other_account":
        return Link(page(slug, connection, "detail"), LOOK_AT["other_account"])
    if connection.reason in TRY_AGAIN:
        return Link(page(slug, connection, "detail"), "Look")
    is_grant = connection.manifest_scheme.is_grant
    if connection.status == Status.REAUTHORIZE or is_grant:
        return Link(page(slug, connection, "credential"), "Reconnect")
    label = LOOK_AT.get(connection.reason, "Replace credentials")
    return Link(page(slug, connection, "credential"), label)


def _is_left_half_way(connection: Connection) -> bool:
    """Whether it waits for a person: to authorize it, or to have a webhook's service send."""
    if connection.status != Status.PENDING:
        return False
    scheme = connection.manifest_scheme
    return scheme.is_inbound or (scheme.is_grant and connection.verification_due_at is None)


def reason_of(connection: Connection) -> str:
    """Say why a connection is not Active; nothing while it is."""
    if connection.status == Status.ACTIVE or connection.reason not in MEANINGS:
        return ""
    return MEANINGS[connection.reason].sentence


def page(slug: str, connection: Connection, name: str) -> str:
    """Return the address of one of a connection's pages."""
    return _page_of_nobody(slug, name).replace(str(NOBODY), str(connection.pk))


@lru_cache(maxsize=4096)
def _page_of_nobody(slug: str, name: str) -> str:
    """Resolve an address once for a list of fifty rows: resolving costs more than replacing."""
    return reverse(f"connections:{name}", kwargs={"slug": slug, "connection_id": NOBODY})


@lru_cache(maxsize=4096)
def connector_page(slug: str, key: str, name: str = "detail") -> str:
    """Return the address of one of a connector's pages."""
    return reverse(f"connectors:{name}", kwargs={"slug": slug, "key": key})


@lru_cache(maxsize=4096)
def add_page(slug: str, key: str) -> str:
    """Return the address of the form that connects an account to a connector."""
    return reverse("connections:add", kwargs={"slug": slug, "key": key})
