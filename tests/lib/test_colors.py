"""Colours as numbers."""

from __future__ import annotations

import pytest

from spojit.lib import colors


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#000000", 21.0),
        ("#767676", "#ffffff", 4.54),
        ("#3d56d6", "#3d56d6", 1.0),
    ],
)
def test_contrast_is_that_of_wcag(one: str, other: str, expected: float) -> None:
    assert round(colors.contrast(one, other), 2) == expected


def test_what_stands_on_a_bright_colour_is_dark() -> None:
    assert colors.readable_on("#ffe01b") == colors.INK
    assert colors.readable_on("#181717") == colors.WHITE
