"""No secret passes through a log, whoever writes it and however it is quoted."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from spojit.lib import logs, redaction
from spojit.lib.redaction import MASK, WITHHELD

SECRET = "pä\"ss\\wo'rd\n%+</script>🔑 &end"

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """Give what was logged, one dict a line; put logging back afterwards."""
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    hooks = sys.excepthook, threading.excepthook
    logs.configure(level="DEBUG", json=True, stream=stream)
    with redaction.scope():
        redaction.register([SECRET])
        yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logs.clear()
    logging.captureWarnings(capture=False)
    root.handlers[:], root.level = handlers, level
    sys.excepthook, threading.excepthook = hooks


def test_a_line_holds_its_event_its_fields_and_its_ids(lines: Lines) -> None:
    with logs.bound(request_id="r1"):
        logs.bind(workspace_id=7)
        structlog.get_logger("spojit.test").info("Did it", count=3)
    (line,) = lines()
    assert line.pop("at").endswith("Z")
    assert line == {
        "event": "Did it",
        "level": "info",
        "logger": "spojit.test",
        "request_id": "r1",
        "workspace_id": "7",
        "count": 3,
    }


def test_fields_names_and_objects_are_masked(lines: Lines) -> None:
    structlog.get_logger().info(
        SECRET, value=SECRET, nested=[{SECRET: repr(SECRET)}], o=OSError(SECRET)
    )
    (line,) = lines()
    assert line["event"] == line["value"] == line["o"] == MASK
    assert line["nested"] == [{MASK: f"'{MASK}'"}]


@pytest.mark.parametrize("name", ["urllib3.connectionpool", "celery.worker", "django.request"])
def test_arguments_of_other_libraries_are_masked_at_debug(lines: Lines, name: str) -> None:
    logging.getLogger(name).debug("%s %r %s", SECRET, {"a": SECRET}, SECRET)
    (line,) = lines()
    assert line["event"] == f"{MASK} {{'a': '{MASK}'}} {MASK}"
    assert line["logger"] == name


def _chained() -> None:
    try:
        raise ValueError(SECRET)  # noqa: TRY301
    except ValueError as error:
        raise RuntimeError(f"for {SECRET!r}") from error


def test_a_chain_of_exceptions_is_masked(lines: Lines) -> None:
    try:
        _chained()
    except RuntimeError:
        structlog.get_logger().exception("It failed")
        logging.getLogger("other").exception("It failed")
    for line in lines():
        assert f"ValueError: {MASK}" in line["exception"]
        assert f"RuntimeError: for '{MASK}'" in line["exception"]
        assert "wo'rd" not in json.dumps(line)


def test_extra_fields_of_the_standard_library_are_masked(lines: Lines) -> None:
    logging.getLogger("other").info("Sent", extra={"body": {"key": SECRET}})
    assert lines()[0]["body"] == {"key": MASK}


def test_warnings_are_masked(lines: Lines) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(f"beware of {SECRET}", stacklevel=1)
    assert f"beware of {MASK}" in lines()[0]["event"]


def test_a_line_that_cannot_be_made_is_withheld(
    lines: Lines, capsys: pytest.CaptureFixture[str]
) -> None:
    logging.getLogger().handlers[1:] = []  # pytest's own, which raises
    logging.getLogger("other").info("%d", SECRET)
    assert lines() == [{"event": WITHHELD, "logger": "other"}]
    assert capsys.readouterr() == ("", "")


def test_a_line_that_cannot_be_masked_is_withheld(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(text: str) -> str:
        raise RuntimeError(text)

    monkeypatch.setattr(redaction, "_masked", broken)
    structlog.get_logger().info("Did it", value=SECRET)
    monkeypatch.undo()
    logged = logging.getLogger().handlers[0]
    assert isinstance(logged, logging.StreamHandler)
    assert logged.stream.getvalue() == f"{WITHHELD}\n"


def test_a_stream_that_fails_shows_nothing_of_the_line(
    lines: Lines, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = logging.getLogger().handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.stream.close()
    logging.getLogger("other").info("%s", SECRET)
    assert capsys.readouterr().err == "A log line could not be written.\n"
    handler.setStream(io.StringIO())


def test_levels_below_the_configured_one_are_dropped(lines: Lines) -> None:
    logging.getLogger().setLevel("INFO")
    structlog.get_logger("x").debug("Unseen")
    logging.getLogger("y").debug("Unseen")
    assert not lines()
    logging.getLogger().setLevel("DEBUG")


def test_the_filter_masks_for_handlers_of_others(lines: Lines) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(message)s %(body)s"))
    handler.addFilter(logs.MaskingFilter())
    logger = logging.getLogger("owned")
    logger.addHandler(handler)
    try:
        _chained()
    except RuntimeError:
        logger.exception("sent %s", SECRET, extra={"body": [SECRET]})
    logger.removeHandler(handler)
    text = stream.getvalue()
    assert text.startswith(f"sent {MASK} ['{MASK}']\nTraceback")
    assert text.count(MASK) == 4
    assert "wo'rd" not in text
    assert f"ValueError: {MASK}" in lines()[0]["exception"]


def test_the_filter_withholds_an_odd_record() -> None:
    record = logging.makeLogRecord({"msg": "%d", "args": (SECRET,), "body": SECRET})
    assert logs.MaskingFilter().filter(record)
    assert logging.Formatter().format(record) == WITHHELD
    assert not hasattr(record, "body")


def test_an_error_reporters_event_is_masked_or_dropped(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = {"exception": {"values": [{"value": f"bad {SECRET}", "vars": {"key": repr(SECRET)}}]}}
    masked = {"exception": {"values": [{"value": f"bad {MASK}", "vars": {"key": f"'{MASK}'"}}]}}
    assert logs.before_send(event, {}) == masked
    monkeypatch.setattr(redaction, "_walk", lambda value: 1 / 0)
    assert logs.before_send(event, {}) is None


def test_what_was_used_before_can_be_captured_after_another_configure(lines: Lines) -> None:
    log = structlog.get_logger("x")
    log.info("one")
    logs.configure(level="DEBUG", json=True, stream=io.StringIO())
    with capture_logs() as captured:
        log.info("two")
    assert [line["event"] for line in captured] == ["two"]
    assert [line["event"] for line in lines()] == ["one"]


def test_lines_for_people_are_masked_too(lines: Lines) -> None:
    stream = io.StringIO()
    logs.configure(level="INFO", json=False, stream=stream)
    try:
        _chained()
    except RuntimeError:
        structlog.get_logger("x").exception("It failed", value=SECRET)
    assert "It failed" in stream.getvalue()
    assert stream.getvalue().count(MASK) == 3
    assert "wo'rd" not in stream.getvalue()


@pytest.mark.parametrize("where", ["run()", "threading.Thread(target=run).start()"])
def test_an_exception_that_nobody_caught_is_masked(where: str) -> None:
    code = f"""
import threading
from spojit.lib import logs, redaction
logs.configure(level="INFO", json=True)
def run():
    with redaction.scope():
        redaction.register(["".join(["canary-", "0123456789"])])
        raise ValueError("canary-" + str(123456789).zfill(10))
{where}
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    line = json.loads(done.stderr.splitlines()[-1])
    assert line["level"] == "critical"
    assert line["exception"].endswith(f"ValueError: {MASK}")
    assert "canary-0123456789" not in done.stderr
