"""A value that must not be seen: it shows itself masked and refuses to travel."""

from __future__ import annotations

import hmac
from typing import Any, Never, final

from spojit.lib.redaction import MASK


@final
class Secret:
    """A plaintext in a box that only `reveal` opens.

    It prints as a mask, is equal to another `Secret` in constant time, and cannot be pickled or
    encoded as JSON, so that it never reaches a message, a cache, a session or a log by accident.
    """

    __slots__ = ("_value",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: str) -> None:
        """Box a plaintext.

        Raises:
            TypeError: the value is not text.
        """
        if not isinstance(value, str):
            raise TypeError("A secret is text.")
        self._value = value

    def reveal(self) -> str:
        """Give the plaintext; call this where it is put to use and nowhere else."""
        return self._value

    # Django's templates skip a callable that says so.
    reveal.alters_data = True  # type: ignore[attr-defined]

    def __repr__(self) -> str:
        """Show the mask."""
        return MASK

    def __format__(self, specification: str) -> str:
        """Show the mask, whatever the format asks for."""
        return MASK

    def __eq__(self, other: object) -> bool:
        """Compare with another secret, in a time that does not tell where they differ."""
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(_as_bytes(self._value), _as_bytes(other._value))

    def __len__(self) -> int:
        """Count the characters."""
        return len(self._value)

    def __copy__(self) -> Secret:
        """Stay the same object: it cannot change."""
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Secret:
        """Stay the same object: it cannot change."""
        return self

    def __reduce_ex__(self, protocol: object) -> Never:
        """Refuse to be pickled."""
        raise TypeError("A secret cannot be pickled.")

    def __getstate__(self) -> Never:
        """Refuse to be taken apart."""
        raise TypeError("A secret cannot be pickled.")


def _as_bytes(value: str) -> bytes:
    return value.encode("utf-8", "surrogatepass")
