"""Adding a connection: the form of its scheme, what it refuses, and duplicates."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from connections import credentials, lifecycle
from connections.models import Connection
from connectors import registry
from connectors.models import Connector
from spojit.lib import clock
from tests import factories
from tests.connections import steps
from tests.connections.adding import GITHUB, add_url, count

if TYPE_CHECKING:
    from tests.factories import Cast
    from workspaces.models import User


def test_the_form_is_made_from_the_declared_fields(cast: Cast, catalogue: None) -> None:
    status, page = steps.get(cast.bob, add_url(cast))
    assert status == 200
    scheme = registry.get("github").scheme("api_key")
    for field in scheme.fields:
        assert f'name="value-{field.key}"' in page
    assert '<input type="password" name="value-api_key"' in page
    assert "https://github.com/settings/personal-access-tokens" in page
    assert "GET https://api.github.com/user" in page
    assert "machine user" in page
    assert 'data-when="{&quot;value-service_url&quot;: [&quot;ghe_com&quot;]}"' in page


def test_the_way_to_sign_in_is_chosen_only_when_there_is_a_choice(
    cast: Cast, catalogue: None
) -> None:
    assert "Choose how to sign in" not in steps.get(cast.bob, add_url(cast, "resend"))[1]
    page = steps.get(cast.bob, add_url(cast, "http", "?scheme=basic"))[1]
    assert "Choose how to sign in" in page
    assert 'name="value-username"' in page


@pytest.mark.parametrize("query", ["?scheme=nonsense", "?from=nonsense"])
def test_an_unknown_scheme_or_source_is_not_found(cast: Cast, catalogue: None, query: str) -> None:
    assert steps.get(cast.bob, add_url(cast, "github", query))[0] == 404


def test_what_staff_hid_takes_no_new_connection(cast: Cast, catalogue: None) -> None:
    Connector.objects.filter(key="github").update(is_hidden=True)
    assert steps.get(cast.bob, add_url(cast))[0] == 404
    assert steps.post(cast.bob, add_url(cast), GITHUB).status_code == 404
    assert count(cast) == 0


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"value-api_key": ""}, "value-api_key", "Token is needed."),
        ({"value-api_key": "ghr_" + "a" * 36}, "value-api_key", "refresh token"),
        ({"value-api_key": "ghp_aaaaaaaaaaaaa\naaaaaaaaaaaaaa"}, "value-api_key", "a line break"),
        ({"value-service_url": "nonsense"}, "value-service_url", "Choose one of"),
        ({"name": ""}, "name", "Give the connection a name."),
        ({"name": " "}, "name", "Give the connection a name."),
        ({"name": "bad\x07name"}, "name", "Give the connection a name"),
        ({"expires_on": "2001-01-01"}, "expires_on", "This day is over already."),
        ({"expires_on": "nonsense"}, "expires_on", "valid date"),
    ],
)
def test_what_is_wrong_is_said_under_its_field(
    cast: Cast, catalogue: None, changes: dict[str, str], field: str, sentence: str
) -> None:
    answer = steps.post(cast.bob, add_url(cast), GITHUB | changes)
    assert answer.status_code == 422
    assert sentence in " ".join(answer.context["form"].errors[field])
    assert count(cast) == 0


def test_after_an_invalid_form_a_good_secret_is_typed_again_and_the_rest_stays(
    cast: Cast, catalogue: None
) -> None:
    data = GITHUB | {"name": "", "value-service_url": "ghe_com", "value-subdomain": "octocorp"}
    answer = steps.post(cast.bob, add_url(cast), data)
    page = answer.content.decode()
    assert 'value="octocorp"' in page
    assert steps.TOKEN not in page
    assert "Type it again" in page


def test_spaces_around_a_key_are_removed_and_the_page_says_so(cast: Cast, catalogue: None) -> None:
    client = factories.signed_in(cast.bob)
    data = GITHUB | {"value-api_key": f"  {steps.TOKEN}\n"}
    answer = client.post(add_url(cast), data, follow=True)
    assert answer.status_code == 200
    assert "Token: Spaces or line breaks around it were removed." in answer.content.decode()
    with factories.scope(cast.workspace):
        connection = Connection.objects.select_related("workspace").get()
    with credentials.borrow(connection) as borrowed:
        assert borrowed.reveal()["api_key"] == steps.TOKEN


def test_a_taken_name_is_refused_ignoring_case_and_spaces(cast: Cast, catalogue: None) -> None:
    factories.make_connection(cast.workspace, name="My GitHub", actor=cast.alice)
    answer = steps.post(cast.bob, add_url(cast), GITHUB | {"name": "  my   GITHUB "})
    assert answer.status_code == 422
    assert "already has this name" in answer.context["form"].errors["name"][0]
    assert count(cast) == 1


def test_the_suggested_name_is_free(cast: Cast, catalogue: None) -> None:
    factories.make_connection(cast.workspace, connector_key="github", name="github")
    answer = factories.signed_in(cast.bob).get(add_url(cast))
    assert answer.context["form"]["name"].value() == "GitHub 2"


def test_sharing_and_expiry_are_kept(cast: Cast, catalogue: None) -> None:
    day = clock.now().date() + timedelta(days=40)
    data = GITHUB | {"is_private": "on", "expires_on": day.isoformat()}
    steps.post(cast.bob, add_url(cast), data)
    with factories.scope(cast.workspace):
        connection = Connection.objects.get()
        current = credentials.current(connection)
    assert connection.is_private
    assert current is not None
    assert current.expires_on == day


def test_what_becomes_unavailable_meanwhile_is_refused(
    cast: Cast, catalogue: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise lifecycle.ConnectorUnavailable

    monkeypatch.setattr(lifecycle, "create", refuse)
    answer = steps.post(cast.bob, add_url(cast), GITHUB)
    assert answer.status_code == 422
    assert "takes no new connections" in answer.content.decode()


def test_a_duplicate_has_the_same_settings_and_no_secret(cast: Cast, catalogue: None) -> None:
    values = {"service_url": "ghe_com", "subdomain": "octocorp", "api_key": steps.TOKEN}
    source = factories.make_connection(
        cast.workspace, connector_key="github", name="Production", values=values, actor=cast.alice
    )
    client = factories.signed_in(cast.bob)
    answer = client.get(steps.url(source, "duplicate"), follow=True)
    page = answer.content.decode()
    assert answer.context["form"]["name"].value() == "Production 2"
    assert 'value="octocorp"' in page
    assert steps.TOKEN not in page
    assert "value-api_key-act" not in page


def test_a_source_of_another_connector_is_not_found(cast: Cast, catalogue: None) -> None:
    source = factories.make_connection(cast.workspace, actor=cast.bob)
    assert steps.get(cast.bob, add_url(cast, "github", f"?from={source.pk}"))[0] == 404


def test_a_private_connection_is_not_duplicated_by_others(cast: Cast, catalogue: None) -> None:
    source = factories.make_connection(cast.workspace, actor=cast.alice, is_private=True)
    assert steps.get(cast.bob, steps.url(source, "duplicate"))[0] == 403
    assert steps.get(cast.bob, add_url(cast, "http", f"?from={source.pk}"))[0] == 403


@pytest.mark.parametrize(("name", "expected"), [("vera", 403), ("mallory", 404)])
def test_who_may_not_create_cannot(cast: Cast, catalogue: None, name: str, expected: int) -> None:
    person: User = getattr(cast, name)
    assert steps.get(person, add_url(cast))[0] == expected
    assert steps.post(person, add_url(cast), GITHUB).status_code == expected
    assert count(cast) == 0


def test_a_connector_that_does_not_exist_or_needs_none_is_not_found(cast: Cast) -> None:
    assert steps.get(cast.bob, add_url(cast, "nonsense"))[0] == 404
