"""The list of a workspace's connections: searched, filtered, counted and sorted by the database.

One question counts everything that the filters show, one fetches a page of rows.
"""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, Lower, NullIf

from connections import usage
from connections.models import Connection, Status
from connectors import registry
from workspaces.models import User
from workspaces.roles import Permission

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from workspaces.models import Membership

ROWS_ON_A_PAGE = 50
LONGEST_SEARCH = 100
SORTS = ("name", "status", "account", "owner", "checked", "connector", "environment", "used_by")


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person asked for. Anything unknown counts as not asked."""

    search: str = ""
    status: str = ""
    connector: str = ""
    owner: uuid.UUID | None = None
    sort: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Choice:
        """Read it from a page's query."""
        return cls(
            search=query.get("q", "").replace("\0", "").strip()[:LONGEST_SEARCH],
            status=_known(query.get("status", ""), Status.values),
            connector=_known(query.get("connector", ""), registry.paths()),
            owner=_uuid(query.get("owner", "")),
            sort=query.get("sort", "") if query.get("sort", "").lstrip("-") in SORTS else "",
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether some connections may be left out."""
        return self != Choice(sort=self.sort)


@dataclass(frozen=True, slots=True)
class Facet:
    """How many connections there are of one status, connector and owner."""

    status: str
    connector: str
    owner: uuid.UUID | None
    count: int


class Listing:
    """The connections that a member sees in a list, under a choice."""

    def __init__(self, membership: Membership, choice: Choice) -> None:
        """Look at the membership's workspace, whose scope must be open."""
        self.membership, self.choice = membership, choice

    @cached_property
    def facets(self) -> list[Facet]:
        """Everything that the search finds, counted by what can be filtered."""
        counted = self._found().values_list("status", "connector_id", "owner_id")
        return [Facet(*row) for row in counted.annotate(Count("pk")).order_by()]

    def counts(self, name: str) -> Counter[Any]:
        """Count by `status`, `connector` or `owner`, under the other filters."""
        blank: dict[str, Any] = {name: None if name == "owner" else ""}
        others = replace(self.choice, **blank)
        counter: Counter[Any] = Counter()
        for facet in self.facets:
            if _fits(facet, others):
                counter[getattr(facet, name)] += facet.count
        return counter

    @property
    def total(self) -> int:
        """How many connections fit the whole choice."""
        return sum(facet.count for facet in self.facets if _fits(facet, self.choice))

    def page(self, number: str | None) -> Page[Connection]:
        """Fetch one page of rows with their owners; a number out of range is the nearest."""
        rows: Any = self._sorted(self._chosen())
        page: Page[Connection] = _CountedPaginator(rows, count=self.total).get_page(number)
        page.object_list = list(page.object_list)
        for row in page.object_list:
            row.owner = self.owners.get(row.owner_id) if row.owner_id else None
        return page

    @cached_property
    def owners(self) -> dict[uuid.UUID, User]:
        """Everybody who owns something that the search finds; whoever looks is known already."""
        owners = {facet.owner for facet in self.facets if facet.owner}
        here = {self.membership.user_id: self.membership.user}
        known = {pk: user for pk, user in here.items() if pk in owners}
        return known | User.objects.in_bulk(owners - set(known))

    def _found(self) -> QuerySet[Connection]:
        rows: QuerySet[Connection] = Connection.objects.present().filter(
            workspace_id=self.membership.workspace_id
        )
        if not self.choice.search:
            return rows
        text = self.choice.search.lower()
        named = Q(lowered_name__contains=text) | Q(lowered_account__contains=text)
        rows = rows.alias(lowered_name=Lower("name"), lowered_account=Lower("account_name"))
        return rows.filter(self._seen & (named | Q(connector__in=_connectors_named(text))))

    @property
    def _seen(self) -> Q:
        """Those whose names this member may see, so that no search tells of the others."""
        if self.membership.may(Permission.MANAGE_ANY_CONNECTION):
            return Q()
        return Q(is_private=False) | Q(owner_id=self.membership.user_id)

    def _chosen(self) -> QuerySet[Connection]:
        rows = self._found()
        if self.choice.status:
            rows = rows.filter(status=self.choice.status)
        if self.choice.connector:
            rows = rows.filter(connector_id=self.choice.connector)
        if self.choice.owner:
            rows = rows.filter(owner_id=self.choice.owner)
        return rows

    def _sorted(self, rows: QuerySet[Connection]) -> QuerySet[Connection]:
        key = self.choice.sort.lstrip("-") or "status"
        first = self._used_by(rows) if key == "used_by" else self._order(key)
        is_descending = self.choice.sort.startswith("-")
        order = first.desc(nulls_last=True) if is_descending else first.asc(nulls_last=True)
        return rows.order_by(order, self._order("name").asc(nulls_last=True), "pk")

    def _order(self, key: str) -> Any:
        """Return what to order by; what a member may not see does not order its row."""
        expression = _ORDERS[key]()
        if key not in {"name", "account", "environment"} or not self._seen:
            return expression
        return Case(When(self._seen, then=expression), default=Value(None))

    def _used_by(self, rows: QuerySet[Connection]) -> Any:
        counts = usage.counts(list(rows.values_list("pk", flat=True)))
        whens = [When(pk=pk, then=Value(count)) for pk, count in counts.items() if count]
        return Case(*whens, default=Value(0)) if whens else self._order("name")


class _CountedPaginator(Paginator[Connection]):
    """A paginator that was told how many rows there are."""

    def __init__(self, rows: Any, *, count: int) -> None:
        super().__init__(rows, ROWS_ON_A_PAGE)
        self._count = count

    @property
    def count(self) -> int:
        """The number of rows in all."""
        return self._count


_ORDERS: dict[str, Callable[[], Any]] = {
    "name": lambda: Lower("name"),
    "status": lambda: F("urgency"),
    "account": lambda: NullIf(Lower("account_name"), Value("")),
    "owner": lambda: Lower(Coalesce(NullIf("owner__name", Value("")), F("owner__email"))),
    "checked": lambda: F("checked_at"),
    "connector": lambda: F("connector_id"),
    "environment": lambda: NullIf("environment", Value("")),
}


def _fits(facet: Facet, choice: Choice) -> bool:
    wanted = (choice.status, choice.connector, choice.owner)
    found = (facet.status, facet.connector, facet.owner)
    return all(not want or want == have for want, have in zip(wanted, found, strict=True))


def _connectors_named(text: str) -> list[str]:
    return [found.key for found in registry.all() if text in found.name.lower()]


def _known(value: str, allowed: Any) -> str:
    return value if value in allowed else ""


def _uuid(value: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(value)
    except ValueError:
        return None
