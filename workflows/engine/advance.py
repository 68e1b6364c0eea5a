"""Advances a run: walks its graph from the trigger, skipping what was committed before. Pure.

A run is resumed by walking it again: a committed step gives what it gave, the first one that is not
committed is done and committed before the next begins.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from spojit.lib import clock
from spojit.lib.errors import Refused
from workflows.engine.results import Done, Failed, Waits
from workflows.engine.visit import Visit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from workflows.definition import Graph, Node
    from workflows.engine.journal import Entry, Journal
    from workflows.engine.scope import Scope

    Kinds = Mapping[str, Callable[[Visit], Done]]

COMPOSITES = frozenset({"loop", "parallel"})
"""Kinds that walk what hangs on some of their outputs before they are done."""


def advance(graph: Graph, journal: Journal, kinds: Kinds, scope: Scope) -> None:
    """Walk a run as far as it goes.

    Args:
        graph: of a version without problems.
        journal: the record of the run.
        kinds: what runs a node of each kind.
        scope: what the trigger brought, and facts of the run.

    Raises:
        Failed: a step failed and nothing catches that; `node_id` says which one.
        Waits: it goes on later.
    """
    walker = Walker(graph, journal, kinds)
    walker.walk(graph.after(graph.triggers[0].id, "next"), scope, "")


class Walker:
    """Walks one run; holds what each of its steps needs."""

    def __init__(self, graph: Graph, journal: Journal, kinds: Kinds) -> None:
        """Begin with these."""
        self.graph = graph
        self.journal = journal
        self.kinds = kinds

    def walk(self, node_id: str | None, scope: Scope, prefix: str) -> None:
        """Run a chain of steps until nothing hangs on the last one."""
        while node_id is not None:
            node = self.graph.by_id[node_id]
            node_id = self.graph.after(node_id, self.step(node, scope, prefix))

    def step(self, node: Node, scope: Scope, prefix: str) -> str:
        """Run one step, unless that was done; return the output to go on at."""
        entry = self.journal.entry(prefix + node.id)
        if entry and entry.is_over and node.kind != "parallel":
            return self._known(node, entry, scope, prefix)
        visit = Visit(
            node=node,
            prefix=prefix,
            scope=scope,
            entry=entry,
            journal=self.journal,
            started_at=clock.now(),
            walk=partial(self._walk_on, node),
        )
        try:
            return self._fresh(visit)
        except Failed as failure:
            failure.node_id = failure.node_id or node.id
            if not (entry and entry.is_over):
                self.journal.failed(visit, failure)
            return _after_failure(node, failure, scope)

    def _walk_on(self, node: Node, output: str, scope: Scope, prefix: str) -> None:
        self.walk(self.graph.after(node.id, output), scope, prefix)

    def _known(self, node: Node, entry: Entry, scope: Scope, prefix: str) -> str:
        if entry.status == "completed":
            scope.put_later(node.output, partial(self.journal.value, prefix + node.id))
            return entry.output
        failure = Failed(entry.outcome, entry.detail)
        failure.node_id = node.id
        return _after_failure(node, failure, scope)

    def _fresh(self, visit: Visit) -> str:
        done = self._run(visit)
        if not (visit.entry and visit.entry.is_over):
            self.journal.completed(visit, done, is_last=self._is_end(visit.node, done.output))
        visit.scope.put(visit.node.output, done.value)
        return done.output

    def _is_end(self, node: Node, output: str) -> bool:
        """Whether the run ends here: nothing follows, nor around it a loop or other branches."""
        return self.graph.after(node.id, output) is None and not self.graph.rooms.get(node.id)

    def _run(self, visit: Visit) -> Done:
        """Run a node of any kind; what refuses it is its failure."""
        try:
            return self.kinds[visit.node.kind](visit)
        except Refused as refusal:
            raise Failed(refusal.code, refusal.message) from None
        except Waits as waits:
            if not waits.is_written:
                self.journal.waits(visit, waits)
                waits.is_written = True
            raise


def _after_failure(node: Node, failure: Failed, scope: Scope) -> str:
    """Decide where a run goes on behind a failed step. Raises: the failure, when nowhere."""
    policy = getattr(node.settings, "on_failure", "stop")
    if policy == "stop":
        raise failure
    error = {"outcome": failure.outcome, "sentence": failure.message, "node": failure.node_id}
    scope.put(node.output, {"error": error})
    if policy == "branch":
        return "error"
    return "done" if node.kind in COMPOSITES else "next"
