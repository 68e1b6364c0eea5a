"""The only way out: every address is checked, and connected to as it was checked.

`send` makes an HTTP call; `check_url` and `check_host` check for drivers that connect by
themselves; `guard` puts a library's `requests` session behind the same rules.
"""

from spojit.lib.outbound.adapter import GuardedAdapter, guard
from spojit.lib.outbound.checks import check_host, check_url
from spojit.lib.outbound.errors import (
    AddressRefused,
    AnswerTooLarge,
    BadAnswer,
    InvalidRequest,
    MalformedAddress,
    NameNotFound,
    OutboundError,
    TimedOut,
    TlsFailed,
    Unreachable,
)
from spojit.lib.outbound.policy import Policy, configure
from spojit.lib.outbound.services import Service
from spojit.lib.outbound.session import send
from spojit.lib.outbound.sockets import allow_own, install_audit_hook
from spojit.lib.outbound.types import Answer, Headers, Outgoing, Parts, PinnedAddress, Request

__all__ = [
    "AddressRefused",
    "Answer",
    "AnswerTooLarge",
    "BadAnswer",
    "GuardedAdapter",
    "Headers",
    "InvalidRequest",
    "MalformedAddress",
    "NameNotFound",
    "OutboundError",
    "Outgoing",
    "Parts",
    "PinnedAddress",
    "Policy",
    "Request",
    "Service",
    "TimedOut",
    "TlsFailed",
    "Unreachable",
    "allow_own",
    "check_host",
    "check_url",
    "configure",
    "guard",
    "install_audit_hook",
    "send",
]
