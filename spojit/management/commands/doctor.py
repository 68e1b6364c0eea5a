"""`manage.py doctor`: checks what an operator would check, and says how to mend each."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand

from spojit import doctor
from spojit.doctor import Finding, Verdict

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Print one line for each check; exit with 1 when one is bad."""

    help = "Check settings, database, roles, walls, keys, Redis, workers, mail, disk."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Offer JSON for machines."""
        parser.add_argument("--json", action="store_true", help="one JSON object for each check")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print findings as they come."""
        is_bad = False
        for finding in doctor.examine():
            is_bad = is_bad or finding.verdict is Verdict.BAD
            self.stdout.write(_as_json(finding) if options["json"] else self._as_line(finding))
        sys.exit(1 if is_bad else 0)

    def _as_line(self, finding: Finding) -> str:
        style = {
            Verdict.GOOD: self.style.SUCCESS,
            Verdict.LOOK: self.style.WARNING,
            Verdict.BAD: self.style.ERROR,
        }[finding.verdict]
        line = f"{style(f'{finding.verdict.value:<4}')}  {finding.what:<16} {finding.seen}"
        return f"{line}\n      {'':<16} → {finding.remedy}" if finding.remedy else line


def _as_json(finding: Finding) -> str:
    return json.dumps(asdict(finding) | {"verdict": finding.verdict.value})
