"""The Celery application: wake-ups only, the truth is in PostgreSQL."""

from __future__ import annotations

import logging
import os
from typing import Any

import structlog
from celery import Celery
from celery.contrib.django.task import DjangoTask
from celery.exceptions import Ignore, Retry
from celery.signals import setup_logging, worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "spojit.settings")

log = structlog.get_logger(__name__)


class WalledTask(DjangoTask):  # type: ignore[misc]
    """The wall around every task: failures are logged here, once, with secrets masked.

    The work stays a row that is due, so a sweep brings it back; nothing is retried here.
    """

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task inside a redaction scope of its own."""
        from spojit.lib import logs, redaction  # noqa: PLC0415 - settings come first

        with redaction.scope(), logs.bound(task=self.name):
            try:
                return super().__call__(*args, **kwargs)
            except (Ignore, Retry):
                raise
            except Exception:
                log.exception("A task failed")
                raise Ignore from None


app = Celery("spojit", task_cls=WalledTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def _keep_our_logging(**_: Any) -> None:
    """Keep the logging that settings configured, without two lines for every task."""
    for name in ("celery.app.trace", "celery.beat", "celery.worker.strategy"):
        logging.getLogger(name).setLevel(logging.WARNING)


@worker_init.connect
def _begin(**_: Any) -> None:
    """Let sockets go only to what was checked or is ours, and check the root key.

    Celery swallows what a signal's receiver raises, but not SystemExit.
    """
    from spojit import heartbeats, starting  # noqa: PLC0415 - needs the settings

    heartbeats.listen()
    starting.shut_other_ways_out()
    starting.refuse_wrong_root_key()
    starting.refuse_powerful_role()
    starting.serve_metrics()
