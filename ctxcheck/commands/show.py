"""`ctxcheck show`."""

from __future__ import annotations

import re
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from analyzer.errors import SourceError
from analyzer.report.drawing import Drawing, Line, wrapped
from ctxcheck.backing_up import find_backup, open_store
from ctxcheck.bytes import of_bytes, of_cycles
from ctxcheck.connection import project_folder
from ctxcheck.paint import show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrator.backups.listing import Backup

_PLAN = b"ctxcheck.plan/"


@click.command("show", short_help="Show what a plan does, how a run went, or what a backup holds.")
@click.argument("shown", metavar="PLAN|RUN|BACKUP|REPORT")
@click.option("--format", "form", type=click.Choice(["text", "json", "html"]), default="text", show_default=True)
@click.option("--verify", is_flag=True, help="REPORT: look at all of it again: signatures, hashes, certificates.")
@click.pass_context
def command(ctx: click.Context, shown: str, *, form: str, verify: bool) -> None:
    """Show what a plan does, by its file, how a run went, by its name, or what a backup holds, by its name or path.

    Nothing in a plan is believed: its changes are found again from the bytes of both sides in it, and what runs is
    checked with its certificate. No network is asked. `--format html` or `json` of a run is the report of the upgrade,
    which carries all that proves it; --verify looks at such a report again.

    \b
    Exit status:
      0  shown; nothing stands in the way of the plan
      1  a change stands in the way of the plan
      2  there is no such run and no such backup
      3  it cannot be read, is damaged, or contradicts itself
    """  # noqa: D301 - click's mark for lines that stay as they are
    if verify:
        from ctxcheck.upgrades import verify_report  # noqa: PLC0415 - loads what certificates take

        ctx.exit(verify_report(Path(shown)))
    if is_run(shown):
        from ctxcheck.upgrades import show_run  # noqa: PLC0415 - see above

        ctx.exit(show_run(project_folder(), shown, form))
    if is_plan(shown):
        from ctxcheck.plans import show_plan  # noqa: PLC0415 - loads what certificates take

        ctx.exit(show_plan(shown, form))
    if form == "html":
        msg = "--format html is for plans and runs"
        raise click.UsageError(msg)
    project = project_folder()
    found = find_backup(project, shown)
    if form == "json":
        sys.stdout.write(_json(found))
        return
    show(partial({"snapshot": _snapshot, "files": _files, "data": _data}[found.kind], project, found))


def is_run(name: str) -> bool:
    """Tell whether something is called as runs are, and there is no file of that name."""
    return re.fullmatch(r"[0-9a-f]{12}-\d{1,6}", name) is not None and not Path(name).exists()


def is_plan(path: str) -> bool:
    """Tell whether a file begins as plans do."""
    try:
        with Path(path).open("rb") as file:
            return file.read(len(_PLAN)) == _PLAN
    except (OSError, ValueError):
        return False


def _json(found: Backup) -> str:
    """Return what a backup says of itself. Raises CtxError: nothing, as those of the npm script, or not what it was."""
    from migrator.backups import files, manifest  # noqa: PLC0415 - loaded for backups alone

    path = found.path
    if found.kind == "snapshot":
        manifest.read_manifest(path)
        path /= manifest.MANIFEST
    elif found.kind == "files":
        files.read_files_backup(path)
        path /= files.MANIFEST
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        msg = "this is not text in UTF-8"
        raise SourceError(msg, where=str(path)) from None


def _snapshot(project: Path, found: Backup, drawing: Drawing) -> Iterator[Line]:
    from migrator.backups.manifest import read_manifest  # noqa: PLC0415 - loaded for backups alone

    told, store = read_manifest(found.path), open_store(project)
    kept = sum(store.size(name) for name in told.names())
    yield [(found.name, "bold")]
    rows = {
        "canister": f"{told.name} {told.canister} on {told.network}",
        "module": told.module_hash,
        "version": str(told.version),
        "heap": of_bytes(told.sections["wasm_memory"].size),
        "stable": of_bytes(told.sections["stable_memory"].size),
        "chunks": str(len(told.chunks)),
        "kept": f"{of_bytes(told.size)} in {of_bytes(kept)}" + (", encrypted" if told.encrypted else ""),
        "cycles": f"{of_cycles(told.cycles)} then; a restore does not bring them back",
        "commit": "unknown" if told.commit is None else told.commit + (", with changes" if told.is_dirty else ""),
    }
    for label, text in rows.items():
        yield from wrapped(text, drawing, [(f"  {label:<10}", "dim")], [(" " * 12, "")])
    if told.was_running:
        words = "the canister was running: calls that were open when the snapshot was taken are broken by a restore"
        yield from wrapped(words, drawing, [("  ", "")], [("  ", "")], "lossy")


def _files(_project: Path, found: Backup, drawing: Drawing) -> Iterator[Line]:
    from migrator.backups.files import read_files_backup  # noqa: PLC0415 - see above

    told = read_files_backup(found.path)
    commit = "unknown" if told.commit is None else told.commit + (", with changes" if told.is_dirty else "")
    yield [(found.name, "bold"), (f"  commit {commit}", "dim")]
    for name in sorted(told.hashes):
        yield [("  ", ""), (drawing.text(name), "")]
    for name, why in told.left_out.items():
        yield from wrapped(f"left out: {name}, {why}", drawing, [("  ", "")], [("  ", "")], "lossy")


def _data(_project: Path, found: Backup, drawing: Drawing) -> Iterator[Line]:
    from migrator.backups.data import load_data  # noqa: PLC0415 - see above

    yield [(found.name, "bold")]
    for name, canister in load_data(found.path).items():
        yield [(f"  {name}", "bold"), (f"  {canister.id}", "dim")]
        for listing in canister.listings.values():
            entries = "one value" if listing.entries is None else f"{listing.entries:,} entries"
            yield [(f"    {listing.method:<28}", ""), (entries, "")]
        for method, why in canister.missing.items():
            yield from wrapped(f"{method} is NOT backed up: {why}", drawing, [("    ", "")], [("    ", "")], "breaking")
        kept = canister.variables
        if kept is not None and kept.document is not None:
            yield [
                (f"    {'stable variables':<28}", ""),
                (f"{len(kept.document['variables']):,} of {kept.snapshot}", ""),
            ]
        elif kept is not None:
            text = f"stable variables are not in it: {kept.why}"
            yield from wrapped(text, drawing, [("    ", "")], [("    ", "")], "lossy")
