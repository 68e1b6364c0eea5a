"""A run's steps as lines: what stands in loops folded into rounds, each with a bar in time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from spojit.lib import clock
from spojit.lib.spans import Axis
from workflows.models import RunStatus
from workflows.views.runs import showing
from workflows.views.runs.showing import ShownStatus
from workflows.watching import standing, steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from spojit.lib.spans import Bar
    from workflows.models import Run
    from workflows.watching.steps import Count, Line, Round

DEEPEST = 6
MOST_FAILED_OPEN = 3
_ROUND = re.compile(r"(?P<loop>.*?[a-z0-9_])\[(?P<number>\d+)\]\.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the tree: a step, a round, or the pages of a loop's rounds."""

    key: str
    depth: int
    label: str
    url: str = ""
    status: ShownStatus | None = None
    note: str = ""
    duration_ms: int | None = None
    bar: Bar | None = None
    is_current: bool = False
    is_round: bool = False
    is_copied: bool = False
    newer_url: str = ""
    older_url: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for: a step, a page of rounds, and whether only failed ones."""

    place: str = ""
    page: int = 0
    only_failed: bool = False

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Asked:
        """Read it from a query."""
        page = given.get("page", "")
        number = int(page) if page.isdecimal() and len(page) < 6 else 0
        return cls(given.get("step", "")[:400], number, given.get("rounds") == "failed")


class Tracer:
    """Lists the lines of one run's tree."""

    def __init__(self, run: Run, *, url: str, asked: Asked, chosen: str) -> None:
        """Prepare to draw the tree as it is now, opened along the way to the chosen step."""
        self.run = run
        self.url = url
        self.asked = asked
        self.chosen = chosen
        self.now = run.finished_at or clock.now()
        self.axis = Axis(run.started_at or run.created_at, self.now)
        self.opened = dict(_ways(chosen))
        self.pages_of = _loop_of(chosen)

    def rows(self, prefix: str = "", depth: int = 0) -> list[Row]:
        """List the steps of a level, and below each opened loop its rounds."""
        return list(self._level({prefix: depth})[prefix])

    def _level(self, prefixes: Mapping[str, int]) -> dict[str, list[Row]]:
        found = steps.level(self.run, list(prefixes))
        loops = [line.place for lines in found.values() for line in lines if line.kind == "loop"]
        counted = steps.counts(self.run, loops)
        return {
            prefix: [row for line in lines for row in self._step(line, counted, prefixes[prefix])]
            for prefix, lines in found.items()
        }

    def _step(self, line: Line, counted: Mapping[str, Count], depth: int) -> Iterator[Row]:
        status = standing.of_step(self.run, line.status)
        end = line.finished_at or self.now
        yield Row(
            key=_key(line.place),
            depth=min(depth, DEEPEST),
            label=line.node_name,
            url=self._at(line.place),
            status=ShownStatus(status, showing.WORDS[status]),
            note=_note(line, counted.get(line.place)),
            duration_ms=None if line.is_copied else self._took(line),
            bar=None if line.is_copied else self.axis.bar(line.started_at, end),
            is_current=line.place == self.chosen,
            is_copied=line.is_copied,
        )
        if line.kind == "loop" and line.place in self.opened:
            yield from self._rounds(line, counted.get(line.place), depth + 1)

    def _took(self, line: Line) -> int:
        if line.finished_at is None:
            return showing.milliseconds(line.started_at, self.now)
        return line.duration_ms

    def _rounds(self, line: Line, count: Count | None, depth: int) -> Iterator[Row]:
        if count is None:
            return
        only_failed = self.asked.only_failed and bool(count.failed)
        page = self._page(line.place)
        found = steps.rounds(self.run, line.place, page=page, only_failed=only_failed)
        most = count.failed if only_failed else count.rounds
        if most > steps.ROUNDS_ON_A_PAGE or (count.failed and count.failed < count.rounds):
            yield self._pager(line, count, page=page, only_failed=only_failed, depth=depth)
        opened = self._opened(line.place, found)
        inner = self._level({f"{line.place}[{number}].": depth + 1 for number in opened})
        for one in found:
            yield self._round(line, one, depth, is_open=one.number in opened)
            yield from inner.get(f"{line.place}[{one.number}].", [])

    def _opened(self, loop: str, found: list[Round]) -> list[int]:
        """Open the round that the chosen step is in, and else the first few that failed."""
        if self.opened.get(loop) is not None:
            return [one.number for one in found if one.number == self.opened[loop]]
        return [one.number for one in found if one.has_failed][:MOST_FAILED_OPEN]

    def _page(self, loop: str) -> int:
        if self.asked.page and loop == self.pages_of:
            return self.asked.page
        number = self.opened.get(loop)
        if number is None or self.asked.only_failed:
            return 1
        return number // steps.ROUNDS_ON_A_PAGE + 1

    def _round(self, line: Line, one: Round, depth: int, *, is_open: bool) -> Row:
        status = standing.of_step(self.run, one.status)
        return Row(
            key=_key(f"{line.place}[{one.number}]"),
            depth=min(depth, DEEPEST),
            label=f"Round {one.number + 1}",
            url="" if is_open else self._at(f"{line.place}[{one.number}]."),
            status=ShownStatus(status, showing.WORDS[status]),
            duration_ms=showing.milliseconds(one.started_at, one.finished_at),
            bar=None if one.is_copied else self.axis.bar(one.started_at, one.finished_at),
            is_round=True,
            is_copied=one.is_copied,
        )

    def _pager(self, line: Line, count: Count, *, page: int, only_failed: bool, depth: int) -> Row:
        most = count.failed if only_failed else count.rounds
        first, last = (page - 1) * steps.ROUNDS_ON_A_PAGE + 1, page * steps.ROUNDS_ON_A_PAGE
        words = f"{first:,} to {min(last, most):,} of {most:,} rounds"
        has_both = bool(count.failed) and count.failed < count.rounds
        return Row(
            key=_key(f"{line.place}-pages"),
            depth=min(depth, DEEPEST),
            label=f"{words} that failed" if only_failed else words,
            url=self._at(line.place, rounds="" if only_failed else "failed") if has_both else "",
            note="All rounds" if only_failed else "Only failed ones",
            newer_url=self._at(line.place, page=page - 1) if page > 1 else "",
            older_url=self._at(line.place, page=page + 1) if last < most else "",
        )

    def _at(self, place: str, **more: Any) -> str:
        kept = {"rounds": "failed"} if self.asked.only_failed else {}
        if "page" not in more and place.rstrip(".") != place and self.asked.page:
            kept["page"] = str(self.asked.page)
        query = {"step": place, **kept, **more}
        return f"{self.url}?{urlencode({name: value for name, value in query.items() if value})}"


def ticks(run: Run) -> list[str]:
    """Say what the line of time is marked with; nothing before the run begins."""
    if run.started_at is None or run.status == RunStatus.QUEUED:
        return []
    return Axis(run.started_at, run.finished_at or clock.now()).marks


def round_words(place: str) -> str:
    """Say in which rounds a step was run: "round 4 of each, round 1 of lines"."""
    found = _ROUND.finditer(place)
    return ", ".join(
        f"round {int(one['number']) + 1} of {one['loop'].rpartition('.')[2]}" for one in found
    )


def _ways(place: str) -> Iterator[tuple[str, int | None]]:
    """Give each loop on the way to a step with the round, and the step itself, if it is a loop."""
    for one in _ROUND.finditer(place):
        yield place[: one.end("loop")], int(one["number"])
    if not place.endswith("."):
        yield place, None


def _loop_of(place: str) -> str:
    """Return the loop whose rounds are paged: the chosen one, or the innermost around it."""
    ways = [loop for loop, number in _ways(place) if number is not None]
    return ways[-1] if ways else place


def _key(place: str) -> str:
    return re.sub(r"[^a-z0-9_]+", "-", place).strip("-")


def _note(line: Line, count: Count | None) -> str:
    if line.is_copied:
        return "copied"
    if count is not None and count.rounds:
        rounds = f"{count.rounds:,} round{'' if count.rounds == 1 else 's'}"
        return f"{rounds}, {count.failed:,} failed" if count.failed else rounds
    return f"{line.attempts} attempts" if line.attempts > 1 else ""
