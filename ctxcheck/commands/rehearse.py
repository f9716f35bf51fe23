"""`ctxcheck rehearse`."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from analyzer.errors import UsageError
from ctxcheck.commands.show import is_plan
from ctxcheck.network_options import network_options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.report.drawing import Drawing, Line
    from ctxcheck.rehearsing import Rehearsed
    from migrator.rehearsal.scenario import Scenario

_PLAN = "plan.ctx"
_TWO = 2


@click.command("rehearse", short_help="Try an upgrade on a copy of the state: what holds, and what does not.")
@click.argument("what", nargs=-1, metavar="[PLAN | OLD NEW]")
@click.option("--state", metavar="BACKUP|live|none", help="What to try it on.  [default: the newest backup; none]")
@click.option(
    "--scenario",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Calls before and after, and what must hold: TOML or Python.  [default: rehearsal.toml, if it is there]",
)
@click.option("--args", "arguments", metavar="TEXT", help="The upgrade's arguments, Candid text; a plan has its own.")
@click.option("--old-args", "old_arguments", metavar="TEXT", help="The arguments that OLD is installed with.")
@click.option("--time-limit", type=click.IntRange(1, 86_400), default=300, show_default=True, help="Seconds in all.")
@click.option("--memory-limit", type=click.IntRange(1, 1024), default=8, show_default=True, help="GiB of memory.")
@click.option(
    "--age-identity", type=click.Path(path_type=Path), metavar="FILE", help="The key that opens an encrypted backup."
)
@click.option("--run-project-commands", is_flag=True, help="Run the command that dfx.json has for finding packages.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@network_options
def command(  # noqa: PLR0913 - click gives each option
    what: tuple[str, ...],
    *,
    state: str | None,
    scenario: Path | None,
    arguments: str | None,
    old_arguments: str | None,
    time_limit: int,
    memory_limit: int,
    age_identity: Path | None,
    run_project_commands: bool,
    form: str,
    **network: Any,  # noqa: ANN401 - click's options
) -> None:
    """Try an upgrade on a copy, with the exact bytes and arguments, ask all queries again, and go back.

    PLAN, by default plan.ctx, is tried on the newest sound backup of each of its canisters. OLD and NEW are modules,
    programs, or canisters of the project, also of a git revision; OLD is installed anew unless --state names a
    snapshot. Nothing leaves this machine and nothing on the chain changes, but for --state live, which backs up first.

    \b
    Exit status:
      0  accepted: the upgrade is done, and all holds
      1  it is refused, something does not hold, or it cannot be told
      2  the call is wrong
      3  an input cannot be read, or there is no backup to rehearse on
      5  the network gives no answer, or none that can be believed (--state live)
    """  # noqa: D301 - click's mark for lines that stay as they are
    from ctxcheck.rehearsing import Asked, rehearse_plan, rehearse_versions  # noqa: PLC0415 - loads much
    from migrator.rehearsal.process import GIB, Bounds  # noqa: PLC0415

    bounds = Bounds(time_limit, memory_limit * GIB)
    asked = Asked(state, _scenario(scenario), bounds, age_identity, run_project_commands, arguments, old_arguments)
    if len(what) == _TWO:
        done = [rehearse_versions(what[0], what[1], asked)]
    elif len(what) == 1 and what[0].endswith(".ctx") and not is_plan(what[0]):
        msg = f"{what[0]} is no plan"
        raise UsageError(msg, hint=f"ctxcheck plan -o {what[0]} makes one")
    elif len(what) > _TWO or (what and not is_plan(what[0])):
        msg = "name a plan, or two versions: ctxcheck rehearse plan.ctx, ctxcheck rehearse OLD NEW"
        raise click.UsageError(msg)
    else:
        if arguments is not None or old_arguments is not None:
            msg = "a plan has its arguments: nothing can be added to it"
            raise click.UsageError(msg)
        from migrator.plan.file import read_plan  # noqa: PLC0415 - see above

        done = list(rehearse_plan(read_plan(Path(what[0] if what else _PLAN)), asked, network))
    _give(done, form)
    raise SystemExit(0 if all(one.rehearsal.accepted for one in done) else 1)


def _scenario(path: Path | None) -> Scenario:
    from ctxcheck.connection import project_folder  # noqa: PLC0415 - see above
    from migrator.rehearsal.scenario import NAME, NOTHING_ASKED, read_scenario  # noqa: PLC0415

    if path is not None:
        return read_scenario(path)
    # A file of Python runs as it is, so it is never taken because it lies there.
    found = project_folder() / NAME
    return read_scenario(found) if found.is_file() else NOTHING_ASKED


def _give(done: list[Rehearsed], form: str) -> None:
    if form == "json":
        sys.stdout.write(json.dumps(_document(done), indent=1) + "\n")
        return
    from ctxcheck.paint import show  # noqa: PLC0415 - for text alone

    show(partial(_lines, done))


def _lines(done: list[Rehearsed], drawing: Drawing) -> Iterator[Line]:
    from migrator.rehearsal.text import rehearsal_lines  # noqa: PLC0415 - for text alone

    for number, one in enumerate(done):
        if number:
            yield []
        yield from rehearsal_lines(one.rehearsal, one.changes, drawing)


def _document(done: list[Rehearsed]) -> dict[str, Any]:
    from ctxcheck import __version__  # noqa: PLC0415 - for JSON alone
    from migrator.plan.form import to_json  # noqa: PLC0415
    from migrator.rehearsal.causes import causes  # noqa: PLC0415
    from migrator.rehearsal.model import SCHEMA  # noqa: PLC0415

    told = []
    for one in done:
        blocks = causes(one.rehearsal.found.said, one.changes)
        edits = sorted({o.fingerprint for block in blocks for edit in block.edits for o in edit.occurrences})
        told.append({**to_json(one.rehearsal), "proof": one.rehearsal.proof, "causes": edits})
    return {"schema": SCHEMA, "tool": f"ctxcheck {__version__}", "rehearsals": told}
