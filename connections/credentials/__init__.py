"""The only door to plaintext: stage, promote, borrow, restore, destroy."""

from connections.credentials.borrowing import (
    Borrowed,
    CredentialMissing,
    CredentialUnreadable,
    InUse,
    Standing,
    again,
    borrow,
    borrow_all,
    in_use,
)
from connections.credentials.life import (
    NotPromotable,
    NotRestorable,
    destroy_all,
    destroy_previous,
    destroy_unrestorable,
    discard,
    discard_staged,
    promote,
    restore,
    set_expiry,
)
from connections.credentials.loading import load
from connections.credentials.rows import current, previous, public_values, staged
from connections.credentials.staging import ConnectionGone, add_first, stage

__all__ = [
    "Borrowed",
    "ConnectionGone",
    "CredentialMissing",
    "CredentialUnreadable",
    "InUse",
    "NotPromotable",
    "NotRestorable",
    "Standing",
    "add_first",
    "again",
    "borrow",
    "borrow_all",
    "current",
    "destroy_all",
    "destroy_previous",
    "destroy_unrestorable",
    "discard",
    "discard_staged",
    "in_use",
    "load",
    "previous",
    "promote",
    "public_values",
    "restore",
    "set_expiry",
    "stage",
    "staged",
]
