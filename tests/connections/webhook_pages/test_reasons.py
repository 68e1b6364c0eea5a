"""Every reason for which the endpoint refuses has words."""

from __future__ import annotations

import inspect
import re

from connections.inbound import checking, receiving
from connections.views import reasons
from connectors.signatures import REASONS


def test_each_reason_has_a_sentence_and_says_what_to_do() -> None:
    given = re.findall(r'_refuse\(found, request, "(\w+)"', inspect.getsource(receiving))
    assert len(given) >= 3
    for reason in {*given, *REASONS, checking.CHALLENGE, checking.UNREADABLE.reason}:
        words = reasons.of(reason)
        assert words is not None, reason
        assert words.sentence.endswith("."), reason
        assert words.hint.endswith("."), reason


def test_what_was_accepted_has_none() -> None:
    assert reasons.of("ok") is None
