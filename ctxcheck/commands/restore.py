"""`ctxcheck restore`."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from analyzer.errors import CtxError, SourceError, UsageError
from ctxcheck.backing_up import backups_folder, find_backup, open_store, runs, taken_file
from ctxcheck.bytes import PER_BYTE, Transfer, of_bytes, of_cycles
from ctxcheck.connection import Connection, confirmed, connected, project_folder
from ctxcheck.events import events_option
from ctxcheck.network_options import network_options

if TYPE_CHECKING:
    from migrator.backups.files import FileChange
    from migrator.backups.listing import Backup
    from migrator.network.management import ManagementClient, SnapshotInfo


@click.command("restore", short_help="Put a backup back: a snapshot, data, or files.")
@click.argument("backup")
@click.option("--to", metavar="CANISTER", help="Into another canister than the one it is of.")
@click.option(
    "--directory",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="A snapshot: only write it as icp-cli keeps one.",
)
@click.option("--files", is_flag=True, help="Files, and nothing else: refuses a backup of another kind.")
@click.option("--later-edits", is_flag=True, help="Files: also over what was edited after the backup.")
@click.option("--age-identity", type=click.Path(path_type=Path), metavar="FILE", help="What opens an encrypted backup.")
@click.option("-y", "--yes", is_flag=True, help="Answer yes.")
@events_option
@network_options
def command(
    backup: str,
    *,
    to: str | None,
    directory: Path | None,
    files: bool,
    later_edits: bool,
    age_identity: Path | None,
    yes: bool,
    **network: Any,  # noqa: ANN401
) -> None:
    """Put BACKUP back, by its name in `ctxcheck list` or its path. It says what it does and what is lost, and asks.

    A snapshot makes the canister what it was: what was written since is lost. Data goes back through the canister's
    restore methods. Files replace those of the project; what they replace is kept in `backups/replaced-...`.

    \b
    Exit status:
      0  done
      1  data: what is listed now is not what the backup has
      2  the call is wrong, or the answer was no
      3  the backup cannot be read, or is damaged
      5  refused or failed; the message says what runs
    """  # noqa: D301 - click's mark for lines that stay as they are
    project = project_folder()
    found = find_backup(project, backup)
    if found.state == "unverified":
        msg = "it was made by another tool, and nothing tells whether it is whole"
        raise SourceError(msg, where=found.name, hint="copy what you need out of it by hand")
    if files and found.kind != "files":
        msg = f"{found.name} is no backup of files"
        raise UsageError(msg, hint="`ctxcheck list` shows them: fs-backup-...")
    if directory is not None:
        _write_directory(project, found, directory, age_identity)
        return
    if found.kind == "files":
        _restore_files(project, found, age_identity, later_edits=later_edits, yes=yes)
        return
    with connected(**network) as connection:
        if found.kind == "data":
            from ctxcheck.data_restore import restore_data  # noqa: PLC0415 - for this alone

            restore_data(connection, found, to, age_identity, yes=yes)
        else:
            _restore_snapshot(connection, found, to, age_identity, yes=yes)


def _write_directory(project: Path, found: Backup, directory: Path, age_identity: Path | None) -> None:
    from migrator.backups.image import SnapshotImage  # noqa: PLC0415 - for this alone

    if found.kind != "snapshot":
        msg = f"{found.name} is no snapshot"
        raise UsageError(msg, hint="--directory writes a snapshot as icp-cli keeps one")
    image = SnapshotImage(found.path, open_store(project, identity=age_identity))
    with Transfer(f"writing {directory}", image.manifest.size) as transfer:
        image.materialise(directory, told=transfer.done)
    click.echo(
        f"{of_bytes(image.manifest.size)} in {directory}: icp canister snapshot upload ... --input {directory}",
        err=True,
    )


# Files.


def _restore_files(project: Path, found: Backup, age_identity: Path | None, *, later_edits: bool, yes: bool) -> None:
    from migrator.backups.difference import difference  # noqa: PLC0415 - for this alone
    from migrator.backups.encryption import Identity  # noqa: PLC0415
    from migrator.backups.files import compare_files, read_files_backup, restore_files  # noqa: PLC0415
    from migrator.backups.stamp import stamp  # noqa: PLC0415

    told = read_files_backup(found.path, None if age_identity is None else Identity(age_identity))
    changes = _whole_networks(project, compare_files(told, project), later_edits=later_edits)
    words = {
        "missing": "make",
        "changed": "replace",
        "later": "replace, edited after the backup" if later_edits else "leave, edited after the backup",
    }
    going = [one.name for one in changes if one.kind in ("missing", "changed") or (one.kind == "later" and later_edits)]
    for one in changes:
        if one.kind != "same":
            click.echo(f"  {words[one.kind]}: {one.name}", err=True)
        if one.kind in ("changed", "later"):
            for line in difference(one.name, (project / one.name).read_bytes(), told.content(one.name)):
                click.echo(f"    {line}", err=True)
    if not going:
        click.echo("nothing to do: the files are as in the backup, or were edited after it (--later-edits)", err=True)
        return
    confirmed(f"restore {len(going)} files?", yes=yes)
    replaced = backups_folder(project) / f"replaced-{stamp(time.time_ns())}"
    count = restore_files(told, project, going, replaced)
    kept = f"; what they replaced is in {replaced.relative_to(project)}" if replaced.exists() else ""
    click.echo(f"{count} files restored{kept}", err=True)


def _whole_networks(project: Path, changes: list[FileChange], *, later_edits: bool) -> list[FileChange]:
    """Leave out the state of local networks that run, or of which only a part would be put back."""
    from migrator.backups.files import NETWORKS  # noqa: PLC0415 - for this alone

    for name in NETWORKS:
        of_it = [one for one in changes if one.name.startswith(f"{name}/") and one.kind != "same"]
        later = sum(one.kind == "later" for one in of_it)
        if of_it and runs(project, name):
            why = "its local network runs: stop it first"
        elif later and not later_edits:
            why = f"{later} of its files are newer than the backup: --later-edits puts all of them back"
        else:
            continue
        click.echo(f"  leave: {name}, {why}", err=True)
        changes = [one for one in changes if one not in of_it]
    return changes


# Snapshots.


def _restore_snapshot(
    connection: Connection, found: Backup, to: str | None, age_identity: Path | None, *, yes: bool
) -> None:
    from migrator.backups.image import SnapshotImage  # noqa: PLC0415 - for this alone
    from migrator.backups.loading import load, upload  # noqa: PLC0415
    from migrator.backups.taken import Taken, note_taken  # noqa: PLC0415
    from migrator.lock import locked  # noqa: PLC0415
    from migrator.runs import unfinished  # noqa: PLC0415

    image = SnapshotImage(found.path, open_store(connection.project, identity=age_identity))
    told, client = image.manifest, connection.client
    (target,) = connection.targets([to or told.canister])
    # An id comes again where a local network is begun anew.
    there = (told.snapshot_id, told.taken_at) in {(one.id.hex(), one.taken_at) for one in client.snapshots(target.id)}
    cost = 0 if there else told.size * PER_BYTE
    since = (time.time_ns() - told.taken_at) // (60 * 10**9)
    lines = [
        f"{target.name} {target.text} on {connection.place.url} becomes what it was {since:,} minutes ago:",
        f"  module {told.module_hash}, heap {of_bytes(told.sections['wasm_memory'].size)}",
        "  everything that was written since is lost; settings, cycles and logs stay",
        "  its timer stays what the snapshot says" if cost else "  its timer stays what it is now",
    ]
    if told.was_running:
        lines.append("  the snapshot was taken while it ran: calls that were open then are broken")
    if cost:
        lines.append(f"  {of_bytes(told.size)} are uploaded: about {of_cycles(cost)} on a subnet of 13 nodes")
    lines += [
        f"  the run {run} of it is not over: end it afterwards with ctxcheck recover {target.name} --close {run}"
        for run in unfinished(connection.project / ".ctxcheck", {target.text})
    ]
    click.echo("\n".join(lines), err=True)
    confirmed("restore it?", yes=yes)
    wrong = image.check(read=True)
    if wrong:
        raise SourceError(wrong[0], where=found.name, hint="restore from another backup")
    said = partial(click.echo, err=True)

    def note(made: SnapshotInfo) -> None:
        why = f"restore {found.name}"
        note_taken(
            taken_file(connection.project), Taken(connection.place.url, target.text, made.id.hex(), made.taken_at, why)
        )

    with locked(connection.project / ".ctxcheck", connection.agent.root_key.hex(), [target.text], "ctxcheck restore"):
        if there:
            snapshot = bytes.fromhex(told.snapshot_id)
        else:
            with Transfer(f"uploading to {target.name}", told.size) as transfer:
                snapshot = upload(client, target.id, image, begun=note, done=transfer.done)
        try:
            load(
                client,
                target.id,
                snapshot,
                module_hash=told.module_hash,
                was_running=client.status(target.id).status == "running",
                told=said,
            )
        finally:
            if not there:  # it was uploaded for this
                _delete(client, target.id, snapshot)


def _delete(client: ManagementClient, canister: bytes, snapshot: bytes) -> None:
    """Delete a snapshot, and say so if it stays: what came before is what counts."""
    try:
        client.delete_snapshot(canister, snapshot)
    except CtxError as error:
        click.echo(f"the snapshot {snapshot.hex()}, uploaded for this, stays on the chain: {error}", err=True)
