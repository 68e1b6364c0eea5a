"""What every root key can do."""

from __future__ import annotations

from typing import Protocol


class Root(Protocol):
    """A key that wraps data keys, wherever it is kept."""

    @property
    def id(self) -> str:
        """Its name, which is stored beside what it wrapped."""

    def wrap(self, plaintext: bytes, *, context: dict[str, str]) -> bytes:
        """Wrap a data key, bound to a context.

        Raises:
            RootUnavailable: the service that holds the root key did not do it.
        """

    def unwrap(self, wrapped: bytes, *, context: dict[str, str]) -> bytes:
        """Unwrap a data key in the same context.

        Raises:
            RootUnavailable: the service that holds the root key did not do it.
            WrongRoot: this key, or this context, is not the one that wrapped it.
        """
