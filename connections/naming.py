"""Suggests a name that tells connections apart: connector, environment, account. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

ENVIRONMENTS = {"live": "Production", "test": "Test", "sandbox": "Sandbox"}
LONGEST = 120


def suggest(
    connector_name: str,
    *,
    environment: str = "",
    account: str = "",
    taken: Collection[str] = (),
) -> str:
    """Return a free name such as "Shopify - Production" or "GitHub - octocat".

    Args:
        connector_name: what the service is called.
        environment: live, test, sandbox or nothing.
        account: whose account it is, when that is known.
        taken: names that are in use; case does not matter.
    """
    parts = [connector_name, account, ENVIRONMENTS.get(environment, "")]
    base = " - ".join(" ".join(part.split()) for part in parts if part)[: LONGEST - 5]
    used = {name.casefold() for name in taken}
    candidates = (base, *(f"{base} {number}" for number in range(2, len(used) + 3)))
    return next(name for name in candidates if name.casefold() not in used)
