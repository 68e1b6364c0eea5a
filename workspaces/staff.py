"""The staff pages: behind allauth's log-in and TOTP, open to all workspaces, each act audited."""

from __future__ import annotations

from collections.abc import Iterable
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.apps import AdminConfig
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from workspaces import isolation

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import Model
    from django.http import HttpRequest, HttpResponse


class StaffSite(admin.AdminSite):
    """Django's admin for staff who sign in with a second factor."""

    site_header = site_title = "Spojit staff"
    site_url = "/"
    enable_nav_sidebar = False

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Register pages; what this product registers stays, whatever a library adds later."""
        models = (
            model_or_iterable if isinstance(model_or_iterable, Iterable) else [model_or_iterable]
        )
        fresh = [model for model in models if not self.is_registered(model)]
        super().register(fresh, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether this is an active member of staff with TOTP."""
        from workspaces import mfa  # noqa: PLC0415 - this module is read before models are

        return super().has_permission(request) and mfa.has_totp(request.user)  # type: ignore[arg-type]

    def login(
        self,
        request: HttpRequest,
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> HttpResponse:
        """Send visitors to the log-in page, staff without TOTP to set it up; refuse others."""
        from allauth.account.decorators import secure_admin_login  # noqa: PLC0415

        onwards = redirect_to_index if self.has_permission(request) else _to_second_factor
        answer: HttpResponse = secure_admin_login(onwards)(request)
        return answer

    def admin_view(
        self,
        view: Any,
        cacheable: bool = False,  # noqa: FBT001, FBT002
    ) -> Any:
        """Guard a page, and open every workspace once the guard has let somebody in."""
        return super().admin_view(_in_every_workspace(view), cacheable)


class StaffConfig(AdminConfig):
    """Makes `StaffSite` the admin's site."""

    default_site = "workspaces.staff.StaffSite"


class AuditedAdmin(admin.ModelAdmin[Any]):
    """Writes an audit event for each act on a row that belongs to a workspace."""

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """Record an addition."""
        self._audit(request, obj, "added")
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """Record a change, with the names of the fields."""
        self._audit(request, obj, "changed", details={"change": str(message)[:1000]})
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Record deletions, before they happen."""
        for row in queryset:
            self._audit(request, row, "deleted")
        return super().log_deletions(request, queryset)

    def _audit(
        self, request: HttpRequest, row: Model, verb: str, *, details: dict[str, Any] | None = None
    ) -> None:
        from workspaces import audit  # noqa: PLC0415

        for workspace in self.workspaces_of(row):
            audit.record(
                workspace,
                actor=audit.Actor.of(request.user, address=request.client_address),  # type: ignore[arg-type, attr-defined]
                act=f"staff.{verb}",
                subject=row,
                details=details,
            )

    def workspaces_of(self, row: Any) -> list[Any]:
        """Say in which workspaces' logs an act on this row belongs."""
        return [row.workspace] if getattr(row, "workspace_id", None) else []


class ReadOnly:
    """Rows that staff look at and leave alone."""

    def has_add_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        """Nobody adds."""
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        """Nobody changes."""
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        """Nobody deletes."""
        return False


def redirect_to_index(_request: HttpRequest) -> HttpResponse:
    """Send staff who have signed in already to the first staff page."""
    return redirect("admin:index")


def _to_second_factor(request: HttpRequest) -> HttpResponse:
    messages.warning(request, "Staff pages need two-step sign-in. Set it up here first.")
    return redirect("mfa_activate_totp")


def _in_every_workspace(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Run a page in every workspace's scope, its template too, which would render later."""

    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with isolation.everything(reason="staff pages"):
            answer = view(request, *args, **kwargs)
            return answer.render() if isinstance(answer, TemplateResponse) else answer

    return opened
