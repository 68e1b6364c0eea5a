"""Which tests run in one process: those that share a browser, or servers that take long to start.

xdist's own `loadgroup` marks the names of tests, which pytest no longer lets it do since 9.2.
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

_ACTING = "acting"
_LOOKING = "looking"
_SERVICES = "services"
_UP = "up"

GROUPS = {
    "tests/browser/test_accessibility": _LOOKING,
    "tests/browser/test_states": _LOOKING,
    "tests/browser/test_wrong_input": _LOOKING,
    "tests/browser/": _ACTING,
    "tests/connectors/test_aws": _SERVICES,
    "tests/connectors/test_databases": _SERVICES,
    "tests/connectors/test_mail_and_storage": _SERVICES,
    "tests/proofs/test_real_": _SERVICES,
    "tests/workflows/test_demo": _SERVICES,
    "tests/spojit/test_up": _UP,
}
"""By the beginning of a test's name, the first that fits. Each browser needs an installation that
runs; two of them, so that neither is what all else waits for in the end."""


class Together(LoadScopeScheduling):  # type: ignore[misc]
    """Hands tests out one by one, and groups as a whole, the largest first."""

    def _split_scope(self, nodeid: str) -> str:
        """Name the group of a test; one in no group is its own."""
        return next((group for begin, group in GROUPS.items() if nodeid.startswith(begin)), nodeid)
