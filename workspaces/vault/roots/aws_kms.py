"""Root keys in AWS KMS: they never leave it; what it wraps is bound to an encryption context."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from spojit.lib import outbound
from workspaces.vault.roots.errors import BadRootConfiguration, RootUnavailable, WrongRoot
from workspaces.vault.roots.local import NAME

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_kms.client import KMSClient

CONNECT_SECONDS = 3
READ_SECONDS = 5
ATTEMPTS = 3
# Amazon ECS developer guide, "Task IAM role".
ECS_CREDENTIALS_HOST = "169.254.170.2"
# What KMS answers when it is another key or context, or the bytes were altered (API reference,
# Decrypt, Errors).
_WRONG = {"InvalidCiphertextException", "IncorrectKeyException"}


@dataclass(slots=True)
class KmsRoot:
    """A root key in AWS KMS. `key` is an ARN, a key ID, or `alias/…`.

    Region, credentials and AWS_ENDPOINT_URL come from the environment as boto3 reads it.
    """

    id: str
    key: str
    _client: KMSClient | None = field(default=None, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def wrap(self, plaintext: bytes, *, context: dict[str, str]) -> bytes:
        """Have a data key wrapped.

        Raises:
            RootUnavailable: KMS did not answer or refused.
        """
        answer = self._ask(
            lambda client: client.encrypt(
                KeyId=self.key, Plaintext=plaintext, EncryptionContext=context
            )
        )
        return bytes(answer["CiphertextBlob"])

    def unwrap(self, wrapped: bytes, *, context: dict[str, str]) -> bytes:
        """Have a data key unwrapped.

        Raises:
            RootUnavailable: KMS did not answer or refused.
            WrongRoot: this key, or this context, is not the one that wrapped it.
        """
        answer = self._ask(
            lambda client: client.decrypt(
                KeyId=self.key, CiphertextBlob=wrapped, EncryptionContext=context
            )
        )
        return bytes(answer["Plaintext"])

    def _ask(self, question: Callable[[KMSClient], Any]) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - an extra

        try:
            return question(self._connected())
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _WRONG:
                raise WrongRoot from None
            raise RootUnavailable(f"AWS KMS refused to use the root key {self.id!r}.") from None
        except BotoCoreError:
            raise RootUnavailable(f"AWS KMS did not answer for {self.id!r}.") from None

    def _connected(self) -> KMSClient:
        # boto3's clients may be shared between threads; making them may not.
        with self._lock:
            if self._client is None:
                self._client = _client(self.key)
            return self._client


def parse(root_kms_keys: str) -> list[KmsRoot]:
    """Read `name=ARN or alias[,…]`.

    Raises:
        BadRootConfiguration: saying which entry is wrong and how to mend it.
    """
    entries = [entry.strip() for entry in root_kms_keys.split(",")] if root_kms_keys.strip() else []
    return [_root(number, entry) for number, entry in enumerate(entries, start=1)]


def _root(number: int, entry: str) -> KmsRoot:
    name, _, key = (part.strip() for part in entry.partition("="))
    if not NAME.fullmatch(name) or not key:
        raise BadRootConfiguration(
            f"ROOT_KMS_KEYS: entry {number} is not of the form name=ARN; "
            "write for example main=arn:aws:kms:eu-west-1:111122223333:alias/spojit"
        )
    return KmsRoot(id=name, key=key)


def _client(key: str) -> KMSClient:
    try:
        import boto3  # noqa: PLC0415 - an extra
        from botocore.config import Config  # noqa: PLC0415
    except ImportError:
        raise BadRootConfiguration(
            "ROOT_KMS_KEYS needs boto3; install it with: pip install 'spojit[kms]'"
        ) from None
    limits = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
    )
    region = key.split(":")[3] if key.startswith("arn:") else None
    client = boto3.session.Session().client("kms", region_name=region, config=limits)
    _let_pass(client.meta.endpoint_url, f"https://sts.{client.meta.region_name}.amazonaws.com")
    return client


def _let_pass(*urls: str) -> None:
    """Open the audit hook of workers for KMS and what hands out its credentials.

    The metadata service of an EC2 machine stays closed: its roles cannot be used by workers.
    """
    for url in (*urls, os.environ.get("AWS_CONTAINER_CREDENTIALS_FULL_URI", "")):
        if host := urlsplit(url).hostname:
            port = urlsplit(url).port or (443 if url.startswith("https:") else 80)
            outbound.allow_own(host, port)
    if os.environ.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"):
        outbound.allow_own(ECS_CREDENTIALS_HOST, 80)
