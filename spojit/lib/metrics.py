"""Numbers for Prometheus: requests, and outcomes of what workers do. Each process has its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import Counter, Gauge, Histogram, start_http_server

if TYPE_CHECKING:
    from collections.abc import Mapping
    from threading import Thread
    from wsgiref.simple_server import WSGIServer

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

_requests = Counter("spojit_requests", "Requests answered.", ["method", "status"])
_request_seconds = Histogram("spojit_request_seconds", "Time to an answer.", buckets=_BUCKETS)
_outcomes = Counter("spojit_outcomes", "Verifications and calls, by outcome.", ["kind", "outcome"])
_outcome_seconds = Histogram(
    "spojit_outcome_seconds", "Time of verifications and calls.", ["kind"], buckets=_BUCKETS
)
_RUN_BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 1800.0, 3600.0, 86400.0)

_runs = Counter("spojit_runs", "Runs that ended, by how.", ["status"])
_run_seconds = Histogram(
    "spojit_run_seconds", "From asking for a run to its end, waits included.", buckets=_RUN_BUCKETS
)
_steps = Counter("spojit_steps", "Steps that ended, by kind of node and how.", ["kind", "status"])
_unfinished = Gauge("spojit_runs_unfinished", "Runs that have not ended, by status.", ["status"])


def count_request(method: str, status: int, *, seconds: float) -> None:
    """Count a request; a method that no standard names counts as OTHER, so labels stay few."""
    known = method if method in _METHODS else "OTHER"
    _requests.labels(method=known, status=str(status)).inc()
    _request_seconds.observe(seconds)


def count_outcome(kind: str, outcome: str, *, seconds: float) -> None:
    """Count what came of a `verification` or a `call`."""
    _outcomes.labels(kind=kind, outcome=outcome).inc()
    _outcome_seconds.labels(kind=kind).observe(seconds)


def count_run(status: str, *, seconds: float) -> None:
    """Count a run that ended, with all the time since it was asked for."""
    _runs.labels(status=status).inc()
    _run_seconds.observe(seconds)


def count_step(kind: str, status: str) -> None:
    """Count a step that ended, by the kind of its node: each has one of few names."""
    _steps.labels(kind=kind, status=status).inc()


def set_unfinished(counts: Mapping[str, int]) -> None:
    """Say how many runs of all workspaces have not ended."""
    for status, count in counts.items():
        _unfinished.labels(status=status).set(count)


def serve(*, host: str, port: int) -> tuple[WSGIServer, Thread]:
    """Serve the numbers of a process without pages at `/metrics`, in a thread."""
    return start_http_server(port, addr=host)
