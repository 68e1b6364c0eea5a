"""What a caller tells a call besides its arguments, and learns from it besides its outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from spojit.lib import outbound


@dataclass(slots=True)
class Note:
    """Handed to `calls.call`, which fills it in.

    Attributes:
        seconds: how long the call may take; never longer than any call.
        credential_version: the version that signed it; 0 when none did.
        arguments: the arguments, masked while the credential was borrowed.
    """

    seconds: float | None = None
    credential_version: int = 0
    arguments: Any = None

    @property
    def policy(self) -> outbound.Policy | None:
        """The limits of the call, when they are others than always."""
        usual = outbound.Policy.default()
        if self.seconds is None or self.seconds >= usual.total_seconds:
            return None
        return usual.with_total(self.seconds)
