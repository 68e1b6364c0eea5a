"""Staff pages of people and workspaces. Audit events are only read; each act writes one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group

from workspaces.lifecycle import RETENTION_DAYS
from workspaces.models import AuditEvent, Invitation, Membership, Notice, User, Workspace
from workspaces.staff import AuditedAdmin, ReadOnly

if TYPE_CHECKING:
    from django.http import HttpRequest


@admin.register(User)
class UserAdmin(AuditedAdmin):
    """People: staff switch accounts on and off, and make staff. Passwords are nobody's business."""

    list_display = ("email", "name", "is_active", "is_staff", "joined_at", "last_login")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "name")
    ordering = ("email",)
    fields = (
        "email",
        "name",
        "is_active",
        "is_staff",
        "is_superuser",
        "groups",
        "user_permissions",
    )
    readonly_fields = ("email",)
    filter_horizontal = ("groups", "user_permissions")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Let only superusers say who is staff and with which rights."""
        rights = ("is_staff", "is_superuser", "groups", "user_permissions")
        kept = () if request.user.is_superuser else rights
        return (*super().get_readonly_fields(request, obj), *kept)

    def workspaces_of(self, row: User) -> list[Workspace]:
        """Return every workspace of this person."""
        return [one.workspace for one in row.memberships.select_related("workspace")]

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """People sign up themselves."""
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        """An account is switched off, not deleted."""
        return False


@admin.register(Group)
class GroupOfStaffAdmin(admin.ModelAdmin[Group]):
    """Groups give rights, so only superusers see and change them."""

    search_fields = ("name",)
    ordering = ("name",)
    filter_horizontal = ("permissions",)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show them to superusers only."""
        return bool(request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """As above."""
        return bool(request.user.is_superuser)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """As above."""
        return bool(request.user.is_superuser)

    has_change_permission = has_delete_permission = has_view_permission


@admin.register(Authenticator)
class AuthenticatorAdmin(ReadOnly, AuditedAdmin):
    """Second factors without their seeds. Staff take one off who lost it, after asking who asks."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    list_select_related = ("user",)
    search_fields = ("user__email",)
    ordering = ("-created_at",)
    exclude = ("data",)

    def workspaces_of(self, row: Authenticator) -> list[Workspace]:
        """Return every workspace of this person."""
        return [one.workspace for one in row.user.memberships.select_related("workspace")]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Ask the rights that staff were given, unlike for other rows that are only read."""
        return admin.ModelAdmin.has_delete_permission(self, request, obj)


@admin.register(EmailAddress)
class EmailAddressAdmin(ReadOnly, AuditedAdmin):
    """Addresses of people. Only who reads its mail proves one; allauth's own page lets staff."""

    list_display = ("email", "user", "primary", "verified")
    list_filter = ("primary", "verified")
    list_select_related = ("user",)
    search_fields = ("email", "user__email")
    ordering = ("email",)


class WorkspaceForm(forms.ModelForm[Workspace]):
    """What staff may change about a workspace, by the rules that its owners are under."""

    time_zone = forms.ChoiceField(
        choices=lambda: [(zone, zone) for zone in sorted(available_timezones())]
    )
    audit_retention_days = forms.IntegerField(
        min_value=RETENTION_DAYS[0], max_value=RETENTION_DAYS[1]
    )


@admin.register(Workspace)
class WorkspaceAdmin(AuditedAdmin):
    """Workspaces: staff see them and change name, time zone and retention."""

    form = WorkspaceForm
    list_display = ("name", "slug", "time_zone", "audit_retention_days", "created_at")
    search_fields = ("name", "slug")
    ordering = ("name",)
    fields = ("name", "slug", "time_zone", "audit_retention_days", "created_at")
    readonly_fields = ("slug", "created_at")

    def workspaces_of(self, row: Workspace) -> list[Workspace]:
        """Return the workspace itself."""
        return [row]

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """Workspaces are made by who owns them."""
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        """Only an owner deletes a workspace: its keys have to go first."""
        return False


@admin.register(Membership)
class MembershipAdmin(AuditedAdmin):
    """Who belongs where; staff mend a workspace that lost its last owner."""

    list_display = ("user", "workspace", "role", "joined_at", "last_seen_at")
    list_filter = ("role",)
    list_select_related = ("user", "workspace")
    search_fields = ("user__email", "workspace__name", "workspace__slug")
    ordering = ("workspace__name", "user__email")
    autocomplete_fields = ("user", "workspace")
    readonly_fields = ("joined_at", "last_seen_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep an existing membership's person and workspace."""
        kept = ("user", "workspace") if obj else ()
        return (*super().get_readonly_fields(request, obj), *kept)


@admin.register(Invitation)
class InvitationAdmin(ReadOnly, AuditedAdmin):
    """Invitations, without their tokens."""

    list_display = ("email", "workspace", "role", "invited_by_name", "created_at", "expires_at")
    list_select_related = ("workspace",)
    search_fields = ("email", "workspace__name")
    ordering = ("-created_at",)
    exclude = ("token_hash",)


@admin.register(Notice)
class NoticeAdmin(ReadOnly, AuditedAdmin):
    """What people were told."""

    list_display = ("title", "user", "workspace", "created_at", "mailed_at", "read_at", "closed_at")
    list_select_related = ("user", "workspace")
    search_fields = ("title", "user__email", "workspace__name")
    ordering = ("-created_at",)


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnly, AuditedAdmin):
    """The audit log of all workspaces."""

    list_display = ("at", "workspace_name", "actor_name", "act", "subject_name", "address")
    search_fields = ("workspace_name", "actor_name", "act", "subject_name")
    ordering = ("-at", "-id")
    show_full_result_count = False
