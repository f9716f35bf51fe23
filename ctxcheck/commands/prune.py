"""`ctxcheck prune`."""

from __future__ import annotations

import re
import sys
import time
from typing import Any

import click

from ctxcheck.backing_up import backups_folder, open_store, taken_file
from ctxcheck.bytes import of_bytes
from ctxcheck.connection import connected, project_folder
from ctxcheck.network_options import network_options

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
@click.option("--on-chain", is_flag=True, help="Instead: snapshots that a backup or restore left on the chain.")
@click.option("-y", "--yes", is_flag=True, help="Do it. Without it only what would go is shown.")
@network_options
def command(
    *,
    keep_last: int,
    older_than: int | None,
    on_chain: bool,
    yes: bool,
    **network: Any,  # noqa: ANN401 - click's options
) -> None:
    """Take old backups away, and the pieces of snapshots that no other backup has.

    A backup goes when --keep-last newer complete ones of its kind and canister are there. One that is damaged or not
    finished counts for nothing and goes by the same rule. One of data stays while fewer newer ones have each of its
    listings too. Those of another tool stay.

    With --on-chain those snapshots go that `ctxcheck backup` or `ctxcheck restore` left on the chain because something
    went wrong: not what a download that was cut off still needs (`ctxcheck backup --resume`), never what somebody else
    took, and not those of migrations, which prune their own.

    \b
    Exit status:
      0  done, or shown
      2  the call is wrong
      5  the network gives no answer, or none that can be believed
      7  a backup is being made
    """  # noqa: D301 - click's mark for lines that stay as they are
    if on_chain:
        _on_chain(network, yes=yes)
        return
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


def _on_chain(network: dict[str, Any], *, yes: bool) -> None:
    """Delete what we left on the chain, of each canister that is known there."""
    from migrator.backups.snapshot import unfinished  # noqa: PLC0415 - loaded for backups alone
    from migrator.backups.taken import left_over, read_taken  # noqa: PLC0415

    count = 0
    with connected(**network) as connection:
        taken, folder = read_taken(taken_file(connection.project)), backups_folder(connection.project)
        ids = connection.place.ids
        others = {one.canister for one in taken if one.network == connection.place.url} - set(ids.values())
        names = [*sorted(ids), *sorted(others)]
        for target in connection.targets(names) if names else ():
            mine = [one for one in taken if one.canister == target.text]
            if not mine:
                continue
            there = {(one.id.hex(), one.taken_at): one for one in connection.client.snapshots(target.id)}
            begun = unfinished(folder, canister=target.text, network=connection.place.url)
            needed = [(one.snapshot_id, one.taken_at) for one in begun]
            for one in left_over(mine, there, needed):
                info = there[one.snapshot_id, one.taken_at]
                sys.stdout.write(f"{target.name} {one.snapshot_id}  {of_bytes(info.size)}  of {one.why}\n")
                count += 1
                if yes:
                    connection.client.delete_snapshot(target.id, info.id)
    did = "gone" if yes else "would go: --yes does it"
    click.echo(f"{count} {did}" if count else "nothing of ours is left on the chain", err=True)
