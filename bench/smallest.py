"""The smallest work of a web server or a worker pool: one row for each request or task."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import django
from celery import Celery, shared_task
from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "spojit.settings")
django.setup()

UPSTREAM_SECONDS = 0.02
celery = Celery("smallest")
celery.config_from_object("django.conf:settings", namespace="CELERY")
celery.conf.task_default_queue = "bench"


def application(_environ: dict[str, object], start: Callable[..., object]) -> Iterable[bytes]:
    """Answer one request, as a WSGI application: insert a row."""
    insert()
    start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "3")])
    return [b"ok\n"]


@shared_task
def insert() -> None:
    """Insert a row, in a connection from Django's pool."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_row (at) VALUES (now())")
    connection.close()


@shared_task
def call() -> None:
    """Wait as long as a service takes to answer, then insert a row."""
    time.sleep(UPSTREAM_SECONDS)
    insert()
