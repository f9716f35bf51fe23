"""Runs of plans on the terminal: what is asked, what is told, and how they end."""

from __future__ import annotations

import importlib.util
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from analyzer.errors import SourceError, UsageError
from analyzer.report.drawing import wrapped
from analyzer.sources.decisions import read_decisions
from ctxcheck.connection import confirmed, connected, project_folder
from ctxcheck.events import emit
from ctxcheck.keeping import keepers
from ctxcheck.paint import show
from ctxcheck.planning import planned
from ctxcheck.plans import show_saved, write_plan
from migrator import runs
from migrator.approval import approve, granted, needs_none, read_approvals, write_approval
from migrator.backups.private import make_folder
from migrator.failures import OperatorNeeded
from migrator.network.operations import NetworkOperations
from migrator.orchestrator import MigrationOrchestrator
from migrator.outcome import COMMITTED, HELD, REFUSED, ROLLED_BACK, WAITING
from migrator.plan.file import read_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from analyzer.policy.config import Release
    from analyzer.report.drawing import Drawing, Line
    from ctxcheck.connection import Connection
    from ctxcheck.planning import Options
    from migrator.outcome import Outcome
    from migrator.plan.file import SavedPlan

_RESTART = 5 * 60  # seconds
_STYLES = {COMMITTED: "safe", ROLLED_BACK: "lossy", REFUSED: "lossy", HELD: "lossy", WAITING: "dim"}


class Asked(NamedTuple):
    """How a run is to go. events: a file that gets one JSON object a line."""

    yes: bool = False
    hold: bool = False
    dry: bool = False
    as_icp: bool = False


def start(connection: Connection, saved: SavedPlan, path: str, asked: Asked) -> int:
    """Run a plan that is approved, needs no approval, or gets one now. Return the exit status. Raises CtxError."""
    orchestrator = orchestrated(connection, saved, asked)
    if asked.dry:
        _describe(orchestrator, saved, as_icp=asked.as_icp)
        return 0
    folder = connection.project / ".ctxcheck"
    now = time.time_ns()
    if not needs_none(saved, local=connection.agent.transport.is_local):
        given, _ = read_approvals(folder, saved.digest)
        mine = saved.plan.sender in saved.plan.approvers.allowed
        enough = len({one.approver for one in given}) + mine >= saved.plan.approvers.needed
        if mine and enough and saved.plan.sender not in {one.approver for one in given}:
            confirmed(f"Run plan {saved.short}? It is approved with your key then.", yes=asked.yes)
            reason = saved.plan.message or "approved when it was run"
            write_approval(folder, approve(saved, connection.agent.identity, reason, now))
        else:
            granted(saved, given, now, local=connection.agent.transport.is_local)
    with _stoppable(orchestrator):
        outcome = orchestrator.run()
    _restart(connection, outcome)
    return _end(outcome, path)


def plan_and_start(names: Sequence[str], options: Options, asked: Asked, network: dict[str, Any]) -> int:
    """Make a plan, show it, ask once, and run it. Return the exit status. Raises CtxError."""
    with connected(**network) as connection:
        saved = planned(connection, names, options)
        folder = make_folder(make_folder(connection.project / ".ctxcheck", ignored=True) / "plans")
        path = write_plan(saved, folder / f"{saved.short}.ctx")
        shown = str(path.relative_to(connection.project))
        code = show_saved(saved, "text", shown)
        if code or asked.dry:
            if asked.dry and not code:
                return start(connection, saved, shown, asked)
            return code
        return start(connection, saved, shown, asked)


def start_file(path: Path, asked: Asked, network: dict[str, Any]) -> int:
    """Run the plan of a file. Return the exit status. Raises CtxError."""
    saved = read_plan(path)
    with connected(**network, planned=saved.plan.network) as connection:
        return start(connection, saved, str(path), asked)


def resume(run: str | None, asked: Asked, network: dict[str, Any]) -> int:
    """Go on with a run: the one that is named, or the last that is not over. Return the exit status."""
    folder = project_folder() / ".ctxcheck"
    left = runs.unfinished(folder)
    if run is None:
        if not left:
            msg = "there is no run that is not over"
            raise UsageError(msg, hint="`ctxcheck history` shows those that are")
        run = left[-1]
    saved = runs.plan_of(folder, run)
    with connected(**network, planned=saved.plan.network) as connection:
        orchestrator = orchestrated(connection, saved, asked)
        with _stoppable(orchestrator, run):
            outcome = orchestrator.resume(run)
        _restart(connection, outcome)
    return _end(outcome, str(runs.folder_of(folder, run) / runs.PLAN))


def roll_back(run: str | None, reason: str, *, discard_writes: bool, yes: bool, network: dict[str, Any]) -> int:
    """Undo a run: the one that is named, or the last. Return the exit status. Raises CtxError."""
    folder = project_folder() / ".ctxcheck"
    if run is None:
        known = runs.to_undo(folder)
        if not known:
            msg = "there is no run that changed something and is not undone"
            raise UsageError(msg, hint="`ctxcheck recover CANISTER` shows what can be done without one")
        run = known[-1]
    saved = runs.plan_of(folder, run)
    if run not in runs.to_undo(folder):
        msg = f"the run {run} changed nothing, or is undone"
        raise UsageError(msg, hint=f"to be undone are: {', '.join(runs.to_undo(folder)) or 'none'}")
    named = ", ".join(f"{target.name} ({target.canister})" for target in saved.plan.targets)
    lost = " What was written since its start is LOST." if discard_writes else ""
    confirmed(f"Roll back run {run} of {named}?{lost}", yes=yes)
    with connected(**network, planned=saved.plan.network) as connection:
        orchestrator = orchestrated(connection, saved, Asked())
        with _stoppable(orchestrator, run):
            outcome = orchestrator.roll_back(run, reason, forced=discard_writes)
        _restart(connection, outcome)
    return _end(outcome, str(runs.folder_of(folder, run) / runs.PLAN))


def close(run: str, reason: str, network: dict[str, Any]) -> None:
    """Write down that a person has dealt with what a run left; others may follow then. Raises CtxError."""
    folder = project_folder() / ".ctxcheck"
    saved = runs.plan_of(folder, run)
    if run not in runs.unfinished(folder):
        msg = f"the run {run} is over"
        raise UsageError(msg, hint="`ctxcheck history` shows how it ended")
    with connected(**network, planned=saved.plan.network) as connection:
        orchestrated(connection, saved, Asked()).give_up(run, reason)
    click.echo(f"run {run} is closed: {reason}", err=True)


def orchestrated(
    connection: Connection, saved: SavedPlan, asked: Asked, told: Callable[[str], None] | None = None
) -> MigrationOrchestrator:
    """Return what runs a plan in a project: its keepers, its hooks, and its own orchestrator where it has one."""
    config = read_decisions(connection.project).config
    kind = _kind(connection.project, config.release)
    folder = make_folder(connection.project / ".ctxcheck", ignored=True)
    return kind(
        saved,
        NetworkOperations(connection.agent),
        folder,
        keepers=keepers(connection, config, folder),
        commands=config.release.hooks,
        told=told or _tell,
        hold=asked.hold,
    )


def _tell(words: str) -> None:
    click.echo(words, err=True)
    emit("step", words=words)


def _kind(project: Path, release: Release) -> type[MigrationOrchestrator]:
    """Return the project's own orchestrator, where it has one. Raises UsageError, SourceError."""
    if release.orchestrator is None:
        return MigrationOrchestrator
    file, _, name = release.orchestrator.rpartition(":")
    path = (project / file).resolve()
    if not file or not path.is_relative_to(project.resolve()):
        msg = f"`{release.orchestrator}` is no FILE.py:CLASS of the project"
        raise UsageError(msg, where="ctxcheck.toml")
    spec = importlib.util.spec_from_file_location("ctxcheck_project_migration", path)
    if spec is None or spec.loader is None or not path.is_file():
        msg = "this is no Python file"
        raise SourceError(msg, where=str(path))
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except UsageError:
        raise
    except Exception as error:
        msg = f"this does not load: {type(error).__name__}: {error}"
        raise SourceError(msg, where=str(path)) from error
    found = getattr(module, name, None)
    if not (isinstance(found, type) and issubclass(found, MigrationOrchestrator)):
        msg = f"`{name}` is no class that extends MigrationOrchestrator"
        raise UsageError(msg, where=str(path), hint="from ctxcheck import MigrationOrchestrator")
    return found


@contextmanager
def _stoppable(orchestrator: MigrationOrchestrator, run: str | None = None) -> Iterator[None]:
    """Say how to go on where somebody stops the process: with Ctrl-C, or as a CI does."""
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # what follows only tells
        name = run or orchestrator.run_name
        click.echo("\nstopped by hand; nothing more is sent", err=True)
        if name is not None:
            for line in orchestrator.tell(name):
                click.echo(line, err=True)
            click.echo(f"next: ctxcheck migrate --resume {name}, or ctxcheck rollback {name}", err=True)
        raise SystemExit(130) from None
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _describe(orchestrator: MigrationOrchestrator, saved: SavedPlan, *, as_icp: bool) -> None:
    if not as_icp:
        sys.stdout.write("\n".join(orchestrator.describe()) + "\n")
        return
    for line in orchestrator.describe():
        words = line.strip()
        is_command = words.startswith("icp ")
        sys.stdout.write(f"{words} -n {saved.plan.network.url}\n" if is_command else f"# {words}\n")


def _restart(connection: Connection, outcome: Outcome) -> None:
    """Start the local network anew after a rollback, by the project's own command, where it has one."""
    command = read_decisions(connection.project).config.release.restart
    back = any(one.word == ROLLED_BACK for one in outcome.targets)
    if not (back and connection.agent.transport.is_local):
        return
    if not command:
        words = {"icp": "icp network stop; icp network start -d", "dfx": "dfx stop; dfx start --background"}
        told = words.get(connection.place.tool or "", "")
        if told:
            click.echo(f"the local network goes on; to start it anew: {told}", err=True)
        return
    click.echo(f"restarting the local network: {' '.join(command)}", err=True)
    try:
        done = subprocess.run(list(command), cwd=connection.project, timeout=_RESTART, check=False, stdout=2)
    except (OSError, subprocess.TimeoutExpired) as error:
        click.echo(f"it does not restart: {error}", err=True)
        return
    if done.returncode:
        click.echo(f"it does not restart: status {done.returncode}", err=True)


def _end(outcome: Outcome, path: str) -> int:
    for one in outcome.targets:
        emit("outcome", run=outcome.run, canister=one.name, outcome=one.word, exit=one.exit_code)
    show(partial(outcome_lines, outcome, path))
    if outcome.error is not None and outcome.exit_code == 0:
        return OperatorNeeded.exit_code
    return outcome.exit_code


def outcome_lines(outcome: Outcome, path: str, drawing: Drawing) -> Iterator[Line]:
    """Give how a run ended. path: of its plan."""
    yield [(f"run {outcome.run}", "bold"), (f"  {drawing.text(path)}", "dim")]
    for one in outcome.targets:
        style = _STYLES.get(one.word, "breaking")
        yield [(f"  {drawing.text(one.name)}", "bold"), (f"  {one.canister}  ", "dim"), (one.word.upper(), style)]
        if one.why:
            yield from wrapped(drawing.text(one.why), drawing, [("    ", "")], [("    ", "")], style)
        for line in one.lines:
            yield [(f"    {drawing.text(line)}", "")]
    if outcome.error is not None and outcome.error.hint:
        yield from wrapped(outcome.error.hint, drawing, [("  hint: ", "bold")], [("    ", "")])
