"""One function decides: it compares in constant time, and every signature with every secret."""

from __future__ import annotations

import ast
import hmac
from pathlib import Path

import pytest

from connectors import signatures
from tests.connectors.signatures.cases import NAMES, NOW, case, other_secret, secret

PACKAGE = Path(signatures.__file__).parent


def comparisons() -> list[tuple[str, ast.Compare]]:
    """Find each `==`, `!=`, `in` and `not in` of the package."""
    kinds = (ast.Eq, ast.NotEq, ast.In, ast.NotIn)
    return [
        (f"{path.name}:{node.lineno}", node)
        for path in sorted(PACKAGE.glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Compare) and any(isinstance(one, kinds) for one in node.ops)
    ]


def is_fixed(node: ast.expr) -> bool:
    """Whether it stands in the code: a text, a constant, or the names of headers that came."""
    if isinstance(node, ast.Name):
        return node.id.isupper()
    is_headers = isinstance(node, ast.Attribute) and node.attr == "headers"
    return isinstance(node, ast.Constant) or is_headers


def test_nothing_that_came_is_compared_but_with_what_stands_in_the_code() -> None:
    found = comparisons()
    assert len(found) >= 5
    wrong = [
        where for where, node in found if not any(map(is_fixed, (node.left, *node.comparators)))
    ]
    assert wrong == []


@pytest.mark.parametrize("name", NAMES)
def test_compare_digest_is_what_decides(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = case(name)
    wrong = signatures.check(
        sent.kind, [other_secret(name)], headers=sent.headers, body=sent.body, now=NOW
    )
    assert (sent.check().accepted, wrong.accepted) == (True, False)
    monkeypatch.setattr(hmac, "compare_digest", lambda _one, _other: False)
    assert sent.check().reason == "signature_wrong"
    monkeypatch.setattr(hmac, "compare_digest", lambda _one, _other: True)
    assert signatures.check(
        sent.kind, [other_secret(name)], headers=sent.headers, body=sent.body, now=NOW
    ).accepted


@pytest.mark.parametrize("name", NAMES)
def test_only_bytes_are_compared(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts with letters outside ASCII make `compare_digest` raise."""
    seen: list[tuple[object, object]] = []

    def note(one: object, other: object) -> bool:
        seen.append((one, other))
        return False

    monkeypatch.setattr(hmac, "compare_digest", note)
    case(name).check()
    assert seen
    assert {type(side) for pair in seen for side in pair} == {bytes}


def test_every_signature_is_held_against_every_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first one that fits ends nothing, so that time does not tell which one did."""
    sent = case("stripe")
    header = sent.headers["Stripe-Signature"]
    right = header.partition("v1=")[2]
    secrets = [secret("stripe"), other_secret("stripe"), other_secret("stripe")]
    counts = set()
    compare = hmac.compare_digest
    for text in (f"{header},v1=0,v1=1,v1=2", header.replace(right, f"0,v1=1,v1=2,v1={right}")):
        seen: list[bool] = []

        def note(one: bytes, other: bytes, seen: list[bool] = seen) -> bool:
            seen.append(compare(one, other))
            return seen[-1]

        monkeypatch.setattr(hmac, "compare_digest", note)
        verdict = signatures.check(
            "stripe", secrets, headers={"stripe-signature": text}, body=sent.body, now=NOW
        )
        assert (verdict.accepted, verdict.matched) == (True, 0)
        counts.add((len(seen), sum(seen)))
    assert counts == {(12, 1)}
