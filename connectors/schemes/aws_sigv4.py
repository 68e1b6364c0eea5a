"""AWS Signature Version 4, in the Authorization header.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from connectors import hosts, templates
from spojit.lib import clock
from spojit.lib.outbound.types import Outgoing, Parts, Signer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from connectors.manifest import Scheme

ALGORITHM = "AWS4-HMAC-SHA256"
_SIGNED_BESIDES = {"host", "content-type", "range", "content-md5"}


@dataclass(frozen=True, slots=True)
class Keys:
    """Who signs, and for what.

    Attributes:
        session_token: present with temporary credentials only.
    """

    access_key_id: str
    secret_access_key: str = field(repr=False)
    region: str
    service: str
    session_token: str = field(default="", repr=False)


def attach(scheme: Scheme, values: Mapping[str, str]) -> Parts:  # noqa: ARG001 - one shape for all
    """Add the session token; everything else is the signature's work."""
    token = values.get("session_token", "")
    return Parts(headers={"X-Amz-Security-Token": token} if token else {})


def signer(scheme: Scheme, values: Mapping[str, str]) -> Signer:
    """Make what signs each request with these values, for the service at its host."""
    assert scheme.signing is not None
    keys = keys_of(scheme, values)
    others = {
        hosts.authority(f"https://{hosts.fill_host(host, values)}"): service
        for host, service in scheme.signing.others.items()
    }

    def signed(outgoing: Outgoing) -> dict[str, str]:
        service = others.get(hosts.authority(outgoing.url), keys.service)
        return sign(outgoing, replace(keys, service=service), now=clock.now())

    return signed


def keys_of(scheme: Scheme, values: Mapping[str, str]) -> Keys:
    """Read the keys out of a scheme's values. Raises: templates.Unfilled."""
    assert scheme.signing is not None
    return Keys(
        access_key_id=templates.render("{access_key_id}", values),
        secret_access_key=templates.render("{secret_access_key}", values),
        region=templates.render(scheme.signing.region, values),
        service=templates.render(scheme.signing.service, values),
        session_token=values.get("session_token", ""),
    )


def sign(outgoing: Outgoing, keys: Keys, *, now: datetime) -> dict[str, str]:
    """Give the headers to add: date, hash of the body, and the signature.

    Every `x-amz-` header that is sent gets signed, and a few others; the host always.
    """
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    body_hash = hashlib.sha256(outgoing.body).hexdigest()
    added = {"X-Amz-Date": stamp}
    if keys.service == "s3":
        added["X-Amz-Content-Sha256"] = body_hash
    signed = _signed_headers(outgoing, added)
    names = ";".join(signed)
    scope = f"{stamp[:8]}/{keys.region}/{keys.service}/aws4_request"
    request_hash = hashlib.sha256(_canonical(outgoing, signed, body_hash, keys.service)).hexdigest()
    text = f"{ALGORITHM}\n{stamp}\n{scope}\n{request_hash}"
    key = _signing_key(keys.secret_access_key, stamp[:8], keys.region, keys.service)
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    credential = f"{keys.access_key_id}/{scope}"
    added["Authorization"] = (
        f"{ALGORITHM} Credential={credential}, SignedHeaders={names}, Signature={signature}"
    )
    return added


def _signed_headers(outgoing: Outgoing, added: dict[str, str]) -> dict[str, str]:
    """Give lower-case names and values with single spaces, by name."""
    sent = {name.lower(): value for name, value in (*outgoing.headers.items(), *added.items())}
    sent.setdefault("host", urlsplit(outgoing.url).netloc)
    return {
        name: " ".join(sent[name].split())
        for name in sorted(sent)
        if name in _SIGNED_BESIDES or name.startswith("x-amz-")
    }


def _canonical(outgoing: Outgoing, signed: dict[str, str], body_hash: str, service: str) -> bytes:
    url = urlsplit(outgoing.url)
    lines = [
        outgoing.method,
        _canonical_path(url.path, service),
        _canonical_query(url.query),
        *(f"{name}:{value}" for name, value in signed.items()),
        "",
        ";".join(signed),
        body_hash,
    ]
    return "\n".join(lines).encode()


def _canonical_path(path: str, service: str) -> str:
    """Encode the path: once as it is for S3, and once more on top for all other services."""
    if service == "s3":
        return quote(unquote(path), safe="/-_.~") or "/"
    return quote(path, safe="/-_.~") or "/"


def _canonical_query(query: str) -> str:
    pairs = [part.partition("=") for part in query.split("&") if part]
    encoded = [(_encode(name), _encode(value)) for name, _, value in pairs]
    return "&".join(f"{name}={value}" for name, value in sorted(encoded))


def _encode(text: str) -> str:
    return quote(unquote(text.replace("+", "%20")), safe="-_.~")


def _signing_key(secret: str, day: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key
