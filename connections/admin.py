"""Staff pages of connections: looked at, never edited, but for who owns one. No field is secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin

from connections import lifecycle
from connections.models import Connection, Credential, InstallationApp
from connections.oauth import apps
from connections.oauth.apps import BadApp
from connectors import registry
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


class InstallationAppForm(forms.ModelForm[InstallationApp]):
    """A client at a service; its secret is write-only."""

    place = forms.ChoiceField(label="Connector and way to sign in")
    client_secret = forms.CharField(
        required=False,
        help_text="Never shown again. Empty keeps the stored one while the client ID stays.",
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
    )

    class Meta:
        model = InstallationApp
        fields = ("client_id",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the places that have no app yet; a stored one keeps its place."""
        super().__init__(*args, **kwargs)
        self.fields["client_id"].help_text = f"Register this redirect URL: {apps.redirect_url()}"
        if self.instance.client_id:
            del self.fields["place"]
        else:
            self.fields["place"].choices = _places_without_app()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse what cannot be stored."""
        values = super().clean() or {}
        try:
            apps.checked(values.get("client_id", ""), values.get("client_secret", ""))
        except BadApp as refused:
            raise forms.ValidationError(refused.message) from None
        return values


@admin.register(InstallationApp)
class InstallationAppAdmin(AuditedAdmin):
    """OAuth apps of this installation, for every workspace without one of its own."""

    form = InstallationAppForm
    list_display = ("connector", "scheme", "client_id", "set_at", "set_by_name")
    list_select_related = ("connector",)
    search_fields = ("connector__key", "connector__name", "client_id")
    ordering = ("connector", "scheme")

    def get_fields(self, _request: HttpRequest, obj: Any = None) -> Any:
        """Ask for the place of a new one, and show that of a stored one."""
        stored = ("connector", "scheme", "client_id", "client_secret", "set_at", "set_by_name")
        return stored if obj else ("place", "client_id", "client_secret")

    def get_readonly_fields(self, _request: HttpRequest, obj: Any = None) -> Any:
        """Keep a stored one where it is."""
        return ("connector", "scheme", "set_at", "set_by_name") if obj else ()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: ARG002, FBT001
        """Seal the secret and store it, by the one function that does."""
        place = form.cleaned_data.get("place") or f"{obj.connector_id}:{obj.scheme}"
        key, _, scheme = place.partition(":")
        row = apps.set_for_installation(
            connector_key=key,
            scheme=scheme,
            client_id=form.cleaned_data["client_id"],
            client_secret=form.cleaned_data["client_secret"],
            staff_name=str(request.user),
        )
        obj.pk, obj.connector_id, obj.scheme = row.pk, row.connector_id, row.scheme


def _places_without_app() -> list[tuple[str, str]]:
    taken = set(InstallationApp.objects.values_list("connector_id", "scheme"))
    return [
        (f"{manifest.key}:{scheme.key}", f"{manifest.name}: {scheme.label}")
        for manifest in registry.all()
        for scheme in manifest.schemes
        if apps.needs_app(scheme) and (manifest.key, scheme.key) not in taken
    ]
