"""AWS played by moto over HTTPS, with IAM's rules in force."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from spojit.embedded.places import User
from spojit.lib import outbound
from spojit.lib.outbound import Policy, Request
from tests.servers.policies import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers import Authority

REGION = "us-east-1"
BUCKET = "spojit-proofs"
NAMES = (
    "*.amazonaws.com",
    f"*.{REGION}.amazonaws.com",
    f"*.s3.{REGION}.amazonaws.com",
    "localhost",
)
PATIENCE_SECONDS = 30.0
ALLOWED = {
    "keeper": ["kms:*"],
    "writer": ["s3:*", "sqs:*", "sts:*"],
    "reader": ["s3:GetObject", "s3:ListBucket", "s3:ListAllMyBuckets", "sts:*"],
    "stranger": ["sts:*"],
}


@dataclass(frozen=True)
class Aws:
    """A running moto.

    Attributes:
        keys: access key ID and secret of each user: writer, reader, stranger; keeper for KMS.
        url: where it listens, for boto3; every name of `NAMES` is fine for its certificate.
    """

    port: int
    authority: Authority
    keys: dict[str, tuple[str, str]] = field(default_factory=dict, repr=False)
    host: str = "127.0.0.1"

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    def client(self, service: str, user: str = "writer") -> Any:
        """Make a boto3 client."""
        key, secret = self.keys.get(user, ("setup", secrets.token_hex(8)))
        return boto3.client(  # type: ignore[call-overload]
            service,
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            verify=str(self.authority.bundle),
            config=Config(proxies={}, retries={"total_max_attempts": 1}),
        )


@contextmanager
def aws(authority: Authority) -> Iterator[Aws]:
    """Run moto in a process of its own, with a bucket, four users, and IAM enforced."""
    certificate = authority.issue_file(*NAMES)
    port = _free_port()
    argv = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port),
            "-c", str(certificate), "-k", str(certificate)]  # fmt: skip
    us = User(os.geteuid(), os.getegid(), drops=False)
    process = subprocess.Popen(
        us.command(argv, death="KILL"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        running = Aws(port, authority)
        _wait(process, port)
        _set_up(running)
        yield running
    finally:
        process.kill()
        process.wait()


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail(
        "moto did not come up: `pip install 'moto[server]'`, or `make setup`.", pytrace=False
    )


def _set_up(running: Aws) -> None:
    running.client("s3").create_bucket(Bucket=BUCKET)
    iam = running.client("iam")
    for name, actions in ALLOWED.items():
        running.keys[name] = _make_user(iam, name, actions)
    _enforce(running)


def _make_user(iam: Any, name: str, actions: list[str]) -> tuple[str, str]:
    iam.create_user(UserName=name)
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=name, PolicyName="all-there-is", PolicyDocument=document)
    made = iam.create_access_key(UserName=name)["AccessKey"]
    return made["AccessKeyId"], made["SecretAccessKey"]


def _enforce(running: Aws) -> None:
    """From here on every call is checked as IAM does (moto's own interface)."""
    policy = Policy(
        allowed_networks=LOOPBACK,
        allowed_ports=frozenset({running.port}),
        resolver=lambda _host, _port: [running.host],
        ca_bundle=str(running.authority.bundle),
    )
    request = Request("POST", f"{running.url}/moto-api/reset-auth", body=b"0")
    assert outbound.send(request, policy=policy).status == 200


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
