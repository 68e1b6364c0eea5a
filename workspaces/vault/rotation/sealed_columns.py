"""Which columns hold what a workspace's data key sealed; apps say so in `ready()`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models import BinaryField, Model

from spojit.lib.errors import SpojitError
from workspaces.models import TenantModel

if TYPE_CHECKING:
    from collections.abc import Callable


MOST_AT_ONCE = 500


class UnregisteredColumn(SpojitError):
    """A sealed column that nobody registered; a bug, found before its key is dropped."""

    code = "unregistered_column"


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column of a tenant table, and how each row's place is told.

    `row` and `version` give what the value was sealed with, from the row itself. `most_at_once` is
    how many are sealed again in one transaction: few where values are long.
    """

    model: type[Model]
    column: str
    purpose: str
    row: Callable[[Any], str]
    version: Callable[[Any], int]
    most_at_once: int = MOST_AT_ONCE

    def place(self, row: Any) -> dict[str, Any]:
        """Say where a row's value belongs, as `keyring.seal` and `keyring.open_` take it."""
        return {
            "workspace_id": row.workspace_id,
            "table": self.model._meta.db_table,
            "row": self.row(row),
            "purpose": self.purpose,
            "version": self.version(row),
        }


_columns: dict[tuple[type[Model], str], SealedColumn] = {}


def _primary_key(row: Any) -> str:
    return str(row.pk)


def _first_version(row: Any) -> int:  # noqa: ARG001
    return 1


def register(
    model: type[Model],
    column: str,
    *,
    purpose: str,
    row: Callable[[Any], str] = _primary_key,
    version: Callable[[Any], int] = _first_version,
    most_at_once: int = MOST_AT_ONCE,
) -> None:
    """Name a column whose values `rotate_data_key` seals again.

    Args:
        model: a tenant table with a `workspace_id`.
        column: its `BinaryField`.
        purpose: what its values are sealed for.
        row: gives the row part of the place; the primary key unless told otherwise.
        version: gives the version part; 1 unless told otherwise.
        most_at_once: how many values may be held in memory at once.
    """
    _columns[model, column] = SealedColumn(model, column, purpose, row, version, most_at_once)


def registered() -> list[SealedColumn]:
    """List the columns that were named."""
    return list(_columns.values())


def refuse_unregistered() -> None:
    """Stop when a tenant table has a column called `…sealed…` that nobody named.

    Raises:
        UnregisteredColumn: naming them; their values would be lost with the old key.
    """
    found = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if issubclass(model, TenantModel) and isinstance(field, BinaryField)
        if "sealed" in field.name
        if (model, field.name) not in _columns
    ]
    if found:
        raise UnregisteredColumn(f"These sealed columns are not registered: {', '.join(found)}.")
