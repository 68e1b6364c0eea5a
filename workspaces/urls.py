"""Addresses of the workspaces app."""

from __future__ import annotations

from django.urls import include, path

from workspaces.views import audit, invitations, members, notices, sessions, settings, start

app_name = "workspaces"

_of_workspace = [
    path("", start.workspace_home, name="home"),
    path("welcome/", start.welcome, name="welcome"),
    path("members/", members.members, name="members"),
    path("members/<uuid:membership_id>/", members.member, name="member"),
    path("members/<uuid:membership_id>/removal/", members.member_removal, name="member_removal"),
    path("invitations/", invitations.invitations, name="invitations"),
    path("invitations/<uuid:invitation_id>/", invitations.invitation, name="invitation"),
    path(
        "invitations/<uuid:invitation_id>/sending/",
        invitations.invitation_sending,
        name="invitation_sending",
    ),
    path("audit/", audit.log, name="audit"),
    path("audit/export/", audit.export, name="audit_export"),
    path("notices/", notices.notices, name="notices"),
    path("notices/reading/", notices.reading, name="notices_read"),
    path("settings/", settings.settings, name="settings"),
    path("owner/", members.hand_over, name="hand_over"),
    path("leaving/", members.leave, name="leave"),
    path("deletion/", settings.delete, name="delete"),
]

urlpatterns = [
    path("accounts/sessions/", sessions.sessions, name="sessions"),
    path("workspaces/new/", start.create, name="create"),
    path("invitations/<str:token>/", invitations.invitation_accept, name="invitation_accept"),
    path("w/<slug:slug>/", include(_of_workspace)),
]
