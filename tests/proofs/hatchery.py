"""Many processes that race, forked from one that has loaded everything and opened nothing.

    hatchery.race(grants, processes=50)

In each round all processes want the tokens of one connection at the same moment, each in its own
way: a caller that cannot go on without them, a worker that was woken for them, a sweep.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import uuid
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from multiprocessing.synchronize import Barrier

    from connections.models import Connection, Credential

FOLDER = Path(__file__).resolve().parent.parent.parent
PATIENCE_SECONDS = 120
ENDING = timedelta(seconds=5)

Ids = tuple[str, str]  # of a workspace and a connection


def race(
    connections: list[Connection], *, processes: int, environment: dict[str, str]
) -> list[list[Any]]:
    """Have all processes want the tokens of each connection, in turn.

    Returns:
        For each connection, what each process found: the revision for callers, else nothing.
    """
    told = {
        "processes": processes,
        "rounds": [[str(one.workspace_id), str(one.pk)] for one in connections],
    }
    answer = subprocess.run(
        [sys.executable, "-m", "tests.proofs.hatchery"],
        input=json.dumps(told),
        capture_output=True,
        text=True,
        check=False,
        cwd=FOLDER,
        env=os.environ | {"DATABASE_POOL_SIZE": "2"} | environment,
    )
    assert answer.returncode == 0, answer.stderr[-3000:]
    found: list[list[Any]] = json.loads(answer.stdout.splitlines()[-1])
    return found


def _hatch(told: dict[str, Any]) -> list[list[Any]]:
    rounds, count = told["rounds"], told["processes"]
    forking = multiprocessing.get_context("fork")
    barrier, results = forking.Barrier(count), forking.SimpleQueue()
    children = [
        forking.Process(target=_live, args=(number, rounds, barrier, results), daemon=True)
        for number in range(count)
    ]
    for child in children:
        child.start()
    found: list[list[Any]] = [[] for _ in rounds]
    for _ in range(count * len(rounds)):
        turn, result = results.get()
        found[turn].append(result)
    return found


def _live(number: int, rounds: list[Ids], barrier: Barrier, results: Any) -> None:
    for turn, ids in enumerate(rounds):
        try:
            if number == 0:
                _age(ids)
            barrier.wait(PATIENCE_SECONDS)
            results.put((turn, _ACTS[number % len(_ACTS)](ids)))
            barrier.wait(PATIENCE_SECONDS)
        except Exception as failure:  # noqa: BLE001 - told to the test
            results.put((turn, repr(failure)))


def _age(ids: Ids) -> None:
    """Leave the tokens of a connection hardly any life, and make them due."""
    from spojit.lib import clock  # noqa: PLC0415 - as in all of a process like this

    row = _credential(ids)
    row.tokens_expire_at, row.refresh_due_at = clock.now() + ENDING, clock.now()
    with _scope(ids):
        row.save(update_fields=["tokens_expire_at", "refresh_due_at"])


def _call(ids: Ids) -> int:
    from connections.models import Connection  # noqa: PLC0415
    from connections.oauth import refresh  # noqa: PLC0415

    with _scope(ids):
        connection = Connection.objects.select_related("workspace").get(pk=ids[1])
    return refresh.ensure_fresh(connection).revision


def _work(ids: Ids) -> None:
    from connections import tasks  # noqa: PLC0415

    tasks.refresh(workspace_id=ids[0], credential_id=str(_credential(ids).pk))


def _sweep(_ids: Ids) -> None:
    from connections.oauth import sweeping  # noqa: PLC0415

    sweeping.sweep(threads=2, seconds=20)


_ACTS = (_call, _work, _sweep)


def _credential(ids: Ids) -> Credential:
    from connections.models import Credential  # noqa: PLC0415

    with _scope(ids):
        row: Credential = Credential.objects.get(connection_id=ids[1], state="current")
    return row


def _scope(ids: Ids) -> Any:
    from workspaces import isolation  # noqa: PLC0415

    return isolation.workspace(uuid.UUID(ids[0]))


if __name__ == "__main__":
    import django

    django.setup()
    # Loaded before the fork, so that no process spends its time on loading.
    from connections import tasks  # noqa: F401
    from connectors import registry

    registry.get("oidc")
    sys.stdout.write("\n" + json.dumps(_hatch(json.load(sys.stdin))) + "\n")
    sys.stdout.flush()
    os._exit(0)
