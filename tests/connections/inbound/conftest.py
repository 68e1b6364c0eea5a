"""What these tests share: nothing of the pace of the test before, and listeners of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _forget_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin with no limit reached, and count each request at once."""
    from connections.inbound import pace  # noqa: PLC0415 - Django is set up by now

    pace.forget()
    monkeypatch.setattr(pace, "GATHER_SECONDS", 0.0)


@pytest.fixture
def heard() -> Iterator[list[str]]:
    """Listen: the IDs of the deliveries that were handed over, in order."""
    from connections.inbound import handing  # noqa: PLC0415 - Django is set up by now

    ids: list[str] = []
    before = list(handing._listeners)
    handing._listeners.append(lambda delivery: ids.append(str(delivery.pk)))
    yield ids
    handing._listeners[:] = before
