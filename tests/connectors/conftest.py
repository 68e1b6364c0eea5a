"""What the tests of the catalogue share: one recording server, emptied for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import servers
from tests.connectors.recording import Recorder, Script, places

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def _recorder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorder]:
    authority, script = servers.Authority(tmp_path_factory.mktemp("authority")), Script()
    with servers.recording(script, tls=authority.issue(*places())) as server:
        yield Recorder(server, authority, script)


@pytest.fixture
def recorder(_recorder: Recorder) -> Recorder:
    """The server, with nothing said and nothing heard."""
    _recorder.forget()
    return _recorder
