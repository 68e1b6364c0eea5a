"""What watches the installation asks: alive, ready, and numbers."""

from __future__ import annotations

import secrets
from ipaddress import ip_address
from typing import TYPE_CHECKING, cast

import redis
from django.conf import settings
from django.db import DatabaseError, connections
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, JsonResponse
from django.views.decorators.cache import never_cache
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from spojit.lib import metrics as numbers
from workflows.runs import counting

if TYPE_CHECKING:
    from workspaces.access import WorkspaceRequest


@never_cache
def healthz(_request: HttpRequest) -> JsonResponse:
    """Say that this process serves."""
    return JsonResponse({"status": "ok"})


@never_cache
def readyz(_request: HttpRequest) -> JsonResponse:
    """Say whether PostgreSQL and Redis answer, by name; 503 when one does not."""
    parts = {"database": _database_answers(), "redis": _redis_answers()}
    body = {name: "ok" if answers else "unreachable" for name, answers in parts.items()}
    return JsonResponse(body, status=200 if all(parts.values()) else 503)


@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Give Prometheus its numbers: to METRICS_TOKEN's bearer, or without one to loopback only."""
    if not _may_read_metrics(cast("WorkspaceRequest", request)):
        return HttpResponseForbidden("Send METRICS_TOKEN as a bearer token.\n")
    _count_runs()
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _count_runs() -> None:
    """Bring the numbers of runs up to date; without a database the others are still given."""
    try:
        numbers.set_unfinished(counting.unfinished())
    except (DatabaseError, redis.RedisError):
        return


def _may_read_metrics(request: WorkspaceRequest) -> bool:
    if settings.METRICS_TOKEN:
        expected = f"Bearer {settings.METRICS_TOKEN}"
        return secrets.compare_digest(
            request.headers.get("Authorization", "").encode(), expected.encode()
        )
    is_forwarded = "X-Forwarded-For" in request.headers  # a proxy on this machine is loopback too
    return ip_address(request.client_address).is_loopback and not is_forwarded


def _database_answers() -> bool:
    try:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _redis_answers() -> bool:
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()
