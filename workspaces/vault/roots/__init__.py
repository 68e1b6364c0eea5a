"""Root keys: outside the database, they wrap the data keys that are inside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Self

from workspaces.vault.roots import aws_kms, local
from workspaces.vault.roots.errors import (
    BadRootConfiguration,
    RootUnavailable,
    UnknownRoot,
    WrongRoot,
)
from workspaces.vault.roots.local import generate_local_root

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workspaces.vault.roots.root import Root

__all__ = [
    "BadRootConfiguration",
    "RootUnavailable",
    "Roots",
    "UnknownRoot",
    "WrongRoot",
    "configured",
    "generate_local_root",
    "read",
]


@dataclass(frozen=True, slots=True)
class Roots:
    """The root keys of this installation: the primary wraps, all of them unwrap."""

    primary: Root
    by_id: Mapping[str, Root] = field(repr=False)

    @classmethod
    def of(cls, roots: Sequence[Root], *, primary: str = "") -> Self:
        """Take the root keys, the first being the primary unless one is named.

        Raises:
            BadRootConfiguration: there is none, two share a name, or the primary is not there.
        """
        by_id = {root.id: root for root in roots}
        if not roots:
            raise BadRootConfiguration("ROOT_KEYS: there is no root key; " + local.REMEDY)
        if len(by_id) != len(roots):
            raise BadRootConfiguration("ROOT_KEYS and ROOT_KMS_KEYS: a name is used twice.")
        if primary and primary not in by_id:
            raise BadRootConfiguration(
                f"ROOT_PRIMARY: no root key is called {primary!r}; "
                f"there are: {', '.join(sorted(by_id))}."
            )
        return cls(primary=by_id[primary or roots[0].id], by_id=by_id)

    def get(self, root_key_id: str) -> Root:
        """Find a root key by its name.

        Raises:
            UnknownRoot: it is not configured here.
        """
        try:
            return self.by_id[root_key_id]
        except KeyError:
            raise UnknownRoot(
                f"The root key {root_key_id!r} is not configured here.",
                hint="Add it to ROOT_KEYS or ROOT_KMS_KEYS, behind the first one.",
            ) from None


@lru_cache(maxsize=4)
def read(*, root_keys: str = "", root_kms_keys: str = "", root_primary: str = "") -> Roots:
    """Read the root keys as the environment gives them.

    Args:
        root_keys: `name:key[,name:key]`, each key 32 bytes in base64.
        root_kms_keys: `name=ARN or alias[,…]` of keys in AWS KMS.
        root_primary: the name of the one that wraps; the first KMS key, else the first key,
            when empty.

    Raises:
        BadRootConfiguration: saying which entry is wrong and how to mend it.
    """
    roots: list[Root] = [*aws_kms.parse(root_kms_keys), *local.parse(root_keys)]
    return Roots.of(roots, primary=root_primary.strip())


def configured() -> Roots:
    """Give the root keys of the settings ROOT_KEYS, ROOT_KMS_KEYS and ROOT_PRIMARY.

    Raises:
        BadRootConfiguration: saying which entry is wrong and how to mend it.
    """
    from django.conf import settings  # noqa: PLC0415 - settings themselves import this package

    return read(
        root_keys=settings.ROOT_KEYS,
        root_kms_keys=getattr(settings, "ROOT_KMS_KEYS", ""),
        root_primary=getattr(settings, "ROOT_PRIMARY", ""),
    )
