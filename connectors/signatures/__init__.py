"""Who a delivery comes from: the signatures of webhooks, a module a kind. Pure.

Nothing that comes from outside makes it raise.
"""

from __future__ import annotations

import hmac
import json
import secrets as randomness
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from connectors.signatures import (
    claims,
    custom,
    github,
    shopify,
    slack,
    spojit,
    standard_webhooks,
    stripe,
)
from connectors.signatures.verdict import REASONS, Reason, Verdict
from spojit.lib.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "KINDS",
    "REASONS",
    "Reason",
    "UnusableSecret",
    "Verdict",
    "check",
    "deduplicates_by",
    "new_secret",
    "sample",
    "sign",
    "spend",
]

TOLERANCE_SECONDS = 300
"""How far the moment of signing may lie from now: five minutes, as vendors' packages have it."""

ID_SECONDS = 604_800
"""Seven days: services send again for three (Stripe, Standard Webhooks) and less."""

SIGNATURE_SECONDS = 600
"""Ten minutes: a signature counts from five minutes before its moment to five after it."""

_LONGEST_ID = 200
_DUMMY = randomness.token_bytes(32)

_KINDS: dict[str, claims.Kind] = {
    "spojit": spojit,
    "standard_webhooks": standard_webhooks,
    "shopify": shopify,
    "github": github,
    "slack": slack,
    "stripe": stripe,
    "custom": custom,
}

KINDS = tuple(_KINDS)
"""Every kind of signature; a new one is a module and a line above."""


class UnusableSecret(Refused):
    """Nothing can be signed with the secret that is kept."""

    code = "secret_unusable"
    message = REASONS["secret_unusable"].sentence
    hint = REASONS["secret_unusable"].hint


@dataclass(frozen=True, slots=True)
class _Judgement:
    """What came of one secret; `fits` also where the moment does not."""

    index: int
    delivery: claims.Delivery
    reason: str
    claim: claims.Claim | None = None

    @property
    def rank(self) -> tuple[bool, bool]:
        """The lower, the more it says."""
        return (self.reason != "ok", self.claim is None)


def check(
    kind: str,
    secrets: Sequence[Mapping[str, str]],
    *,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
) -> Verdict:
    """Say whether a delivery was signed with one of the secrets.

    Args:
        kind: one of `KINDS`.
        secrets: the values of each live version, the newest first; those without a secret are
            skipped. All are tried, so that time does not tell which one fitted.
        headers: by their names, in any case.
        body: the raw bytes, as they came.
        now: against which the moment of signing is held.
    """
    module = _KINDS[kind]
    told = {name.lower(): text for name, text in headers.items()}
    judged = [
        _judge(module, index, claims.Delivery(values, told, body), now)
        for index, values in enumerate(secrets)
        if claims.secret_of(values)
    ]
    if not judged:
        return Verdict(accepted=False, reason="no_secret")
    best = min(judged, key=lambda found: found.rank)
    if best.reason != "ok" or best.claim is None:
        return _refused(module, best)
    return _accepted(module, best, best.claim)


def _judge(module: claims.Kind, index: int, delivery: claims.Delivery, now: datetime) -> _Judgement:
    try:
        claim = module.read(delivery)
    except claims.Unreadable as unreadable:
        return _Judgement(index, delivery, unreadable.reason)
    if not claim.fits:
        return _Judgement(index, delivery, "signature_wrong")
    return _Judgement(index, delivery, _of_moment(claim.signed_at, now), claim)


def _of_moment(signed_at: datetime | None, now: datetime) -> str:
    if signed_at is None:
        return "ok"
    tolerance = timedelta(seconds=TOLERANCE_SECONDS)
    if now - signed_at > tolerance:
        return "timestamp_old"
    return "timestamp_ahead" if signed_at - now > tolerance else "ok"


def _refused(module: claims.Kind, judgement: _Judgement) -> Verdict:
    """Refuse, without reading a body that nobody signed."""
    named = claims.Named() if module.ID_MEMBER else module.identify(judgement.delivery)
    return Verdict(accepted=False, reason=judgement.reason, delivery_id=_clean(named.parts))


def _accepted(module: claims.Kind, judgement: _Judgement, claim: claims.Claim) -> Verdict:
    named = module.identify(judgement.delivery)
    key, key_seconds = _key(named.parts, claim)
    return Verdict(
        accepted=True,
        reason="ok",
        delivery_id=_clean(named.parts),
        key=key,
        key_seconds=key_seconds,
        matched=judgement.index,
        signed_at=claim.signed_at,
        challenge=named.challenge,
    )


def _key(parts: tuple[str, ...], claim: claims.Claim) -> tuple[str, int]:
    """Know a repeated delivery by its ID, else by what was signed at a moment.

    What was signed stands for the signature: whoever repeats a delivery could leave out one of
    several signatures, or add some.
    """
    if parts:
        return claims.fingerprint([b"id:", json.dumps(parts).encode()]), ID_SECONDS
    if claim.signed_at is not None:
        return claims.fingerprint([b"signed:", *claim.content]), SIGNATURE_SECONDS
    return "", 0


def _clean(parts: tuple[str, ...]) -> str:
    """Make the sender's own ID fit to be stored and shown."""
    own = "".join(parts[-1:])
    return "".join(one for one in own if one.isprintable())[:_LONGEST_ID].strip()


def sign(
    kind: str, values: Mapping[str, str], *, body: bytes, now: datetime, delivery_id: str
) -> dict[str, str]:
    """Give the headers that the service would send with a body.

    Raises:
        UnusableSecret: there is no secret, or it is none of this kind.
    """
    if not claims.secret_of(values):
        raise UnusableSecret(REASONS["no_secret"].sentence, hint=REASONS["no_secret"].hint)
    try:
        made = _KINDS[kind].sign(claims.Draft(values, body, now, delivery_id))
    except claims.Unreadable:
        raise UnusableSecret from None
    return {"content-type": "application/json", **made}


def sample(kind: str, *, delivery_id: str) -> bytes:
    """Give a small JSON body as the service would send, which says that it is a test."""
    module = _KINDS[kind]
    own = {module.ID_MEMBER: delivery_id} if module.ID_MEMBER else {}
    return json.dumps({**own, **module.SAMPLE}).encode()


def new_secret(kind: str) -> str:
    """Make a secret of 256 random bits, as this kind writes it."""
    made = randomness.token_bytes(32)
    return standard_webhooks.write(made) if kind == "standard_webhooks" else made.hex()


def spend(body: bytes) -> None:
    """Sign a body for nobody, so that an unknown address takes as long as a known one."""
    hmac.compare_digest(claims.digest(_DUMMY, body), _DUMMY)


def deduplicates_by(kind: str, values: Mapping[str, str]) -> str:
    """Say in a sentence by what repeated deliveries are known, or that they are not."""
    return _KINDS[kind].deduplicates_by(values)
