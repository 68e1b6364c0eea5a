"""Spojit: wiring and small library; the product lives in the apps beside it."""

from spojit.celery import app as celery_app

__all__ = ["celery_app"]
