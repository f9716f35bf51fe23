"""`ctxcheck list`."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import click

from analyzer.report.drawing import Drawing, Line, wrapped
from ctxcheck.backing_up import backups_folder
from ctxcheck.bytes import of_bytes
from ctxcheck.connection import project_folder
from ctxcheck.paint import show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrator.backups.listing import Backup


@click.command("list", short_help="List the backups of the project.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(*, form: str) -> None:
    """List the backups in `backups/`, the newest first; those of an earlier script too, as unverified."""
    from migrator.backups.listing import list_backups  # noqa: PLC0415 - loaded for backups alone

    found = list_backups(backups_folder(project_folder()))
    if form == "json":
        backups = [{**one._asdict(), "path": str(one.path), "holds": sorted(map(list, one.holds))} for one in found]
        sys.stdout.write(json.dumps({"schema": "ctxcheck.backups/1", "backups": backups}, indent=1) + "\n")
        return
    if not found:
        click.echo("no backups yet: `ctxcheck backup`", err=True)
    show(partial(_lines, found))


def _lines(found: list[Backup], drawing: Drawing) -> Iterator[Line]:
    for one in found:
        time = datetime.fromtimestamp(one.time // 10**9, UTC)
        style = "safe" if one.state == "complete" else "lossy" if one.state == "unverified" else "breaking"
        yield [(one.name, "bold"), (f"  {time:%Y-%m-%d %H:%M:%S} UTC  ", "dim"), (of_bytes(one.size), "")]
        words = one.state if not one.words else f"{one.state}; {one.words}"
        yield from wrapped(words, drawing, [("  ", "")], [("  ", "")], style if one.state != "complete" else "")
