"""What can go wrong with a root key. No message holds key material or a service's own text."""

from __future__ import annotations

from spojit.lib.errors import Refused, SpojitError, UpstreamFailure


class BadRootConfiguration(Refused):
    """A setting that names root keys cannot be read; the message says which entry and the fix."""

    code = "bad_root_configuration"


class UnknownRoot(SpojitError):
    """A data key was wrapped by a root key that is not configured here."""

    code = "unknown_root"
    message = "A root key is not configured here."


class WrongRoot(SpojitError):
    """A root key of the right name but with other content, or a wrapped key that was altered."""

    code = "wrong_root"
    message = "The root key does not open what was wrapped under its name."
    hint = "Put the former root key back; nothing can be opened without it."


class RootUnavailable(UpstreamFailure):
    """The service that holds the root key did not answer or refused; later it may work."""

    code = "root_unavailable"
    message = "The service that holds the root key is not available."
    hint = "Look at its status, at the network, and at the rights of this installation there."
    transient = True
