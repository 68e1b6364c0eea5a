"""What a removed connection was granted is taken back at the service, unless others live by it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connections import lifecycle, tasks
from connections.credentials import rows
from connections.models import Revocation
from connections.oauth import apps, claims, renewing, revoke
from spojit.lib import clock
from tests import factories
from tests.connections import grants
from workspaces.audit import Actor
from workspaces.models import AuditEvent

if TYPE_CHECKING:
    from connections.models import Connection
    from connectors.outcomes import Outcome
    from tests.factories import Cast
    from tests.servers.tokens import TokenServer
    from workspaces.models import User, Workspace


def remove(connection: Connection, actor: User) -> Outcome | None:
    """Remove it, and do what a worker does then."""
    lifecycle.remove(connection, actor=actor)
    return work(connection.workspace)


def work(workspace: Workspace) -> Outcome | None:
    due = revoke.find_due(now=clock.now())
    return revoke.carry_out(*due[0]) if due else None


def only(workspace: Workspace) -> Revocation:
    with factories.scope(workspace):
        found: Revocation = Revocation.objects.get()
    return found


def outcomes(workspace: Workspace) -> list[str]:
    """List what the audit log says came of each."""
    with factories.scope(workspace):
        rows = AuditEvent.objects.filter(act="connection.revoked_upstream")
        return [row.details["outcome"] for row in rows]


def ended(service: TokenServer) -> int:
    return int(service.state()["ended"])


def test_removal_takes_the_grant_back_at_the_service(
    cast: Cast, granted: Connection, service: TokenServer
) -> None:
    before = ended(service)
    outcome = remove(granted, cast.bob)
    assert outcome is not None
    assert (outcome.name, ended(service) - before) == ("ok", 1)
    row = only(cast.workspace)
    assert (row.sealed, row.due_at, row.outcome) == (None, None, "ok")
    assert outcomes(cast.workspace) == ["ok"]
    assert work(cast.workspace) is None


def test_a_sweep_announces_it(
    cast: Cast, granted: Connection, service: TokenServer, monkeypatch: Any
) -> None:
    lifecycle.remove(granted, actor=cast.bob)
    sent: list[dict[str, str]] = []
    monkeypatch.setattr(tasks.revoke_grant, "apply_async", lambda kwargs, **_: sent.append(kwargs))
    tasks.sweep()
    tasks.revoke_grant(**sent[0])
    assert outcomes(cast.workspace) == ["ok"]


def test_a_grant_by_which_another_connection_lives_is_left(
    cast: Cast, granted: Connection, service: TokenServer
) -> None:
    with factories.scope(cast.next_door):
        other = grants.pending(cast.next_door, service, actor=cast.mallory)
    grants.authorize(other, service)
    with factories.scope(cast.next_door):
        type(other).objects.update(account_id=granted.account_id)
    before = ended(service)
    outcome = remove(granted, cast.bob)
    assert outcome is not None
    assert (outcome.detail, ended(service)) == (revoke.SHARED, before)
    assert (only(cast.workspace).sealed, outcomes(cast.workspace)) == (None, ["left"])


def test_another_account_or_app_does_not_keep_a_grant(
    cast: Cast, granted: Connection, service: TokenServer
) -> None:
    other = grants.connect(cast.workspace, service, name="Other", actor=cast.bob)
    assert other.account_id != granted.account_id
    outcome = remove(granted, cast.bob)
    assert outcome is not None
    assert outcome.name == "ok"


def test_an_outage_is_tried_again_five_times_and_no_more(
    cast: Cast, granted: Connection, service: TokenServer, set_clock: Any
) -> None:
    service.change(failing_revocations=99)
    lifecycle.remove(granted, actor=cast.bob)
    for attempt in range(revoke.MOST_ATTEMPTS):
        set_clock(clock.now() + timedelta(hours=attempt))
        outcome = work(cast.workspace)
        assert outcome is not None
        assert outcome.name == "upstream_fault"
    row = only(cast.workspace)
    assert (row.attempts, row.sealed, outcomes(cast.workspace)) == (5, None, ["upstream_fault"])


def test_without_its_app_nothing_can_be_revoked_and_that_is_recorded(
    cast: Cast, granted: Connection, service: TokenServer
) -> None:
    apps.set_for_installation(
        connector_key="oidc",
        scheme="oauth2",
        client_id="another",
        client_secret="another-secret",
        staff_name="Staff",
    )
    outcome = remove(granted, cast.bob)
    assert outcome is not None
    assert (outcome.name, outcomes(cast.workspace)) == ("request_refused", ["request_refused"])


def test_what_nobody_authorized_has_nothing_to_take_back(cast: Cast, service: TokenServer) -> None:
    connection = grants.pending(cast.workspace, service, actor=cast.bob)
    assert remove(connection, cast.bob) is None
    with factories.scope(cast.workspace):
        assert not Revocation.objects.exists()
        assert rows.current(connection) is None


def test_keys_are_not_revoked(cast: Cast, connection: Connection) -> None:
    assert remove(connection, cast.bob) is None


def test_a_grant_of_an_unknown_account_does_not_end_that_of_another_connection(
    cast: Cast, granted: Connection, service: TokenServer
) -> None:
    other = grants.pending(cast.workspace, service, name="Never verified", actor=cast.bob)
    grants.authorize(other, service)
    before = ended(service)
    outcome = remove(other, cast.bob)
    assert outcome is not None
    assert (outcome.detail, ended(service)) == (revoke.SHARED, before)


def test_a_grant_is_left_while_a_connection_of_an_unknown_account_may_live_by_it(
    cast: Cast, granted: Connection, service: TokenServer
) -> None:
    other = grants.pending(cast.workspace, service, name="Not yet verified", actor=cast.bob)
    grants.authorize(other, service)
    outcome = remove(granted, cast.bob)
    assert outcome is not None
    assert outcome.detail == revoke.SHARED


def test_what_nobody_identified_next_door_keeps_no_grant_alive(
    cast: Cast, granted: Connection, service: TokenServer
) -> None:
    with factories.scope(cast.next_door):
        other = grants.pending(cast.next_door, service, actor=cast.mallory)
    grants.authorize(other, service)
    outcome = remove(granted, cast.bob)
    assert outcome is not None
    assert outcome.name == "ok"


def test_a_grant_that_was_waiting_to_be_used_is_taken_back_too(
    cast: Cast, granted: Connection, service: TokenServer
) -> None:
    with factories.scope(cast.workspace):
        row = rows.new(granted, actor=Actor.of(cast.bob), expires_on=None)
        rows.fill(row, granted.manifest_scheme, {"host": service.place}, kept={})
        row.found_account_id = "another"
        grants.fill(row, granted, service, service.grants(1, account="another")[0])
        row.save(force_insert=True)
    before = ended(service)
    lifecycle.remove(granted, actor=cast.bob)
    assert [revoke.carry_out(*due) is not None for due in revoke.find_due(now=clock.now())] == [
        True,
        True,
    ]
    assert ended(service) - before == 2


def test_tokens_that_were_renewed_while_it_was_removed_are_the_ones_taken_back(
    cast: Cast, granted: Connection, service: TokenServer
) -> None:
    grants.age(granted, left=grants.ENDING)
    claim = claims.claim(grants.credential(granted))
    assert claim is not None
    lifecycle.remove(granted, actor=cast.bob)
    renewing.renew(claim)
    with factories.scope(cast.workspace):
        found = list(Revocation.objects.order_by("created_at"))
        kept = [revoke._opened(row)[1] for row in found]
    assert len(set(kept)) == 2
    assert [row.account_id for row in found] == [granted.account_id] * 2
    before = ended(service)
    for due in revoke.find_due(now=clock.now()):
        revoke.carry_out(*due)
    assert ended(service) - before >= 1
