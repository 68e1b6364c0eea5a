"""Loop, parallel and delay: what a run does with time and order."""

from __future__ import annotations

import copy
from typing import Any

from django import forms

from workflows.definition import settings as kinds
from workflows.forms.steps.base import StepForm
from workflows.forms.steps.lines import Setting

OVER = (
    ("each", "Once for each item of a list"),
    ("times", "So many times"),
    ("while", "While something is true"),
)
HOW = (("for", "For a time"), ("until", "Until a moment"))


class LoopForm(StepForm):
    """What is repeated how often."""

    def build(self) -> None:
        """Ask how, and what that needs."""
        over = self.add_choice("over", "Repeat", OVER, default="each")
        items = self.add_value("items", "List", help="As {{ fetch.items }}.", is_required=True)
        times = self.add_value("times", "How many times", is_required=True)
        condition = self.add_text(
            "condition", "While", help="As {{ page.has_more }}.", is_required=True
        )
        for setting, kind in ((items, "each"), (times, "times"), (condition, "while")):
            setting.when = {"over": [kind]}
        sentence = "Steps in the loop find the item, or the number of the round, under this name."
        item = self.add_text(
            "item", "Name of the item", default="item", help=sentence, takes_names=False
        )
        most = self.add_number(
            "most",
            "At most",
            least=1,
            most=kinds.MOST_ROUNDS,
            default=1_000,
            help="More rounds fail.",
        )
        self.lines += [over, items, times, condition, item, most]


class ParallelForm(StepForm):
    """How many branches there are."""

    def build(self) -> None:
        """Ask for the number."""
        sentence = "Each begins at an output of its own; “done” follows when all have ended."
        self.lines.append(
            self.add_number(
                "branches", "Branches", least=2, most=kinds.MOST_BRANCHES, default=2, help=sentence
            )
        )


class DelayForm(StepForm):
    """For how long, or until when; only the way that is chosen is kept."""

    on_failure = False

    def build(self) -> None:
        """Ask for either."""
        is_until = bool(self.given.get("until"))
        self.fields["how"] = forms.ChoiceField(choices=HOW, required=False, label="Wait")
        self.initial["how"] = "until" if is_until else "for"
        how = Setting("how", "Wait", self["how"], is_stored=False, takes_names=False)
        seconds = self.add_time("seconds", "How long", help="30 days at most.")
        until = self.add_text(
            "until", "Until", help="As 2027-01-31T08:00+01:00, or {{ order.ship_at }}."
        )
        seconds.when, until.when = {"how": ["for"]}, {"how": ["until"]}
        self.lines += [how, seconds, until]

    @property
    def settings(self) -> dict[str, Any]:
        """Keep what belongs to the way that was chosen."""
        if not set(self.changed_data) - {"name"}:
            return copy.deepcopy(self.given)
        found = super().settings
        found.pop("seconds" if self.cleaned_data["how"] == "until" else "until", None)
        return found
