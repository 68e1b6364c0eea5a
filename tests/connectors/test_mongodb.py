"""The connector of MongoDB against a stand-in that PyMongo's own client can use, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import bson
import pymongo
import pytest
from pymongo.server_api import ServerApi

from connectors import fields, registry
from connectors.fields import InvalidValues
from connectors.schemes import mongodb
from connectors.schemes.database import BadConnectionString
from spojit.lib.outbound import NameNotFound, Policy
from spojit.lib.outbound.services import Service
from tests import servers
from tests.connectors.using import verify
from tests.connectors.using_mongodb import text, values
from tests.servers.mongo import Mongo
from tests.servers.policies import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def mongo() -> Iterator[Mongo]:
    with Mongo().listening() as running:
        yield running


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "SCRAM-SHA-1"])
def test_the_stand_in_is_one_that_pymongo_can_use(mongo: Mongo, mechanism: str) -> None:
    with pymongo.MongoClient[dict[str, Any]](
        "127.0.0.1",
        mongo.port,
        username="ada",
        password="sesame",
        authMechanism=mechanism,
        directConnection=True,
        server_api=ServerApi("1"),
        serverSelectionTimeoutMS=5_000,
    ) as client:
        made = client.shop.items.insert_one({"name": "Lamp"}).inserted_id
        assert client.shop.items.find_one({"name": "Lamp"}) == {"_id": made, "name": "Lamp"}
        changed = client.shop.items.update_many({}, {"$set": {"price": 40}})
        assert (changed.matched_count, changed.modified_count) == (1, 1)
        assert list(client.shop.items.aggregate([{"$count": "n"}])) == [{"n": 1}]
        assert client.shop.list_collection_names() == ["items"]
        assert client.shop.items.delete_one({}).deleted_count == 1


@pytest.mark.parametrize("mechanisms", [("SCRAM-SHA-256",), ("SCRAM-SHA-1",)])
def test_it_says_who_is_signed_in_and_what_they_may(
    mongo: Mongo, mechanisms: tuple[str, ...]
) -> None:
    mongo.mechanisms = mechanisms
    verified = verify("mongodb", values(mongo))
    assert verified.outcome.name == "ok"
    assert verified.account_id == f"ada@127.0.0.1:{mongo.port}/admin"
    assert verified.account_name == "ada on 127.0.0.1"
    assert verified.place == f"127.0.0.1:{mongo.port}"
    assert verified.scopes == ["readWrite@shop"]


def test_a_password_is_never_sent_and_is_prepared_as_sasl_has_it(mongo: Mongo) -> None:
    mongo.passwords["a,b=c"] = "IX"
    found = verify("mongodb", values(mongo, username="a,b=c", password="\u2168"))
    assert found.account_id.startswith("a,b=c@")
    assert b"IX" not in b"".join(map(bson.encode, mongo.commands))


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({"password": "wrong"}, "credentials_refused"),
        ({"username": "nobody"}, "credentials_refused"),
        ({"password": "\u0007"}, "credentials_refused"),
        ({"tls": "verify"}, "tls"),
        ({"host": "169.254.169.254"}, "address_refused"),
        ({"port": "1"}, "address_refused"),
    ],
)
def test_failures_have_their_outcomes(mongo: Mongo, change: dict[str, str], outcome: str) -> None:
    assert verify("mongodb", values(mongo, **change)).outcome.name == outcome


def test_a_server_that_cannot_prove_itself_or_asks_for_hours_is_left(mongo: Mongo) -> None:
    mongo.is_honest = False
    assert verify("mongodb", values(mongo)).outcome.name == "bad_answer"
    mongo.is_honest, mongo.iterations = True, 1
    assert verify("mongodb", values(mongo)).outcome.name == "bad_answer"
    mongo.mechanisms, mongo.iterations = ("MONGODB-X509",), 4096
    assert verify("mongodb", values(mongo)).outcome.name == "request_refused"


def test_tls_names_the_host_and_is_verified(tmp_path: Path) -> None:
    authority = servers.Authority(tmp_path)
    with Mongo().listening(tls=authority.issue("db.example.com")) as running:
        policy = Policy(
            allowed_networks=LOOPBACK,
            ca_bundle=str(authority.bundle),
            resolver=lambda _host, _port: ["127.0.0.1"],
        )
        good = values(running, host="db.example.com", tls="verify")
        assert verify("mongodb", good, policy=policy).outcome.name == "ok"
        other = good | {"host": "other.example.com"}
        assert verify("mongodb", other, policy=policy).outcome.name == "tls"
        assert verify("mongodb", other | {"tls": "ca"}, policy=policy).outcome.name == "ok"


def test_the_primary_is_looked_for_among_the_named_hosts() -> None:
    with (
        Mongo(is_primary=False, set_name="rs").listening() as second,
        Mongo(set_name="rs").listening() as first,
    ):
        assert verify("mongodb", text(second, first)).outcome.name == "ok"
        assert second.sent("saslStart") == []
        assert verify("mongodb", text(second, first, options="&replicaSet=rs")).outcome.name == "ok"
        other = verify("mongodb", text(second, first, options="&replicaSet=other"))
        assert other.outcome.name == "upstream_fault"


def test_a_host_that_is_down_is_passed_over_and_one_that_is_closed_is_not(mongo: Mongo) -> None:
    with Mongo().listening() as gone:
        pass
    assert verify("mongodb", text(gone, mongo)).outcome.name == "ok"
    string = text(mongo)["connection_string"].replace("@", "@10.0.0.1,")
    assert verify("mongodb", {"connection_string": string}).outcome.name == "address_refused"
    assert len(mongo.sent("saslStart")) == 1


def test_every_host_of_a_service_is_checked(mongo: Mongo) -> None:
    asked: list[tuple[str, str]] = []
    found = Service((("a.x.example.com", mongo.port),), ("authSource=admin&replicaSet=rs",))

    def look_up(service: str, host: str) -> Service:
        asked.append((service, host))
        return found

    def at(address: str) -> Policy:
        return Policy(
            allowed_networks=LOOPBACK,
            resolver=lambda _host, _port: [address],
            service_resolver=look_up,
        )

    mongo.set_name = "rs"
    string = {"connection_string": "mongodb+srv://ada:sesame@db.x.example.com/shop?tls=false"}
    verified = verify("mongodb", string, policy=at("127.0.0.1"))
    assert verified.outcome.name == "ok"
    assert verified.place == "db.x.example.com"
    assert verified.account_name == "ada on db.x.example.com"
    assert asked == [("mongodb", "db.x.example.com")]
    assert verify("mongodb", string, policy=at("10.0.0.1")).outcome.name == "address_refused"
    found = Service((("a.other.example.com", mongo.port),))
    assert verify("mongodb", string, policy=at("127.0.0.1")).outcome.name == "request_refused"


def test_a_service_that_is_not_listed_is_a_name_that_is_not_found() -> None:
    def nobody(_service: str, host: str) -> Service:
        raise NameNotFound(f"The name {host} lists no servers.")

    policy = Policy(allowed_networks=LOOPBACK, service_resolver=nobody)
    string = {"connection_string": "mongodb+srv://ada:sesame@db.x.example.com/shop"}
    assert verify("mongodb", string, policy=policy).outcome.name == "name_not_found"


@pytest.mark.parametrize(
    ("hosts", "texts"),
    [
        ((), ()),
        ((("a.x.example.com", 1),) * 11, ()),
        ((("a.x.example.com.evil.example", 1),), ()),
        ((("x.example.com", 1),), ()),
        ((("a.x.example.com", 1),), ("tls=false",)),
        ((("a.x.example.com", 1),), ("authSource=a", "replicaSet=b")),
        ((("a.x.example.com", 1),), ("loadBalanced=true",)),
    ],
)
def test_records_of_another_kind_are_refused(hosts: Any, texts: Any) -> None:
    target = mongodb.parse("mongodb+srv://ada:sesame@db.x.example.com")
    with pytest.raises(BadConnectionString):
        mongodb.listed(target, hosts, texts)


@pytest.mark.parametrize(
    "string",
    [
        "mongodb://db.example.com/shop",
        "mongodb://ada@db.example.com/shop",
        "mongodb://ada:x@db.example.com:99999999/shop",
        "mongodb://ada:x@a,,b/shop",
        "mongodb://ada:x@" + ",".join("a" * 11) + "/shop",
        "mongodb://ada:x@db.example.com/?authMechanism=MONGODB-X509",
        "mongodb://ada:x@db.example.com/?loadBalanced=true",
        "mongodb+srv://ada:x@a.example.com,b.example.com/shop",
        "mongodb+srv://ada:x@a.example.com:27017/shop",
    ],
)
def test_connection_strings_that_cannot_be_used_are_refused_in_the_form(string: str) -> None:
    connector = registry.get("mongodb")
    with pytest.raises(InvalidValues):
        fields.clean(connector, connector.scheme("database_url"), {"connection_string": string})


@pytest.mark.parametrize(
    ("options", "tls"),
    [
        ("", "verify"),
        ("?ssl=true", "verify"),
        ("?tls=false", "off"),
        ("?tlsInsecure=true", "unverified"),
        ("?tlsAllowInvalidCertificates=true", "unverified"),
        ("?tlsAllowInvalidHostnames=true", "ca"),
    ],
)
def test_tls_is_on_unless_the_string_says_otherwise(options: str, tls: str) -> None:
    assert mongodb.parse(f"mongodb://ada:p%40ss@[::1]:5/{options}").tls == tls


def test_a_user_is_where_the_string_says_or_in_its_database() -> None:
    assert mongodb.parse("mongodb://ada:x@h/shop?authSource=users").defined_in == "users"
    assert mongodb.parse("mongodb://ada:x@h/shop").defined_in == "shop"
    assert mongodb.parse("mongodb://ada:x@h").defined_in == "admin"
    assert mongodb.parse("mongodb://a%2Fb:x@h?retryWrites=true").user == "a/b"
