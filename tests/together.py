"""Which tests run in one process, and in what order: what shares something costly, longest first.

xdist's own `loadgroup` marks the names of tests, which pytest no longer lets it do since 9.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    import pytest

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

_FIRST = (_BROWSER, _SERVICES, _UP)
_LONG = ("tests/proofs/", "tests/workflows/test_killed_workers", "tests/test_every_url")


class Together(LoadScopeScheduling):  # type: ignore[misc]
    """Hands groups and files out as a whole, in the order of what was collected."""

    def _split_scope(self, nodeid: str) -> str:
        """Name the group of a test; one in no group goes with its file."""
        return _group(nodeid) or nodeid.partition("::")[0]


def sort(items: list[pytest.Item]) -> None:
    """Put what takes longest first, so that no process is left alone with it at the end."""
    items.sort(key=lambda item: _rank(item.nodeid))


def _rank(nodeid: str) -> int:
    group = _group(nodeid)
    if group:
        return _FIRST.index(group)
    return len(_FIRST) + (not nodeid.startswith(_LONG))


def _group(nodeid: str) -> str:
    return next((group for begin, group in GROUPS.items() if nodeid.startswith(begin)), "")
