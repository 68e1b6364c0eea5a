"""Trying a draft: as a whole, or one step of it with what earlier steps gave or was pinned.

Trial runs are marked, and their failures tell nobody. Whoever calls announces the run to workers.
"""

from workflows.trying.drafted import DraftUnsound
from workflows.trying.one import CannotTry, try_step
from workflows.trying.pinning import NoSuchStep, Pinned, pin, pinned, unpin
from workflows.trying.privacy import PrivateConnection
from workflows.trying.showing import LastStep, last_shown, last_shown_of
from workflows.trying.sources import NothingYet
from workflows.trying.whole import run_draft

__all__ = [
    "CannotTry",
    "DraftUnsound",
    "LastStep",
    "NoSuchStep",
    "NothingYet",
    "Pinned",
    "PrivateConnection",
    "last_shown",
    "last_shown_of",
    "pin",
    "pinned",
    "run_draft",
    "try_step",
    "unpin",
]
