"""Behind a proxy that ends TLS: pages are secure when a trusted proxy says so, and only then."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest
from django.test import Client

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db

PAGE = "/accounts/login/"


@pytest.fixture(autouse=True)
def production(settings: Settings) -> None:
    """Redirect to https, as outside a trial."""
    settings.SECURE_SSL_REDIRECT = True
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/8")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "status"),
    [
        ("10.1.2.3", "https", 200),
        ("10.1.2.3", "http", 301),
        ("10.1.2.3", "", 301),
        ("203.0.113.7", "https", 301),
    ],
)
def test_a_page_is_secure_when_a_trusted_proxy_says_so(
    peer: str, forwarded: str, status: int
) -> None:
    headers = {"X-Forwarded-Proto": forwarded} if forwarded else {}
    response = Client().get(PAGE, headers=headers, REMOTE_ADDR=peer)
    assert response.status_code == status


def test_strict_transport_security_is_sent_behind_a_trusted_proxy(settings: Settings) -> None:
    settings.SECURE_HSTS_SECONDS = 31_536_000
    headers = {"X-Forwarded-Proto": "https"}
    response = Client().get(PAGE, headers=headers, REMOTE_ADDR="10.1.2.3")
    assert "max-age=31536000" in response["Strict-Transport-Security"]
