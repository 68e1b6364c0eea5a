"""The documents are true: every setting that is read is explained, and nothing else is."""

from __future__ import annotations

import re

from tests.database import BASE_DIR

READ = re.compile(r"env\.[a-z]+\(\s*\"([A-Z_]+)\"")


def test_every_setting_of_the_environment_is_explained() -> None:
    read = set(READ.findall((BASE_DIR / "spojit" / "settings.py").read_text()))
    table = (BASE_DIR / "docs" / "operating.md").read_text().split("| Name | Meaning |")[1]
    rows = [line.split("|")[1] for line in table.split("\n\n")[0].splitlines() if "`" in line]
    explained = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}
    assert explained == read | {"HOST"}  # `manage.py up` reads it
