"""Colours as numbers: how far apart two are to the eye, and what shows on one."""

from __future__ import annotations

WHITE, INK = "#ffffff", "#18181d"
FADES_BELOW = 2.5
"""Of white on a colour. Marks are drawn where their name stands beside them, so that they may
be a little less than the 3:1 of WCAG 2.2, 1.4.11, and keep the white that people know."""


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours such as "#18181d", 1 to 21 (WCAG 2.2, contrast ratio)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def readable_on(color: str) -> str:
    """Return white, or a dark ink where white would fade."""
    return WHITE if contrast(WHITE, color) >= FADES_BELOW else INK


def _luminance(color: str) -> float:
    """Return the relative luminance as WCAG 2.2 defines it."""
    red, green, blue = (_linear(int(color[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
