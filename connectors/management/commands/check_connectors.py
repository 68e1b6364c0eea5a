"""Checks connector files, and with --against that they break nothing that was stored before."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from connectors import checks, compatibility, earlier, registry
from connectors.manifest.reading import BadManifest, Problem

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

    from connectors.manifest import Connector


class Command(BaseCommand):
    """Say exactly what is wrong with which file, and how to mend it; exit with 1 if anything is."""

    help = "Check connector files: those named, or the whole catalogue."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take files, and a git ref to compare them with."""
        parser.add_argument("files", nargs="*", type=Path, help="Files of the catalogue.")
        parser.add_argument("--against", help="Refuse what would break connections since this ref.")

    def handle(self, *, files: list[Path], against: str | None = None, **_: Any) -> None:
        """Check, and list every problem."""
        paths = files or list(registry.paths().values())
        try:
            problems = _problems(paths, against, is_whole=not files)
        except (earlier.UnknownRef, BadManifest) as error:
            raise CommandError(error.message) from None
        for problem in problems:
            self.stderr.write(str(problem))
        if problems:
            raise CommandError(f"{len(problems)} to mend in {len(paths)} files.")
        self.stdout.write(f"{len(paths)} files are right.")


def _problems(paths: list[Path], against: str | None, *, is_whole: bool) -> list[Problem]:
    found = [problem for path in paths for problem in _check(path, against)]
    return found + (_check_removed(against) if against and is_whole else [])


def _check(path: Path, against: str | None) -> list[Problem]:
    try:
        connector = registry.load(path)
    except BadManifest as wrong:
        return wrong.problems
    except (OSError, ImportError, AttributeError) as error:
        name = type(error).__name__
        return [Problem(path.name, "", f"it cannot be read ({name}); mend the file or its name")]
    found = checks.problems(connector)
    if against:
        found += _breaks(path, connector, against)
    return [Problem(path.name, *place_and_message) for place_and_message in found]


def _breaks(path: Path, connector: Connector, against: str) -> list[tuple[str, str]]:
    before = earlier.catalogue(against).get(path.stem)
    return [] if before is None else compatibility.breaks(before, connector)


def _check_removed(against: str) -> list[Problem]:
    gone = set(earlier.catalogue(against)) - set(registry.paths())
    message = "the connector was removed; keys are permanent, so deprecate it instead"
    return [Problem(key, "key", message) for key in sorted(gone)]
