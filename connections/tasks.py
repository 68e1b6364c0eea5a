"""Wake-ups for workers: IDs only; the work is a row that a sweep finds when a wake-up is lost."""

from __future__ import annotations

import threading
import time
import uuid
from typing import Any

import structlog
from celery import shared_task
from django.conf import settings
from django.core.cache import cache
from kombu.exceptions import OperationalError

from connections import credentials, expiry, leases, tries, verification
from connections.inbound import forgetting, handing, pace
from connections.models import Authorization, Call, Connection, Credential
from connections.oauth import attempts, claims, exchange as exchanging, renewing, revoke, sweeping
from connections.oauth.refresh import NotAuthorized
from spojit.lib import clock
from workspaces import isolation

log = structlog.get_logger(__name__)

REFRESH_FOR_SECONDS = 60.0
HAND_OVER_FOR_SECONDS = 60.0

_handing_over = threading.Lock()


@shared_task(name="connections.verify")
def verify(*, workspace_id: str, connection_id: str, **_: Any) -> None:
    """Verify a connection that is due, unless somebody is at it or it is gone."""
    with isolation.workspace(uuid.UUID(workspace_id)):
        rows = Connection.objects.present().select_related("workspace")
        connection = rows.filter(pk=connection_id).first()
    if connection is None or connection.verification_due_at is None:
        return
    if connection.verification_due_at > clock.now():
        return
    try:
        verification.verify_due(connection)
    except (leases.AlreadyVerifying, leases.LeaseLost) as refusal:
        log.info("Verification left to another worker", code=refusal.code)
    except NotAuthorized:
        verification.rest(connection)
    except Exception:
        verification.postpone(connection)
        raise
    else:
        _go_on(connection)


def _go_on(connection: Connection) -> None:
    """Announce what was asked for while the last verification was under way."""
    with isolation.workspace(connection.workspace_id):
        due = Connection.objects.due(now=clock.now())
        if due.filter(pk=connection.pk).exists():
            announce_verification(connection)


@shared_task(name="connections.carry_out_call")
def carry_out_call(*, workspace_id: str, call_id: str, **_: Any) -> None:
    """Make a call that a person asked for."""
    tries.carry_out(uuid.UUID(workspace_id), uuid.UUID(call_id))


@shared_task(name="connections.exchange")
def exchange(*, workspace_id: str, authorization_id: str, **_: Any) -> None:
    """Exchange what somebody came back from a service with, unless that is done or under way."""
    connection = exchanging.exchange(uuid.UUID(workspace_id), uuid.UUID(authorization_id))
    if connection is not None:
        announce_verification(connection)


@shared_task(name="connections.sweep")
def sweep(**_: Any) -> None:
    """Announce what is due: every ten seconds, so that no lost wake-up loses work.

    A message ends with the sweep that sent it: however slow the workers are, one waits for a row.
    """
    now, until = clock.now(), settings.SWEEP_SECONDS
    for workspace_id, connection_id in verification.find_due(now=now):
        ids = {"workspace_id": str(workspace_id), "connection_id": str(connection_id)}
        verify.apply_async(kwargs=ids, expires=until)
    for workspace_id, call_id in tries.find_waiting(now=now):
        ids = {"workspace_id": str(workspace_id), "call_id": str(call_id)}
        carry_out_call.apply_async(kwargs=ids, expires=until)
    for workspace_id, attempt_id in exchanging.find_waiting(now=now):
        ids = {"workspace_id": str(workspace_id), "authorization_id": str(attempt_id)}
        exchange.apply_async(kwargs=ids, expires=until)
    for workspace_id, revocation_id in revoke.find_due(now=now):
        ids = {"workspace_id": str(workspace_id), "revocation_id": str(revocation_id)}
        revoke_grant.apply_async(kwargs=ids, expires=until)
    if handing.is_any_due(now=now):
        hand_over_deliveries.apply_async(expires=until)


@shared_task(name="connections.revoke")
def revoke_grant(*, workspace_id: str, revocation_id: str, **_: Any) -> None:
    """Take the tokens of a removed connection back at the service."""
    revoke.carry_out(uuid.UUID(workspace_id), uuid.UUID(revocation_id))


@shared_task(name="connections.refresh")
def refresh(*, workspace_id: str, credential_id: str, **_: Any) -> None:
    """Renew tokens that somebody found due, unless that is under way or done."""
    with isolation.workspace(uuid.UUID(workspace_id)):
        row = Credential.objects.filter(pk=credential_id).first()
    if row is None or row.refresh_due_at is None or row.refresh_due_at > clock.now():
        return
    claim = claims.claim(row)
    if claim is not None:
        renewing.renew(claim)


@shared_task(name="connections.refresh_due")
def refresh_due(**_: Any) -> None:
    """Renew tokens ahead of their end, many at once; one such task a worker."""
    found = sweeping.sweep(threads=settings.REFRESH_THREADS, seconds=REFRESH_FOR_SECONDS)
    if found:
        log.info("Tokens renewed ahead of their end", **found)


@shared_task(name="connections.hand_over_deliveries")
def hand_over_deliveries(**_: Any) -> None:
    """Hand deliveries to whoever listens, until none waits; one message stands for many.

    One such task a process: under a steady load they would take every hand that a worker has. A
    second one leaves all to the first, which looks once more when it has let go.
    """
    if not _handing_over.acquire(blocking=False):
        return
    try:
        pace.looked()
        is_over = _hand_over_what_waits()
    finally:
        _handing_over.release()
    pace.looked()
    if not is_over or handing.hand_over(now=clock.now()):
        hand_over_deliveries.delay()


def _hand_over_what_waits() -> bool:
    """Hand over until nothing comes for as long as a web server wakes nobody else."""
    began = time.monotonic()
    while time.monotonic() < began + HAND_OVER_FOR_SECONDS:
        stayed = time.monotonic() - began
        if handing.hand_over(now=clock.now()):
            continue
        if stayed > pace.GATHER_SECONDS:
            return True
        time.sleep(pace.GATHER_SECONDS)
    return False


@shared_task(name="connections.tidy")
def tidy(**_: Any) -> None:
    """Destroy what is past its time, and warn of credentials that expire."""
    credentials.destroy_unrestorable(now=clock.now())
    attempts.forget_verifiers(now=clock.now())
    expiry.warn(on=clock.now().date())
    forgetting.past(now=clock.now())


def announce_verification(connection: Connection) -> None:
    """Wake a worker for a connection that was made due, once this transaction is committed."""
    verify.delay_on_commit(
        workspace_id=str(connection.workspace_id), connection_id=str(connection.pk)
    )


def announce_call(call: Call) -> None:
    """Wake a worker for a call that was stored, once this transaction is committed."""
    carry_out_call.delay_on_commit(workspace_id=str(call.workspace_id), call_id=str(call.pk))


def announce_exchange(attempt: Authorization) -> None:
    """Wake a worker for what somebody came back with, once this transaction is committed."""
    exchange.delay_on_commit(
        workspace_id=str(attempt.workspace_id), authorization_id=str(attempt.pk)
    )


def announce_deliveries() -> None:
    """Wake a worker for deliveries that are committed; a sweep finds them when that is lost."""
    try:
        hand_over_deliveries.apply_async(retry=False)
    except OperationalError:
        log.warning("No worker could be woken for deliveries: a sweep hands them over")


def announce_refresh(connection: Connection, credential: Credential) -> None:
    """Wake a worker for tokens that are due, once in ten seconds however many callers say so."""
    if cache.add(f"refresh:{credential.pk}:{credential.revision}", 1, timeout=10):
        refresh.delay(workspace_id=str(connection.workspace_id), credential_id=str(credential.pk))
