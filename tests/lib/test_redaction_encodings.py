"""Registered secrets are masked in every encoding, and no neighbour with them."""

from __future__ import annotations

import base64
import html
import json
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import example, given, settings, strategies as st

from spojit.lib.redaction import MASK, WITHHELD, redact, register, scope

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("nothing_registered")

AWKWARD = "pä\"ss\\wo'rd\n%+</script>🔑 &end"
TOKEN = "sk_live_51Habcdefghijklmnop"

ENCODINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "JSON": json.dumps,
    "JSON with Unicode": lambda s: json.dumps(s, ensure_ascii=False),
    "JSON in JSON": lambda s: json.dumps(json.dumps({"a": [s]})),
    "JSON in JSON in JSON": lambda s: json.dumps(json.dumps(json.dumps([s]))),
    "repr": repr,
    "ascii": ascii,
    "repr in JSON": lambda s: json.dumps(repr([s, "'", '"'])),
    "repr of bytes": lambda s: repr(s.encode()),
    "quote": quote,
    "quote, nothing safe": lambda s: quote(s, safe=""),
    "quote, as requests does": lambda s: quote(s, safe="!#$&'()*+,/:;=?@[]~"),
    "quote in lower case": lambda s: _lower_escapes(quote(s, safe="")),
    "quote twice": lambda s: quote(quote(s, safe=""), safe=""),
    "quote_plus": quote_plus,
    "a form": lambda s: urlencode({"a": s, "b": "c"}),
    "HTML": html.escape,
    "HTML of JSON": lambda s: html.escape(json.dumps({"a": s})),
    "JSON of HTML": lambda s: json.dumps(html.escape(s)),
    "script-safe JSON": lambda s: json.dumps(s).replace("<", "\\u003C").replace("&", "\\u0026"),
    "hex": lambda s: s.encode().hex(),
    "hex in upper case": lambda s: s.encode().hex().upper(),
    "UTF-8 read as Latin-1": lambda s: s.encode().decode("latin-1"),
    "base64 in a query": lambda s: quote_plus(base64.b64encode(s.encode()).decode()),
    "base64 of JSON": lambda s: base64.urlsafe_b64encode(json.dumps({"k": s}).encode()).decode(),
    "base64 of a form": lambda s: base64.b64encode(("id:" + quote_plus(s)).encode()).decode(),
}


# Characters of base64 that hold bits of the neighbours too, and its padding.
SHARED = 8


def _left_over(masked: str) -> int:
    assert MASK in masked
    return len(masked.replace(MASK, ""))


def _lower_escapes(text: str) -> str:
    return "".join(
        "%" + part[:2].lower() + part[2:] if at else part for at, part in enumerate(text.split("%"))
    )


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("secret", [AWKWARD, TOKEN, "wJalrXUtnFEMI/K7MDENG+bPxRfiCY=="])
def test_every_encoding_is_masked(secret: str, encoding: str) -> None:
    encoded = ENCODINGS[encoding](secret)
    with scope():
        register([secret])
        masked = redact(f"before {encoded} after")
    assert masked.startswith("before ")
    assert masked.endswith(" after")
    assert _left_over(masked) <= len(f"before {ENCODINGS[encoding]('')} after") + SHARED


secrets = st.text(
    st.one_of(
        st.sampled_from("\"'\\%+&<>/=\n\r\t 01abZ_-.~éß€🔑"),
        st.characters(exclude_categories=["Cs"]),
    ),
    min_size=8,
    max_size=60,
).filter(lambda s: len(s.strip()) >= 8)
neighbours = st.text(st.sampled_from("xyz019 ,;(){}"), max_size=7)


@settings(max_examples=150, deadline=None)
@given(secret=secrets, before=neighbours, after=neighbours, encoding=st.sampled_from([*ENCODINGS]))
@example(secret="\\\\\\\\\\\\\\\\", before="", after="", encoding="JSON in JSON")
@example(secret="aaaaaaaa", before="", after="", encoding="as it is")
def test_any_secret_is_masked_inside_other_text(
    secret: str, before: str, after: str, encoding: str
) -> None:
    encoded = ENCODINGS[encoding](secret.strip())
    with scope():
        register([secret])
        masked = redact(before + encoded + after)
    assert masked != WITHHELD
    assert _left_over(masked) <= len(before + ENCODINGS[encoding]("") + after) + SHARED


@settings(max_examples=100, deadline=None)
@given(
    secret=secrets,
    before=st.binary(max_size=5),
    after=st.binary(max_size=5),
    encode=st.sampled_from([base64.b64encode, base64.urlsafe_b64encode]),
)
def test_base64_is_masked_at_every_alignment(
    secret: str, before: bytes, after: bytes, encode: Callable[[bytes], bytes]
) -> None:
    encoded = encode(before + secret.strip().encode() + after).decode()
    with scope():
        register([secret])
        masked = redact(encoded)
    assert MASK in masked
    # At each end the neighbours' characters and one that is shared with them stay.
    left, right = masked.split(MASK)
    assert len(left) <= len(before) * 4 // 3 + 2
    assert len(right) <= len(after) * 4 // 3 + 6


def test_basic_authorization_is_masked_in_both_charsets() -> None:
    with scope():
        register(["pässwörd-1"])
        for charset in ("utf-8", "latin-1"):
            header = base64.b64encode("user:pässwörd-1".encode(charset)).decode()
            assert redact(f"Basic {header}").startswith(f"Basic dXNlcj{MASK}"[:10])
            assert header not in redact(header)


def test_overlapping_secrets_leave_nothing_between_them() -> None:
    with scope():
        register(["abcdefgh12345678", "345678ZZZZ", "efgh1234"])
        assert redact("x abcdefgh12345678ZZZZ y") == f"x {MASK} y"
        assert redact("efgh1234efgh1234") == MASK
        assert redact("efgh1234 efgh1234") == f"{MASK} {MASK}"


def test_a_private_key_is_masked_line_by_line_and_as_a_whole() -> None:
    lines = [base64.b64encode(bytes(range(at, at + 48))).decode() for at in range(26)]
    pem = "\n".join(["-----BEGIN PRIVATE KEY-----", *lines, "-----END PRIVATE KEY-----", ""])
    with scope():
        register([pem])
        assert redact(json.dumps({"key": pem})) == f'{{"key": "{MASK}\\n"}}'
        assert redact(pem.replace("\n", "\r\n")) == f"{MASK}\r\n"
        assert redact(pem.replace("\n", " ")) == f"{MASK} "
        masked = redact(base64.b64encode(b"x" + pem.encode()).decode())
    assert len(masked) < 10


def test_the_password_of_a_connection_string_is_masked_by_itself() -> None:
    with scope():
        register(["postgresql://app:p%40ssw0rd-x@db.example.com/app"])
        assert redact("password=p@ssw0rd-x") == f"password={MASK}"
        assert redact("password=p%40ssw0rd-x") == f"password={MASK}"


def test_short_values_are_left_alone() -> None:
    with scope():
        register(["short12", ""])
        assert redact("short12 is a word") == "short12 is a word"


def test_surrounding_space_does_not_hide_a_secret() -> None:
    with scope():
        register([f" {TOKEN}\n"])
        assert redact(f"<{TOKEN}>") == f"<{MASK}>"
