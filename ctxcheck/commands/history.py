"""`ctxcheck history`."""

from __future__ import annotations

import json
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from analyzer.report.drawing import Drawing, Line, wrapped
from ctxcheck.network_options import network_options
from ctxcheck.paint import show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrator.history import Entry


@click.command("history", short_help="Show what was migrated: when, why, by whom, how far proven.")
@click.option("--check", is_flag=True, help="Look whether what runs is what was committed last.")
@click.option("--json", "as_json", is_flag=True, help="As JSON (ctxcheck.history/1).")
@network_options
def command(*, check: bool, as_json: bool, **network: Any) -> None:  # noqa: ANN401 - click's options
    """Show the migrations of the project, as the file in git has them, and runs on this machine that are not over.

    \b
    Exit status:
      0  shown; with --check: what runs is what was committed last
      1  --check: something else runs
      2  the call is wrong
      3  the history cannot be read
      5  --check: the network gives no answer, or none that can be believed
    """  # noqa: D301 - click's mark for lines that stay as they are
    from analyzer.sources.decisions import read_decisions  # noqa: PLC0415 - none of this is for other commands
    from ctxcheck.connection import project_folder  # noqa: PLC0415
    from migrator import history, runs  # noqa: PLC0415
    from migrator.plan.form import to_json  # noqa: PLC0415

    project = project_folder()
    text = history.read(project / read_decisions(project).config.history)
    found, written = list(history.entries(text)), list(history.by_hand(text))
    pending = runs.unfinished(project / ".ctxcheck")
    told = dict(_checked(found, network)) if check else {}
    if as_json:
        document = {
            "schema": history.SCHEMA,
            "entries": [to_json(entry) for entry in found],
            "by_hand": written,
            "unfinished": pending,
            "checked": told,
        }
        sys.stdout.write(json.dumps(document, indent=1) + "\n")
    else:
        show(partial(_lines, found, written, pending, told))
    if any(words is not None for words in told.values()):
        raise SystemExit(1)


def _checked(found: list[Entry], network: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
    """Give for each canister of the network what is wrong with what runs; None: it is what was committed last."""
    from hashlib import sha256  # noqa: PLC0415 - loads OpenSSL

    from analyzer.candid.principal import Principal  # noqa: PLC0415 - loaded for the network alone
    from ctxcheck.connection import connected  # noqa: PLC0415
    from migrator.network.canister import read_canister  # noqa: PLC0415

    with connected(**network) as connection:
        key = sha256(connection.agent.root_key).hexdigest()[:16]
        last = {entry.canister: entry for entry in found if entry.network == key}
        for canister, entry in last.items():
            should = entry.new if entry.outcome == "committed" else entry.old
            module = read_canister(connection.agent, Principal.parse(canister).raw).module_hash
            runs = "none" if module is None else module.hex()
            same = runs == should
            yield entry.name, None if same else f"module {runs[:12]} runs, and {should[:12]} was the last one"


def _lines(
    found: list[Entry], written: list[str], pending: list[str], told: dict[str, str | None], drawing: Drawing
) -> Iterator[Line]:
    from migrator.plan.words import moment  # noqa: PLC0415 - see above

    if not (found or written or pending):
        yield [("nothing was migrated yet", "dim")]
    for words in written:
        yield from wrapped(words, drawing, [("", "")], [("  ", "")], "dim")
    for entry in found:
        is_back = entry.outcome == "rolled back"
        yield [
            (moment(entry.time), "dim"),
            (f"  {drawing.text(entry.name)}", "bold"),
            (f" on {drawing.text(entry.network_name)}", ""),
            ("  ROLLED BACK" if is_back else "", "lossy"),
        ]
        arrow = drawing.arrow
        commit = f"commit {entry.commit[:12]}" if entry.commit else "no commit"
        by = "; ".join(f"{one.by}: {one.reason}" for one in entry.approvals) or "nobody had to"
        rows = {
            "": entry.message or "no words",
            "module": f"{entry.old[:12]} {arrow} {entry.new[:12]}, {commit}, plan {entry.plan[:12]}, run {entry.run}",
            "approved by": by,
            "proof": entry.proof,
        }
        for label, words in rows.items():
            lead = f"  {label:<13}" if label else "  "
            yield from wrapped(drawing.text(words), drawing, [(lead, "dim")], [(" " * 15 if label else "  ", "")])
    for run in pending:
        yield [("not over: ", "lossy"), (run, "bold"), (f"  ctxcheck migrate --resume {run}", "dim")]
    for name, wrong in told.items():
        yield [(f"{name}: ", ""), (wrong or "runs what was committed last", "breaking" if wrong else "safe")]
