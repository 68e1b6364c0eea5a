"""What people do again and again in the designer: choose a step, add one, fill it in, save."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from playwright.sync_api import Locator

    from tests.browser.steps import Visitor


@dataclass
class Designer:
    """The designer of one workflow, as somebody has it before them."""

    visitor: Visitor

    @property
    def panel(self) -> Locator:
        """The settings of the chosen step."""
        return self.visitor.page.locator("#panel")

    def open(self, node_id: str) -> None:
        """Choose a step by its card."""
        self.visitor.page.locator(f"#card-{node_id}").click()
        expect(self.panel.locator(f"form[action*='/steps/{node_id}/']").first).to_be_attached()

    def add(self, place: str, kind: str) -> str:
        """Add a step by the plus of this name; give the ID of what was added and chosen."""
        before = self.ids()
        self.visitor.page.get_by_role(
            "button", name=f"Add a step after {place}", exact=True
        ).click()
        self.visitor.page.locator(f"#adding [name=kind][value='{kind}']").click()
        expect(self.visitor.page.locator("[id^=card-]")).to_have_count(len(before) + 1)
        [made] = self.ids() - before
        expect(self.panel.locator(f"form[action*='/steps/{made}/']").first).to_be_attached()
        return made

    def ids(self) -> set[str]:
        """The IDs of the steps on the canvas."""
        cards = self.visitor.page.locator("[id^=card-]").all()
        return {str(card.get_attribute("id")).removeprefix("card-") for card in cards}

    def write(self, name: str, text: str) -> None:
        """Type into an input of the panel, and wait until it is kept."""
        control = self.panel.locator(f"[name='{name}']")
        control.fill(text)
        with self._kept():
            control.blur()

    def choose(self, name: str, label: str) -> None:
        """Choose from a list of the panel."""
        with self._kept():
            self.panel.locator(f"select[name='{name}']").select_option(label=label)

    def tick(self, label: str) -> None:
        """Tick what has this label: an option, or a connection."""
        with self._kept():
            self.panel.get_by_label(label).first.check()

    def save(self) -> None:
        """Save the draft as a version."""
        self.visitor.press("Save")
        expect(self.visitor.page.locator(".designer-saved")).to_contain_text("Version")

    def enable(self) -> None:
        """Let its trigger start runs."""
        self.visitor.page.get_by_role("switch", name="Enabled").click()
        expect(self.visitor.page.get_by_role("switch", name="Enabled")).to_be_checked()

    def _kept(self) -> AbstractContextManager[object]:
        return self.visitor.page.expect_response(
            lambda answer: answer.request.method == "POST" and "/steps/" in answer.url
        )
