"""The Celery application: wake-ups only, the truth is in PostgreSQL."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "spojit.settings")

app = Celery("spojit")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
