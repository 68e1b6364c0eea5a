"""What a browser sends of a form that nobody touched, or in which something was typed."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

from django.http import QueryDict

if TYPE_CHECKING:
    from django.test import Client


class _Form(HTMLParser):
    """Collects the pairs that the form of that ID would send."""

    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.form_id, self.is_inside, self.is_disabled = form_id, False, False
        self.pairs: list[tuple[str, str]] = []
        self._area: tuple[str, list[str]] | None = None
        self._select, self._options = "", list[tuple[str, bool]]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        if tag == "form":
            self.is_inside = given.get("id") == self.form_id
        if not self.is_inside or "disabled" in given or "form" in given:
            return
        name = given.get("name", "")
        if tag == "input" and name:
            is_shut = given.get("type") in {"checkbox", "radio"} and "checked" not in given
            if not is_shut:
                self.pairs.append((name, given.get("value", "on" if "checked" in given else "")))
        elif tag == "textarea":
            self._area = (name, [])
        elif tag == "select":
            self._select, self._options = name, []
        elif tag == "option" and self._select:
            self._options.append((given.get("value", ""), "selected" in given))

    def handle_data(self, data: str) -> None:
        if self._area:
            self._area[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._area:
            name, pieces = self._area
            text = "".join(pieces).removeprefix("\n").replace("\n", "\r\n")
            self.pairs.append((name, text))
            self._area = None
        elif tag == "select" and self._select:
            chosen = [value for value, is_chosen in self._options if is_chosen]
            self.pairs.append((self._select, (chosen or [self._options[0][0]])[0]))
            self._select = ""
        elif tag == "form":
            self.is_inside = False


def sent(html: str, form_id: str = "step-form", **typed: Any) -> QueryDict:
    """Give what a browser sends; `typed` replaces inputs, and None leaves one out."""
    parser = _Form(form_id)
    parser.feed(html)
    data = QueryDict(mutable=True)
    for name, value in parser.pairs:
        data.appendlist(name, value)
    for name, value in typed.items():
        data.pop(name, None)
        if value is not None:
            data.setlist(name, value if isinstance(value, list) else [str(value)])
    return data


def post(client: Client, url: str, **typed: Any) -> Any:
    """Open the panel, type, and send it by htmx."""
    html = client.get(url, headers={"HX-Request": "true"}).content.decode()
    body = sent(html, **typed).urlencode()
    kind = "application/x-www-form-urlencoded"
    return client.post(url, body, content_type=kind, headers={"HX-Request": "true"})
