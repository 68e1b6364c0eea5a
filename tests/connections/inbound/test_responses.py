"""What a run gives back to a sender, within bounds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connections.inbound import responses
from connections.inbound.answering import State
from spojit.lib.ids import derived_id, new_id, siblings

RUN = new_id()


def given(**response: Any) -> responses.Answer:
    return responses.of_run(RUN, State("running", None, response))


@pytest.mark.parametrize(
    ("body", "content", "kind"),
    [
        (None, b"", "text/plain; charset=utf-8"),
        ("så", "så".encode(), "text/plain; charset=utf-8"),
        ({"a": [1]}, b'{"a": [1]}', "application/json"),
        (False, b"false", "application/json"),
    ],
)
def test_a_body_is_text_or_json(body: Any, content: bytes, kind: str) -> None:
    answer = given(status=200, body=body, headers={})
    assert (answer.body, answer.content_type) == (content, kind)
    assert given(body=body, headers={"Content-Type": "text/xml"}).content_type == "text/xml"
    assert given(status=204, body=body).body == b""


def test_headers_say_something_of_the_body_or_are_the_senders_own() -> None:
    kept = {"Retry-After": 5, "X-Order": " seven ", "x-shop-topic": "é"}
    dropped = {
        "Set-Cookie": "a=b",
        "Location": "https://elsewhere.example",
        "Refresh": "0;url=/",
        "Content-Length": "3",
        "Transfer-Encoding": "chunked",
        "Connection": "close",
        "Access-Control-Allow-Origin": "*",
        "Strict-Transport-Security": "max-age=0",
        "Content-Security-Policy": "",
        "X-Accel-Redirect": "/secret",
        "X-Sendfile": "/etc/passwd",
        "X-Frame-Options": "ALLOWALL",
        "X-Split": "a\r\nSet-Cookie: b",
        "X-Bad Name": "x",
        "X-Bad\r\nName": "x",
        "X-Long": "x" * 1001,
        "X-Snowman": "☃",
        "X-Empty": "",
    }
    assert responses.safe(kept | dropped) == {
        "retry-after": "5",
        "x-order": "seven",
        "x-shop-topic": "é",
    }
    assert responses.safe(["no", "mapping"]) == {}


def test_a_state_tells_no_reason() -> None:
    answer = responses.of_state(RUN, State("failed"))
    assert json.loads(answer.body) == {"id": str(RUN), "status": "failed", "finished_at": None}


def test_an_id_is_derived_once_and_stands_beside_its_origin() -> None:
    delivery, one, other = new_id(), new_id(), new_id()
    found = derived_id(delivery, one)
    assert found == derived_id(delivery, one) != derived_id(delivery, other)
    assert (found.version, found.variant) == (7, delivery.variant)
    low, high = siblings(found)
    assert low <= delivery <= high
    assert found != delivery
