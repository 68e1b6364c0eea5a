"""Addresses of connections."""

from __future__ import annotations

from django.urls import path

from connections.views import (
    accounts,
    activity,
    adding,
    checklists,
    connecting,
    deliveries,
    detail,
    life,
    listing,
    mending,
    rotating,
    secrets,
    verifications,
    versions,
)

app_name = "connections"
ONE = "<uuid:connection_id>/"
urlpatterns = [
    path("", listing.index, name="list"),
    path("new/<slug:key>/", adding.add, name="add"),
    path(ONE, detail.overview, name="detail"),
    path(f"{ONE}added/", rotating.added, name="added"),
    path(f"{ONE}checklist/", checklists.checklist, name="checklist"),
    path(f"{ONE}status/", verifications.status, name="status"),
    path(f"{ONE}verification/", verifications.verify, name="verification"),
    path(f"{ONE}asking/", mending.ask, name="ask"),
    path(f"{ONE}credentials/", versions.index, name="credentials"),
    path(f"{ONE}credential/", rotating.rotate, name="credential"),
    path(f"{ONE}credential/retirement/", secrets.retirement, name="secret_retirement"),
    path(f"{ONE}deliveries/", deliveries.index, name="deliveries"),
    path(f"{ONE}deliveries/test/", deliveries.test, name="test_delivery"),
    path(f"{ONE}deliveries/<uuid:delivery_id>/", deliveries.detail, name="delivery"),
    path(
        f"{ONE}deliveries/<uuid:delivery_id>/again/",
        deliveries.deliver_again,
        name="delivery_again",
    ),
    path(f"{ONE}abandoning/", connecting.abandon, name="abandon"),
    path(f"{ONE}restoration/", versions.restore, name="restoration"),
    path(f"{ONE}discarding/", versions.discard, name="discard"),
    path(f"{ONE}account/", accounts.decide, name="account"),
    path(f"{ONE}usage/", activity.usage_of, name="usage"),
    path(f"{ONE}activity/", activity.activity, name="activity"),
    path(f"{ONE}settings/", life.settings, name="settings"),
    path(f"{ONE}duplicate/", adding.duplicate, name="duplicate"),
    path(f"{ONE}owner/", life.hand_over, name="hand_over"),
    path(f"{ONE}removal/", life.remove, name="remove"),
]
