"""A new version of a connector breaks nothing that was stored with the old one."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command

from connectors import compatibility, registry
from connectors.manifest import Connector, parsed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Data = dict[str, Any]


def breaks(change: Callable[[Data], object]) -> list[str]:
    text = (registry.CATALOGUE / "github.yaml").read_text(encoding="utf-8")
    data = parsed.parse(text)
    old = Connector.model_validate(parsed.parse(text))
    change(data)
    found = compatibility.breaks(old, Connector.model_validate(data))
    return [f"{place}: {message}" for place, message in found]


def tool(data: Data, key: str) -> Data:
    return next(found for found in data["tools"] if found["key"] == key)


def field(data: Data, key: str) -> Data:
    return next(found for found in data["schemes"][0]["fields"] if found["key"] == key)


def argument(data: Data, tool_key: str, name: str) -> Data:
    found: Data = tool(data, tool_key)["input"]["properties"][name]
    return found


def grow(data: Data) -> None:
    data["version"] = 2
    argument(data, "list_issues", "state")["enum"].append("any")
    tool(data, "list_issues")["input"]["properties"]["milestone"] = {"type": "string"}
    field(data, "api_key")["help"] = "Another sentence."
    data["schemes"][0]["fields"].append({"key": "note", "label": "Note", "required": False})


def add_a_service_url(data: Data) -> None:
    """Nobody is connected to what did not exist, so its fields may be required."""
    data["service_urls"].append(
        {"key": "mirror", "label": "Mirror", "url": "https://{mirror}.example.com"}
    )
    when = {"service_url": ["mirror"]}
    data["schemes"][0]["fields"].append(
        {"key": "mirror", "label": "Mirror", "endpoint": True, "when": when}
    )
    field(data, "subdomain")["when"]["service_url"].append("mirror")


@pytest.mark.parametrize("change", [grow, add_a_service_url])
def test_a_version_that_only_adds_breaks_nothing(change: Callable[[Data], object]) -> None:
    assert breaks(change) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda data: data["service_urls"][0].update(url="https://api.example.com"),
            "service_urls[github_com].url: its host was changed; stored secrets would go there",
        ),
        (
            lambda data: data["service_urls"][1].update(url="https://{subdomain}.example.com"),
            "service_urls[ghe_com].url: its host was changed",
        ),
        (
            lambda data: data["service_urls"].reverse(),
            "service_urls: the first one is where older connections go",
        ),
        (
            lambda data: data.update(hosts=["uploads.example.com"]),
            "hosts[uploads.example.com]: it is new; stored secrets were not given for this host",
        ),
        (
            lambda data: field(data, "subdomain").update(endpoint=False),
            "schemes[api_key].fields[subdomain].endpoint: it was taken off",
        ),
        (
            lambda data: data["schemes"][0]["fields"].append(
                {"key": "team", "label": "Team", "when": {"service_url": ["ghe_com"]}}
            ),
            "schemes[api_key].fields[team]: it is new and required; give it a default",
        ),
        (
            lambda data: field(data, "subdomain").update(
                when={"service_url": ["ghe_com", "enterprise_server"]}
            ),
            "schemes[api_key].fields[subdomain].when: it is required in more cases now",
        ),
        (lambda data: data["tools"].pop(0), "tools[list_repositories]: it was removed; keys are"),
        (
            lambda data: data["schemes"][0].update(key="api_key_other"),
            "schemes[api_key]: it was removed; keys are permanent",
        ),
        (
            lambda data: data["service_urls"].pop(1),
            "service_urls[ghe_com]: it was removed; keys are permanent",
        ),
        (
            lambda data: data["schemes"][0]["fields"].append({"key": "team", "label": "Team"}),
            "schemes[api_key].fields[team]: it is new and required; give it a default",
        ),
        (
            lambda data: field(data, "api_key").update(pattern="gh[a-z]_.*"),
            "schemes[api_key].fields[api_key].pattern: it was changed; stored values may not",
        ),
        (
            lambda data: field(data, "api_key").update(key="token"),
            "schemes[api_key].fields[api_key]: it was removed; keys are permanent",
        ),
        (
            lambda data: tool(data, "get_issue")["input"]["required"].append("since"),
            "tools[get_issue].input.since: the argument is new and is required now",
        ),
        (
            lambda data: tool(data, "list_issues")["input"]["required"].append("state"),
            "tools[list_issues].input.state: the argument was optional and is required now",
        ),
        (
            lambda data: argument(data, "get_issue", "issue_number").update(type="string"),
            "tools[get_issue].input.issue_number: its type was narrowed",
        ),
        (
            lambda data: argument(data, "list_issues", "state")["enum"].remove("all"),
            "tools[list_issues].input.state: its choices were narrowed",
        ),
        (
            lambda data: argument(data, "list_issues", "per_page").update(maximum=50),
            "tools[list_issues].input.per_page: its maximum was tightened",
        ),
        (
            lambda data: argument(data, "create_issue", "title").update(pattern="^[A-Z]"),
            "tools[create_issue].input.title: its pattern was changed",
        ),
        (
            lambda data: argument(data, "create_issue", "labels").update(items={"type": "null"}),
            "tools[create_issue].input.labels[]: its type was narrowed",
        ),
        (
            lambda data: tool(data, "list_issues")["input"]["properties"].pop("since"),
            "tools[list_issues].input.since: the argument was removed",
        ),
    ],
)
def test_what_would_break_is_told(change: Callable[[Data], object], said: str) -> None:
    assert [found for found in breaks(change) if found.startswith(said)] != []


def test_the_command_says_that_the_catalogue_is_right(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("check_connectors")
    count = len(registry.paths())
    assert capsys.readouterr().out == f"{count} files are right.\n"


def test_the_command_names_every_problem_of_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text("key: shop\nname: Shop\n", encoding="utf-8")
    with pytest.raises(CommandError, match="to mend in 1 files"):
        call_command("check_connectors", str(path))
    assert "shop.yaml: category: Field required; it is required; add it" in capsys.readouterr().err


def test_the_command_compares_with_an_earlier_commit(capsys: pytest.CaptureFixture[str]) -> None:
    git = ["git", "rev-parse", "--verify", "HEAD"]
    if subprocess.run(git, check=False, capture_output=True).returncode:
        pytest.skip("there is no git history here to compare with")
    call_command("check_connectors", "--against", "HEAD")
    assert capsys.readouterr().out.endswith("files are right.\n")
    with pytest.raises(CommandError, match="No catalogue can be read at 'nosuch'"):
        call_command("check_connectors", "--against", "nosuch")
