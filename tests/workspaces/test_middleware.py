"""What surrounds a request: whose address is believed, its ID, what its log line says."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from django.test import Client, RequestFactory
from structlog.testing import capture_logs

from tests.factories import make_cast, scope, signed_in
from workspaces import invitations
from workspaces.middleware import client_address
from workspaces.models import AuditEvent

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "not an address", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1, unknown", "10.0.0.1"),
        ("10.0.0.1", ",", "10.0.0.1"),
        ("fd00::1", "2001:db8::7", "2001:db8::7"),
        ("", "198.51.100.1", "0.0.0.0"),
        ("unix", "", "0.0.0.0"),
    ],
)
def test_a_forwarded_address_counts_only_from_trusted_proxies(
    peer: str, forwarded: str, expected: str, settings: Settings
) -> None:
    settings.TRUSTED_PROXIES = PROXIES
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = RequestFactory().get("/", REMOTE_ADDR=peer, headers=headers)
    assert client_address(request) == expected


def test_nobody_is_trusted_unless_told(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = []
    headers = {"X-Forwarded-For": "198.51.100.1"}
    request = RequestFactory().get("/", REMOTE_ADDR="127.0.0.1", headers=headers)
    assert client_address(request) == "127.0.0.1"


@pytest.mark.django_db
def test_the_believed_address_is_in_the_audit_log(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = [ip_network("127.0.0.1/32")]
    cast = make_cast()
    path = f"/w/{cast.workspace.slug}/audit/export/"
    signed_in(cast.alice).get(path, headers={"X-Forwarded-For": "6.6.6.6, 198.51.100.1"})
    with scope(cast.workspace):
        assert AuditEvent.objects.get().address == "198.51.100.1"


@pytest.mark.django_db
def test_each_request_has_an_id_of_its_own_whatever_the_client_sends() -> None:
    client = Client()
    first = client.get("/accounts/login/", headers={"X-Request-ID": "mine"})["X-Request-ID"]
    second = client.get("/accounts/login/")["X-Request-ID"]
    assert len(first) == len(second) == 36
    assert first != second


def lines(path: str) -> list[Any]:
    with capture_logs() as captured:
        Client().get(path)
    return [line for line in captured if line["event"] == "Request"]


@pytest.mark.django_db
def test_a_request_is_logged_without_its_query() -> None:
    [line] = lines("/accounts/login/?next=/secret")
    assert line["path"] == "/accounts/login/"
    assert (line["method"], line["status"], line["address"]) == ("GET", 200, "127.0.0.1")
    assert "secret" not in str(line)


@pytest.mark.django_db
def test_the_tokens_of_mailed_links_are_not_logged() -> None:
    cast = make_cast()
    row = invitations.invite(cast.workspace, email="z@example.com", role="member", actor=cast.alice)
    [line] = lines(f"/invitations/{invitations.token_of(row)}/")
    assert line["path"] == "/invitations/…/"
    [line] = lines("/accounts/confirm-email/abc123/")
    assert line["path"] == "/accounts/confirm-email/…/"
    [line] = lines("/accounts/password/reset/key/1-abc123/")
    assert "abc123" not in line["path"]


@pytest.mark.django_db
def test_what_watches_us_is_not_logged() -> None:
    assert lines("/healthz") == []


@pytest.mark.django_db
def test_the_ids_of_one_request_are_not_those_of_the_next() -> None:
    cast = make_cast()
    signed_in(cast.alice).get(f"/w/{cast.workspace.slug}/members/")
    Client().get("/healthz")
    assert "workspace_id" not in structlog.contextvars.get_contextvars()
