"""Connections on the staff pages: handed over as their own page does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse

from tests import factories
from tests.connections import steps
from tests.workspaces.test_staff import make_staff
from workspaces.models import AuditEvent

if TYPE_CHECKING:
    from tests.factories import Cast


def test_a_hand_over_by_staff_tells_from_whom_to_whom(cast: Cast) -> None:
    connection = factories.make_connection(cast.workspace, actor=cast.bob)
    page = reverse("admin:connections_connection_change", args=[connection.pk])
    browser = factories.signed_in(make_staff())
    versions = {"credentials-TOTAL_FORMS": 0, "credentials-INITIAL_FORMS": 0}
    answer = browser.post(page, {"owner": str(cast.adam.pk), **versions})
    assert answer.status_code == 302
    assert steps.fresh(connection).owner == cast.adam
    with factories.scope(cast.workspace):
        events = AuditEvent.objects.filter(act="connection.handed_over")
        assert [event.details for event in events] == [{"from": "Bob", "to": "Adam"}]
