"""Staff pages of the catalogue: a connector can be hidden, disabled and deprecated, not edited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin

from connectors.models import Connector

if TYPE_CHECKING:
    from django.http import HttpRequest


class ConnectorForm(forms.ModelForm[Connector]):
    """What staff decide about a connector."""

    class Meta:
        model = Connector
        fields = ("is_hidden", "is_disabled", "disabled_reason", "deprecation_notice")

    def clean(self) -> dict[str, Any]:
        """Ask for the reason of disabling: people read it wherever the connector is used."""
        cleaned = super().clean() or {}
        if cleaned.get("is_disabled") and not cleaned.get("disabled_reason", "").strip():
            self.add_error("disabled_reason", "Say why: people see this when calls are refused.")
        return cleaned


@admin.register(Connector)
class ConnectorAdmin(admin.ModelAdmin[Connector]):
    """The rows that `manage.py sync_connectors` makes from the catalogue's files."""

    form = ConnectorForm
    list_display = (
        "name",
        "key",
        "category",
        "version",
        "is_present",
        "is_hidden",
        "is_disabled",
        "deprecation_notice",
    )
    list_filter = ("is_present", "is_hidden", "is_disabled", "category")
    search_fields = ("key", "name")
    ordering = ("name",)
    readonly_fields = ("key", "name", "category", "version", "is_present", "synced_at")
    fields = (
        *readonly_fields,
        "is_hidden",
        "is_disabled",
        "disabled_reason",
        "deprecation_notice",
    )

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """Connectors come from files."""
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        """Connections point to them."""
        return False
