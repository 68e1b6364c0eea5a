"""What all files of the catalogue have in common, as if one hand had written them.

Each test names every file that differs.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from connectors import registry
from spojit.lib import colors, marks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from connectors.manifest import Connector, Scheme, Tool

TEXT_CONTRAST = 4.5
"""WCAG 2.2, 1.4.3."""
LONGEST_SUMMARY = 75
"""Two lines of a card on a phone."""
HANDFUL = range(3, 13)
NAMES = {"Base64", "Claude", "Schema"}
"""Names that a title may hold; words in capitals may stand in any."""
PASSWORDS = {"Password"}
"""Fields whose label says all: nobody looks up a password at a page."""
SCHEMA_WORDS = {
    "$defs", "$ref", "additionalProperties", "allOf", "anyOf", "const", "default", "description",
    "enum", "exclusiveMaximum", "exclusiveMinimum", "format", "items", "maxItems", "maxLength",
    "maxProperties", "maximum", "minItems", "minLength", "minProperties", "minimum", "multipleOf",
    "not", "oneOf", "pattern", "prefixItems", "properties", "propertyNames", "required", "title",
    "type", "uniqueItems",
}  # fmt: skip
LOOKS_SECRET = re.compile(
    r"\b[sr]k_live_\w{8}|\bgh[pousr]_\w{30}|\bxox[abp]-\d{8}|\bAKIA(?!\w*EXAMPLE)[A-Z0-9]{16}"
    r"|-----BEGIN|\bshp(?:at|ca|pa)_[0-9a-f]{32}|\bSG\.[\w-]{20,}\.|\bglpat-\w{20}"
    r"|\bpat-[a-z]{2}1-[0-9a-f]{8}"
)


def services() -> list[Connector]:
    return [connector for connector in registry.all() if connector.service_urls]


def schemes() -> list[tuple[str, Scheme]]:
    return [
        (f"{connector.key}.{scheme.key}", scheme)
        for connector in registry.all()
        for scheme in connector.schemes
    ]


def tools(connectors: Iterable[Connector]) -> list[tuple[str, Tool]]:
    """Return the tools that were written, without `request`."""
    return [
        (f"{connector.key}.{tool.key}", tool)
        for connector in connectors
        for tool in connector.tools
        if tool.key != "request"
    ]


def sentences(connector: Connector) -> Iterator[str | None]:
    """Return what people read as sentences."""
    yield from (connector.summary, *connector.before_you_start)
    yield from (rule.detail for rule in connector.answers)
    for scheme in connector.schemes:
        yield scheme.help
        yield from (field.help for field in scheme.fields)
        yield from (wrong.reason for field in scheme.fields for wrong in field.wrong_kinds)
        if scheme.oauth2:
            yield from (scope.label for scope in scheme.oauth2.scopes)
            yield from scheme.oauth2.notes
        if scheme.webhook:
            yield from scheme.webhook.guide
        if scheme.verification:
            yield scheme.verification.limited_note
    for tool in connector.tools:
        yield tool.description
        yield from (told.get("description", "") for told in _arguments(tool).values())


def _arguments(tool: Tool) -> dict[str, Any]:
    properties: dict[str, Any] = tool.input.get("properties", {})
    return properties


def schemas_in(schema: Any) -> Iterator[dict[str, Any]]:
    """Return a schema and all that stand in it."""
    if not isinstance(schema, dict):
        return
    yield schema
    for key in ("properties", "$defs"):
        for inner in schema.get(key, {}).values():
            yield from schemas_in(inner)
    for key in ("items", "additionalProperties", "not"):
        yield from schemas_in(schema.get(key))
    for key in ("anyOf", "oneOf", "allOf"):
        for inner in schema.get(key, []):
            yield from schemas_in(inner)


def test_no_name_is_there_twice() -> None:
    names = Counter(connector.name.casefold() for connector in registry.all())
    assert [name for name, count in names.items() if count > 1] == []
    for connector in registry.all():
        for given in (
            [tool.title for tool in connector.tools],
            [scheme.label for scheme in connector.schemes],
            [url.label for url in connector.service_urls],
        ):
            assert len(given) == len(set(given)), (connector.key, given)


def test_summaries_fit_their_card() -> None:
    assert [one.key for one in registry.all() if len(one.summary) > LONGEST_SUMMARY] == []


def test_services_say_where_they_are_documented_and_what_to_prepare() -> None:
    assert [one.key for one in services() if not one.documentation] == []
    assert [one.key for one in services() if not one.before_you_start] == []


def test_icons_can_be_seen_in_light_and_dark() -> None:
    def shows(connector: Connector) -> bool:
        monogram = connector.icon.monogram
        if monogram is None:
            return bool(marks.path(connector.icon.mark))
        return colors.contrast(monogram.color, colors.WHITE) >= TEXT_CONTRAST

    assert [connector.key for connector in registry.all() if not shows(connector)] == []


def test_services_have_a_handful_of_tools() -> None:
    counts = {connector.key: len(tools([connector])) for connector in services()}
    counts = {key: count for key, count in counts.items() if count not in HANDFUL}
    assert counts == {}


def test_secrets_say_where_they_are_found() -> None:
    assert [
        f"{place}.{field.key}"
        for place, scheme in schemes()
        for field in scheme.fields
        if field.secret and not (field.help or field.where) and field.label not in PASSWORDS
    ] == []


def test_patterns_are_explained() -> None:
    assert [
        f"{place}.{field.key}"
        for place, scheme in schemes()
        for field in scheme.fields
        if field.pattern and not field.pattern_hint
    ] == []


def test_oauth_apps_say_where_they_are_registered() -> None:
    assert [
        place
        for place, scheme in schemes()
        if scheme.oauth2 and scheme.oauth2.client == "app" and not scheme.oauth2.register_url
    ] == []


def test_the_smallest_preset_comes_first() -> None:
    presets = {place: scheme.oauth2.presets for place, scheme in schemes() if scheme.oauth2}
    assert [
        place
        for place, found in presets.items()
        if found and len(found[0].scopes) > min(len(preset.scopes) for preset in found)
    ] == []


def test_a_key_that_may_do_little_is_told_so() -> None:
    verified = [(place, one.verification) for place, one in schemes() if one.verification]
    assert [
        place
        for place, verification in verified
        if "valid_but_limited" in (verification.on_401, verification.on_403)
        and not verification.limited_note
    ] == []


def test_titles_are_in_sentence_case() -> None:
    def is_plain(title: str) -> bool:
        first, *others = re.findall(r"[\w']+", title)
        names = NAMES | {word for word in others if word.isupper()}
        return first[0].isupper() and all(word.islower() or word in names for word in others)

    found = tools(registry.all())
    assert [(place, tool.title) for place, tool in found if not is_plain(tool.title)] == []


def test_descriptions_say_what_is_done() -> None:
    def says(tool: Tool) -> bool:
        first = tool.description.split()[0].strip(",:;")
        return first.endswith("s") and tool.description.rstrip(".") != tool.title

    assert [place for place, tool in tools(registry.all()) if not says(tool)] == []


def test_sentences_end() -> None:
    """One may also end in an example after a colon, or in an ellipsis."""
    assert [
        (connector.key, text)
        for connector in registry.all()
        for text in sentences(connector)
        if text and not re.search(r"([.?…]|: \S.*)$", text)
    ] == []


def test_arguments_of_services_are_described() -> None:
    assert [
        f"{place}.{name}"
        for place, tool in tools(services())
        for name, schema in _arguments(tool).items()
        if not schema.get("description")
    ] == []


def test_schemas_hold_only_words_of_json_schema() -> None:
    """A comma in a text without quotes cuts it, and leaves a word that means nothing."""
    assert [
        (place, sorted(schema.keys() - SCHEMA_WORDS))
        for place, tool in tools(registry.all())
        for whole in (tool.input, tool.output)
        for schema in schemas_in(whole)
        if schema.keys() - SCHEMA_WORDS
    ] == []


def test_outputs_say_what_is_in_them() -> None:
    def is_told(schema: dict[str, Any]) -> bool:
        kind = schema.get("type")
        return bool(schema) and not (
            (kind == "object" and not schema.get("properties", schema.get("additionalProperties")))
            or (kind == "array" and "items" not in schema)
        )

    assert [place for place, tool in tools(services()) if not is_told(tool.output)] == []


def test_effects_fit_their_methods() -> None:
    """A wrong `read` repeats what should happen once."""
    fitting = {"GET": {"read"}, "HEAD": {"read"}, "DELETE": {"destructive"}}
    fitting |= {method: {"write", "destructive"} for method in ("PUT", "PATCH")}
    assert [
        (place, tool.effect)
        for place, tool in tools(services())
        if tool.effect not in fitting.get(getattr(tool.request, "method", ""), {tool.effect})
    ] == []


def test_no_example_looks_like_a_real_secret() -> None:
    def examples(connector: Connector) -> Iterator[object]:
        for scheme in connector.schemes:
            yield scheme.verification.example if scheme.verification else None
            yield scheme.oauth2.answer.example if scheme.oauth2 else None
        yield from (tool.example for tool in connector.tools)

    assert [
        connector.key
        for connector in registry.all()
        if LOOKS_SECRET.search(" ".join(map(repr, examples(connector))))
    ] == []
