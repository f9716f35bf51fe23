"""`ctxcheck recover`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from analyzer.report.drawing import Drawing, Line, wrapped
from ctxcheck.network_options import network_options
from ctxcheck.paint import show

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ctxcheck.connection import Connection, Target
    from migrator.recover import Diagnosis, Seen


@click.command("recover", short_help="Find out what state a canister is in, and what can be done.")
@click.argument("canister")
@click.option("--close", metavar="RUN", help="Write down that you have dealt with what a run left; takes --reason.")
@click.option("--reason", metavar="TEXT", help="What you did; stands in the journal.")
@network_options
def command(canister: str, *, close: str | None, reason: str | None, **network: Any) -> None:  # noqa: ANN401 - click's options
    """Say which state a canister is in by what is certified of it and by its snapshots, and which commands are safe.

    No journal is needed; it works from another machine. Nothing is changed. A run that is not over stands in the way of
    the next one: where you have put things right by hand, --close says so.

    \b
    Exit status:
      0  it runs
      2  the call is wrong
      5  the network gives no answer, or none that can be believed
      6  it does not run: a person has to decide
    """  # noqa: D301 - click's mark for lines that stay as they are
    if (close is None) != (reason is None):
        msg = "--close and --reason go together"
        raise click.UsageError(msg)
    if close is not None and reason is not None:
        from ctxcheck import running  # noqa: PLC0415 - loaded for the network alone

        running.close(close, reason, network)
    from ctxcheck.connection import connected  # noqa: PLC0415 - loaded for the network alone
    from migrator.failures import OperatorNeeded  # noqa: PLC0415
    from migrator.recover import diagnose  # noqa: PLC0415

    with connected(**network) as connection:
        (target,) = connection.targets([canister])
        seen = _seen(connection, target)
        found = diagnose(seen, f"-n {connection.place.url}")
        project = connection.project
    show(partial(_lines, target.name, target.text, found, list(_of_journals(project, target.text))))
    if found.state != "running":
        raise SystemExit(OperatorNeeded.exit_code)


def _seen(connection: Connection, target: Target) -> Seen:
    from migrator.network.canister import read_canister  # noqa: PLC0415 - see above
    from migrator.network.operations import NetworkOperations  # noqa: PLC0415
    from migrator.recover import Seen, SnapshotSeen  # noqa: PLC0415

    operations = NetworkOperations(connection.agent)
    snapshots = []
    for one in operations.snapshots(target.id):
        told = operations.snapshot_metadata(target.id, one.id)
        timer = told["global_timer"]
        module = operations.snapshot_module_hash(target.id, one.id)
        armed = timer is not None and timer.value.label == "active"
        snapshots.append(SnapshotSeen(one, module, told["canister_version"], armed))
    return Seen(
        target.name,
        read_canister(connection.agent, target.id),
        operations.status(target.id),
        snapshots,
        dict(_known(connection.project, target.text)),
    )


def _known(project: Path, canister: str) -> Iterator[tuple[bytes, str]]:
    """Give names of modules that runs of this project know."""
    from analyzer.errors import CtxError  # noqa: PLC0415 - see above
    from migrator import runs  # noqa: PLC0415

    folder = project / ".ctxcheck"
    for run in runs.names(folder):
        try:
            saved = runs.plan_of(folder, run)
        except CtxError:
            continue
        for one in saved.plan.targets:
            if one.canister == canister:
                yield bytes.fromhex(one.old.module_hash), f"the old one of run {run}"
                yield bytes.fromhex(one.new.module), f"the new one of run {run}"


def _of_journals(project: Path, canister: str) -> Iterator[str]:
    """Give the runs of this project that are not over, and their commands."""
    from migrator import runs  # noqa: PLC0415 - see above

    for run in runs.unfinished(project / ".ctxcheck", {canister}):
        yield f"ctxcheck migrate --resume {run}"
        yield f"ctxcheck rollback {run}"
        yield f"ctxcheck recover {canister} --close {run} --reason TEXT"


def _lines(name: str, canister: str, found: Diagnosis, resumed: list[str], drawing: Drawing) -> Iterator[Line]:
    yield [(name, "bold"), (f"  {canister}" if canister != name else "", "dim")]
    style = "safe" if found.state == "running" else "lossy"
    yield from wrapped(found.words, drawing, [(f"  {found.state}: ", style)], [("    ", "")])
    yield [("  what shows it", "dim")]
    for words in found.evidence:
        yield from wrapped(words, drawing, [("    ", "")], [("      ", "")])
    yield [("  what can be done", "dim")]
    for line in resumed:
        yield [(f"    {line}", "bold")]
        does = {"--resume": "goes on where the run stopped", "rollback": "undoes the run"}
        words = next((told for mark, told in does.items() if mark in line), "says that you have put it right by hand")
        yield [(f"      {words}", "dim")]
    for one in found.commands:
        yield [(f"    {one.text}", "bold" if one.safe else "breaking")]
        yield from wrapped(one.does, drawing, [("      ", "")], [("      ", "")], "dim" if one.safe else "breaking")
