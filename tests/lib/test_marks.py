"""Marks of services, read from the package without importing it."""

from __future__ import annotations

import sys

from spojit.lib import marks


def test_a_mark_is_path_data() -> None:
    assert marks.path("github").startswith("M12 .297c")


def test_a_mark_has_the_colour_of_its_service() -> None:
    assert marks.color("github") == "#181717"


def test_a_mark_that_is_not_there_is_empty() -> None:
    assert marks.color("no_such_service") == ""
    assert marks.path("no_such_service") == ""
    assert marks.path("") == ""


def test_the_package_itself_is_not_imported() -> None:
    marks.path("stripe")
    assert "simpleicons.all" not in sys.modules
