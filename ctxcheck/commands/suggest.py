"""`ctxcheck suggest OLD NEW`."""

from __future__ import annotations

import os
import sys
from functools import partial
from typing import TYPE_CHECKING

import click

from analyzer.errors import UsageError
from analyzer.model import Verdict
from analyzer.report.drawing import wrapped
from ctxcheck.paint import show
from ctxcheck.progress import Progress
from ctxcheck.reports import write_whole
from ctxcheck.suggestion_text import alternative_lines, migration_lines
from ctxcheck.suggestions import offers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.report.drawing import Drawing, Line
    from ctxcheck.suggestions import Offer


@click.command("suggest", short_help="Write the migration that an upgrade needs, and prove it.")
@click.argument("old")
@click.argument("new", required=False)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--write", is_flag=True, help="Write the files: the migration beside the program, and its line into it.")
@click.option("--state", metavar="BACKUP|DIR|none", help="What it is tried on.  [default: the newest backup that fits]")
@click.option("--run-project-commands", is_flag=True, help="Run the command that dfx.json has for finding packages.")
@click.pass_context
def command(
    ctx: click.Context,
    old: str,
    new: str | None,
    form: str,
    *,
    write: bool,
    state: str | None,
    run_project_commands: bool,
) -> None:
    """Write the migration from what OLD keeps to what NEW keeps; for an interface that breaks, the compatible one.

    What fits is passed through, what does not is converted; where only a person can know, the plainest value is taken
    and marked CHECK. The migration is compiled with NEW, where that is a program, and asked whether it takes over what
    OLD left. With --enhanced-migration it is the next file of the chain. Where a backup holds what OLD left, the
    migration is tried on a copy of it, and every value is compared.

    OLD and NEW are named as for `ctxcheck diff`.

    \b
    Exit status:
      0  nothing is needed, or all that is suggested is proven
      1  what is suggested is not proven: it was not compiled, or something is wrong with it
      2  the call is wrong
      3  an input cannot be read
    """  # noqa: D301 - click's mark for lines that stay as they are
    with Progress("writing the migration"):
        found = offers(old, new, run=run_project_commands, state=state)
    if form == "json":
        import json  # noqa: PLC0415 - loaded only where it is asked for

        sys.stdout.write(
            json.dumps({"schema": "ctxcheck.suggestion/1", "canisters": list(map(_values, found))}, indent=1)
        )
        sys.stdout.write("\n")
    else:
        show(partial(_lines, found))
    if write:
        for offer in found:
            _write(offer)
    ctx.exit(0 if all(offer.proven for offer in found) else 1)


def _lines(found: list[Offer], drawing: Drawing) -> Iterator[Line]:
    for number, offer in enumerate(found):
        if number:
            yield []
        yield from wrapped(f"{offer.name}: {offer.old} {drawing.arrow} {offer.new}", drawing, [], [("  ", "")], "bold")
        yield []
        if offer.suggestion is not None and offer.edited is not None and offer.proof is not None:
            yield from migration_lines(offer.suggestion, offer.edited, offer.proof, offer.rehearsal, drawing)
        elif offer.kept:
            what = "no migration is missing: the new version takes over what the old one left"
            yield from wrapped(what, drawing, [(f"{drawing.mark(Verdict.SAFE)} ", "safe")], [("  ", "")])
        elif offer.candid_alone:
            yield [("  of what is stored nothing is said: neither version shows it", "dim")]
        else:
            mark: Line = [(f"{drawing.mark(Verdict.UNDECIDED)} ", "undecided")]
            yield from wrapped(f"no migration: {offer.refused}", drawing, mark, [("  ", "")])
        if offer.candid is not None:
            yield []
            yield from alternative_lines(offer.candid, drawing)


def _values(offer: Offer) -> dict[str, object]:
    suggestion, edited, proof = offer.suggestion, offer.edited, offer.proof
    stable: dict[str, object] | None = None
    if suggestion is not None and edited is not None and proof is not None:
        stable = {
            "form": suggestion.form,
            "path": str(edited.path),
            "module": suggestion.module,
            "lines": list(edited.lines),
            "variables": [one._asdict() for one in suggestion.variables],
            "checks": list(suggestion.checks),
            "losses": [one._asdict() for one in suggestion.losses],
            "notes": list(suggestion.notes),
            "proof": {**proof._asdict(), "own_program": edited.own, "rehearsed": _tried(offer)},
        }
    candid: dict[str, object] | None = None
    if offer.candid is not None:
        candid = {**offer.candid._asdict(), "methods": [one._asdict() for one in offer.candid.methods]}
    return {"name": offer.name, "kept": offer.kept, "stable": stable, "candid": candid, "refused": offer.refused}


def _tried(offer: Offer) -> dict[str, object] | None:
    tried = offer.rehearsal
    if tried is None:
        return None
    values = tried.found.values
    summary = None if values is None else values.summary
    return {"outcome": tried.found.outcome, "why": tried.found.why, "state": tried.state, "values": summary}


def _write(offer: Offer) -> None:
    """Write the files of a suggestion. Raises UsageError: there is no program, it is no file of this machine's."""
    edited = offer.edited
    if edited is None:
        return
    if not edited.own or edited.program.files.kind != "file":
        msg = f"{offer.name}: there is no program among the working files to write it into"
        raise UsageError(msg, hint="name the program: ctxcheck suggest OLD src/main.mo --write")
    if offer.proof is None or not offer.proof.proven:
        msg = f"{offer.name}: nothing is written, since what is suggested is not proven"
        raise UsageError(msg)
    if offer.rehearsal is not None and not offer.rehearsal.accepted:
        msg = f"{offer.name}: nothing is written, since the rehearsal does not accept what is suggested"
        raise UsageError(msg)
    for path, text in edited.texts.items():
        write_whole(os.fspath(path), text)
        click.echo(f"wrote {path}", err=True)
