"""The list of a workspace's workflows: searched, filtered, counted and sorted by the database.

One question counts what the filters show, one fetches a page, and one each fetches what stands
beside its rows: connections, triggers, last runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, Func, JSONField, OuterRef, Q, Subquery, TextField, Value
from django.db.models.functions import Cast, Lower

from workflows.models import Reference, Run, Version, Workflow

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection, Iterable, Mapping

    from django.db.models import QuerySet

    from connections.models import Connection
    from workspaces.models import Workspace

ROWS_ON_A_PAGE = 50
LONGEST_SEARCH = 100
STATES = ("enabled", "disabled", "attention")
SORTS = ("name", "enabled", "next_run", "saved")
TRIGGER = '$.nodes[*] ? (@.kind == "trigger").settings.start'


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person asked for. Anything unknown counts as not asked."""

    search: str = ""
    state: str = ""
    tag: str = ""
    sort: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Choice:
        """Read it from a page's query."""
        state, sort = query.get("state", ""), query.get("sort", "")
        return cls(
            search=_text(query.get("q", "")),
            state=state if state in STATES else "",
            tag=_text(query.get("tag", "")),
            sort=sort if sort.removeprefix("-") in SORTS else "",
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether some workflows may be left out."""
        return self != Choice(sort=self.sort)


class Listing:
    """The workflows of a workspace under a choice; the workspace's scope must be open."""

    def __init__(self, workspace: Workspace, choice: Choice) -> None:
        """Look at this workspace."""
        self.workspace, self.choice = workspace, choice

    @cached_property
    def counts(self) -> dict[str, int]:
        """Count what search and tag find, by state; the empty one stands for all."""
        found: dict[str, int] = self._found().aggregate(
            all=Count("pk"),
            enabled=Count("pk", filter=Q(is_enabled=True)),
            disabled=Count("pk", filter=Q(is_enabled=False)),
            attention=Count("pk", filter=attention(self.workspace.pk)),
        )
        return {"": found.pop("all"), **found}

    @cached_property
    def tags(self) -> list[str]:
        """Every tag that some workflow has."""
        rows = self._present().annotate(
            tag=Func(F("tags"), function="jsonb_array_elements_text", output_field=TextField())
        )
        return sorted(set(rows.values_list("tag", flat=True).distinct()), key=str.casefold)

    def page(self, number: str | None) -> Page[Workflow]:
        """Fetch one page of rows; a number out of range is the nearest."""
        rows: Any = self._chosen().order_by(*self._order())
        count = self.counts[self.choice.state]
        page: Page[Workflow] = _CountedPaginator(rows, count=count).get_page(number)
        page.object_list = list(page.object_list)
        return page

    def _present(self) -> QuerySet[Workflow]:
        rows: QuerySet[Workflow] = Workflow.objects.present().filter(workspace=self.workspace)
        return rows

    def _found(self) -> QuerySet[Workflow]:
        rows = self._present()
        if self.choice.tag:
            rows = rows.filter(tags__contains=[self.choice.tag])
        if not self.choice.search:
            return rows
        rows = rows.alias(lowered=Lower("name"), lowered_tags=Lower(Cast("tags", TextField())))
        text = self.choice.search.lower()
        return rows.filter(Q(lowered__contains=text) | Q(lowered_tags__contains=text))

    def _chosen(self) -> QuerySet[Workflow]:
        rows = self._found().select_related("schedule")
        if self.choice.state == "attention":
            return rows.filter(attention(self.workspace.pk))
        if self.choice.state:
            return rows.filter(is_enabled=self.choice.state == "enabled")
        return rows

    def _order(self) -> tuple[Any, ...]:
        key = self.choice.sort.removeprefix("-") or "name"
        first = _ORDERS[key]
        is_descending = self.choice.sort.startswith("-")
        order = first.desc(nulls_last=True) if is_descending else first.asc(nulls_last=True)
        return (order, "pk") if key == "name" else (order, Lower("name").asc(), "pk")


def attention(workspace_id: uuid.UUID) -> Q:
    """Ask for what somebody should look at.

    That is a workflow that uses a connection which is not Active, whose latest version has
    problems, or whose last run failed.
    """
    broken = Reference.objects.filter(workspace_id=workspace_id).exclude(
        connection__status="active", connection__removed_at=None
    )
    is_draft = Q(live=None) | ~Q(live_id=F("latest_id"))
    is_failing = Q(failing_since__isnull=False)
    return Q(pk__in=broken.values("workflow_id")) | is_draft | is_failing


def connections_of(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[Connection]]:
    """Give the connections that each workflow uses, the broken ones first; in the scope."""
    rows = Reference.objects.filter(workflow_id__in=ids).select_related("connection__owner")
    rows = rows.only("workflow", *(f"connection__{name}" for name in _SHOWN))
    found: dict[uuid.UUID, dict[uuid.UUID, Connection]] = {}
    for row in rows.order_by("connection__urgency", "connection__name", "connection_id"):
        found.setdefault(row.workflow_id, {})[row.connection_id] = row.connection
    return {workflow_id: list(known.values()) for workflow_id, known in found.items()}


def triggers_of(workflows: Iterable[Workflow]) -> dict[uuid.UUID, Any]:
    """Give what starts each workflow, as its live version says, else its latest; in the scope.

    The database reads it out of the definitions, which may be large.
    """
    versions = {row.live_id or row.latest_id: row.pk for row in workflows}
    start = Func(
        F("definition"),
        Cast(Value(TRIGGER), _JsonPath()),
        function="jsonb_path_query_first",
        output_field=JSONField(),
    )
    rows = Version.objects.filter(pk__in=versions).annotate(start=start)
    return {versions[pk]: found for pk, found in rows.values_list("pk", "start")}


def last_runs(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Run]:
    """Give the newest run of each workflow, trial runs left out; in the scope."""
    of_one = Run.objects.filter(workflow=OuterRef("pk"), is_trial=False)
    newest = Subquery(of_one.order_by("-created_at", "-id").values("pk")[:1])
    chosen = Workflow.objects.filter(pk__in=ids).annotate(newest=newest)
    rows = Run.objects.filter(pk__in=chosen.values("newest")).defer(
        "data_sealed", "response_sealed"
    )
    return {row.workflow_id: row for row in rows}


class _JsonPath(TextField[str, str]):
    """PostgreSQL's type of a path into JSON."""

    def db_type(self, connection: Any) -> str:  # noqa: ARG002 - Django's own signature
        """Name it."""
        return "jsonpath"


class _CountedPaginator(Paginator[Workflow]):
    """A paginator that was told how many rows there are."""

    def __init__(self, rows: Any, *, count: int) -> None:
        super().__init__(rows, ROWS_ON_A_PAGE)
        self._count = count

    @property
    def count(self) -> int:
        """The number of rows in all."""
        return self._count


_OWNER = ("owner", "owner__name", "owner__email")
_SHOWN = ("name", "status", "is_private", "removed_at", *_OWNER)
_ORDERS: dict[str, Any] = {
    "name": Lower("name"),
    "enabled": F("is_enabled"),
    "next_run": F("schedule__next_at"),
    "saved": F("latest_id"),  # IDs of versions grow with time
}


def _text(given: str) -> str:
    return given.replace("\0", "").strip()[:LONGEST_SEARCH]
