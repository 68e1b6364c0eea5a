"""Inputs of a step's panel. Each shows a stored value, and reads it back without changing it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from connections.forms.arguments import LinesField
from workflows.forms.steps import codec

if TYPE_CHECKING:
    from collections.abc import Mapping


class ValueField(forms.CharField):
    """Any JSON-like value, or an expression."""

    def __init__(self, *, rows: int = 0, **options: Any) -> None:
        """Take several lines when told so."""
        widget = forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput()
        widget.attrs |= {"spellcheck": "false", "autocomplete": "off"}
        super().__init__(required=False, strip=False, widget=widget, **options)

    def to_python(self, value: Any) -> Any:
        """Read it. Raises: ValidationError."""
        try:
            return codec.read(str(value or ""))
        except codec.NotJson:
            raise forms.ValidationError("This is not JSON.") from None

    def run_validators(self, value: Any) -> None:
        """Leave the rest to the checks of the definition."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare what was shown with what was sent."""
        return (initial or "") != codec.lines(data or "")


class TextField(forms.CharField):
    """A text, in which expressions may stand."""

    def __init__(self, *, rows: int = 0, **options: Any) -> None:
        """Take several lines when told so."""
        widget = forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput()
        widget.attrs |= {"spellcheck": "false", "autocomplete": "off"}
        options = {"required": False, "strip": False, "empty_value": None} | options
        super().__init__(widget=widget, **options)

    def to_python(self, value: Any) -> Any:
        """End its lines as we store them."""
        found = super().to_python(value)
        return codec.lines(found) if isinstance(found, str) else found

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare what was shown with what was sent."""
        return (initial or "") != codec.lines(data or "")


class LongSelect(forms.Select):
    """A select of hundreds of choices, written at once: a template for each would take long."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:  # noqa: ARG002
        """Write it; the choices are the same for everybody."""
        given = flatatt(self.build_attrs(self.attrs, attrs))
        mark = format_html(' value="{}">', str(value or ""))
        options = _options(tuple(self.choices))
        chosen = SafeString(options.replace(mark, f" selected{mark}", 1))
        return format_html('<select name="{}"{}>{}</select>', name, given, chosen)


@lru_cache(maxsize=16)
def _options(choices: tuple[tuple[str, str], ...]) -> SafeString:
    return format_html_join("", '<option value="{}">{}</option>', choices)


class ListField(LinesField):
    """A list of texts, one on each line."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare the lines that were shown with those that were sent."""
        return bool(self.to_python(initial) != self.to_python(data))


class Column(NamedTuple):
    """One cell of each row: a value, a plain text, or one of `choices`."""

    key: str
    label: str
    choices: tuple[tuple[str, str], ...] = ()
    is_value: bool = True


class RowsWidget(forms.Widget):
    """Rows of inputs that are sent as lists of the same length, one a column."""

    def __init__(self, columns: tuple[Column, ...]) -> None:
        """Begin with no row."""
        super().__init__()
        self.columns = columns

    def value_from_datadict(self, data: Any, _files: Any, name: str) -> list[tuple[str, ...]]:
        """Read the rows that hold something."""
        given = [data.getlist(f"{name}.{column.key}") for column in self.columns]
        rows = [tuple(codec.lines(cell) for cell in row) for row in zip(*given, strict=False)]
        return [row for row in rows if self._is_filled(row)]

    def value_omitted_from_data(self, data: Any, _files: Any, name: str) -> bool:
        """Say whether not even an empty row was sent."""
        return f"{name}.{self.columns[0].key}" not in data

    def _is_filled(self, row: tuple[str, ...]) -> bool:
        pairs = zip(row, self.columns, strict=True)
        return any(cell.strip() for cell, column in pairs if not column.choices)


class RowsField(forms.Field):
    """A table that grows; its value is a list of tuples of texts."""

    widget: RowsWidget

    def __init__(self, columns: tuple[Column, ...], **options: Any) -> None:
        """Take what each row has."""
        self.columns = columns
        super().__init__(required=False, widget=RowsWidget(columns), **options)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare what was shown with what was sent."""
        return list(initial or []) != list(data or [])


def fits(field: forms.Field, value: Any) -> bool:
    """Say whether an input can show a value; an expression in a number's place it cannot."""
    if isinstance(field, ValueField):
        return True
    if isinstance(field, RowsField):
        return _fits_rows(field, value)
    if isinstance(field, LinesField):
        return isinstance(value, list) and all(map(_is_line, value))
    if isinstance(field, forms.TypedChoiceField):
        return _written(value) in {str(key) for key, _ in field.choices if key}  # type: ignore[union-attr,misc]
    if isinstance(field, forms.FloatField):
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if isinstance(field, forms.IntegerField):
        return isinstance(value, int) and not isinstance(value, bool)
    if isinstance(field, forms.MultipleChoiceField):
        return isinstance(value, list)
    return isinstance(value, str)


def shown(field: forms.Field, value: Any) -> Any:
    """Give what an input shows for a value that it can show."""
    if isinstance(field, ValueField):
        return codec.show(value)
    if isinstance(field, RowsField):
        return _rows(field, value)
    if isinstance(field, LinesField):
        return "\n".join(value)
    if isinstance(field, forms.TypedChoiceField):
        return _written(value)
    return value


def named(field: RowsField, rows: list[tuple[str, ...]]) -> dict[str, Any]:
    """Make an object of rows of a name and a value. Raises: ValidationError."""
    found: dict[str, Any] = {}
    for name, value in rows:
        if not name.strip():
            raise forms.ValidationError("A row has a value and no name.")
        if name.strip() in found:
            raise forms.ValidationError(f"{name.strip()} is there twice.")
        found[name.strip()] = _read(value) if field.columns[1].is_value else value
    return found


def _read(text: str) -> Any:
    try:
        value = codec.read(text)
    except codec.NotJson:
        raise forms.ValidationError(f"This is not JSON: {text[:40]}") from None
    return "" if value is None else value


def _fits_rows(field: RowsField, value: Any) -> bool:
    is_plain = isinstance(value, dict) and len(field.columns) == 2
    takes = _is_shallow if is_plain and field.columns[1].is_value else _is_plain_text
    return is_plain and all(_is_cell(key) and takes(item) for key, item in value.items())


def _is_cell(key: str) -> bool:
    return bool(key.strip()) and key == key.strip()


def _is_shallow(value: Any) -> bool:
    return value is not None and not isinstance(value, (dict, list)) and "\n" not in str(value)


def _is_plain_text(value: Any) -> bool:
    return isinstance(value, str) and "\n" not in value


def _rows(field: RowsField, value: Mapping[str, Any]) -> list[tuple[str, ...]]:
    if not field.columns[1].is_value:
        return list(value.items())
    return [(key, codec.show(item) if item != "" else "") for key, item in value.items()]


def _is_line(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and value == value.strip() and "\n" not in value


def _written(value: Any) -> str:
    return value if isinstance(value, str) else codec.show(value)
