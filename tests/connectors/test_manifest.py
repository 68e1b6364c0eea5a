"""What is wrong with a connector file is said with its file, path and fix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from connectors import checks, registry
from connectors.manifest import generated, parsed, reading
from connectors.manifest.connector import UnknownScheme
from connectors.manifest.reading import BadManifest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GITHUB = registry.CATALOGUE / "github.yaml"


def written(tmp_path: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    data = parsed.parse(GITHUB.read_text(encoding="utf-8"))
    change(data)
    path = tmp_path / "github.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return path


def problems(tmp_path: Path, change: Callable[[dict[str, Any]], object]) -> list[str]:
    path = written(tmp_path, change)
    try:
        connector = reading.from_yaml(path)
    except BadManifest as wrong:
        return [str(problem) for problem in wrong.problems]
    return [f"{place}: {message}" for place, message in checks.problems(connector)]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda data: data["tools"][0].update(colour="red"),
            (
                "github.yaml: tools[list_repositories].colour: Extra inputs are not permitted;"
                " there is no such key here; remove it, or look for a typing error"
            ),
        ),
        (
            lambda data: data.pop("summary"),
            "github.yaml: summary: Field required; it is required; add it",
        ),
        (
            lambda data: data["tools"][0].update(effect="reads"),
            (
                "github.yaml: tools[list_repositories].effect: Input should be 'read', 'write' or"
                " 'destructive'; use one of the allowed values"
            ),
        ),
        (
            lambda data: data.update(category="Games"),
            "github.yaml: the file: category is one of: AI, Accounting,",
        ),
        (
            lambda data: data.update(key="gitlab"),
            "github.yaml: key: a file is named by its key; use github, or rename the file",
        ),
        (
            lambda data: data["schemes"][0].update(key="token"),
            "github.yaml: schemes[token]: a scheme's key begins with one of: none, api_key,",
        ),
        (
            lambda data: data["schemes"][0].pop("send"),
            "github.yaml: schemes[api_key]: say in send where the key goes",
        ),
        (
            lambda data: data["schemes"][0]["fields"][1].update(endpoint=False),
            "github.yaml: schemes[api_key].fields[host]: a host decides where credentials go;",
        ),
        (
            lambda data: data["tools"].append(data["tools"][0]),
            "github.yaml: the file: the tool list_repositories is there twice",
        ),
    ],
)
def test_a_broken_file_is_told_with_place_and_fix(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], said: str
) -> None:
    (problem,) = problems(tmp_path, change)
    assert problem.startswith(said)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda data: data["tools"][2]["request"].update(path="/repos/{owner}/{name}"),
            "tools[get_issue].request: {name} is nowhere given",
        ),
        (
            lambda data: data["tools"][2]["request"].update(path="/{owner}/{api_key}"),
            "tools[get_issue].request: {api_key} is a secret; secrets go only where send says",
        ),
        (
            lambda data: data["tools"][0].pop("source"),
            "tools[list_repositories]: give source, the page that says so, or unconfirmed: true",
        ),
        (
            lambda data: data["tools"][3]["example"]["arguments"].pop("title"),
            (
                "tools[create_issue].example.arguments: they do not fit the tool's own input:"
                " The argument title is missing."
            ),
        ),
        (
            lambda data: data["schemes"][0]["send"][0].update(value="Bearer {token}"),
            "schemes[api_key].send: it sends {token}, which is no field; add the field or mend it",
        ),
        (
            lambda data: data["schemes"][0]["fields"][0].update(endpoint=False),
            "schemes[api_key].fields[subdomain]: it is part of an address; add endpoint: true",
        ),
        (
            lambda data: data.update(hosts=["{nosuch}.example.com"]),
            "hosts[{nosuch}.example.com]: schemes[api_key] has no field nosuch; add it there",
        ),
        (
            lambda data: data["icon"].update(mark="nosuchmark"),
            "icon.mark: the package simpleicons has no such mark; use another, or a monogram",
        ),
        (
            lambda data: data["schemes"][0]["verification"].update(example={}),
            "schemes[api_key].verification.example: it has no account where identity.id looks;",
        ),
        (
            lambda data: data["tools"][2]["request"].update(query=["colour"]),
            "tools[get_issue].request: there is no argument colour; add it to input or take it out",
        ),
        (
            lambda data: data["tools"][2]["input"].update(required=["owner"]),
            "tools[get_issue].input.required: issue_number stands in the path; make it required",
        ),
        (
            lambda data: data["tools"][2]["request"].update(
                path="", url="https://evil.example.com/x"
            ),
            "tools[get_issue].request.url: evil.example.com is not declared; add it to hosts",
        ),
    ],
)
def test_what_does_not_fit_together_is_found(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], said: str
) -> None:
    assert any(problem.startswith(said) for problem in problems(tmp_path, change))


def test_text_that_is_not_yaml_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "github.yaml"
    path.write_text("key: github\nname: [\n", encoding="utf-8")
    with pytest.raises(BadManifest, match=r"github\.yaml: line 3: this is not YAML"):
        reading.from_yaml(path)


def test_a_changed_file_is_read_anew_and_an_unchanged_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "some.yaml"
    path.write_text("a: 1\n", encoding="utf-8")
    assert parsed.load(path) == {"a": 1}
    assert parsed.load(path) == {"a": 1}
    path.write_text("a: 22\n", encoding="utf-8")
    assert parsed.load(path) == {"a": 22}
    next((tmp_path / "__pycache__").iterdir()).write_bytes(b"broken")
    assert parsed.load(path) == {"a": 22}


def test_every_http_connector_has_a_tool_for_everything_else() -> None:
    for connector in registry.all():
        assert (connector.is_http) == ("request" in [tool.key for tool in connector.tools])
    assert generated.request_tool("X")["effect"] == "destructive"


def test_an_unknown_key_is_refused_by_name() -> None:
    with pytest.raises(registry.UnknownConnector):
        registry.get("nosuch")
    with pytest.raises(registry.UnknownConnector):
        registry.get("../settings")
    github = registry.get("github")
    with pytest.raises(UnknownScheme):
        github.scheme("oauth9")


@pytest.mark.parametrize("value", [None, 1, "x", [], [1], ["x"], {"a": 1}, [{"key": 1}], [None]])
@pytest.mark.parametrize("name", ["schemes", "tools", "service_urls", "icon", "answers", "key"])
def test_whatever_stands_in_a_file_is_refused_in_words(
    tmp_path: Path, name: str, value: object
) -> None:
    found = problems(tmp_path, lambda data: data.update({name: value}))
    assert all(": " in problem for problem in found)
