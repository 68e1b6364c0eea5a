"""Verifying a connection: reach, authenticate, identify the account, compare, decide."""

from connections.verification.accounts import accept_account, reject_account
from connections.verification.due import find_due, postpone, request, rest
from connections.verification.verifying import verify, verify_due

__all__ = [
    "accept_account",
    "find_due",
    "postpone",
    "reject_account",
    "request",
    "rest",
    "verify",
    "verify_due",
]
