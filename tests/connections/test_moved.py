"""No kept secret follows a change of where it would go, or of how it would travel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connections import credentials
from connections.credentials.staging import ADDRESS_CHANGED
from connectors.fields import InvalidValues
from tests import factories
from tests.connections import steps
from tests.servers.listener import listening

if TYPE_CHECKING:
    from collections.abc import Callable

    from connections.models import Connection
    from tests.factories import Cast

DATABASE = {"host": "db.example.com", "username": "ada", "database": "1", "password": "sesame 12"}
MAIL = {"host": "smtp.example.com", "username": "ada", "password": "sesame 12"}
STORAGE = {
    "service_url": "compatible",
    "endpoint": "https://s3.example.com",
    "access_key_id": "AKIAIOSFODNN7EXAMPLE",
    "secret_access_key": "a-secret-of-storage",
}
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
OTHER = "another-secret-2222"


def make(cast: Cast, key: str, scheme: str, values: dict[str, str]) -> Connection:
    made: Connection = factories.make_connection(
        cast.workspace, connector_key=key, scheme=scheme, values=values
    )
    return made


def stage(cast: Cast, connection: Connection, **values: str) -> Any:
    return credentials.stage(connection, values=values, actor=cast.bob)


@pytest.mark.parametrize(
    ("key", "scheme", "values", "change", "secret"),
    [
        ("postgresql", "database", DATABASE, {"tls": "off"}, "password"),
        ("postgresql", "database", DATABASE, {"ca_certificate": CERTIFICATE}, "password"),
        ("postgresql", "database", DATABASE, {"port": "5433"}, "password"),
        ("mysql", "database", DATABASE, {"tls": "unverified"}, "password"),
        ("redis", "database", DATABASE, {"tls": "off"}, "password"),
        ("smtp", "basic", MAIL, {"tls": "implicit", "port": "465"}, "password"),
        ("smtp", "basic", MAIL, {"tls": "implicit"}, "password"),
        ("smtp", "basic", MAIL, {"ca_certificate": CERTIFICATE}, "password"),
        (
            "s3",
            "aws_sigv4",
            STORAGE,
            {"endpoint": "https://s3.example.org"},
            "secret_access_key",
        ),
        ("s3", "aws_sigv4", STORAGE, {"region": "eu-central-1"}, "secret_access_key"),
        ("s3", "aws_sigv4", STORAGE, {"service_url": "aws"}, "secret_access_key"),
        (
            "github",
            "api_key",
            {"api_key": steps.TOKEN},
            {"service_url": "ghe_com", "subdomain": "octocorp"},
            "api_key",
        ),
        (
            "http",
            "api_key",
            {"base_url": "https://api.example.com", "api_key": steps.KEY},
            {"base_url": "https://api.example.org"},
            "api_key",
        ),
    ],
)
def test_a_kept_secret_is_asked_for_again(
    cast: Cast, key: str, scheme: str, values: dict[str, str], change: dict[str, str], secret: str
) -> None:
    connection = make(cast, key, scheme, values)
    with pytest.raises(InvalidValues) as caught:
        stage(cast, connection, **change)
    assert caught.value.errors == {secret: ADDRESS_CHANGED}
    assert steps.states(connection) == [(1, "current")]
    again = steps.OTHER_TOKEN if key == "github" else OTHER
    assert stage(cast, connection, **change, **{secret: again}).version == 2


def test_a_secret_is_kept_where_it_goes_to_the_same_host(cast: Cast) -> None:
    values = {"base_url": "https://api.example.com", "api_key": steps.KEY, "test_path": "/me"}
    connection = make(cast, "http", "api_key_header", values)
    assert stage(cast, connection, test_path="/you").version == 2


def test_taking_encryption_off_sends_the_old_password_nowhere(
    cast: Cast, reach: Callable[..., None]
) -> None:
    with listening(lambda opened: opened.close(), host="127.0.0.1", tls=None) as listener:
        reach(listener.port)
        place = {"host": "127.0.0.1", "port": str(listener.port)}
        connection = make(cast, "postgresql", "database", DATABASE | place)
        with pytest.raises(InvalidValues) as caught:
            stage(cast, connection, tls="off")
        assert caught.value.errors == {"password": ADDRESS_CHANGED}
        assert listener.connections == 0


def test_a_connection_string_is_only_ever_replaced_whole(cast: Cast) -> None:
    old = "postgresql://ada:sesame@db.example.com/shop"
    connection = make(cast, "postgresql", "database_url", {"connection_string": old})
    new = "postgresql://ada:sesame@db.example.org/shop?sslmode=disable"
    staged = stage(cast, connection, connection_string=new)
    assert (staged.version, staged.shown) == (2, {})
