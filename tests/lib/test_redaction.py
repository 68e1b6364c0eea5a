"""Secrets are masked for as long as their scope lasts, and what cannot be masked is withheld."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from spojit.lib import redaction
from spojit.lib.redaction import MASK, WITHHELD, redact, redact_value, register, scope

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("nothing_registered")

AWKWARD = "pä\"ss\\wo'rd\n%+</script>🔑 &end"
TOKEN = "sk_live_51Habcdefghijklmnop"


def test_data_is_masked_with_its_keys_and_keeps_its_types() -> None:
    number, row = 12345678901, UUID(int=7)
    data = {TOKEN: [1, 2.5, True, None, {"a": f"x{TOKEN}"}], "n": number, "row": row, "b": b"ok"}
    with scope():
        register([TOKEN])
        masked = redact_value(data)
        register([str(number)])
        assert redact_value(number) == MASK
    assert masked == {
        MASK: [1, 2.5, True, None, {"a": f"x{MASK}"}],
        "n": number,
        "row": row,
        "b": "b'ok'",
    }


def test_data_is_untouched_when_nothing_is_registered() -> None:
    data = {"a": [object()]}
    with scope():
        assert redact_value(data) is data


def test_a_secret_is_forgotten_when_its_scope_ends() -> None:
    with scope():
        register([TOKEN])
        with scope():
            register([AWKWARD])
            assert redact(TOKEN + AWKWARD) == MASK
        assert redact(AWKWARD) == AWKWARD
        assert redact(TOKEN) == MASK
    assert redact(TOKEN) == TOKEN


def _fail(secret: str) -> None:
    with scope():
        register([secret])
        raise OSError


def test_an_exception_takes_its_secrets_along_to_whoever_logs_it() -> None:
    with scope():
        with pytest.raises(OSError):  # noqa: PT011
            _fail(TOKEN)
        assert redact(TOKEN) == MASK
    assert redact(TOKEN) == TOKEN


def test_after_the_outermost_failure_they_stay_hidden_until_the_next_scope() -> None:
    with pytest.raises(OSError):  # noqa: PT011
        _fail(TOKEN)
    assert redact(TOKEN) == MASK
    assert not redaction.has_scope()
    with scope():
        assert redact(TOKEN) == TOKEN
    assert redact(TOKEN) == TOKEN


def test_an_open_scope_is_used_rather_than_doubled() -> None:
    with scope():
        with redaction.ensured_scope():
            register([TOKEN])
        assert redact(TOKEN) == MASK
    with redaction.ensured_scope():
        register([TOKEN])
        assert redact(TOKEN) == MASK
    assert redact(TOKEN) == TOKEN


def _in_thread(function: Callable[[], Any]) -> Any:
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(function()))
    thread.start()
    thread.join()
    return results[0]


def test_registering_without_a_scope_lasts_for_that_context() -> None:
    def registers() -> list[str]:
        register([TOKEN])
        shown = [redact(TOKEN)]
        assert not redaction.has_scope()
        with redaction.ensured_scope():
            register([AWKWARD])
            shown += [redact(TOKEN), redact(AWKWARD)]
        return [*shown, redact(TOKEN), redact(AWKWARD)]

    assert _in_thread(registers) == [MASK, MASK, MASK, MASK, AWKWARD]
    assert redact(TOKEN) == TOKEN


def test_a_wrapped_function_masks_in_another_thread() -> None:
    with scope():
        register([TOKEN])
        assert _in_thread(lambda: redact(TOKEN)) == TOKEN
        wrapped = redaction.wrap(redact)
        assert _in_thread(lambda: wrapped(TOKEN)) == MASK
        assert _in_thread(lambda: wrapped("harmless text")) == "harmless text"


def test_values_of_the_process_are_masked_everywhere() -> None:
    redaction.register_for_process([TOKEN])
    assert redact(TOKEN) == MASK
    with scope():
        register([AWKWARD])
        assert redact(f"{TOKEN} {AWKWARD}") == f"{MASK} {MASK}"
    assert _in_thread(lambda: redact(TOKEN)) == MASK


def test_what_cannot_be_masked_is_withheld(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(value: str) -> list[Any]:
        raise RuntimeError(value)

    monkeypatch.setattr(redaction, "needles", broken)
    with scope():
        register([TOKEN])
        assert redact("anything at all") == WITHHELD
        assert redact_value({"a": "anything at all"}) == WITHHELD


def test_data_too_deep_to_walk_is_withheld() -> None:
    data: list[Any] = []
    for _ in range(100_000):
        data = [data]
    with scope():
        register([TOKEN])
        assert redact_value(data) == WITHHELD


def test_hostile_text_takes_no_exponential_time() -> None:
    with scope():
        register(["\\\"'%&" * 20, "a" * 40 + "-" + "a" * 40])
        began = time.perf_counter()
        for text in ("\\" * 20_000, "\\\"'%" * 5_000, "a" * 20_000, "%25" * 7_000):
            redact(text)
        assert time.perf_counter() - began < 5
