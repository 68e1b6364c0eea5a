"""What can go wrong on the way out. Messages name the host at most, never what was sent."""

from __future__ import annotations

from typing import ClassVar

from spojit.lib.errors import Refused, SpojitError, UpstreamFailure


class OutboundError(SpojitError):
    """A call that did not bring an answer.

    Attributes:
        outcome: the name of the outcome this counts as (a key of the table of outcomes).
        surely_not_sent: True when nothing of the request can have reached the service, so a
            write may be tried again. False when in doubt.
    """

    outcome: ClassVar[str] = "unreachable"
    surely_not_sent: bool = False

    def __init__(
        self, message: str = "", *, hint: str = "", surely_not_sent: bool | None = None
    ) -> None:
        """Take what is special about this one; the class has defaults."""
        super().__init__(message, hint=hint)
        if surely_not_sent is not None:
            self.surely_not_sent = surely_not_sent


class InvalidRequest(OutboundError, Refused):
    """The request itself cannot be sent: a malformed URL, method, header or body."""

    code = outcome = "request_refused"
    message = "The request is not well-formed."
    surely_not_sent = True


class AddressRefused(OutboundError, Refused):
    """The address, port or scheme is closed, or a secret would go to a host it is not for."""

    code = outcome = "address_refused"
    message = "This address is not allowed."
    hint = "Whoever runs this installation can allow a network."
    surely_not_sent = True


class MalformedAddress(AddressRefused, InvalidRequest):
    """The URL or host can be read in no way, or in more than one."""

    code = outcome = "address_refused"
    hint = "Write it as https://host/path."


class NameNotFound(OutboundError, UpstreamFailure):
    """No address is known for the name."""

    code = outcome = "name_not_found"
    message = "The host name was not found."
    hint = "Check the address for typing errors."
    transient = True
    surely_not_sent = True


class Unreachable(OutboundError, UpstreamFailure):
    """No connection could be made, or it broke."""

    code = outcome = "unreachable"
    message = "The service could not be reached."
    hint = "Check the address and port, and that a firewall lets this installation in."
    transient = True


class TlsFailed(OutboundError, UpstreamFailure):
    """No secure connection could be made: the certificate or the handshake is wrong."""

    code = outcome = "tls"
    message = "No secure connection could be made."
    hint = "The certificate may be wrong, expired, or for another name."


class TimedOut(OutboundError, UpstreamFailure):
    """The time for the whole call, or for connecting, was used up."""

    code = outcome = "timeout"
    message = "The service did not answer in time."
    transient = True


class AnswerTooLarge(OutboundError, UpstreamFailure):
    """Headers or body, after decompression, are larger than the policy takes."""

    code = outcome = "answer_too_large"
    message = "The answer was too large."
    hint = "Ask for less at a time."


class BadAnswer(OutboundError, UpstreamFailure):
    """What came back is not proper HTTP, breaks off, or redirects without end."""

    code = outcome = "bad_answer"
    message = "The answer was not what this service promises."
