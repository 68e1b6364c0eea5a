"""Taking tokens back at the service once a connection is removed: on a worker, best effort.

The tokens are kept, sealed apart from everything else, until the service has them back or five
attempts failed. Where one revocation ends the account's whole grant to the app, nothing is
revoked while another connection lives by that grant.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Q

from connections import fairness
from connections.credentials import tokens
from connections.models import Connection, Credential, Revocation
from connections.models.credential import State
from connections.oauth import apps
from connections.oauth.apps import AppMissing, AppReplaced
from connectors import oauth
from connectors.outcomes import Outcome
from spojit.lib import clock, logs, metrics, redaction
from spojit.lib.ids import new_id
from workspaces import audit, isolation
from workspaces.audit import Actor
from workspaces.vault import keyring
from workspaces.vault.envelope import CannotOpen

if TYPE_CHECKING:
    import uuid
    from collections.abc import Mapping

    from django.db.models import QuerySet

    from connections.credentials.tokens import Stored
    from connections.models import Authorization
    from connectors.manifest import OAuth2
    from connectors.oauth import Tokens

TABLE = "connections_revocation"
PURPOSE = "revocation"
MOST_AT_ONCE = 200
MOST_ATTEMPTS = 5
FIRST_WAIT = timedelta(minutes=1)
SHARED = "Another connection lives by the same grant, so it was left as it is."
LEFT = "left"


def plan(connection: Connection, row: Credential | None) -> Revocation | None:
    """Keep what is needed to revoke a grant, in the transaction that removes its connection.

    Returns:
        None when there is nothing to take back, or no way to.
    """
    oauth2 = connection.manifest_scheme.oauth2
    if row is None or row.tokens is None or oauth2 is None or not oauth2.is_authorized_by_person:
        return None
    account_id = row.found_account_id if row.state == State.STAGED else connection.account_id
    try:
        with tokens.held(row) as held:
            assert held.tokens is not None
            return keep(connection, row, held.values, held.tokens, account_id=account_id)
    except CannotOpen:
        return None


def keep(
    connection: Connection,
    row: Credential | Authorization,
    values: Mapping[str, str],
    got: Tokens | Stored,
    *,
    account_id: str = "",
) -> Revocation:
    """Keep tokens to take back, in the scope of their workspace.

    Args:
        connection: whose tokens they are, or would have been.
        row: what knows the app that they belong to.
        values: of the scheme, with what was captured.
        got: the tokens.
        account_id: whose grant it is; empty when nobody knows.
    """
    revocation = Revocation(
        id=new_id(),
        workspace_id=connection.workspace_id,
        connection=connection,
        app_id=row.app_id,
        app_client_id=row.app_client_id,
        account_id=account_id,
        due_at=clock.now(),
    )
    kept = [dict(values), got.access_token, got.refresh_token]
    revocation.sealed = keyring.seal(json.dumps(kept).encode(), **_place(revocation))
    revocation.save(force_insert=True)
    return revocation


def keep_late(row: Credential, values: Mapping[str, str], got: Tokens) -> None:
    """Keep renewed tokens that came after their connection was removed: the older ones are dead."""
    with isolation.workspace(row.workspace_id):
        removed = Connection.objects.exclude(removed_at=None)
        connection = removed.filter(pk=row.connection_id).first()
        planned = Revocation.objects.filter(connection_id=row.connection_id)
        before = planned.order_by("-created_at").first()
        if connection is not None and before is not None:
            keep(connection, row, values, got, account_id=before.account_id)


def find_due(*, now: datetime) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """List (workspace ID, revocation ID) of what is due and unattended, workspaces in turns."""
    with isolation.everything(reason="revocations that are due", is_routine=True):
        due = Revocation.objects.filter(_free(now), due_at__lte=now)
        return fairness.take_turns(due, by="due_at", most=MOST_AT_ONCE)


def carry_out(workspace_id: uuid.UUID, revocation_id: uuid.UUID) -> Outcome | None:
    """Revoke one grant, or leave it; None when somebody else is at it or it is done.

    Raises:
        NetworkInTransaction: called inside an open transaction.
    """
    isolation.refuse_network_in_transaction()
    row = _claim(workspace_id, revocation_id)
    if row is None:
        return None
    with logs.bound(connection_id=str(row.connection_id)):
        is_shared = _is_shared(row)
        outcome = Outcome("unverified", detail=SHARED) if is_shared else _revoke(row)
    metrics.count_outcome("revocation", outcome.name, seconds=outcome.duration_ms / 1000)
    with isolation.workspace(workspace_id):
        _record(row, outcome)
    return outcome


def _claim(workspace_id: uuid.UUID, revocation_id: uuid.UUID) -> Revocation | None:
    now = clock.now()
    until = now + timedelta(seconds=settings.LEASE_SECONDS)
    with isolation.workspace(workspace_id):
        rows = Revocation.objects.filter(pk=revocation_id)
        free = rows.filter(_free(now), due_at__lte=now)
        if not free.update(lease_owner=new_id(), lease_expires_at=until):
            return None
        found: Revocation = rows.select_related("connection__workspace").get()
    return found


def _free(now: datetime) -> Q:
    return Q(lease_expires_at=None) | Q(lease_expires_at__lt=now)


def _is_shared(row: Revocation) -> bool:
    """Whether another connection, of any workspace, would lose its grant, too."""
    connection = row.connection
    oauth2 = connection.manifest_scheme.oauth2
    if oauth2 is None or not _ends_grant(oauth2):
        return False
    with isolation.everything(reason="connections by the same grant", is_routine=True):
        same = _of_account(row).filter(connector_id=connection.connector_id)
        grants = Credential.objects.filter(
            state__in=["current", "staged"],
            tokens__isnull=False,
            app_client_id=row.app_client_id,
            connection_id__in=same.values("pk"),
        )
        return bool(grants.exists())


def _of_account(row: Revocation) -> QuerySet[Connection]:
    """Select what may act as the same account: who is not known yet may be anybody.

    What nobody identified in another workspace does not count: it would keep all grants alive.
    """
    present: QuerySet[Connection] = Connection.objects.present()
    if not row.account_id:
        return present
    unknown = Q(account_id="", workspace_id=row.workspace_id)
    return present.filter(Q(account_id=row.account_id) | unknown)


def _ends_grant(oauth2: OAuth2) -> bool:
    return oauth2.revocation is not None and oauth2.revocation.ends == "grant"


def _revoke(row: Revocation) -> Outcome:
    connector, scheme = row.connection.manifest, row.connection.manifest_scheme
    stands_for = Credential(
        workspace_id=row.workspace_id, app_id=row.app_id, app_client_id=row.app_client_id
    )
    try:
        with redaction.scope():
            values, access_token, refresh_token = _opened(row)
            app = None
            if apps.needs_app(scheme):
                known = apps.of(stands_for, connector_key=connector.key, scheme=scheme.key)
                app = apps.opened(known)
            return oauth.revoke(
                connector,
                scheme,
                values,
                app=app,
                access_token=access_token,
                refresh_token=refresh_token,
            )
    except CannotOpen:
        return Outcome("credential_unreadable")
    except (AppMissing, AppReplaced) as refused:
        return Outcome("request_refused", detail=refused.message)


def _opened(row: Revocation) -> tuple[dict[str, str], str, str]:
    content = keyring.open_(bytes(row.sealed or b""), **_place(row))
    values, access_token, refresh_token = json.loads(content)
    secret = row.connection.manifest_scheme.secret_keys & values.keys()
    redaction.register([access_token, refresh_token, *(values[key] for key in secret)])
    return values, access_token, refresh_token


def _record(row: Revocation, outcome: Outcome) -> None:
    now = clock.now()
    row.attempts += 1
    row.outcome, row.detail = outcome.name, outcome.detail[:300]
    row.lease_owner = row.lease_expires_at = None
    if outcome.transient and row.attempts < MOST_ATTEMPTS:
        wait = FIRST_WAIT * 2 ** (row.attempts - 1)
        row.due_at = now + max(wait, timedelta(seconds=outcome.retry_after_seconds or 0))
    else:
        row.sealed, row.due_at, row.finished_at = None, None, now
        details = {"outcome": LEFT if outcome.detail == SHARED else outcome.name}
        audit.record(
            row.connection.workspace,
            actor=Actor.system(),
            act="connection.revoked_upstream",
            subject=row.connection,
            details=details,
        )
    row.save()


def _place(row: Revocation) -> dict[str, Any]:
    return {
        "workspace_id": row.workspace_id,
        "table": TABLE,
        "row": str(row.pk),
        "purpose": PURPOSE,
        "version": 1,
    }
