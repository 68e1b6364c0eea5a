"""Makes the rows of the catalogue from its files; what staff decided on them stays."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from connectors import manifest, registry
from connectors.models import Connector
from spojit.lib import clock


class Command(BaseCommand):
    """Synchronizes rows with files."""

    help = "Make or update the row of every connector; mark those whose file is gone."

    def handle(self, *_args: Any, **options: Any) -> None:
        """Synchronize in one transaction and say how many there are."""
        found = registry.all()
        with transaction.atomic():
            for connector in found:
                _sync(connector)
            gone = Connector.objects.exclude(key__in=[connector.key for connector in found])
            gone.update(is_present=False)
        if options["verbosity"]:
            self.stdout.write(f"{len(found)} connectors are in the catalogue.")


def _sync(connector: manifest.Connector) -> None:
    Connector.objects.update_or_create(
        key=connector.key,
        defaults={
            "name": connector.name,
            "category": connector.category,
            "version": str(connector.version),
            "is_present": True,
            "synced_at": clock.now(),
        },
    )
