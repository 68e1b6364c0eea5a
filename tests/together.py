"""Which tests run in one process: those that share a browser, or servers that take long to start.

xdist's own `loadgroup` marks the names of tests, which pytest no longer lets it do since 9.2.
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

_BROWSER = "browser"
_SERVICES = "services"
_UP = "up"

GROUPS = {
    "tests/browser/": _BROWSER,
    "tests/connectors/test_aws": _SERVICES,
    "tests/connectors/test_databases": _SERVICES,
    "tests/connectors/test_mail_and_storage": _SERVICES,
    "tests/connectors/test_redis": _SERVICES,
    "tests/proofs/test_real_": _SERVICES,
    "tests/workflows/test_demo": _SERVICES,
    "tests/spojit/test_up": _UP,
}
"""By the beginning of a test's name; a browser needs a running installation besides."""


class Together(LoadScopeScheduling):  # type: ignore[misc]
    """Hands tests out one by one, and groups as a whole, the largest first."""

    def _split_scope(self, nodeid: str) -> str:
        """Name the group of a test; one in no group is its own."""
        return next((group for begin, group in GROUPS.items() if nodeid.startswith(begin)), nodeid)
