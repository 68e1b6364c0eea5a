"""The named outcomes of a call or a verification: one table says what each means."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one outcome says to people and to the health rule.

    `step` is how far a verification got when this was its outcome (see `STEPS`); None when
    the outcome says nothing of it.
    """

    sentence: str
    hint: str = ""
    transient: bool = False
    touches_status: bool = True
    step: int | None = None


STEPS = (
    "Address found",
    "Reached",
    "Credentials accepted",
    "Account identified",
    "Permissions checked",
)

MEANINGS: dict[str, Meaning] = {
    "ok": Meaning("It works.", step=5),
    "unverified": Meaning(
        "There is nothing to verify.",
        "This connection has no call that could prove it; the first use will tell.",
        step=5,
    ),
    "name_not_found": Meaning(
        "The host name was not found.",
        "Check the address for typing errors. A host that only your network knows"
        " cannot be reached from here.",
        transient=True,
        step=0,
    ),
    "unreachable": Meaning(
        "The service could not be reached.",
        "Check the address and port, and that a firewall lets this installation in.",
        transient=True,
        step=1,
    ),
    "tls": Meaning(
        "No secure connection could be made.",
        "The certificate is wrong, expired, or for another name. Check the address,"
        " or mend the certificate.",
        step=1,
    ),
    "timeout": Meaning(
        "The service did not answer in time.",
        "Try again in a moment; if it stays, look at the service's own status page.",
        transient=True,
        step=1,
    ),
    "address_refused": Meaning(
        "This address is not allowed.",
        "Private and internal addresses are closed. Whoever runs this installation"
        " can allow a network.",
        step=0,
    ),
    "credentials_refused": Meaning(
        "The service refused the credentials.",
        "Check that the key is whole, is of the right kind and has not been revoked,"
        " then replace it.",
        step=2,
    ),
    "permission_missing": Meaning(
        "The credentials work but lack a permission.",
        "Give the key the permission that the connector names, or use another key.",
        touches_status=False,
        step=4,
    ),
    "not_found": Meaning(
        "The service has nothing at this address.",
        "Check the host, the path, and the account or region.",
        step=2,
    ),
    "request_refused": Meaning(
        "The service refused the request.",
        "Check the arguments against the tool's description.",
        touches_status=False,
        step=2,
    ),
    "rate_limited": Meaning(
        "The service asks to slow down.",
        "It is tried again when the service allows.",
        transient=True,
        step=2,
    ),
    "upstream_fault": Meaning(
        "The service has a fault of its own.",
        "Nothing is wrong here; it is tried again.",
        transient=True,
        step=2,
    ),
    "bad_answer": Meaning(
        "The answer was not what this service promises.",
        "Check that the address is that of the service's API and not of a web page.",
        step=2,
    ),
    "answer_too_large": Meaning(
        "The answer was too large.",
        "Ask for less at a time.",
        step=2,
    ),
    "other_account": Meaning(
        "The credentials now belong to another account.",
        "Accept the other account, or put the old credentials back.",
        step=3,
    ),
    "credential_unreadable": Meaning(
        "The stored credential could not be opened.",
        "Enter it again. Whoever runs this installation should check the root key.",
        step=0,
    ),
    "outcome_unknown": Meaning(
        "The request was sent and no answer came, so it may have been carried out.",
        "Look in the service whether it happened before you repeat it.",
        touches_status=False,
        step=2,
    ),
    "answer_lost": Meaning(
        "The service renewed the authorization and its answer was lost.",
        "Reconnect.",
        step=2,
    ),
    "refresh_exhausted": Meaning(
        "The authorization could not be renewed for four days.",
        "Reconnect.",
        step=2,
    ),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call through a connection came to.

    Attributes:
        name: a key of `MEANINGS`.
        data: the answer's value (JSON-like), already redacted; None on failure.
        status_code: the HTTP status, 0 when there was none.
        detail: a short, safe sentence about this one occurrence; never holds upstream text.
        retry_after_seconds: how long the service asks to wait, when it says so.
        rest_seconds: how long nothing more is to be called, by the service's own limits.
    """

    name: str
    data: Any = None
    status_code: int = 0
    detail: str = ""
    retry_after_seconds: float | None = None
    rest_seconds: float | None = None
    duration_ms: int = 0
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def meaning(self) -> Meaning:
        """The row of the table for this outcome."""
        return MEANINGS[self.name]

    @property
    def is_ok(self) -> bool:
        """Whether the call did what was asked."""
        return self.name in {"ok", "unverified"}

    @property
    def transient(self) -> bool:
        """Whether the same call may succeed later with nothing changed."""
        return self.meaning.transient
