"""Secrets of awkward shapes, and looking for them in whatever form they may be written."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, field

# Around the token: what quoting, escaping and encoding do most harm to.
SHAPES = {
    "plain": "sk_live_{}",
    "base64": "aGVsbG8+{}/d29ybGQ=",
    "quotes": "a\"b'c\\{}\\\\d%41",
    "markup": "<b>&amp;{}</b>&lt;script>",
    "spaces": "two words {} and; more, here",
    "letters": "pässwörd-{}-ÿ€",
}


@dataclass(frozen=True)
class Canary:
    """A secret with a random token in the middle that nothing else can contain."""

    shape: str
    token: str = field(default_factory=lambda: secrets.token_hex(12))

    @property
    def value(self) -> str:
        """The whole secret."""
        return SHAPES[self.shape].format(self.token)

    def traces(self) -> list[bytes]:
        """List every form to look for: letters and digits survive all other encodings."""
        raw, token = self.value.encode(), self.token.encode()
        forms = [
            token,
            token.upper(),
            token[::-1],
            token.hex().encode(),
            token.hex().upper().encode(),
        ]
        for text in (raw, token):
            for shift in range(3):
                coded = base64.b64encode(b"\0" * shift + text)[4 if shift else 0 : -4]
                forms += [coded, coded.replace(b"+", b"-").replace(b"/", b"_")]
        return forms


def found(canaries: list[Canary], places: dict[str, bytes]) -> list[str]:
    """Name the places where any canary left a trace."""
    return [
        f"{canary.shape} in {place}"
        for place, content in places.items()
        for canary in canaries
        if any(trace in content for trace in canary.traces())
    ]
