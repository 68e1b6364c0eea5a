"""`make bench`: each row of the speed table as a ratio to its floor, measured in the same run."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from bench import prepare

prepare.environment()

from bench import (  # noqa: E402 - after settings
    borrow,
    catalogue,
    connections_page,
    deliveries,
    refresh_sweep,
    root_rotation,
    runs,
    tool_call,
)

if TYPE_CHECKING:
    from bench.measuring import Row

ROWS = {
    "borrow": borrow.measure,
    "call": tool_call.measure,
    "rotation": root_rotation.measure,
    "sweep": refresh_sweep.measure,
    "page": connections_page.measure,
    "deliveries": deliveries.measure,
    "runs": runs.measure,
    "catalogue": catalogue.measure_page,
    "reading": catalogue.measure_reading,
}


def main(names: list[str]) -> int:
    """Measure the named rows, or all; return 1 when one that is a gate misses its target."""
    rows = [ROWS[name]() for name in names or ROWS]
    width = max(len(row.what) for row in rows)
    sys.stdout.write(f"{'':{width}}  {'floor':>10}  {'ours':>10}  ratio  target\n")
    for row in rows:
        sys.stdout.write(_line(row, width) + "\n")
    return 1 if any(row.is_gate and not row.holds for row in rows) else 0


def _line(row: Row, width: int) -> str:
    verdict = "" if row.holds else ("  MISSED" if row.is_gate else "  above")
    return (
        f"{row.what:{width}}  {row.floor_ms:8.3f}ms  {row.ours_ms:8.3f}ms  {row.ratio:5.2f}"
        f"  {row.target:6.1f}{verdict}{'  ' + row.note if row.note else ''}"
    )


if __name__ == "__main__":
    try:
        code = main(sys.argv[1:])
    finally:
        prepare.discard()
    sys.exit(code)
