"""What every part of a manifest shares: strictness, keys, and where a fact was found."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
"""A permanent name: stored connections and workflows point at it for ever."""

HttpsUrl = Annotated[str, StringConstraints(pattern=r"^https://[^\s]+$", max_length=500)]

Line = Annotated[str, StringConstraints(pattern=r"^[^\r\n]*$", min_length=1, max_length=200)]
"""One line of text for people."""


class Strict(BaseModel):
    """A part of a manifest: unknown keys are errors, types are not coerced, nothing changes.

    Parts that there are hundreds of make their empty lists by a factory: a plain default is copied
    deeply each time, which takes a sixth of the time in which the catalogue is read.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Sourced(Strict):
    """A part that states facts about a service.

    Attributes:
        source: the page of the service's own documentation that the facts come from.
        unconfirmed: the facts are believed and were not found on such a page.
    """

    source: str = ""
    unconfirmed: bool = False

    @property
    def has_source(self) -> bool:
        """Whether the part says where its facts come from, or that it does not know."""
        return bool(self.source) or self.unconfirmed


Json = Any
"""A value that JSON can hold."""
