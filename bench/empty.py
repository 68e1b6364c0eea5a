"""The least that a request can start: an empty Celery task, by a bare WSGI application."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import django
from celery import Celery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "spojit.settings")
django.setup()

QUEUE = "bench"
celery = Celery("empty")
celery.config_from_object("django.conf:settings", namespace="CELERY")
celery.conf.task_default_queue = QUEUE


def application(environ: dict[str, Any], start: Callable[..., object]) -> Iterable[bytes]:
    """Read what was sent, enqueue a task, and say so."""
    environ["wsgi.input"].read()
    nothing.delay()
    start("202 Accepted", [("Content-Type", "text/plain"), ("Content-Length", "3")])
    return [b"ok\n"]


@celery.task
def nothing() -> None:
    """Do nothing."""
