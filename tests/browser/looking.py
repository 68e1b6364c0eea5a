"""Looks at a page as people do: axe's rules in both colour schemes, narrow, and by touch."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import axe_playwright_python

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page, ViewportSize

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
FOLDER = os.environ.get("LOOK", "")
"""With LOOK=/some/folder every page is photographed, to be looked at by a person."""

WIDE: ViewportSize = {"width": 1280, "height": 800}
NARROW: ViewportSize = {"width": 360, "height": 740}
TOUCH_PX = 44

SETTLE = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  await frame();
  await frame();
  await Promise.allSettled(document.getAnimations().map(one => one.finished));
}"""
FIND_FAULTS = """async ([rules, within]) => {
  const only = rules ? {runOnly: {type: "rule", values: rules}} : {};
  const options = {resultTypes: ["violations"], preload: false, ...only};
  const found = await axe.run(within || document, options);
  const isSerious = fault => ["serious", "critical"].includes(fault.impact);
  const said = (fault, node) => `${fault.id}: ${node.target} ${node.failureSummary}`;
  return found.violations.filter(isSerious)
    .flatMap(fault => fault.nodes.map(node => said(fault, node)));
}"""
FIND_WIDE = """() => {
  const page = document.documentElement;
  if (page.scrollWidth <= page.clientWidth) return [];
  const isOut = at => at.getBoundingClientRect().right > page.clientWidth + 1;
  const out = [...document.querySelectorAll("body *")].filter(isOut).slice(0, 5);
  return [`scrolls sideways by ${page.scrollWidth - page.clientWidth} px: `
    + out.map(at => `${at.tagName}.${at.className}`).join(", ")];
}"""
FIND_SMALL = """least => [...document.querySelectorAll(
    "a.button, button, summary, select, textarea, input:not([type=hidden]), .tab, .chip, .nav-link"
  )].flatMap(at => {
    const label = at.matches("[type=radio], [type=checkbox]") && at.closest("label, .option");
    const box = (label || at).getBoundingClientRect();
    if (box.width < 2 || box.height >= least - 0.5 || !at.checkVisibility()) return [];
    const name = at.name || at.textContent.trim().slice(0, 30);
    return [`${Math.round(box.height)} px to touch: ${at.tagName}.${at.className} ${name}`];
  })"""


def faults(page: Page, state: str = "", *, within: str = "") -> list[str]:
    """Return every serious fault of the page that is open, light and dark, wide and narrow.

    Args:
        page: what is looked at.
        state: told apart in the photographs' names, for one address in several states.
        within: a selector, where the rest of the page is not ours; sizes are not looked at then.
    """
    page.evaluate(AXE)
    found = [f"light {fault}" for fault in _axe(page, None, within)]
    _photograph(page, f"{state}-1280-light")
    page.emulate_media(color_scheme="dark")
    found += [f"dark {fault}" for fault in _axe(page, ["color-contrast"], within)]
    _photograph(page, f"{state}-1280-dark")
    with _phone(page):
        if not within:
            found += page.evaluate(FIND_WIDE) + page.evaluate(FIND_SMALL, TOUCH_PX)
        _photograph(page, f"{state}-360-dark")
        page.emulate_media(color_scheme="light")
        _photograph(page, f"{state}-360-light")
    return found


def settle(page: Page) -> None:
    """Wait until the page is drawn and nothing moves any more."""
    page.evaluate(SETTLE)


def _axe(page: Page, rules: list[str] | None, within: str) -> list[str]:
    settle(page)
    found: list[str] = page.evaluate(FIND_FAULTS, [rules, within])
    return found


@contextmanager
def _phone(page: Page) -> Iterator[None]:
    """Make the page as narrow as a phone's, and touched by fingers."""
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 1})
    page.set_viewport_size(NARROW)
    yield
    page.set_viewport_size(WIDE)
    session.detach()


def _photograph(page: Page, kind: str) -> None:
    if FOLDER:
        path = re.sub(r"^\w+://[^/]+/", "", page.url)
        name = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "id", path)
        name = re.sub(r"[^\w]+", "_", name).strip("_")[:80] or "root"
        page.screenshot(path=f"{FOLDER}/{name}{kind}.png", full_page=True)
