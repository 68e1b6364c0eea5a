"""Values of a connection to a stand-in for MongoDB, and their connection string."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.servers.mongo import Mongo


def values(mongo: Mongo, **changes: str) -> dict[str, str]:
    return {
        "host": "127.0.0.1",
        "port": str(mongo.port),
        "database": "shop",
        "username": "ada",
        "password": "sesame",
        "auth_database": "admin",
        "tls": "off",
    } | changes


def text(*servers_: Mongo, options: str = "") -> dict[str, str]:
    hosts = ",".join(f"127.0.0.1:{one.port}" for one in servers_)
    query = f"?authSource=admin&tls=false{options}"
    return {"connection_string": f"mongodb://ada:sesame@{hosts}/shop{query}"}
