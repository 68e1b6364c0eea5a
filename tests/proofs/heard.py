"""An app that proofs add to processes: it listens to deliveries and writes each one down.

A row is written in the transaction that hands the delivery over, with no unique key: a delivery
that came twice is there twice. While a proof holds the gate, all listeners wait inside of it.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg
from django.apps import AppConfig
from django.conf import settings

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterator
    from datetime import datetime

    from connections.models import Delivery

SETTINGS = "tests.proofs.heard_settings"
AGAIN_AFTER = "HEARD_AGAIN_AFTER"
GATE = 4_001
_MAKE = """
CREATE TABLE heard (delivery_id uuid, attempt int, at timestamptz DEFAULT clock_timestamp());
GRANT SELECT, INSERT ON heard TO spojit_app
"""
_WRITE = """
INSERT INTO heard (delivery_id, attempt)
SELECT %s, %s FROM (SELECT pg_advisory_xact_lock_shared(%s)) AS passed
"""
_WAITING = """
SELECT DISTINCT application_name FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = 'advisory'
"""


class Heard(AppConfig):
    """Listens in this process, and has what a lost worker held come up again sooner."""

    name = "tests.proofs.heard"
    path = "tests/proofs"

    def ready(self) -> None:
        """Begin to listen."""
        from connections.inbound import handing  # noqa: PLC0415 - models are ready now

        handing.on_delivery(write)
        handing.AGAIN_AFTER = timedelta(seconds=float(os.environ[AGAIN_AFTER]))


def write(delivery: Delivery) -> None:
    """Write a delivery down, once the gate is open."""
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [delivery.pk, delivery.attempts, GATE])


class Book:
    """What was heard, and the gate in front of it."""

    def __init__(self, database: psycopg.Connection) -> None:
        self._database = database

    def rows(self) -> list[tuple[uuid.UUID, int, datetime]]:
        """Read it: which delivery, at which attempt to hand it over, when."""
        return self._database.execute("SELECT delivery_id, attempt, at FROM heard").fetchall()

    def waiting(self) -> set[int]:
        """List the processes that wait in front of the gate."""
        return {int(name.split()[-1]) for (name,) in self._database.execute(_WAITING)}

    @contextmanager
    def shut(self) -> Iterator[None]:
        """Keep the gate shut."""
        self._database.execute("SELECT pg_advisory_lock(%s)", [GATE])
        try:
            yield
        finally:
            self._database.execute("SELECT pg_advisory_unlock(%s)", [GATE])


@contextmanager
def book() -> Iterator[Book]:
    """Keep a book for the length of a proof."""
    with (
        psycopg.connect(settings.MIGRATION_DATABASE_URL, autocommit=True) as owner,
        psycopg.connect(settings.DATABASE_URL, autocommit=True) as reader,
    ):
        owner.execute(_MAKE)
        try:
            yield Book(reader)
        finally:
            owner.execute("DROP TABLE heard")
