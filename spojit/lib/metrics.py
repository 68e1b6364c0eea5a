"""Numbers for Prometheus: requests, and outcomes of what workers do. Each process has its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import Counter, Histogram, start_http_server

if TYPE_CHECKING:
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


def count_request(method: str, status: int, *, seconds: float) -> None:
    """Count a request; a method that no standard names counts as OTHER, so labels stay few."""
    known = method if method in _METHODS else "OTHER"
    _requests.labels(method=known, status=str(status)).inc()
    _request_seconds.observe(seconds)


def count_outcome(kind: str, outcome: str, *, seconds: float) -> None:
    """Count what came of a `verification` or a `call`."""
    _outcomes.labels(kind=kind, outcome=outcome).inc()
    _outcome_seconds.labels(kind=kind).observe(seconds)


def serve(*, host: str, port: int) -> tuple[WSGIServer, Thread]:
    """Serve the numbers of a process without pages at `/metrics`, in a thread."""
    return start_http_server(port, addr=host)
