"""Staff pages of connections: looked at, never edited, but for who owns one. No field is secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin

from connections import lifecycle
from connections.models import Connection, Credential
from workspaces import audit
from workspaces.models import User
from workspaces.staff import AuditedAdmin, ReadOnly

if TYPE_CHECKING:
    from django.http import HttpRequest

_SHOWN = (
    "workspace",
    "name",
    "connector",
    "scheme",
    "stable_key",
    "is_private",
    "status",
    "reason",
    "reason_detail",
    "environment",
    "account_name",
    "failing_since",
    "failures",
    "decided_at",
    "decided_by",
    "last_outcome",
    "last_outcome_at",
    "checked_at",
    "used_at",
    "verification_due_at",
    "created_at",
    "removed_at",
    "removed_by_name",
)


class CredentialInline(ReadOnly, admin.TabularInline[Credential, Connection]):
    """Versions of the credential: when and by whom, never what."""

    model = Credential
    fields = readonly_fields = (
        "version",
        "state",
        "created_at",
        "created_by_name",
        "promoted_at",
        "expires_on",
        "restorable_until",
        "destroyed_at",
    )
    ordering = ("-version",)
    extra = 0


@admin.register(Connection)
class ConnectionAdmin(AuditedAdmin):
    """Connections of all workspaces."""

    list_display = ("name", "workspace", "connector", "status", "owner", "checked_at", "removed_at")
    list_filter = ("status", "connector")
    list_select_related = ("workspace", "connector", "owner")
    search_fields = ("name", "workspace__name", "workspace__slug", "owner__email")
    ordering = ("workspace__name", "name")
    fields = ("owner", *_SHOWN)
    readonly_fields = _SHOWN
    inlines = (CredentialInline,)
    show_full_result_count = False

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer as owners only members of the connection's workspace."""
        if db_field.name == "owner" and request.resolver_match:
            connection_id = request.resolver_match.kwargs.get("object_id")
            workspaces = Connection.objects.filter(pk=connection_id).values("workspace_id")
            kwargs["queryset"] = User.objects.filter(memberships__workspace_id__in=workspaces)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Connection, form: Any, change: bool) -> None:  # noqa: ARG002, FBT001
        """Hand the connection over, as its own page does."""
        if "owner" in form.changed_data and obj.owner is not None:
            before = Connection.objects.select_related("workspace", "owner").get(pk=obj.pk)
            actor = audit.Actor.of(request.user, address=request.client_address)  # type: ignore[arg-type, attr-defined]
            lifecycle.hand_over(before, to=obj.owner, actor=actor)

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """Connections are made in their workspace."""
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        """Connections are removed in their workspace."""
        return False
