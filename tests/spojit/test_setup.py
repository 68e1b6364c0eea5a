"""The scripts that make the environment: what a bare machine lacks is said in one line."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.database import BASE_DIR

if TYPE_CHECKING:
    from pathlib import Path

DEPLOY = BASE_DIR / "deploy"
TOOLS = ("sh", "dirname", "mktemp", "tail", "rm", "env", "cat")


def run(script: str, *words: str, programs: dict[str, str], folder: Path) -> tuple[int, str, str]:
    """Run a script on a machine that has only a few tools and these programs, each a line of sh."""
    path = folder / "bin"
    path.mkdir(exist_ok=True)
    for name in TOOLS:
        (path / name).symlink_to(shutil.which(name) or name)
    for name, line in programs.items():
        (path / name).write_text(f"#!/bin/sh\n{line}\n")
        (path / name).chmod(0o755)
    answer = subprocess.run(
        [str(path / "sh"), str(DEPLOY / script), *words],
        env={"PATH": str(path), "TMPDIR": str(folder)},
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return answer.returncode, answer.stdout, answer.stderr


def setting_up(folder: Path, programs: dict[str, str]) -> tuple[int, list[str]]:
    code, said, complained = run("setup.sh", "env", "pins", programs=programs, folder=folder)
    lines = complained.splitlines()
    assert (said, lines[0]) == ("", "Setting up env: some minutes the first time.")
    return code, lines[1:]


def left_log(folder: Path) -> Path:
    (log,) = folder.glob("tmp.*")
    return log


def test_a_machine_with_no_python_is_told_what_is_needed(tmp_path: Path) -> None:
    assert setting_up(tmp_path, {}) == (
        1, ["Spojit needs Python 3.11 or later, or uv (https://docs.astral.sh/uv/)."],
    )  # fmt: skip


def test_a_python_that_is_too_old_does_not_count(tmp_path: Path) -> None:
    code, lines = setting_up(tmp_path, {"python3": "exit 1"})
    assert (code, len(lines)) == (1, 1)


# Knows its version, and has no `ensurepip`, as Debian's without python3.11-venv.
WITHOUT_VENV = 'case "$2" in *ensurepip*) exit 1;; *print*) echo python3.11-venv;; *) exit 0;; esac'


def test_who_may_not_install_the_venv_module_is_told_how(tmp_path: Path) -> None:
    programs = {"python3": WITHOUT_VENV, "id": "echo 1000", "apt-get": "exit 1"}
    assert setting_up(tmp_path, programs) == (
        1, ["Python's venv module is missing: sudo apt-get install python3.11-venv"],
    )  # fmt: skip


def test_a_package_index_out_of_reach_is_said_in_one_line(tmp_path: Path) -> None:
    uv = 'case "$1" in venv) exit 0;; *) echo first; echo no route >&2; exit 2;; esac'
    code, lines = setting_up(tmp_path, {"uv": uv})
    log = left_log(tmp_path)
    sentence = "The packages of pins could not be installed: is PyPI reachable?"
    assert (code, lines) == (1, [f"{sentence} (It said: no route; all of it is in {log}.)"])
    assert log.read_text() == "first\nno route\n"


def test_an_environment_that_is_made_leaves_no_log(tmp_path: Path) -> None:
    uv = f'echo "$VIRTUAL_ENV $*" >>{tmp_path}/asked'
    assert setting_up(tmp_path, {"uv": uv}) == (0, [])
    assert (tmp_path / "asked").read_text().splitlines() == [
        " venv --quiet --python >=3.11 env",
        "env pip install --quiet --requirement pins",
    ]
    assert list(tmp_path.glob("tmp.*")) == []


# Makes an environment that has itself as its Python; `uv` is what its pip fetches, or cannot.
PYTHON = """case "$*" in
  *"-m venv"*) mkdir -p env/bin; cp "$0" env/bin/python; cp "$0" env/bin/pip; {uv} ;;
  *"--retries 1 uv"*) test -x env/bin/uv ;;
  *"-m pip"*) echo pip >>asked ;;
esac"""
FETCHED = r"printf '#!/bin/sh\necho uv >>asked\n' >env/bin/uv; chmod +x env/bin/uv"


@pytest.mark.parametrize(("uv", "asked"), [(FETCHED, "uv"), (":", "pip")])
def test_pip_fetches_uv_and_does_without_it(tmp_path: Path, uv: str, asked: str) -> None:
    (tmp_path / "bin").mkdir()
    for tool in ("mkdir", "cp", "chmod"):
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool) or tool)
    assert setting_up(tmp_path, {"python3": PYTHON.format(uv=uv)}) == (0, [])
    assert (tmp_path / "asked").read_text().split() == [asked]


def test_who_may_not_install_what_tests_need_is_told_how(tmp_path: Path) -> None:
    programs = {"id": "echo 1000", "apt-get": "exit 1", "mariadbd": "exit 0"}
    assert run("test-servers.sh", programs=programs, folder=tmp_path) == (
        1, "", "The tests need more than Python: sudo apt-get install chromium-headless-shell\n",
    )  # fmt: skip


def test_what_tests_need_is_not_installed_twice(tmp_path: Path) -> None:
    programs = {"chromium": "exit 0", "mariadbd": "exit 0", "apt-get": "exit 1"}
    assert run("test-servers.sh", programs=programs, folder=tmp_path) == (0, "", "")


def test_the_scripts_are_executable() -> None:
    assert [path.name for path in DEPLOY.glob("*.sh") if not os.access(path, os.X_OK)] == []
