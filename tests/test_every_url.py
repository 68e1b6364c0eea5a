"""Every address of the site: as a visitor, as mallory, as each role. A new one has to be added.

A workspace's address sends visitors to the log-in page, is 404 for mallory, and 403 for members who
may not; an object of another workspace is 404 under one's own address too.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib import admin
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.factories import Cast, make_cast, signed_in
from tests.scene import (
    Scene,
    make_scene,
    no_arguments,
    of_approval,
    of_call,
    of_connection,
    of_connector,
    of_delivery,
    of_invitation,
    of_membership,
    of_oauth_app,
    of_progress,
    of_run,
    of_step,
    of_tool,
    of_try,
    of_version,
    of_webhook,
    of_workflow,
)
from workspaces import invitations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.http import HttpResponse

OWNERS = frozenset({"alice"})
ADMINS = OWNERS | {"adam"}
MEMBERS = ADMINS | {"bob", "ben"}
EVERYBODY = MEMBERS | {"vera"}
MANAGERS = ADMINS | {"bob"}
"""Who manages a connection of bob's: ben is a member too, but it is not his."""

LET_IN = {200, 204, 302, 409, 422}


@dataclass(frozen=True)
class Row:
    """One address in a workspace: who may read it, and who may post to it (None: nobody can)."""

    name: str
    read: frozenset[str] | None
    post: frozenset[str] | None = None
    arguments: Callable[[Scene], dict[str, Any]] = no_arguments


IN_A_WORKSPACE = [
    Row("workspaces:home", EVERYBODY),
    Row("workspaces:welcome", EVERYBODY),
    Row("workspaces:members", EVERYBODY),
    Row("workspaces:member", None, ADMINS, of_membership),
    Row("workspaces:member_removal", ADMINS, ADMINS, of_membership),
    Row("workspaces:invitations", ADMINS, ADMINS),
    Row("workspaces:invitation", None, ADMINS, of_invitation),
    Row("workspaces:invitation_sending", None, ADMINS, of_invitation),
    Row("workspaces:audit", ADMINS),
    Row("workspaces:audit_export", ADMINS),
    Row("workspaces:notices", EVERYBODY),
    Row("workspaces:notices_read", None, EVERYBODY),
    Row("workspaces:settings", EVERYBODY, OWNERS),
    Row("workspaces:hand_over", OWNERS, OWNERS),
    Row("workspaces:leave", EVERYBODY, EVERYBODY),
    Row("workspaces:delete", OWNERS, OWNERS),
    Row("oauth:apps", ADMINS),
    Row("oauth:app", ADMINS, ADMINS, of_oauth_app),
    Row("oauth:app_removal", ADMINS, ADMINS, of_oauth_app),
    Row("connectors:catalogue", EVERYBODY),
    Row("connectors:detail", EVERYBODY, None, of_connector),
    Row("connectors:connections", EVERYBODY, None, of_connector),
    Row("connectors:about", EVERYBODY, None, of_connector),
    Row("connectors:tool", EVERYBODY, MEMBERS, of_tool),
    Row("connectors:try", MANAGERS, None, of_call),
    Row("connections:list", EVERYBODY),
    Row("connections:add", MEMBERS, MEMBERS, of_connector),
    Row("connections:detail", EVERYBODY, None, of_connection),
    Row("connections:added", MANAGERS, MANAGERS, of_connection),
    Row("connections:checklist", EVERYBODY, None, of_connection),
    Row("connections:status", EVERYBODY, None, of_connection),
    Row("connections:verification", None, MEMBERS, of_connection),
    Row("connections:ask", None, MEMBERS, of_connection),
    Row("connections:credentials", EVERYBODY, MANAGERS, of_connection),
    Row("connections:credential", MANAGERS, MANAGERS, of_connection),
    Row("connections:secret_retirement", MANAGERS, MANAGERS, of_webhook),
    Row("connections:deliveries", EVERYBODY, None, of_webhook),
    Row("connections:delivery", EVERYBODY, None, of_delivery),
    Row("connections:delivery_again", None, MEMBERS, of_delivery),
    Row("connections:test_delivery", None, MEMBERS, of_webhook),
    Row("connections:abandon", None, MANAGERS, of_connection),
    Row("connections:restoration", None, MANAGERS, of_connection),
    Row("connections:discard", None, MANAGERS, of_connection),
    Row("connections:account", None, MANAGERS, of_connection),
    Row("connections:usage", EVERYBODY, None, of_connection),
    Row("connections:activity", EVERYBODY, None, of_connection),
    Row("connections:settings", MANAGERS, MANAGERS, of_connection),
    Row("connections:duplicate", MEMBERS, None, of_connection),
    Row("connections:hand_over", MANAGERS, MANAGERS, of_connection),
    Row("connections:remove", MANAGERS, MANAGERS, of_connection),
    Row("workflows:list", EVERYBODY),
    Row("workflows:new", MEMBERS, MEMBERS),
    Row("workflows:import", MEMBERS, MEMBERS),
    Row("workflows:duplicate", MEMBERS, MEMBERS, of_workflow),
    Row("workflows:enabling", None, MEMBERS, of_workflow),
    Row("workflows:export", EVERYBODY, None, of_workflow),
    Row("workflows:versions", EVERYBODY, None, of_workflow),
    Row("workflows:version", EVERYBODY, None, of_version),
    Row("workflows:restoration", None, MEMBERS, of_version),
    Row("workflows:settings", MEMBERS, MEMBERS, of_workflow),
    Row("workflows:remove", MEMBERS, MEMBERS, of_workflow),
    Row("workflows:approvals", EVERYBODY),
    Row("workflows:approval", EVERYBODY, ADMINS, of_approval),
    Row("workflows:moving", MEMBERS, MEMBERS, of_connection),
    Row("workflows:designer", EVERYBODY, None, of_workflow),
    Row("workflows:designer_canvas", EVERYBODY, None, of_workflow),
    Row("workflows:designer_palette", MEMBERS, None, of_workflow),
    Row("workflows:designer_acts", MEMBERS, None, of_step),
    Row("workflows:designer_edits", None, MEMBERS, of_workflow),
    Row("workflows:designer_draft", None, MEMBERS, of_workflow),
    Row("workflows:designer_run", MEMBERS, MEMBERS, of_workflow),
    Row("workflows:designer_progress", EVERYBODY, None, of_progress),
    Row("workflows:panel", EVERYBODY, MEMBERS, of_step),
    Row("workflows:panel_connectors", EVERYBODY),
    Row("workflows:panel_arrival", MEMBERS, None, of_step),
    Row("workflows:panel_binding", None, MEMBERS, of_step),
    Row("workflows:panel_try", None, MEMBERS, of_step),
    Row("workflows:panel_tried", EVERYBODY, None, of_try),
    Row("workflows:panel_pin", None, MEMBERS, of_step),
    Row("runs:list", EVERYBODY),
    Row("runs:detail", EVERYBODY, None, of_run),
    Row("runs:cancel", None, MEMBERS, of_run),
    Row("runs:rerun", None, MEMBERS, of_run),
    Row("runs:rerun_failed", None, MEMBERS, of_connection),
    # What a webhook connection shows at the same addresses.
    Row("connections:detail", EVERYBODY, None, of_webhook),
    Row("connections:added", MANAGERS, MANAGERS, of_webhook),
    Row("connections:status", EVERYBODY, None, of_webhook),
    Row("connections:credentials", EVERYBODY, None, of_webhook),
    Row("connections:credential", MANAGERS, MANAGERS, of_webhook),
    Row("connections:usage", EVERYBODY, None, of_webhook),
    Row("connections:activity", EVERYBODY, None, of_webhook),
    Row("connections:duplicate", MEMBERS, None, of_webhook),
    Row("connections:remove", MANAGERS, MANAGERS, of_webhook),
]

# What a visitor gets, and what somebody who has signed in gets.
ELSEWHERE: dict[str, tuple[int, int]] = {
    "home": (302, 302),
    "healthz": (200, 200),
    "readyz": (200, 200),
    "metrics": (200, 200),
    "oauth:callback": (302, 302),
    "oauth:problem": (200, 200),
    "workspaces:create": (302, 200),
    "workspaces:sessions": (302, 200),
    "workspaces:invitation_accept": (200, 200),
    "account_login": (200, 302),
    "account_logout": (302, 200),
    "account_inactive": (200, 200),
    "account_signup": (200, 302),
    "account_reauthenticate": (302, 200),
    "account_email": (302, 200),
    "account_email_verification_sent": (200, 200),
    "account_confirm_email": (200, 200),
    "account_change_password": (302, 200),
    "account_set_password": (302, 302),
    "account_reset_password": (200, 200),
    "account_reset_password_done": (200, 200),
    "account_reset_password_from_key": (200, 200),
    "account_reset_password_from_key_done": (200, 200),
    "account_confirm_login_code": (302, 302),
    "mfa_index": (302, 200),
    "mfa_authenticate": (302, 302),
    "mfa_reauthenticate": (302, 302),
    "mfa_activate_totp": (302, 302),
    "mfa_deactivate_totp": (302, 404),
    "mfa_view_recovery_codes": (302, 404),
    "mfa_generate_recovery_codes": (302, 302),
    "mfa_download_recovery_codes": (302, 404),
}


def names(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[str]:
    """List the names of all addresses; one without a name is shown by its pattern."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            yield f"{prefix}{pattern.name or pattern.pattern}"
        else:
            inner = f"{pattern.namespace}:" if pattern.namespace else ""
            yield from names(pattern, prefix + inner)


def test_no_address_is_missing_from_the_table() -> None:
    known = {row.name for row in IN_A_WORKSPACE} | set(ELSEWHERE)
    found = {name for name in names() if not name.startswith("admin:")}
    assert found - known == set(), "add these to the table"
    assert known - found == set(), "these are gone: take them out"


def path_of(row: Row, scene: Scene, *, slug: str = "") -> str:
    slug = slug or scene.cast.workspace.slug
    return reverse(row.name, kwargs={"slug": slug, **row.arguments(scene)})


def ask(client: Client, method: str, path: str) -> HttpResponse:
    return getattr(client, method)(path)  # type: ignore[no-any-return]


def methods(row: Row) -> Iterator[tuple[str, frozenset[str]]]:
    if row.read is not None:
        yield "get", row.read
    if row.post is not None:
        yield "post", row.post


every_part = pytest.mark.parametrize(
    "part", sorted({row.name.split(":")[0] for row in IN_A_WORKSPACE})
)


def rows_of(part: str) -> list[Row]:
    return [row for row in IN_A_WORKSPACE if row.name.startswith(f"{part}:")]


@pytest.mark.django_db
@every_part
def test_who_may_not_is_kept_out(part: str) -> None:
    scene = make_scene()
    clients = {name: signed_in(person) for name, person in scene.people().items()}
    visitor, mallory = Client(), scene.mallory
    for row in rows_of(part):
        path = path_of(row, scene)
        for method, allowed in methods(row):
            what = (row.name, row.arguments, method)
            assert is_log_in_page(ask(visitor, method, path)), what
            found = {ask(mallory, method, one).status_code for one in mallorys(row, scene)}
            assert found == {404}, what
            denied = sorted(clients.keys() - allowed)
            answers = {name: ask(clients[name], method, path).status_code for name in denied}
            assert answers == dict.fromkeys(denied, 403), what


@pytest.mark.django_db
@every_part
def test_who_may_is_let_in(part: str) -> None:
    scene = make_scene()
    clients = {name: signed_in(person) for name, person in scene.people().items()}
    for row in rows_of(part):
        path = path_of(row, scene)
        for method, allowed in methods(row):
            for name in sorted(allowed):
                with undone():
                    response = ask(clients[name], method, path)
                assert response.status_code in LET_IN, (row.name, row.arguments, method, name)


@contextmanager
def undone() -> Iterator[None]:
    """Take back what is written meanwhile, and forget how often it was asked for."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    cache.clear()


def is_log_in_page(response: HttpResponse) -> bool:
    location = response.headers.get("Location", "")
    return response.status_code == 302 and location.startswith("/accounts/login/?next=/w/")


def mallorys(row: Row, scene: Scene) -> list[str]:
    """Return the address, and where it speaks of an object the same under mallory's own slug."""
    objects = {of_connection, of_webhook, of_delivery, of_membership, of_invitation, of_call}
    objects |= {of_approval, of_run, of_version, of_workflow}
    slugs = [scene.cast.workspace.slug]
    slugs += [scene.cast.next_door.slug] if row.arguments in objects else []
    return [path_of(row, scene, slug=slug) for slug in slugs]


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(ELSEWHERE))
def test_addresses_outside_of_a_workspace(name: str) -> None:
    cast = make_cast()
    path = reverse(name, kwargs=arguments_of(name, cast))
    found = (Client().get(path).status_code, signed_in(cast.bob).get(path).status_code)
    assert found == ELSEWHERE[name]


def arguments_of(name: str, cast: Cast) -> dict[str, str]:
    if name == "workspaces:invitation_accept":
        fields = {"email": "zoe@example.com", "role": "viewer"}
        row = invitations.invite(cast.workspace, **fields, actor=cast.alice)
        return {"token": invitations.token_of(row)}
    if name == "account_reset_password_from_key":
        return {"uidb36": "1", "key": "none"}
    others = {"account_confirm_email": {"key": "none"}, "oauth:problem": {"kind": "stale"}}
    return others.get(name, {})


@pytest.mark.django_db
def test_the_staff_pages_let_no_member_in() -> None:
    cast = make_cast()
    alice, mallory = signed_in(cast.alice), signed_in(cast.mallory)
    for path in staff_pages():
        visited = Client().get(path, follow=True)
        assert visited.redirect_chain[-1][0].startswith("/accounts/login/"), path
        assert alice.get(path, follow=True).status_code == 403, path
        assert mallory.get(path, follow=True).status_code == 403, path


def staff_pages() -> list[str]:
    """List the staff pages that need no row; each model's rows stand behind the same guard."""
    indexes = [reverse("admin:index"), reverse("admin:password_change"), reverse("admin:login")]
    for model in admin.site._registry:
        label = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        indexes += [reverse(f"{label}_changelist"), reverse(f"{label}_change", args=["1"])]
    return indexes
