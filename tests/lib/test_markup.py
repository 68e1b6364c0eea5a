"""Template tags and filters, as pages use them."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace as Sample

from django import forms
from django.template import Context, Template
from django.test import RequestFactory

from spojit.lib import clock

HOSTILE = '"><script>alert(1)</script>'


def rendered(source: str, **context: object) -> str:
    return Template(source).render(Context(context))


def test_an_icon_is_decoration() -> None:
    icon = rendered('{% icon "plus" %}')
    assert icon.startswith('<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">')
    assert '<path d="M12 5v14M5 12h14"/>' in icon


def test_a_connector_shows_its_mark_on_its_own_colour() -> None:
    icon = rendered("{% connector_icon mark name %}", mark=Sample(mark="github"), name="GitHub")
    assert 'class="connector-icon connector-icon-full"' in icon
    assert '<svg viewBox="0 0 24 24"><rect width="24" height="24" fill="#181717"/><path' in icon
    assert 'fill="#ffffff" d="M12 .297' in icon


def test_a_connector_without_a_mark_shows_its_monogram() -> None:
    mark = Sample(mark="", monogram=Sample(text="S3", color="#b4530a"))
    icon = rendered('{% connector_icon mark name "large" %}', mark=mark, name="S3")
    assert 'class="connector-icon connector-icon-large connector-icon-full"' in icon
    assert 'fill="#b4530a"' in icon
    assert ">S3</text>" in icon


def test_a_connector_with_neither_shows_its_initials() -> None:
    icon = rendered("{% connector_icon mark name %}", mark=None, name="Amazon S3")
    assert icon == '<span class="connector-icon" aria-hidden="true">AS</span>'


def test_a_status_is_a_shape_a_word_and_a_reason() -> None:
    value = Sample(kind="error", word="Error", reason="<b>refused</b>")
    shown = rendered("{% status value %}", value=value)
    assert 'class="status status-error"' in shown
    assert '<span class="status-word">Error</span>' in shown
    assert "&lt;b&gt;refused&lt;/b&gt;" in shown


def test_each_status_has_a_shape_of_its_own() -> None:
    shapes = set()
    for kind in ("pending", "active", "reauthorize", "error"):
        shown = rendered("{% status value %}", value=Sample(kind=kind, word=""))
        shapes.add(shown.split("</svg>")[0].split(">", 2)[2])
    assert len(shapes) == 4


def test_no_word_is_no_badge() -> None:
    assert rendered('{% badge "" "live" %}') == ""
    assert rendered('{% badge "live" "live" %}') == '<span class="badge badge-live">live</span>'


def test_what_people_typed_is_escaped_everywhere() -> None:
    source = (
        "{% badge text %}{% avatar text %}{% connector_icon None text %}"
        "{% status status %}{{ value|json_tree }}"
    )
    status = Sample(kind="active", word=HOSTILE, reason=HOSTILE)
    shown = rendered(source, text=HOSTILE, status=status, value={HOSTILE: [HOSTILE]})
    assert "<script>" not in shown


def test_a_moment_is_relative_and_exact_on_hover() -> None:
    at = clock.now() - timedelta(minutes=3, seconds=5)
    shown = rendered("{% ago at %}", at=at)
    assert shown.startswith('<relative-time><time datetime="')
    assert shown.endswith(">3 min ago</time></relative-time>")
    assert f'title="{at.day} {at:%b %Y, %H:%M:%S} UTC"' in shown


def test_a_moment_that_never_was_is_said_so() -> None:
    assert rendered('{% ago at "not yet" %}', at=None) == '<span class="faint">not yet</span>'


def test_a_sorting_head_turns_around_and_forgets_the_page() -> None:
    request = RequestFactory().get("/?sort=name&page=3&q=a")
    head = rendered('{% sort_header "name" "Name" %}', request=request, sort="name")
    assert 'aria-sort="ascending"' in head
    assert 'href="?sort=-name&amp;q=a"' in head
    other = rendered('{% sort_header "owner" "Owner" "number" %}', request=request, sort="name")
    assert 'class="number"' in other
    assert "aria-sort" not in other
    assert 'href="?sort=owner&amp;q=a"' in other


def test_a_control_keeps_its_own_class_and_points_at_its_help() -> None:
    class Form(forms.Form):
        key = forms.CharField(
            help_text="Starts with sk_.", widget=forms.TextInput(attrs={"class": "input-code"})
        )
        region = forms.ChoiceField(choices=[("eu", "Europe")])
        notes = forms.CharField(widget=forms.Textarea)
        agreed = forms.BooleanField()

    form = Form()
    key = rendered('{% control field autocomplete="off" %}', field=form["key"])
    assert 'class="input-code input"' in key
    assert 'autocomplete="off"' in key
    assert 'aria-describedby="id_key_helptext"' in key
    assert 'class="select"' in rendered("{% control field %}", field=form["region"])
    assert 'class="textarea"' in rendered("{% control field %}", field=form["notes"])
    assert 'class="checkbox"' in rendered("{% control field %}", field=form["agreed"])


def test_an_empty_prefix_makes_no_link_the_current_one() -> None:
    source = "{{ path|starts_with:prefix }}"
    assert rendered(source, path="/w/a/connections/", prefix="/w/a/") == "True"
    assert rendered(source, path="/w/a/connections/", prefix="") == "False"
