"""Which scopes a grant asks for: a preset, and more of them one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from connectors.manifest import OAuth2, Scope


@dataclass(frozen=True, slots=True)
class PresetLine:
    """Scopes that are chosen together, with a sentence for each."""

    key: str
    label: str
    sentences: list[str]
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class ScopeLine:
    """One scope with its sentence."""

    scope: str
    label: str
    is_chosen: bool = False


class ScopesForm(forms.Form):
    """The smallest preset is chosen to begin with; what was asked for before stays asked for."""

    use_required_attribute = False

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        oauth2: OAuth2,
        before: Collection[str] = (),
        proposed: Collection[str] = (),
    ) -> None:
        """Make the inputs.

        Args:
            data: what was sent.
            oauth2: what declares the scopes.
            before: what the grant in use was asked for; presets are then no question any more.
            proposed: what an attempt that nobody finished asked for.
        """
        self.oauth2, self.before = oauth2, set(before)
        self.presets = [] if before else oauth2.presets
        initial = {"preset": self._preset_of(proposed), "scopes": self._rest_of(proposed)}
        super().__init__(data, initial=initial)
        if self.presets:
            choices = [(preset.key, preset.label) for preset in self.presets]
            self.fields["preset"] = forms.ChoiceField(choices=choices)
        choices = [(scope.scope, scope.label) for scope in self._optional()]
        self.fields["scopes"] = forms.MultipleChoiceField(choices=choices, required=False)

    @property
    def chosen(self) -> list[str]:
        """The scopes to ask for, besides those always asked for; after validation."""
        key = self.cleaned_data.get("preset", "")
        named = next((preset.scopes for preset in self.presets if preset.key == key), [])
        return list(dict.fromkeys([*named, *self.cleaned_data["scopes"]]))

    @property
    def always(self) -> list[ScopeLine]:
        """What is asked for whatever is chosen."""
        kept = [scope for scope in self.oauth2.scopes if scope not in self._optional()]
        return [ScopeLine(scope.scope, scope.label) for scope in kept]

    @property
    def preset_lines(self) -> list[PresetLine]:
        """The presets, each with the sentences of its scopes."""
        labels = {scope.scope: scope.label for scope in self.oauth2.scopes}
        chosen = self["preset"].value() if self.presets else ""
        return [
            PresetLine(
                preset.key,
                preset.label,
                [labels[scope] for scope in preset.scopes],
                preset.key == chosen,
            )
            for preset in self.presets
        ]

    @property
    def more(self) -> list[ScopeLine]:
        """What can be asked for one by one."""
        ticked = self["scopes"].value() or []
        return [
            ScopeLine(scope.scope, scope.label, scope.scope in ticked) for scope in self._optional()
        ]

    @property
    def is_more_open(self) -> bool:
        """Whether single scopes are chosen, or are all there is to choose."""
        return not self.presets or any(line.is_chosen for line in self.more)

    def _optional(self) -> list[Scope]:
        scopes = self.oauth2.scopes
        return [one for one in scopes if not one.required and one.scope not in self.before]

    def _preset_of(self, proposed: Collection[str]) -> str:
        """Find the preset that was chosen last time: the largest that it holds."""
        held = [preset for preset in self.presets if set(preset.scopes) <= set(proposed)]
        if proposed and held:
            return max(held, key=lambda preset: len(preset.scopes)).key
        return self.presets[0].key if self.presets else ""

    def _rest_of(self, proposed: Collection[str]) -> list[str]:
        key = self._preset_of(proposed)
        named = next((preset.scopes for preset in self.presets if preset.key == key), [])
        return [scope for scope in proposed if scope not in named]
