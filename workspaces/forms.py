"""Forms of people and workspaces. They validate and never save."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from django import forms

from spojit.lib.errors import Refused
from workspaces import lifecycle
from workspaces.models import Membership, User
from workspaces.roles import Role, may_give

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest, QueryDict


@contextmanager
def refusals_in(form: forms.Form, field: str | None = None) -> Iterator[None]:
    """Show what a domain function refuses as an error of the form, which is invalid then."""
    try:
        yield
    except Refused as refusal:
        form.add_error(field, f"{refusal.message} {refusal.hint}".strip())


def posted(request: HttpRequest) -> QueryDict | None:
    """Return what was sent with a POST, even when that is nothing, so that the form is bound."""
    return request.POST if request.method == "POST" else None


class WorkspaceForm(forms.Form):
    """The name of a new workspace."""

    name = forms.CharField(
        label="Name",
        help_text="Usually a team or company.",
        max_length=lifecycle.LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )


class SettingsForm(WorkspaceForm):
    """What an owner may change about a workspace."""

    time_zone = forms.ChoiceField(
        label="Time zone",
        help_text="Schedules of new workflows begin with it.",
        choices=lambda: [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones())],
    )
    audit_retention_days = forms.IntegerField(
        label="Keep the audit log for",
        help_text="In days. Older entries are removed for good.",
        min_value=lifecycle.RETENTION_DAYS[0],
        max_value=lifecycle.RETENTION_DAYS[1],
        error_messages={
            "min_value": "Keep it at least %(limit_value)s days.",
            "max_value": "Keep it at most %(limit_value)s days.",
        },
    )


class InvitationForm(forms.Form):
    """Whom to invite, as what."""

    email = forms.EmailField(
        label="E-mail address",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={"invalid": "This is no e-mail address."},
    )
    role = forms.ChoiceField(label="Role", initial=Role.MEMBER)

    def __init__(self, *args: Any, giver: Membership, **kwargs: Any) -> None:
        """Offer the roles that this member may give."""
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = role_choices(giver)  # type: ignore[attr-defined]


class HeirForm(forms.Form):
    """Who takes over what a leaving member's name is on; nobody when left open."""

    to = forms.ModelChoiceField(
        User.objects.none(),
        label="Hand their connections to",
        help_text="Otherwise their owner is nobody, and the admins look after them.",
        required=False,
        empty_label="Nobody",
    )

    def __init__(self, *args: Any, heirs: list[User], **kwargs: Any) -> None:
        """Offer these people."""
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = _people(heirs)  # type: ignore[attr-defined]


class NewOwnerForm(forms.Form):
    """Who becomes an owner."""

    to = forms.ModelChoiceField(User.objects.none(), label="New owner", empty_label="Choose…")

    def __init__(self, *args: Any, people: list[User], **kwargs: Any) -> None:
        """Offer these people."""
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = _people(people)  # type: ignore[attr-defined]


class DeletionForm(forms.Form):
    """The typed name of the workspace."""

    name = forms.CharField(label="Name")


class AuditFilter(forms.Form):
    """What the audit page is narrowed to; days are the workspace's own."""

    actor = forms.UUIDField(required=False)
    act = forms.RegexField(r"^[a-z_]+\.[a-z_]+$", required=False)
    to = forms.DateField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Add `from`, a word that Python keeps for itself."""
        super().__init__(*args, **kwargs)
        self.fields["from"] = forms.DateField(required=False)


def role_choices(giver: Membership) -> list[tuple[str, str]]:
    """List the roles that a member may give, from least to most."""
    return [(role.value, role.label) for role in Role if may_give(Role(giver.role), role)]


def _people(users: list[User]) -> Any:
    return User.objects.filter(pk__in=[user.pk for user in users]).order_by("name", "email")
