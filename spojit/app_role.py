"""What the role that serves requests may not be: row-level security does not bind such a one."""

from __future__ import annotations

from django.db import connection

ROLE = """
SELECT rolsuper, rolbypassrls,
    (SELECT count(*) FROM pg_class WHERE relowner = role.oid AND relkind IN ('r', 'p', 'S', 'v')),
    ARRAY(SELECT owner.rolname FROM pg_roles owner WHERE owner.oid <> role.oid
        AND pg_has_role(role.oid, owner.oid, 'MEMBER')
        AND EXISTS (SELECT FROM pg_class WHERE relowner = owner.oid AND relkind = 'r'))
FROM pg_roles role WHERE rolname = current_user
"""
REMEDY = "ALTER ROLE … NOSUPERUSER NOBYPASSRLS; REVOKE the memberships; REASSIGN OWNED."


def faults() -> list[str]:
    """Say what is wrong with the role of DATABASE_URL, as ends of a sentence about it.

    Raises:
        DatabaseError: PostgreSQL does not answer.
    """
    with connection.cursor() as cursor:
        cursor.execute(ROLE)
        ((superuser, bypasses, owned, owners),) = cursor.fetchall()
    return [
        *(["is a superuser"] if superuser else []),
        *(["walks around row-level security"] if bypasses else []),
        *([f"owns {owned} tables"] if owned else []),
        *([f"is a member of {', '.join(owners)}"] if owners and not superuser else []),
    ]
