"""What the tests of the catalogue share: one recording server, emptied for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.connectors import recording

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def _server() -> Iterator[recording.Recorder]:
    with recording.serving() as recorder:
        yield recorder


@pytest.fixture
def recorder(_server: recording.Recorder) -> recording.Recorder:
    """The server, with nothing said and nothing heard."""
    _server.replies.clear()
    _server.requests.clear()
    _server.names.clear()
    return _server
