"""What functions of a Python connector work with: the values, and the only way to an address."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from connectors import ports
from spojit.lib import outbound
from spojit.lib.errors import UpstreamFailure
from spojit.lib.outbound import targets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.manifest import Connector


@dataclass(frozen=True, slots=True)
class Session:
    """One use of a connection by a Python connector.

    Attributes:
        scheme: the scheme's key.
        values: what the scheme's fields hold, by key.
    """

    connector: Connector = field(repr=False)
    scheme: str
    values: Mapping[str, str] = field(repr=False)
    policy: outbound.Policy = field(repr=False)

    def address(self, host: str, port: int) -> outbound.PinnedAddress:
        """Check a host and give the one address to connect to.

        Raises:
            outbound.AddressRefused, outbound.NameNotFound: it may not be called, or is unknown.
        """
        policy = ports.opened(self.connector, self.policy, port=port)
        return outbound.check_host(host, port, policy=policy)

    def service(self, service: str, host: str) -> outbound.Service:
        """Look up which hosts a name lists for a service; each goes through `address`.

        Raises:
            outbound.NameNotFound, outbound.TimedOut: it lists none, or nobody answered.
        """
        return self.policy.service_resolver(service, targets.read_host(host))


@dataclass(frozen=True, slots=True)
class Account:
    """Whose account a verification found.

    Attributes:
        place: the part of the ID that says where, such as `db.example.com:5432`, where a person
            gives the host: the same account at another place is a move, not another account.
        environment: live, test, sandbox or empty.
        scopes: what was granted, when the service says so.
        limited: a note, when the credentials are good and may do little.
    """

    id: str
    name: str
    environment: str = ""
    scopes: list[str] | None = None
    limited: str = ""
    place: str = ""


class CallFailed(UpstreamFailure):
    """A function of a connector did not get what it wanted.

    Attributes:
        outcome: the name of an outcome.
        surely_not_sent: nothing of it was carried out.
    """

    code: ClassVar[str] = "call_failed"

    def __init__(
        self, outcome: str, message: str = "", *, hint: str = "", surely_not_sent: bool = False
    ) -> None:
        """Take the outcome's name and a sentence that holds nothing the service sent."""
        super().__init__(message, hint=hint)
        self.outcome = outcome
        self.surely_not_sent = surely_not_sent
