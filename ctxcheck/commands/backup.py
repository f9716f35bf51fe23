"""`ctxcheck backup`, and `ctxcheck backup check`."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import click

from ctxcheck.backing_up import (
    add_variables,
    back_up_data,
    back_up_project,
    back_up_snapshot,
    backups_folder,
    find_backup,
    open_store,
)
from ctxcheck.bytes import Transfer
from ctxcheck.connection import connected, project_folder
from ctxcheck.events import events_option
from ctxcheck.network_options import network_options

if TYPE_CHECKING:
    from pathlib import Path

_CHECK, _IMPORT = "check", "import"


@click.command("backup", short_help="Back up files, what canisters list, and whole canisters.")
@click.argument("canisters", nargs=-1, metavar="[CANISTER]... | check [BACKUP]... | import DIR CANISTER")
@click.option("--files/--no-files", default=True, help="The project's files.  [default: yes]")
@click.option("--data/--no-data", default=True, help="What the listing queries return.  [default: yes]")
@click.option("--snapshot/--no-snapshot", default=True, help="The whole canister; takes a controller.  [default: yes]")
@click.option("--query", "queries", multiple=True, metavar="METHOD", help="Ask this instead of all listing queries.")
@click.option("--resume", is_flag=True, help="Go on with snapshots whose download was cut off: as of then, not of now.")
@click.option("--age-recipient", metavar="age1...", help="Encrypt it all to this key (pip install 'ctxcheck[age]').")
@click.option("--age-identity", type=click.Path(), metavar="FILE", help="check: the key that opens what is encrypted.")
@click.option("--read-data", is_flag=True, help="check: read every piece and hash it again.")
@events_option
@network_options
def command(  # noqa: PLR0913 - click gives each option
    canisters: tuple[str, ...],
    *,
    files: bool,
    data: bool,
    snapshot: bool,
    queries: tuple[str, ...],
    resume: bool,
    age_recipient: str | None,
    age_identity: str | None,
    read_data: bool,
    **network: Any,  # noqa: ANN401 - click's options
) -> None:
    """Back up into `backups/`: the project's files, what canisters list, and a snapshot of each canister.

    `ctxcheck backup check` looks whether backups are sound, with --read-data every byte of them. `ctxcheck backup
    import` takes in a snapshot directory that icp-cli downloaded, of the canister that is named.

    \b
    Exit status:
      0  done, or all sound
      1  a backup is damaged
      2  the call is wrong
      3  a backup cannot be read
      5  the network gives no answer, or none that can be believed
      7  old backups are being taken away
    """  # noqa: D301 - click's mark for lines that stay as they are
    if canisters[:1] == (_CHECK,):
        if not _sound(canisters[1:], age_identity, read_data=read_data):
            raise SystemExit(1)
        return
    from migrator.backups.encryption import Recipient  # noqa: PLC0415 - loaded for backups alone
    from migrator.backups.stamp import stamp  # noqa: PLC0415

    if canisters[:1] == (_IMPORT,):
        _import(canisters[1:], stamp(time.time_ns()), age_recipient, network)
        return
    at = stamp(time.time_ns())
    recipient = None if age_recipient is None else Recipient(age_recipient)
    made: list[Path] = []
    with connected(**network) as connection:
        targets = connection.targets(canisters)
        if files:
            made.append(back_up_project(connection, at, recipient))
        listed = back_up_data(connection, targets, at, queries, recipient) if data else None
        if listed is not None:
            made.append(listed.path)
        if snapshot:
            store = open_store(connection.project, recipient=age_recipient)
            folders = {
                target.name: back_up_snapshot(connection, target, at, store, resume=resume) for target in targets
            }
            made += folders.values()
            if listed is not None:
                add_variables(connection, listed, at, folders, recipient)
    for path in made:
        sys.stdout.write(f"{path.relative_to(connection.project)}\n")


def _sound(names: tuple[str, ...], age_identity: str | None, *, read_data: bool) -> bool:
    from pathlib import Path as RealPath  # noqa: PLC0415 - for this alone

    from migrator.backups.check import check_backup  # noqa: PLC0415 - see above
    from migrator.backups.encryption import Identity  # noqa: PLC0415
    from migrator.backups.listing import UNVERIFIED, list_backups  # noqa: PLC0415

    project = project_folder()
    key_file = None if age_identity is None else RealPath(age_identity)
    store, identity = open_store(project, identity=key_file), None if key_file is None else Identity(key_file)
    chosen = [find_backup(project, name) for name in names] or list_backups(backups_folder(project))
    all_good = True
    for one in chosen:
        if one.state == UNVERIFIED:
            sys.stdout.write(f"{one.name}: of another tool, nothing to hold it against\n")
            continue
        with Transfer(f"checking {one.name}", one.size) as transfer:
            wrong = check_backup(one, store, identity, read=read_data, told=transfer.done)
        all_good = all_good and not wrong
        sys.stdout.write(f"{one.name}: {'sound' if not wrong else 'DAMAGED'}\n")
        for what in wrong:
            sys.stdout.write(f"  {what}\n")
    return all_good


def _import(arguments: tuple[str, ...], at: str, age_recipient: str | None, network: dict[str, Any]) -> None:
    """Take in a directory of icp-cli as a backup of a canister."""
    from pathlib import Path as RealPath  # noqa: PLC0415 - for this alone

    from analyzer.errors import UsageError  # noqa: PLC0415
    from migrator.backups.icp import Directory, import_backup  # noqa: PLC0415 - loaded for backups alone
    from migrator.backups.private import make_folder  # noqa: PLC0415

    if len(arguments) != 2:  # noqa: PLR2004 - as the usage says
        msg = "import takes a directory and the canister that it is of"
        raise UsageError(msg, hint="ctxcheck backup import DIR CANISTER")
    source = Directory(RealPath(arguments[0]))
    told = source.metadata()
    project = project_folder()
    with connected(**network) as connection:
        (target,) = connection.targets([arguments[1]])
        url = connection.place.url
    make_folder(project / ".ctxcheck", ignored=True)
    make_folder(backups_folder(project), ignored=True)
    folder = backups_folder(project) / f"snapshot-{at}-{target.name}"
    total = sum(told[f"{kind}_size"] for kind in ("wasm_module", "wasm_memory", "stable_memory"))
    with Transfer(f"importing {source.folder.name}", total) as transfer:
        import_backup(
            source,
            open_store(project, recipient=age_recipient),
            folder,
            canister=target.text,
            name=target.name,
            network=url,
            created=time.time_ns(),
            told=transfer.done,
        )
    sys.stdout.write(f"{folder.relative_to(project)}\n")
