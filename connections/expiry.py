"""Warning of credentials that expire: 30, 7 and 1 days ahead, each once."""

from __future__ import annotations

from datetime import date, timedelta

from connections import caretakers
from connections.models import Credential
from connections.models.credential import State
from workspaces import isolation, notices

WARN_DAYS = (1, 7, 30)


def warn(*, on: date) -> int:
    """Tell owners and admins of credentials that expire soon; return how many credentials."""
    with isolation.everything(reason="credentials that expire soon", is_routine=True):
        last = on + timedelta(days=max(WARN_DAYS))
        rows = Credential.objects.filter(
            state=State.CURRENT, expires_on__gte=on, expires_on__lte=last
        )
        expiring = list(rows.values_list("workspace_id", "pk"))
    for workspace_id, credential_id in expiring:
        with isolation.workspace(workspace_id):
            _tell(credential_id, on=on)
    return len(expiring)


def days_ahead(expires_on: date, *, on: date) -> int | None:
    """Return which warning is due, the smallest that fits; None when none is."""
    left = (expires_on - on).days
    return next((days for days in WARN_DAYS if 0 <= left <= days), None)


def _tell(credential_id: object, *, on: date) -> None:
    rows = Credential.objects.select_related("connection__workspace", "connection__owner")
    credential = rows.filter(pk=credential_id).first()
    if credential is None or credential.expires_on is None:
        return
    days = days_ahead(credential.expires_on, on=on)
    connection = credential.connection
    notices.tell(
        connection.workspace,
        users=caretakers.of(connection),
        key=f"expiry:{credential.pk}:{credential.expires_on}:{days}",
        subject_id=connection.pk,
        title=f"The credential of {connection.name} expires on {credential.expires_on:%-d %B %Y}",
        text="Rotate it before that day; what uses the connection goes on without a change.",
        path=f"{connection.get_absolute_url()}credential/",
    )
