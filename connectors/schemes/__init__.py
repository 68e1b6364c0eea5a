"""How each kind of scheme authorizes a request. Pure: values in, credential parts out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from connectors.manifest import Scheme
from connectors.schemes import api_key, aws_sigv4, basic, none, oauth1, oauth2
from spojit.lib.outbound.types import Parts, Signer

Attach = Callable[[Scheme, Mapping[str, str]], Parts]

_ATTACH: dict[str, Attach] = {
    "none": none.attach,
    "api_key": api_key.attach,
    "basic": basic.attach,
    "oauth2": oauth2.attach,
    "oauth1": oauth1.attach,
    "aws_sigv4": aws_sigv4.attach,
    "database": none.attach,
}
"""Kinds that can go out today; a new kind is a module and a line here."""


_SIGNERS: dict[str, Callable[[Scheme, Mapping[str, str]], Signer]] = {
    "oauth1": oauth1.signer,
    "aws_sigv4": aws_sigv4.signer,
}


def can_attach(scheme: Scheme) -> bool:
    """Whether requests of this kind of scheme can be authorized."""
    return scheme.kind in _ATTACH


def attach(scheme: Scheme, values: Mapping[str, str]) -> Parts:
    """Make the parts of a request that carry the credential.

    Raises:
        templates.Unfilled: a value that the scheme sends is missing.
    """
    return _ATTACH[scheme.kind](scheme, values)


def signer(scheme: Scheme, values: Mapping[str, str]) -> Signer | None:
    """Make what signs each request, for a kind of scheme that signs.

    Raises:
        templates.Unfilled: a value that it signs with is missing.
    """
    make = _SIGNERS.get(scheme.kind)
    return make(scheme, values) if make else None
