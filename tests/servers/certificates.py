"""A certificate authority made when it is needed: no private key is ever kept in the repository."""

from __future__ import annotations

import ssl
from datetime import datetime, timedelta
from ipaddress import ip_address
from itertools import count
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from spojit.lib import clock

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_numbers = count(1)


class RecordingContext(ssl.SSLContext):
    """A server's TLS context that notes which name each client asked for."""

    seen_names: dict[ssl.SSLObject | ssl.SSLSocket, str | None]


class Authority:
    """Issues certificates; `bundle` is the file a client must trust."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        self.bundle = folder / f"authority-{next(_numbers)}.pem"
        certificate = self._sign(self._name, self._key, _valid(), is_authority=True)
        self.bundle.write_bytes(certificate.public_bytes(Encoding.PEM))

    def issue(self, *names: str, is_expired: bool = False) -> ssl.SSLContext:
        """Make a server's TLS context with a certificate for these names or addresses."""
        return _context(self.issue_file(*names, is_expired=is_expired))

    def issue_file(self, *names: str, is_expired: bool = False) -> Path:
        """Make such a certificate as a file with its key, for servers that are other programs."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        certificate = self._sign(subject, key, _valid(is_expired=is_expired), names=names)
        file = self._folder / f"server-{next(_numbers)}.pem"
        file.write_bytes(certificate.public_bytes(Encoding.PEM) + _private(key))
        return file

    def _sign(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        valid: tuple[datetime, datetime],
        *,
        names: Iterable[str] = (),
        is_authority: bool = False,
    ) -> x509.Certificate:
        own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = (
            x509.CertificateBuilder(issuer_name=self._name, subject_name=subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(valid[0])
            .not_valid_after(valid[1])
            .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
            .add_extension(own, critical=False)
            .add_extension(issuer, critical=False)
        )
        if alternatives := [_general_name(name) for name in names]:
            builder = builder.add_extension(
                x509.SubjectAlternativeName(alternatives), critical=False
            )
        return builder.sign(self._key, hashes.SHA256())


def _valid(*, is_expired: bool = False) -> tuple[datetime, datetime]:
    begin = clock.now() - timedelta(days=3)
    return begin, begin + timedelta(days=1 if is_expired else 30)


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _context(file: Path) -> ssl.SSLContext:
    context = RecordingContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    context.seen_names = {}

    def note(
        connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext
    ) -> None:
        context.seen_names[connection] = name

    context.sni_callback = note
    return context
