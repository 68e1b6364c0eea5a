"""What is no longer kept of deliveries: bodies after days, keys after a week, all on removal."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings

from connections.models import Delivery, DeliveryKey, Hook
from workspaces import isolation

if TYPE_CHECKING:
    from datetime import datetime

    from connections.models import Connection


def of_removed(connection: Connection) -> None:
    """Take a removed connection's hook away and forget what came in, in the scope.

    The rows of deliveries stay, without what they carried and who sent them.
    """
    Hook.objects.filter(connection=connection).delete()
    DeliveryKey.objects.filter(connection=connection).delete()
    Delivery.objects.filter(connection=connection).update(
        sealed=None, headers=[], sender_id="", address=None, content_type=""
    )


def past(*, now: datetime) -> int:
    """Forget, in all workspaces, what is past its time; return how many rows that touched.

    A body whose delivery still waits to be handed over is kept.
    """
    touched = 0
    with isolation.everything(reason="deliveries past their time", is_routine=True):
        touched += DeliveryKey.objects.filter(expires_at__lt=now).delete()[0]
        bodies = Delivery.objects.filter(sealed__isnull=False, settled_at__isnull=False)
        before = now - timedelta(days=settings.HOOK_BODY_DAYS)
        touched += bodies.filter(received_at__lt=before).update(sealed=None)
        rows = Delivery.objects.filter(settled_at__isnull=False)
        before = now - timedelta(days=settings.HOOK_DELIVERY_DAYS)
        touched += rows.filter(received_at__lt=before).delete()[0]
    return touched
