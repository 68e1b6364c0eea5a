"""OAuth apps: a workspace's own before the installation's, both sealed, neither ever shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from connections.models import Credential, InstallationApp, OAuthApp
from connections.oauth import apps
from connections.oauth.apps import AppMissing, BadApp
from tests import factories
from tests.connections import steps
from tests.workspaces.test_staff import make_staff
from workspaces.models import AuditEvent
from workspaces.vault.envelope import CannotOpen

if TYPE_CHECKING:
    from tests.factories import Cast

SECRET = "app-secret-0123456789"
WHERE = {"connector_key": "github", "scheme": "oauth2"}


@pytest.fixture(autouse=True)
def _github(db: None) -> None:
    factories.make_connector("github")


def set_own(cast: Cast, client_id: str = "own-client", secret: str = SECRET) -> OAuthApp:
    return apps.set_own(
        cast.workspace, **WHERE, client_id=client_id, client_secret=secret, actor=cast.adam
    )


def set_for_all(secret: str = SECRET) -> InstallationApp:
    return apps.set_for_installation(
        **WHERE, client_id="everybodys", client_secret=secret, staff_name="Staff"
    )


def found(cast: Cast) -> tuple[str, str]:
    with factories.scope(cast.workspace):
        opened = apps.opened(apps.find(cast.workspace, **WHERE))
    return opened.client_id, opened.client_secret


def test_the_workspaces_own_comes_before_the_installations(cast: Cast) -> None:
    with factories.scope(cast.workspace), pytest.raises(AppMissing):
        apps.find(cast.workspace, **WHERE)
    set_for_all("for-all-0123456789")
    assert found(cast) == ("everybodys", "for-all-0123456789")
    row = set_own(cast)
    assert found(cast) == ("own-client", SECRET)
    apps.remove_own(row, actor=cast.adam)
    assert found(cast)[0] == "everybodys"


def test_a_secret_does_not_open_for_another_service(cast: Cast) -> None:
    factories.make_connector("slack")
    set_for_all()
    InstallationApp.objects.update(connector_id="slack")
    elsewhere = {"connector_key": "slack", "scheme": "oauth2"}
    with factories.scope(cast.workspace), pytest.raises(CannotOpen):
        apps.opened(apps.find(cast.workspace, **elsewhere))
    own = set_own(cast)
    with factories.scope(cast.workspace):
        OAuthApp.objects.filter(pk=own.pk).update(connector_id="slack")
        with pytest.raises(CannotOpen):
            apps.opened(apps.find(cast.workspace, **elsewhere))
        version = Credential(
            workspace_id=cast.workspace.pk, app_id=own.pk, app_client_id=own.client_id
        )
        with pytest.raises(CannotOpen):
            apps.opened(apps.of(version, **elsewhere))


def test_another_workspace_has_not_got_it(cast: Cast) -> None:
    set_own(cast)
    with factories.scope(cast.next_door), pytest.raises(AppMissing):
        apps.find(cast.next_door, **WHERE)


def test_an_empty_secret_keeps_that_of_the_same_client_only(cast: Cast) -> None:
    set_own(cast)
    set_own(cast, secret="")
    assert found(cast) == ("own-client", SECRET)
    set_own(cast, client_id="another", secret="")
    assert found(cast) == ("another", "")


@pytest.mark.parametrize(
    ("client_id", "secret"), [("", "x"), ("a b", "x"), ("a\nb", ""), ("x" * 301, ""), ("a", "b c")]
)
def test_what_cannot_be_an_app_is_refused(cast: Cast, client_id: str, secret: str) -> None:
    with pytest.raises(BadApp):
        set_own(cast, client_id=client_id, secret=secret)
    with factories.scope(cast.workspace):
        assert OAuthApp.objects.count() == 0


def test_setting_and_removing_are_in_the_audit_log_without_the_secret(cast: Cast) -> None:
    apps.remove_own(set_own(cast), actor=cast.adam)
    with factories.scope(cast.workspace):
        events = AuditEvent.objects.filter(act__startswith="oauth_app.").order_by("at")
        told = [(event.act, event.details) for event in events]
    details = {"connector": "github", "scheme": "oauth2", "client_id": "own-client"}
    assert told == [("oauth_app.set", details), ("oauth_app.removed", details)]


def page(cast: Cast, name: str = "app") -> str:
    where = {} if name == "apps" else {"key": "github", "scheme": "oauth2"}
    return steps.workspace_url(cast.workspace, f"oauth:{name}", **where)


def test_admins_set_replace_and_remove_the_workspaces_own(cast: Cast) -> None:
    assert "none" in steps.get(cast.adam, page(cast, "apps"))[1]
    status, shown = steps.get(cast.adam, page(cast))
    assert status == 200
    assert apps.redirect_url() in shown
    assert "There is no app yet." in shown
    sent = {"client_id": " own-client ", "client_secret": SECRET}
    answer = steps.post(cast.adam, page(cast), sent)
    assert (answer.status_code, answer["Location"]) == (302, page(cast, "apps"))
    assert found(cast) == ("own-client", SECRET)
    shown = steps.get(cast.adam, page(cast))[1]
    assert 'value="own-client"' in shown
    assert SECRET not in shown
    assert "your own" in steps.get(cast.adam, page(cast, "apps"))[1]
    assert (
        "No connection was authorized by it." in steps.get(cast.adam, page(cast, "app_removal"))[1]
    )
    steps.post(cast.adam, page(cast, "app_removal"))
    with factories.scope(cast.workspace):
        assert OAuthApp.objects.count() == 0


def test_a_wrong_app_is_refused_on_the_page(cast: Cast) -> None:
    answer = steps.post(cast.adam, page(cast), {"client_id": "a b", "client_secret": SECRET})
    assert answer.status_code == 422
    assert SECRET not in answer.content.decode()


def test_only_connectors_that_need_an_app_have_a_page(cast: Cast) -> None:
    where = {"key": "github", "scheme": "api_key"}
    assert steps.get(cast.adam, steps.workspace_url(cast.workspace, "oauth:app", **where))[0] == 404


def test_staff_set_the_installations_app_and_never_see_its_secret_again(cast: Cast) -> None:
    browser = factories.signed_in(make_staff())
    add = reverse("admin:connections_installationapp_add")
    shown = browser.get(add).content.decode()
    assert "github:oauth2" in shown
    assert "github:api_key" not in shown
    assert apps.redirect_url() in shown
    sent = {"place": "github:oauth2", "client_id": "everybodys", "client_secret": SECRET}
    assert browser.post(add, sent).status_code == 302
    assert found(cast) == ("everybodys", SECRET)
    row = InstallationApp.objects.get()
    change = reverse("admin:connections_installationapp_change", args=[row.pk])
    shown = browser.get(change).content.decode()
    assert 'value="everybodys"' in shown
    assert SECRET not in shown
    assert browser.post(change, {"client_id": "renamed", "client_secret": ""}).status_code == 302
    assert found(cast) == ("renamed", "")
    assert browser.post(change, {"client_id": "a b", "client_secret": ""}).status_code == 200
    assert browser.get(reverse("admin:connections_installationapp_changelist")).status_code == 200
