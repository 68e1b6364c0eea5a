"""The staff pages: who gets in, what they see, and that each act leaves an audit event."""

from __future__ import annotations

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.core import mail
from django.test import Client
from django.urls import reverse

from connections.models import Connection
from connectors.models import Connector
from tests.factories import (
    EXAMPLE_VALUES,
    PASSWORD,
    make_cast,
    make_connection,
    make_user,
    scope,
    signed_in,
)
from workspaces import isolation, notices
from workspaces.mfa import SealingAdapter
from workspaces.models import AuditEvent, Membership, User, Workspace

pytestmark = pytest.mark.django_db


def make_staff() -> User:
    staff = User.objects.create_superuser("stella@example.com", PASSWORD)
    secret = SealingAdapter().encrypt("JBSWY3DPEHPK3PXP")
    Authenticator.objects.create(user=staff, type="totp", data={"secret": secret})
    return staff


def page(client: Client, name: str, *args: object) -> str:
    response = client.get(reverse(f"admin:{name}", args=args))
    assert response.status_code == 200
    return response.content.decode()


def test_a_visitor_signs_in_by_the_ordinary_page() -> None:
    response = Client().get("/admin/", follow=True)
    assert response.redirect_chain[-1][0].startswith("/accounts/login/?next=")


def test_who_is_no_staff_is_refused() -> None:
    alice = signed_in(make_user())
    response = alice.get("/admin/", follow=True)
    assert response.status_code == 403


def test_staff_without_a_second_factor_are_sent_to_set_it_up() -> None:
    staff = signed_in(User.objects.create_superuser("s@example.com", PASSWORD))
    first = staff.get("/admin/")
    second = staff.get(first["Location"])
    assert second["Location"] == "/accounts/2fa/totp/activate/"
    for name in ("workspaces_user_changelist", "connections_connection_changelist"):
        assert staff.get(reverse(f"admin:{name}")).status_code == 302


def test_a_superuser_made_by_command_proves_the_address_at_the_first_log_in() -> None:
    User.objects.create_superuser("root@example.com", PASSWORD)
    client = Client()
    fields = {"login": "root@example.com", "password": PASSWORD}
    assert client.post("/accounts/login/", fields)["Location"] == "/accounts/confirm-email/"
    link = re.search(r"http://testserver(/accounts/confirm-email/\S+)", str(mail.outbox[0].body))
    assert link
    client.post(link[1])
    assert "_auth_user_id" in client.session


def test_no_workspace_is_open_to_who_is_not_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    everything = isolation.everything

    def look(*, reason: str, using: str = "default"):  # type: ignore[no-untyped-def]
        opened.append(reason)
        return everything(reason=reason, using=using)

    monkeypatch.setattr(isolation, "everything", look)
    signed_in(make_user()).get("/admin/workspaces/membership/")
    assert opened == []
    signed_in(make_staff()).get("/admin/workspaces/membership/")
    assert opened == ["staff pages"]


def test_staff_with_a_second_factor_see_every_workspace() -> None:
    cast = make_cast()
    staff = signed_in(make_staff())
    assert staff.get("/admin/login/")["Location"] == "/admin/"
    assert staff.get("/admin/").status_code == 200
    seen = page(staff, "workspaces_membership_changelist")
    assert cast.bob.name in seen
    assert cast.mallory.name in seen


def test_every_list_and_every_row_can_be_looked_at() -> None:
    cast = make_cast()
    make_connection(cast.workspace, connector_key="github")
    with scope(cast.workspace):
        notices.tell(cast.workspace, users=[cast.bob], key="k", title="t")
    staff = signed_in(make_staff())
    for model in admin.site._registry:
        label = f"{model._meta.app_label}_{model._meta.model_name}"
        page(staff, f"{label}_changelist")
        with isolation.everything(reason="test"):
            row = model._default_manager.order_by("pk").first()
        if row is not None:
            page(staff, f"{label}_change", row.pk)


def test_no_secret_and_no_sealed_value_is_on_the_page_of_a_connection() -> None:
    cast = make_cast()
    connection = make_connection(cast.workspace, connector_key="github")
    seen = page(signed_in(make_staff()), "connections_connection_change", connection.pk)
    assert EXAMPLE_VALUES["github"]["api_key"] not in seen
    assert "sealed" not in seen
    fields = set(re.findall(r'name="([^"]+)"', seen))
    assert {field for field in fields if field.startswith("credentials-0")} <= {
        "credentials-0-id",
        "credentials-0-connection",
    }


def test_staff_hand_a_connection_over_and_nothing_else() -> None:
    cast = make_cast()
    connection = make_connection(cast.workspace, actor=cast.bob, name="HTTP - Live")
    target = reverse("admin:connections_connection_change", args=[connection.pk])
    staff = signed_in(make_staff())
    assert str(cast.mallory.pk) not in page(staff, "connections_connection_change", connection.pk)
    form = {
        "owner": str(cast.adam.pk),
        "name": "Stolen",
        "credentials-TOTAL_FORMS": "0",
        "credentials-INITIAL_FORMS": "0",
    }
    assert staff.post(target, form).status_code == 302
    with scope(cast.workspace):
        stored = Connection.objects.get(pk=connection.pk)
        events = AuditEvent.objects.filter(subject_id=connection.pk).order_by("at", "act")
        acts = set(events.values_list("act", "actor_name"))
    assert (stored.owner_id, stored.name) == (cast.adam.pk, "HTTP - Live")
    assert acts == {
        ("connection.created", "Bob"),
        ("connection.handed_over", "stella@example.com"),
        ("staff.changed", "stella@example.com"),
    }


def test_an_act_of_staff_on_a_workspace_is_in_its_audit_log() -> None:
    cast = make_cast()
    staff = signed_in(make_staff())
    target = reverse("admin:workspaces_workspace_change", args=[cast.workspace.pk])
    form = {"name": "Renamed", "time_zone": "UTC", "audit_retention_days": "365"}
    assert staff.post(target, form).status_code == 302
    assert Workspace.objects.get(pk=cast.workspace.pk).name == "Renamed"
    with scope(cast.workspace):
        event = AuditEvent.objects.get()
    assert (event.act, event.subject_kind, event.address) == (
        "staff.changed",
        "workspace",
        "127.0.0.1",
    )
    assert "name" in event.details["change"].lower()


def test_staff_are_under_the_rules_of_owners() -> None:
    cast = make_cast()
    target = reverse("admin:workspaces_workspace_change", args=[cast.workspace.pk])
    form = {"name": "Renamed", "time_zone": "Mars/Olympus", "audit_retention_days": "1"}
    assert signed_in(make_staff()).post(target, form).status_code == 200
    assert Workspace.objects.get(pk=cast.workspace.pk).name == "Northwind"


def test_switching_an_account_off_is_in_the_log_of_each_of_its_workspaces() -> None:
    cast = make_cast()
    target = reverse("admin:workspaces_user_change", args=[cast.mallory.pk])
    assert signed_in(make_staff()).post(target, {"name": "Mallory"}).status_code == 302
    assert not User.objects.get(pk=cast.mallory.pk).is_active
    with scope(cast.next_door):
        assert AuditEvent.objects.get().subject_id == cast.mallory.pk
    with scope(cast.workspace):
        assert AuditEvent.objects.count() == 0


def test_only_a_superuser_says_who_is_staff() -> None:
    staff = make_staff()
    staff.is_superuser = False
    staff.save()
    staff.user_permissions.add(Permission.objects.get(codename="change_user"))
    target = reverse("admin:workspaces_user_change", args=[staff.pk])
    assert signed_in(staff).post(target, {"is_superuser": "on"}).status_code == 302
    staff.refresh_from_db()
    assert not staff.is_superuser


def test_only_a_superuser_changes_what_groups_may_do() -> None:
    staff, group = make_staff(), Group.objects.create(name="Support")
    staff.is_superuser = False
    staff.save()
    staff.user_permissions.set(Permission.objects.filter(content_type__model="group"))
    url = reverse("admin:auth_group_change", args=[group.pk])
    rights = Permission.objects.values_list("pk", flat=True)
    answer = signed_in(staff).post(url, {"name": "Support", "permissions": list(rights)})
    assert (answer.status_code, group.permissions.count()) == (403, 0)
    staff.is_superuser = True
    staff.save()
    assert signed_in(staff).get(url).status_code == 200


def test_a_lost_second_factor_is_taken_off_without_its_seed_being_shown() -> None:
    cast = make_cast()
    secret = SealingAdapter().encrypt("JBSWY3DPEHPK3PXP")
    lost = Authenticator.objects.create(user=cast.bob, type="totp", data={"secret": secret})
    staff = signed_in(make_staff())
    assert secret not in page(staff, "mfa_authenticator_change", lost.pk)
    target = reverse("admin:mfa_authenticator_delete", args=[lost.pk])
    assert staff.post(target, {"post": "yes"}).status_code == 302
    with scope(cast.workspace):
        assert AuditEvent.objects.get().act == "staff.deleted"


def test_removing_a_membership_is_in_the_audit_log() -> None:
    cast = make_cast()
    with scope(cast.workspace):
        row = Membership.objects.get(user=cast.bob)
    target = reverse("admin:workspaces_membership_delete", args=[row.pk])
    assert signed_in(make_staff()).post(target, {"post": "yes"}).status_code == 302
    with scope(cast.workspace):
        assert not Membership.objects.filter(pk=row.pk).exists()
        assert AuditEvent.objects.get().act == "staff.deleted"


def test_the_audit_log_is_only_read() -> None:
    cast = make_cast()
    make_connection(cast.workspace)
    with scope(cast.workspace):
        event = AuditEvent.objects.get()
    staff = signed_in(make_staff())
    assert staff.get(reverse("admin:workspaces_auditevent_add")).status_code == 403
    target = reverse("admin:workspaces_auditevent_change", args=[event.pk])
    assert staff.post(target, {"actor_name": "Mallory"}).status_code == 403
    target = reverse("admin:workspaces_auditevent_delete", args=[event.pk])
    assert staff.post(target, {"post": "yes"}).status_code == 403


def test_nobody_proves_an_address_but_who_reads_its_mail() -> None:
    person = make_user("Zoe", verified=False)
    staff = signed_in(make_staff())
    row = EmailAddress.objects.get(user=person)
    kept = list(EmailAddress.objects.order_by("pk").values())
    form = {"user": str(person.pk), "email": "new@example.com", "primary": "", "verified": "on"}
    change = reverse("admin:account_emailaddress_change", args=[row.pk])
    assert person.email in page(staff, "account_emailaddress_change", row.pk)
    assert staff.post(reverse("admin:account_emailaddress_add"), form).status_code == 403
    assert staff.post(change, form).status_code == 403
    delete = reverse("admin:account_emailaddress_delete", args=[row.pk])
    assert staff.post(delete, {"post": "yes"}).status_code == 403
    many = reverse("admin:account_emailaddress_changelist")
    for action in ("make_verified", "delete_selected"):
        staff.post(many, {"action": action, "_selected_action": [row.pk], "post": "yes"})
    assert list(EmailAddress.objects.order_by("pk").values()) == kept


def test_staff_hide_disable_and_deprecate_a_connector() -> None:
    make_connection(make_cast().workspace)
    staff = signed_in(make_staff())
    target = reverse("admin:connectors_connector_change", args=["http"])
    assert "Say why" in staff.post(target, {"is_disabled": "on"}).content.decode()
    form = {
        "is_hidden": "on",
        "is_disabled": "on",
        "disabled_reason": "A fault in it.",
        "deprecation_notice": "Use another.",
        "key": "stolen",
    }
    assert staff.post(target, form).status_code == 302
    row = Connector.objects.get()
    assert (row.key, row.is_hidden, row.is_disabled) == ("http", True, True)
    assert (row.disabled_reason, row.deprecation_notice) == ("A fault in it.", "Use another.")
