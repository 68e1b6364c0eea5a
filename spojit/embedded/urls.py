"""The addresses that the embedded servers answer at, one for each role."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spojit.embedded.state import State

HOST = "127.0.0.1"
DATABASE = "spojit"
DEMO_DATABASE = "spojit_demo"


@dataclass(frozen=True, repr=False)
class Urls:
    """Each URL holds the password of its role: never log one."""

    database_url: str
    migration_database_url: str
    redis_url: str
    demo_database_url: str
    demo_redis_url: str
    superuser_database_url: str


def of(state: State) -> Urls:
    """Make the URLs that belong to these ports and passwords."""
    words = state.passwords
    return Urls(
        database_url=_postgres(state, "spojit_app", words["app"], DATABASE),
        migration_database_url=_postgres(state, "spojit_owner", words["owner"], DATABASE),
        redis_url=f"redis://:{words['redis']}@{HOST}:{state.redis_port}/0",
        demo_database_url=_postgres(state, "spojit_demo", words["demo"], DEMO_DATABASE),
        demo_redis_url=f"redis://demo:{words['redis_demo']}@{HOST}:{state.redis_port}/0",
        superuser_database_url=_postgres(state, "postgres", words["superuser"], "postgres"),
    )


def _postgres(state: State, role: str, password: str, database: str) -> str:
    return f"postgresql://{role}:{password}@{HOST}:{state.postgres_port}/{database}"
