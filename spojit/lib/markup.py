"""Template tags and filters of every page: icons, statuses, times, fields, sorting. No models.

Registered as template builtins by the settings, so a template needs no `load`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django import template
from django.forms import BoundField, CheckboxInput, RadioSelect, Select, Textarea
from django.utils.html import format_html
from django.utils.safestring import SafeString

from spojit.lib import clock, colors, json_trees, marks, outlines, words
from spojit.lib.glyphs import GLYPHS, STATUS_SHAPES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.http import QueryDict
    from django.template import Context

register = template.Library()

_TILE = '<svg viewBox="0 0 24 24"><rect width="24" height="24" fill="{}"/>{}</svg>'
_MARK = '<path transform="translate(4 4) scale(.6667)" fill="{}" d="{}"/>'
_MONOGRAM = '<text x="12" y="12.5" text-anchor="middle" dominant-baseline="central">{}</text>'


@register.simple_tag
@lru_cache(maxsize=256)
def icon(name: str) -> SafeString:
    """Draw an icon of `glyphs.GLYPHS`. It is decoration: the words stand beside it."""
    return format_html(
        '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="{}"/></svg>',
        GLYPHS[name],
    )


@register.simple_tag
def connector_icon(mark: Any, name: str, size: str = "") -> SafeString:
    """Draw a connector's icon as decoration. `size` is "", "tile" or "large".

    `mark` is an icon of a manifest: it has `mark`, a slug of simpleicons, or `monogram`, with
    `text` and `color`. Without either, the name's initials stand for it.
    """
    monogram = getattr(mark, "monogram", None)
    drawn_as = (monogram.text, monogram.color) if monogram else ("", "")
    return _connector_icon(getattr(mark, "mark", ""), *drawn_as, name, size)


@lru_cache(maxsize=1024, typed=True)  # a safe text and a plain one are not the same
def _connector_icon(slug: str, text: str, color: str, name: str, size: str) -> SafeString:
    path, own = marks.path(slug), marks.color(slug)
    if path:
        drawn = format_html(_TILE, own, format_html(_MARK, colors.readable_on(own), path))
    elif text:
        drawn = format_html(_TILE, color, format_html(_MONOGRAM, text))
    else:
        drawn = format_html("{}", words.initials(name))
    return format_html(
        '<span class="connector-icon{}{}" aria-hidden="true">{}</span>',
        f" connector-icon-{size}" if size else "",
        " connector-icon-full" if text or path else "",
        drawn,
    )


@register.simple_tag
def status(value: Any, size: str = "") -> SafeString:
    """Show a status: shape, word, and the reason on a second line. `size` is "" or "large".

    `value` has `kind` (active, pending, reauthorize, error), `word` and perhaps `reason`.
    """
    return _status(value.kind, value.word, getattr(value, "reason", ""), size)


@lru_cache(maxsize=1024, typed=True)
def _status(kind: str, word: str, reason: str, size: str) -> SafeString:
    return format_html(
        '<span class="status status-{}{}"><svg class="status-mark" viewBox="0 0 12 12"'
        ' aria-hidden="true">{}</svg><span class="status-word">{}</span>{}</span>',
        kind,
        f" status-{size}" if size else "",
        SafeString(STATUS_SHAPES[kind]),
        word,
        format_html('<span class="status-reason">{}</span>', reason) if reason else "",
    )


@register.simple_tag
@lru_cache(maxsize=1024, typed=True)
def badge(word: str, kind: str = "") -> SafeString:
    """Show a small label; nothing for no word.

    `kind` picks the colour: live, test, sandbox, write, destructive, good, warn, bad, accent.
    """
    if not word:
        return SafeString()
    variant = f" badge-{kind}" if kind else ""
    return format_html('<span class="badge{}">{}</span>', variant, word)


@register.simple_tag
def avatar(name: object, size: str = "") -> SafeString:
    """Show initials as decoration; a person says their own name. `size`: "", "large", "square"."""
    return _avatar(str(name), size)


@lru_cache(maxsize=1024, typed=True)
def _avatar(name: str, size: str) -> SafeString:
    variant = f" avatar-{size}" if size else ""
    return format_html(
        '<span class="avatar{}" aria-hidden="true">{}</span>', variant, words.initials(name)
    )


@register.simple_tag
@lru_cache(maxsize=1024, typed=True)
def person(name: str) -> SafeString:
    """Show a person: their initials, and their name."""
    return format_html('<span class="person">{} <span>{}</span></span>', avatar(name), name)


@register.simple_tag
def ago(at: datetime | None, otherwise: str = "never") -> SafeString:
    """Show a moment in relative words, the exact one on hover; kept fresh by a custom element."""
    if at is None:
        return format_html('<span class="faint">{}</span>', otherwise)
    exactly, relatively = words.exact(at), words.relative(at, now=clock.now())
    # Escaping these would cost more than writing them, and all of it is our own words.
    return SafeString(
        f'<relative-time><time datetime="{at.isoformat(timespec="seconds")}" title="{exactly}">'
        f"{relatively}</time></relative-time>"
    )


@register.filter
def relative(at: datetime) -> str:
    """Say a moment in relative words."""
    return words.relative(at, now=clock.now())


@register.filter
def exact(at: datetime) -> str:
    """Say a moment in full, in UTC."""
    return words.exact(at)


@register.filter
def duration(milliseconds: float) -> str:
    """Say a duration given in milliseconds."""
    return words.duration(milliseconds)


@register.filter
def starts_with(path: str, prefix: str) -> bool:
    """Whether a path lies under another: which link of the navigation is the current one."""
    return bool(prefix) and path.startswith(prefix)


@register.filter
def outline(schema: Mapping[str, Any]) -> list[outlines.Property]:
    """List the properties of a JSON Schema."""
    return outlines.outline(schema)


@register.filter
def json_tree(value: Any) -> SafeString:
    """Fold a JSON-like value, already redacted, into HTML."""
    return json_trees.tree(value)


@register.simple_tag
def control(field: BoundField, **attributes: Any) -> SafeString:
    """Render a bound field's widget with the classes of the style sheet and further attributes.

    An underscore in an attribute's name is written as a hyphen.
    """
    widget = field.field.widget
    given = {name.replace("_", "-"): value for name, value in attributes.items() if value != ""}
    classes = f"{widget.attrs.get('class', '')} {_control_class(widget)}".strip()
    return field.as_widget(attrs={"class": classes, **given})


@register.simple_tag(takes_context=True)
def sort_header(context: Context, key: str, label: str, kind: str = "") -> SafeString:
    """Render a head that sorts its column. Reads `sort` ("name" or "-name") and the query."""
    current = str(context.get("sort", ""))
    direction = {key: "ascending", f"-{key}": "descending"}.get(current, "")
    query: QueryDict = context["request"].GET.copy()
    query["sort"] = f"-{key}" if direction == "ascending" else key
    query.pop("page", None)
    return format_html(
        '<th scope="col"{}{}><a class="table-sort" href="?{}">{} {}</a></th>',
        format_html(' class="{}"', kind) if kind else "",
        format_html(' aria-sort="{}"', direction) if direction else "",
        query.urlencode(),
        label,
        icon("arrow-down" if direction == "descending" else "arrow-up"),
    )


def _control_class(widget: Any) -> str:
    if isinstance(widget, RadioSelect):
        return "radio"
    if isinstance(widget, CheckboxInput):
        return "checkbox"
    if isinstance(widget, Select):
        return "select"
    return "textarea" if isinstance(widget, Textarea) else "input"
