"""The runs of a project, under `.ctxcheck/runs`: a folder each, with its plan, its journal, and what is on its way."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from analyzer.errors import UsageError
from migrator.backups.private import make_folder, write_file
from migrator.failures import OperatorNeeded
from migrator.journal.file import NAME, read_journal
from migrator.journal.replay import replay
from migrator.outcome import COMMITTED
from migrator.plan.file import read_plan

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from migrator.journal.replay import RunState
    from migrator.plan.file import SavedPlan
    from migrator.plan.model import Plan

PLAN = "plan.ctx"
_RUN = re.compile(r"[0-9a-f]{12}-\d{1,6}")


def folder_of(folder: Path, run: str) -> Path:
    """Return the folder of a run. folder: `.ctxcheck`. Raises UsageError: this is no name of a run."""
    if _RUN.fullmatch(run) is None:
        msg = f"{run[:80]!r} is no name of a run"
        raise UsageError(msg, hint=f"known: {', '.join(names(folder)) or 'none'}")
    return folder / "runs" / run


def names(folder: Path) -> list[str]:
    """Return the names of all runs, oldest first."""
    found = [path for path in (folder / "runs").glob("*") if _RUN.fullmatch(path.name)]
    return [path.name for path in sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name))]


def exists(folder: Path, run: str) -> bool:
    """Tell whether there is a run."""
    return (folder_of(folder, run) / PLAN).is_file()


def begin(folder: Path, saved: SavedPlan) -> str:
    """Make the folder of a new run, with its plan, and return the run's name."""
    make_folder(folder, ignored=True)
    number = 1
    while (folder / "runs" / f"{saved.short}-{number}").exists():
        number += 1
    run = f"{saved.short}-{number}"
    write_file(make_folder(folder / "runs" / run) / PLAN, saved.data)
    return run


def plan_of(folder: Path, run: str) -> SavedPlan:
    """Return the plan of a run. Raises UsageError, PlanError."""
    if not exists(folder, run):
        msg = f"there is no run `{run}`"
        raise UsageError(msg, hint=f"known: {', '.join(names(folder)) or 'none'}")
    return read_plan(folder_of(folder, run) / PLAN)


def _states(folder: Path) -> Iterator[tuple[str, RunState]]:
    for run in names(folder):
        path = folder_of(folder, run)
        if (path / NAME).is_file():
            yield run, replay(read_journal(path))


def refuse_unfinished(folder: Path, plan: Plan) -> None:
    """Raise OperatorNeeded where a run that is about one of the canisters is not over."""
    canisters = {target.canister: target.name for target in plan.targets}
    for run in unfinished(folder, canisters):
        msg = f"the run {run} of {', '.join(sorted(canisters.values()))} is not over"
        raise OperatorNeeded(msg, hint=f"ctxcheck migrate --resume {run}, or ctxcheck rollback {run}")


def unfinished(folder: Path, canisters: Collection[str] = ()) -> list[str]:
    """Return the runs that changed something, or were about to, and are not over. canisters: only of these."""
    found = []
    for run, state in _states(folder):
        for target in plan_of(folder, run).plan.targets:
            progress = state.targets.get(target.name)
            changed = progress is not None and (progress.made or progress.effect) and not progress.outcome
            if changed and run not in found and (not canisters or target.canister in canisters):
                found.append(run)
    return found


def to_undo(folder: Path) -> list[str]:
    """Return the runs that changed something and are not undone, oldest first."""
    found = []
    for run, state in _states(folder):
        if any((one.made or one.effect) and one.outcome in ("", COMMITTED) for one in state.targets.values()):
            found.append(run)
    return found


def owned_snapshots(folder: Path, canister: str, *, but: str, fact: str = "snapshot") -> list[tuple[str, int]]:
    """Return the snapshots that other runs took of a canister, oldest first: id, and when it was taken.

    Both, for a local network that is begun anew gives the same ids again. fact: what they took them as.
    """
    found = []
    for run, state in _states(folder):
        if run == but:
            continue
        for target in plan_of(folder, run).plan.targets:
            facts = state.of(target.name).facts if target.canister == canister else {}
            snapshot, taken = facts.get(fact), facts.get(f"{fact}_taken")
            if isinstance(snapshot, str) and isinstance(taken, int):
                found.append((snapshot, taken))
    return found
