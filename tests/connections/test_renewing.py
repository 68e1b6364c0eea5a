"""One renewal: what each answer of the token endpoint changes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from connections import lifecycle
from connections.models import Connection
from connections.oauth import claims, refresh, renewing, sweeping
from connections.oauth.refresh import RefreshRefused
from connections.views import grants as pages
from spojit.lib import clock
from tests import factories
from tests.connections import grants, steps

if TYPE_CHECKING:
    from tests.factories import Cast
    from tests.servers.tokens import TokenServer


def test_a_refused_renewal_asks_the_person_again(granted: Connection, service: TokenServer) -> None:
    service.revoke()
    assert grants.renew(granted) == "credentials_refused"
    found, row = steps.fresh(granted), grants.credential(granted)
    assert (found.status, found.reason) == ("reauthorize", "credentials_refused")
    assert (row.refresh_due_at, row.refresh_outcome) == (None, "credentials_refused")
    assert steps.checks(granted)[-1] == ("refresh", "credentials_refused", "reauthorize")
    grants.age(granted, left=grants.OVER, due=False)
    with pytest.raises(RefreshRefused):
        refresh.ensure_fresh(granted)


def test_only_what_is_tried_again_by_itself_is_called_late(
    granted: Connection, service: TokenServer
) -> None:
    def late_since() -> Any:
        with factories.scope(granted.workspace):
            told = pages.context(granted, grants.credential(granted))
        assert told is not None
        return told["late_since"]

    assert late_since() is None
    service.next_answers(*grants.statuses(503))
    grants.renew(granted)
    assert late_since() is not None
    service.revoke()
    grants.renew(granted)
    assert late_since() is None


def test_an_answer_that_was_lost_after_the_service_renewed_is_told(
    granted: Connection, service: TokenServer
) -> None:
    service.next_answers({"kind": "drop"})
    assert grants.renew(granted) == "unreachable"
    assert steps.fresh(granted).status == "active"
    asked = service.state()["uses"]
    assert grants.renew(granted) == "answer_lost"
    found = steps.fresh(granted)
    assert (found.status, found.reason) == ("reauthorize", "answer_lost")
    assert service.state()["uses"] != asked
    assert sweeping.sweep(threads=2, seconds=5) == {}


def test_a_doubt_outlives_a_plain_failure(granted: Connection, service: TokenServer) -> None:
    service.next_answers({"kind": "drop"}, *grants.statuses(503))
    assert [grants.renew(granted), grants.renew(granted), grants.renew(granted)] == [
        "unreachable",
        "upstream_fault",
        "answer_lost",
    ]


@pytest.mark.parametrize(
    ("status", "outcome"), [(503, "upstream_fault"), (429, "rate_limited"), (500, "upstream_fault")]
)
def test_a_fault_of_the_service_changes_nothing_but_that_it_is_late(
    granted: Connection, service: TokenServer, status: int, outcome: str
) -> None:
    service.next_answers(*grants.statuses(status, headers={"Retry-After": "90"}))
    assert grants.renew(granted) == outcome
    found, row = steps.fresh(granted), grants.credential(granted)
    assert (found.status, found.reason, row.is_refreshing_late) == ("active", "", True)
    assert row.refresh_due_at is not None
    assert row.refresh_due_at >= clock.now() + timedelta(seconds=80)
    assert steps.checks(granted)[-1] == ("refresh", outcome, "active")


def test_a_late_renewal_that_works_ends_the_delay(
    granted: Connection, service: TokenServer
) -> None:
    service.next_answers(*grants.statuses(503))
    grants.renew(granted)
    assert grants.renew(granted) == "ok"
    row = grants.credential(granted)
    assert (row.refresh_failures, row.refresh_failing_since, row.refresh_outcome) == (0, None, "")


def test_an_hours_outage_is_no_error_and_four_days_are(
    granted: Connection, service: TokenServer, set_clock: Any
) -> None:
    start = clock.now()
    for hours, status in ((0, "active"), (1, "active"), (95, "active"), (96, "error")):
        set_clock(start + timedelta(hours=hours))
        service.next_answers(*grants.statuses(503))
        grants.renew(granted)
        assert steps.fresh(granted).status == status
    assert steps.fresh(granted).reason == "refresh_exhausted"
    assert grants.credential(granted).refresh_due_at is None


def test_a_wrong_app_is_no_reason_to_ask_the_person(
    granted: Connection, service: TokenServer
) -> None:
    service.next_answers(*grants.statuses(401, body={"error": "invalid_client"}))
    assert grants.renew(granted) == "request_refused"
    assert steps.fresh(granted).status == "active"
    grants.age(granted, left=grants.OVER)
    service.next_answers(*grants.statuses(401, body={"error": "invalid_client"}))
    assert grants.renew(granted) == "request_refused"
    found = steps.fresh(granted)
    assert (found.status, found.reason) == ("error", "request_refused")


def test_what_renewals_put_in_error_is_verified_as_soon_as_one_works(
    granted: Connection, service: TokenServer
) -> None:
    grants.age(granted, left=grants.OVER)
    service.next_answers(*grants.statuses(401, body={"error": "invalid_client"}))
    assert grants.renew(granted) == "request_refused"
    assert grants.renew(granted) == "ok"
    due_at = steps.fresh(granted).verification_due_at
    assert due_at is not None
    assert due_at <= clock.now()
    steps.work(granted)
    assert steps.fresh(granted).status == "active"


def test_a_renewal_that_names_no_scope_at_all_takes_none_away(
    granted: Connection, service: TokenServer
) -> None:
    told = service.grants(1)[0] | {"scope": ""}
    grants.change(granted, granted_scopes=["read"])
    service.next_answers(*grants.statuses(200, body=told))
    assert grants.renew(granted) == "ok"
    assert steps.fresh(granted).status == "active"
    assert grants.credential(granted).granted_scopes == ["read"]


def test_a_replaced_app_asks_the_person_again(granted: Connection, service: TokenServer) -> None:
    grants.change(granted, app_client_id="another", refresh_asked_at=clock.now())
    assert grants.renew(granted) == "credentials_refused"
    assert steps.fresh(granted).reason_detail.startswith("The OAuth app")


def test_a_late_answer_of_a_lost_lease_is_stored_unless_another_was_faster(
    granted: Connection, set_clock: Any
) -> None:
    row = grants.age(granted, left=grants.ENDING)
    slow = claims.claim(row)
    set_clock(clock.now() + timedelta(seconds=46))
    fast = claims.claim(row)
    assert slow is not None
    assert fast is not None
    assert renewing.renew(fast).name == "ok"
    stored = grants.credential(granted)
    assert renewing.renew(slow).name == "ok"
    assert grants.credential(granted).revision == stored.revision == 2
    assert steps.fresh(granted).status == "active"


def test_a_narrowed_grant_asks_the_person_again_and_stays_so(
    granted: Connection, service: TokenServer
) -> None:
    grants.change(granted, granted_scopes=["read", "write"])
    assert grants.renew(granted) == "ok"
    found = steps.fresh(granted)
    assert (found.status, found.reason) == ("reauthorize", "permission_missing")
    with factories.scope(granted.workspace):
        Connection.objects.update(verification_due_at=clock.now())
    steps.work(granted)
    assert steps.fresh(granted).status == "reauthorize"


def test_removal_destroys_the_tokens(cast: Cast, granted: Connection) -> None:
    lifecycle.remove(granted, actor=cast.bob)
    with factories.scope(cast.workspace):
        row = granted.credentials.get()
    assert (row.tokens, row.sealed, row.refresh_due_at, row.app_client_id) == (None, None, None, "")
    assert claims.claim_due(most=5) == []
