"""`ctxcheck prune`."""

from __future__ import annotations

import re
import sys
import time

import click

from ctxcheck.backing_up import backups_folder, open_store
from ctxcheck.bytes import of_bytes
from ctxcheck.connection import project_folder

_UNITS = {"h": 3600, "d": 86_400, "w": 604_800}


class Age(click.ParamType[int]):
    """A time: `12h`, `30d`, `8w`; in ns."""

    name = "age"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the time in ns."""
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"(\d{1,6})([hdw])", str(value))
        if found is None:
            self.fail(f"`{value}` is no age: 12h, 30d or 8w", param, ctx)
        return int(found[1]) * _UNITS[found[2]] * 10**9


@click.command("prune", short_help="Take old backups away.")
@click.option(
    "--keep-last", type=click.IntRange(min=0), default=3, show_default=True, help="Of each kind and canister."
)
@click.option("--older-than", type=Age(), metavar="AGE", help="Only what is older: 12h, 30d, 8w.")
@click.option("-y", "--yes", is_flag=True, help="Do it. Without it only what would go is shown.")
def command(*, keep_last: int, older_than: int | None, yes: bool) -> None:
    """Take old backups away, and the pieces of snapshots that no other backup has.

    A backup goes when --keep-last newer complete ones of its kind and canister are there. One that is damaged or not
    finished counts for nothing and goes by the same rule; those of another tool stay.

    \b
    Exit status:
      0  done, or shown
      2  the call is wrong
      7  a backup is being made
    """  # noqa: D301 - click's mark for lines that stay as they are
    from migrator.backups.listing import list_backups  # noqa: PLC0415 - loaded for backups alone
    from migrator.backups.prune import prune, to_prune  # noqa: PLC0415

    project = project_folder()
    folder = backups_folder(project)
    going = to_prune(list_backups(folder), keep_last=keep_last, older_than=older_than, now=time.time_ns())
    for one in going:
        sys.stdout.write(f"{one.name}  {of_bytes(one.size)}\n")
    if not yes:
        click.echo(f"{len(going)} would go: --yes does it" if going else "nothing would go", err=True)
        return
    done = prune(going, folder, open_store(project))
    click.echo(f"{len(going)} gone, {of_bytes(done.freed)} of pieces", err=True)
    if done.kept_all is not None:
        click.echo(f"no piece was taken away: {done.kept_all}", err=True)
