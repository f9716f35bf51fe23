"""Where a project's backups are, and how they are made: files, data, snapshots."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from analyzer.errors import CtxError, UsageError
from analyzer.sources.decisions import read_decisions
from ctxcheck.bytes import Transfer, of_bytes
from ctxcheck.events import emit

if TYPE_CHECKING:
    from pathlib import Path

    from analyzer.policy.config import DataConfig
    from ctxcheck.connection import Connection, Target
    from migrator.backups.data import CanisterData
    from migrator.backups.encryption import Recipient
    from migrator.backups.listing import Backup
    from migrator.backups.manifest import Manifest
    from migrator.backups.paging import Paging
    from migrator.backups.snapshot import Unfinished
    from migrator.backups.store import Store


def backups_folder(project: Path) -> Path:
    """Return the folder of a project's backups."""
    return project / "backups"


def open_store(project: Path, *, recipient: str | None = None, identity: Path | None = None) -> Store:
    """Return the store of a project's snapshots."""
    from migrator.backups.store import Store  # noqa: PLC0415 - loaded for backups alone

    return Store(project / ".ctxcheck" / "store", recipient=recipient, identity=identity)


def find_backup(project: Path, name: str) -> Backup:
    """Return a backup by its name or path. Raises UsageError: there is none."""
    from migrator.backups.listing import list_backups  # noqa: PLC0415 - see above

    wanted = name.rstrip("/").rpartition("/")[2]
    for one in list_backups(backups_folder(project)):
        if one.name == wanted:
            return one
    msg = f"there is no backup `{name}`"
    raise UsageError(msg, hint="`ctxcheck list` shows all")


class Reader(NamedTuple):
    """A snapshot on the chain (`migrator.backups.download.SnapshotReader`)."""

    connection: Connection
    canister: bytes
    snapshot: bytes

    def read(self, kind: str, offset: int, size: int) -> bytes:
        """Return bytes of a section."""
        return self.connection.client.read_snapshot(self.canister, self.snapshot, kind, offset, size)

    def chunk(self, name: bytes) -> bytes:
        """Return a chunk of the chunk store."""
        return self.connection.client.read_chunk(self.canister, self.snapshot, name)


def back_up_project(connection: Connection, stamp: str, recipient: Recipient | None = None) -> Path:
    """Copy the project's files; return the folder of the copy."""
    from migrator.backups.files import NETWORKS, back_up_files  # noqa: PLC0415 - see above
    from migrator.backups.private import make_folder  # noqa: PLC0415

    make_folder(backups_folder(connection.project), ignored=True)
    folder = backups_folder(connection.project) / f"fs-backup-{stamp}"
    running = [name for name in NETWORKS if runs(connection.project, name)]
    made = back_up_files(connection.project, folder, running=running, recipient=recipient)
    click.echo(f"files: {len(made.hashes)} in {folder.name}", err=True)
    emit("step", words=f"files: {len(made.hashes)} in {folder.name}")
    for name, why in made.left_out.items():
        click.echo(f"  left out: {name}, {why}", err=True)
    return folder


def runs(project: Path, name: str) -> bool:
    """Tell whether a local network whose state is in a folder may run: where nobody can tell, it may."""
    from migrator.network.environments import local_urls  # noqa: PLC0415 - see above

    tool, file = ("dfx", "dfx.json") if name == ".dfx" else ("icp", "icp.yaml")
    if not (project / name).exists() or not (project / file).is_file():
        return False
    try:
        return any(map(_is_there, local_urls(project, tool)))
    except CtxError:
        return True


def _is_there(url: str) -> bool:
    """Tell whether anybody takes a connection. Raises CtxError: it is no URL."""
    from migrator.network.errors import NetworkError  # noqa: PLC0415 - see above
    from migrator.network.transport import Transport  # noqa: PLC0415

    transport = Transport(url)
    try:
        transport.get("/api/v2/status", until=time.monotonic() + 3)
    except NetworkError as error:
        return error.ran != "no"
    finally:
        transport.close()
    return True


class DataBackup(NamedTuple):
    """A data backup that was written. found: what is in it, by canister."""

    path: Path
    found: dict[str, CanisterData]


def paging_of(config: DataConfig) -> dict[str, Paging]:
    """Return how listings are read that come page by page."""
    from migrator.backups.paging import By, Paging  # noqa: PLC0415 - see above

    return {name: Paging(By(one.by), one.size, one.entries, one.next, one.first) for name, one in config.paged.items()}


def back_up_data(
    connection: Connection,
    targets: list[Target],
    stamp: str,
    queries: tuple[str, ...],
    recipient: Recipient | None = None,
) -> DataBackup:
    """Write what the listing queries of canisters return. Their variables come in once there is a snapshot."""
    from analyzer.candid.parse import parse_candid  # noqa: PLC0415 - see above
    from migrator.backups.data import (  # noqa: PLC0415
        CanisterData,
        Variables,
        listing_queries,
        read_data,
        write_data,
    )
    from migrator.backups.private import make_folder  # noqa: PLC0415
    from migrator.network.canister import CANDID, read_canister  # noqa: PLC0415
    from migrator.network.management import LARGEST_CALL  # noqa: PLC0415

    config = read_decisions(connection.project).config
    found = {}
    for target in targets:
        certified = read_canister(connection.agent, target.id)
        did, module = certified.sections.get(CANDID), certified.module_hash
        listings: dict[str, Any] = {}
        missing = {"all": "its module shows no interface"}
        if did is not None:
            interface = parse_candid(did.decode("utf-8", "replace"), f"{target.name} ({CANDID})")

            def ask(name: str, arg: bytes, target: Target = target) -> bytes:
                return connection.agent.query(target.id, name, arg)

            kept = config.of(target.name).data
            asked = queries or (*(kept.listings or listing_queries(interface)), *kept.paged, *kept.optional)
            listings, missing = read_data(interface, ask, asked, paging_of(kept))
        hashed = None if module is None else module.hex()
        without = Variables(None, why="no snapshot was made with this backup")
        found[target.name] = CanisterData(
            target.text, hashed, listings, missing, config.of(target.name).data.optional, variables=without
        )
        entries = sum(one.entries or 0 for one in listings.values())
        click.echo(f"data of {target.name}: {entries:,} entries of {len(listings)} queries", err=True)
        emit("step", words=f"data of {target.name}: {entries:,} entries of {len(listings)} queries")
        for name, listing in listings.items():
            if len(listing.reply) > LARGEST_CALL:
                words = f"{of_bytes(len(listing.reply))}, more than one call takes back: only the snapshot restores it"
                click.echo(f"  {name}: {words}", err=True)
        for name, why in missing.items():
            optional = " (optional)" if name in found[target.name].optional else ""
            click.echo(f"  NOT backed up{optional}: {name}, because {why}", err=True)
    make_folder(backups_folder(connection.project), ignored=True)
    path = backups_folder(connection.project) / f"data-backup-{stamp}.json"
    write_data(path, found, created=stamp, network=connection.place.url, recipient=recipient)
    return DataBackup(path, found)


def add_variables(
    connection: Connection,
    made: DataBackup,
    stamp: str,
    snapshots: dict[str, Path],
    recipient: Recipient | None = None,
) -> None:
    """Write a data backup again, with the stable variables of snapshots. snapshots: folders, by canister."""
    from migrator.backups.data import write_data  # noqa: PLC0415 - see above
    from migrator.backups.image import SnapshotImage  # noqa: PLC0415
    from migrator.backups.state import variables_of_backup  # noqa: PLC0415

    found = dict(made.found)
    for name, folder in snapshots.items():
        variables = variables_of_backup(SnapshotImage(folder, open_store(connection.project)))
        found[name] = found[name]._replace(variables=variables)
        if variables.document is None:
            click.echo(f"  variables of {name} are in the snapshot alone: {variables.why}", err=True)
        else:
            click.echo(f"variables of {name}: {len(variables.document['variables']):,} of the snapshot", err=True)
    write_data(made.path, found, created=stamp, network=connection.place.url, recipient=recipient)


def back_up_snapshot(connection: Connection, target: Target, stamp: str, store: Store, *, resume: bool = False) -> Path:
    """Take a snapshot, bring it into the store, and take it off the chain; return the folder of the backup.

    resume: go on with the last one whose download was cut off and that still is on the chain, where there is one.
    """
    from migrator.backups.private import make_folder  # noqa: PLC0415 - see above
    from migrator.backups.snapshot import keep_snapshot, unfinished  # noqa: PLC0415
    from migrator.backups.taken import read_taken  # noqa: PLC0415

    client = connection.client
    backups = make_folder(backups_folder(connection.project), ignored=True)
    # An id comes again where a local network is begun anew.
    there = {(one.id.hex(), one.taken_at) for one in client.snapshots(target.id)}
    begun = [
        one
        for one in unfinished(backups, canister=target.text, network=connection.place.url)
        if (one.snapshot_id, one.taken_at) in there
    ]
    if begun and resume:
        known, metadata = _known_of(connection, target, begun[0])
        folder = begun[0].folder
        click.echo(f"  going on with {folder.name}: as the canister was then, not as it is now", err=True)
    else:
        for one in begun:
            click.echo(f"  {one.folder.name} was cut off, its snapshot still is on the chain: --resume", err=True)
        known, metadata = _taken(connection, target, stamp)
        folder = backups / f"snapshot-{stamp}-{target.name}"
    total = sum(metadata[f"{kind}_size"] for kind in ("wasm_module", "wasm_memory", "stable_memory"))
    reader = Reader(connection, target.id, bytes.fromhex(known.snapshot_id))
    with Transfer(f"snapshot of {target.name}", total) as transfer:
        manifest, received = keep_snapshot(reader, metadata, known, store, folder, told=transfer.done)
    taken = read_taken(taken_file(connection.project))
    if (known.snapshot_id, known.taken_at) in {(one.snapshot_id, one.taken_at) for one in taken}:
        client.delete_snapshot(target.id, bytes.fromhex(known.snapshot_id))  # it is safe here now
    kept = sum(store.size(name) for name in manifest.names())
    came = "" if received == manifest.size else f", {of_bytes(received)} of it came now"
    click.echo(f"  {folder.name}: {of_bytes(manifest.size)} in {of_bytes(kept)}{came}", err=True)
    if manifest.was_running:
        click.echo("  it was running: calls that were open then are broken by a restore", err=True)
    return folder


def taken_file(project: Path) -> Path:
    """Return where the snapshots that we took on the chain are noted."""
    return project / ".ctxcheck" / "snapshots.jsonl"


def _taken(connection: Connection, target: Target, stamp: str) -> tuple[Manifest, dict[str, Any]]:
    """Take a snapshot and note that it is ours; return what is known of it, and its metadata."""
    from migrator.backups.files import git_state  # noqa: PLC0415 - see above
    from migrator.backups.private import make_folder  # noqa: PLC0415
    from migrator.backups.snapshot import about  # noqa: PLC0415
    from migrator.backups.taken import Taken, note_taken  # noqa: PLC0415

    client, place = connection.client, connection.place
    before = client.status(target.id)
    if before.module_hash is None:
        msg = f"{target.name} is empty: there is nothing to take a snapshot of"
        raise UsageError(msg)
    make_folder(connection.project / ".ctxcheck", ignored=True)
    taken = client.take_snapshot(target.id)
    note = Taken(place.url, target.text, taken.id.hex(), taken.taken_at, f"backup {stamp}")
    note_taken(taken_file(connection.project), note)
    metadata = client.snapshot_metadata(target.id, taken.id)
    commit, is_dirty = git_state(connection.project)
    known = about(
        canister=target.text,
        name=target.name,
        network=place.url,
        snapshot_id=taken.id.hex(),
        created=time.time_ns(),
        taken_at=taken.taken_at,
        was_running=before.status != "stopped",
        module_hash=before.module_hash.hex(),
        metadata=metadata,
        cycles=before.cycles,
        commit=commit,
        is_dirty=is_dirty,
    )
    return known, metadata


def _known_of(connection: Connection, target: Target, begun: Unfinished) -> tuple[Manifest, dict[str, Any]]:
    from migrator.backups.snapshot import about  # noqa: PLC0415 - see above

    metadata = connection.client.snapshot_metadata(target.id, bytes.fromhex(begun.snapshot_id))
    known = about(
        canister=begun.canister,
        name=begun.name,
        network=begun.network,
        snapshot_id=begun.snapshot_id,
        created=time.time_ns(),
        taken_at=begun.taken_at,
        was_running=begun.was_running,
        module_hash=begun.module_hash,
        metadata=metadata,
        cycles=begun.cycles,
        commit=begun.commit,
        is_dirty=begun.is_dirty,
    )
    return known, metadata
