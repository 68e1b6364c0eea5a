"""The two kinds of named failure. Anything else that is raised is a bug and flies."""

from __future__ import annotations

from typing import ClassVar


class SpojitError(Exception):
    """A failure with a code for machines, and a message and a hint fit for people.

    Neither message nor hint ever holds a secret or text that an upstream sent.
    """

    code: ClassVar[str] = "error"
    message: str = "Something went wrong."
    hint: str = ""
    transient: bool = False

    def __init__(self, message: str = "", *, hint: str = "") -> None:
        """Take a message and hint for this one occurrence; the class has defaults."""
        self.message = message or self.message
        self.hint = hint or self.hint
        super().__init__(self.message)


class Refused(SpojitError):
    """The caller can fix it: bad input, a missing right, a rule of the data."""

    code = "refused"


class UpstreamFailure(SpojitError):
    """The other side did not do what was asked."""

    code = "upstream_failure"
