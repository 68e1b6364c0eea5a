"""Every page is rendered from its example and obeys the policies of the front end."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory

from tests.database import BASE_DIR
from tests.frontend.pages import PAGES
from tests.frontend.samples import frame

if TYPE_CHECKING:
    from pathlib import Path

_HANDLERS = r"\sstyle=|\son[a-z]+=|javascript:"
INLINE = re.compile(rf"<style|{_HANDLERS}|<script(?![^>]*\ssrc=)", re.IGNORECASE)
IDS = re.compile(r'\sid="([^"]+)"')
POINTED_AT = re.compile(r'\s(?:for|aria-labelledby|aria-describedby|popovertarget)="([^"]+)"')
FORMS = re.compile(r'<form[^>]*method="post".*?</form>', re.DOTALL)


@cache
def shown(name: str) -> str:
    template, context = PAGES[name]
    request = RequestFactory().get("/w/northwind/connections/?sort=name")
    return render_to_string(template, frame(request) | context(request), request)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_keeps_to_the_content_security_policy(name: str) -> None:
    assert INLINE.findall(shown(name)) == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_each_id_once_and_points_only_at_ids_that_exist(name: str) -> None:
    page = shown(name)
    ids = IDS.findall(page)
    assert sorted(ids) == sorted(set(ids))
    pointed_at = {word for words in POINTED_AT.findall(page) for word in words.split()}
    assert pointed_at - set(ids) == set()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_one_title_and_one_heading_of_the_first_rank(name: str) -> None:
    page = shown(name)
    assert page.count("<title>") - page.count("<g class=") == 1
    assert len(re.findall(r"<h1[ >]", page)) == 1
    assert "<title> ·" not in page


@pytest.mark.parametrize("name", PAGES)
def test_every_form_that_posts_carries_the_token(name: str) -> None:
    forms = FORMS.findall(shown(name))
    assert [form for form in forms if 'name="csrfmiddlewaretoken"' not in form] == []


def test_a_stored_secret_is_rendered_with_no_value_and_three_choices() -> None:
    page = shown("added")
    stored = page[page.index('class="secret"') : page.index('class="secret-value"')]
    choices = re.findall(r'name="api_key-act" value="([a-z]+)"', stored)
    assert choices == ["keep", "replace", "clear"]
    secret = re.search(r'<input type="password" name="api_key"[^>]*>', page)
    assert secret
    assert " value=" not in secret.group()


def test_a_running_checklist_polls_and_a_finished_one_does_not() -> None:
    assert 'hx-get="/w/northwind/connections/' in shown("added")
    assert 'id="checklist-live"' in shown("added-done")
    assert "every 1s" not in shown("added-done")


def test_a_page_that_waits_refreshes_itself_without_javascript() -> None:
    refresh = '<noscript><meta http-equiv="refresh" content="3"></noscript>'
    assert refresh in shown("added")
    assert refresh not in shown("added-done")


def test_the_page_of_a_fault_needs_no_context_and_no_database() -> None:
    assert "Something went wrong here" in render_to_string("500.html")


def test_every_module_and_every_sheet_is_pulled_in(settings: object) -> None:
    static: Path = settings.STATICFILES_DIRS[0]  # type: ignore[attr-defined]
    sheet = (static / "css" / "app.css").read_text(encoding="utf-8")
    sheets = {str(path.relative_to(static / "css")) for path in static.glob("css/**/*.css")}
    assert {name for name in sheets if f'url("{name}")' not in sheet} == {"app.css"}
    heads = (path.read_text(encoding="utf-8") for path in (BASE_DIR / "templates").rglob("*.html"))
    pulled = "".join(heads)
    assert [path.name for path in static.glob("js/*.js") if f"js/{path.name}" not in pulled] == []
