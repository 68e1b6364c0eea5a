"""What the app's role may do: use rows, never own tables; the audit log only grows."""

from __future__ import annotations

from django.conf import settings
from django.db import connections
from psycopg import sql

APPEND_ONLY = ("workspaces_auditevent",)


def apply(*, using: str = "owner", role: str = "") -> None:
    """Grant the app's role its rights on every table, as the owner.

    Args:
        using: the database alias of the owner's role.
        role: the app's role; by default the user of `DATABASE_URL`.
    """
    role = role or settings.DATABASES["default"]["USER"]
    with connections[using].cursor() as cursor:
        for statement in _statements():
            cursor.execute(sql.SQL(statement).format(role=sql.Identifier(role)).as_string())


def _statements() -> list[str]:
    return [
        "GRANT USAGE ON SCHEMA public TO {role}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
        *(f"REVOKE UPDATE, DELETE ON {table} FROM {{role}}" for table in APPEND_ONLY),
    ]
