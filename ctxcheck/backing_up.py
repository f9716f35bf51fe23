"""Where a project's backups are, and how they are made: files, data, snapshots."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from analyzer.errors import CtxError, UsageError
from ctxcheck.bytes import Transfer, of_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from ctxcheck.connection import Connection, Target
    from migrator.backups.listing import Backup
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


def back_up_project(connection: Connection, stamp: str) -> Path:
    """Copy the project's files; return the folder of the copy."""
    from migrator.backups.files import NETWORKS, back_up_files  # noqa: PLC0415 - see above
    from migrator.backups.private import make_folder  # noqa: PLC0415

    make_folder(backups_folder(connection.project), ignored=True)
    folder = backups_folder(connection.project) / f"fs-backup-{stamp}"
    running = [name for name in NETWORKS if _runs(connection.project, name)]
    made = back_up_files(connection.project, folder, running=running)
    click.echo(f"files: {len(made.hashes)} in {folder.name}", err=True)
    for name, why in made.left_out.items():
        click.echo(f"  left out: {name}, {why}", err=True)
    return folder


def _runs(project: Path, name: str) -> bool:
    """Tell whether the local network whose state is in a folder answers."""
    from migrator.network.environments import find_place  # noqa: PLC0415 - see above
    from migrator.network.transport import Transport  # noqa: PLC0415

    if not (project / name).exists() or not (project / ("dfx.json" if name == ".dfx" else "icp.yaml")).is_file():
        return False
    try:
        transport = Transport(find_place(project, network="local").url)
    except CtxError:
        return False
    try:
        transport.get("/api/v2/status", until=time.monotonic() + 3)
    except CtxError:
        return False
    finally:
        transport.close()
    return True


def back_up_data(connection: Connection, targets: list[Target], stamp: str, queries: tuple[str, ...]) -> Path:
    """Write what the listing queries of canisters return; return the file."""
    from analyzer.candid.parse import parse_candid  # noqa: PLC0415 - see above
    from migrator.backups.data import CanisterData, listing_queries, read_data, write_data  # noqa: PLC0415
    from migrator.backups.private import make_folder  # noqa: PLC0415
    from migrator.network.canister import CANDID, read_canister  # noqa: PLC0415

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

            listings, missing = read_data(interface, ask, queries or listing_queries(interface))
        found[target.name] = CanisterData(target.text, None if module is None else module.hex(), listings, missing)
        entries = sum(one.entries or 0 for one in listings.values())
        click.echo(f"data of {target.name}: {entries:,} entries of {len(listings)} queries", err=True)
        for name, why in missing.items():
            click.echo(f"  NOT backed up: {name}, because {why}", err=True)
    make_folder(backups_folder(connection.project), ignored=True)
    path = backups_folder(connection.project) / f"data-backup-{stamp}.json"
    write_data(path, found, created=stamp, network=connection.place.url)
    return path


def back_up_snapshot(connection: Connection, target: Target, stamp: str, store: Store, *, encrypted: bool) -> Path:
    """Take a snapshot, bring it into the store, and take it off the chain; return the folder of the backup."""
    from migrator.backups.download import download  # noqa: PLC0415 - see above
    from migrator.backups.files import git_state  # noqa: PLC0415
    from migrator.backups.manifest import Manifest, write_manifest  # noqa: PLC0415
    from migrator.backups.metadata import to_json  # noqa: PLC0415
    from migrator.backups.private import make_folder  # noqa: PLC0415

    client = connection.client
    make_folder(connection.project / ".ctxcheck", ignored=True)
    make_folder(backups_folder(connection.project), ignored=True)
    folder = make_folder(backups_folder(connection.project) / f"snapshot-{stamp}-{target.name}")
    before = client.status(target.id)
    if before.module_hash is None:
        msg = f"{target.name} is empty: there is nothing to take a snapshot of"
        raise UsageError(msg)
    taken = client.take_snapshot(target.id)
    metadata = client.snapshot_metadata(target.id, taken.id)
    total = sum(metadata[f"{kind}_size"] for kind in ("wasm_module", "wasm_memory", "stable_memory"))
    with Transfer(f"snapshot of {target.name}", total) as transfer:
        brought = download(Reader(connection, target.id, taken.id), metadata, store, folder, told=transfer.done)
    commit, is_dirty = git_state(connection.project)
    manifest = Manifest(
        target.text,
        target.name,
        connection.place.url,
        taken.id.hex(),
        time.time_ns(),
        taken.taken_at,
        before.status != "stopped",
        before.module_hash.hex(),
        metadata["canister_version"],
        to_json(metadata),
        brought.sections,
        brought.chunks,
        cycles=before.cycles,
        commit=commit,
        is_dirty=is_dirty,
        encrypted=encrypted,
    )
    _check_module(manifest, store, encrypted=encrypted)
    write_manifest(folder, manifest)
    client.delete_snapshot(target.id, taken.id)  # ours, and safe here now
    kept = sum(store.size(name) for name in manifest.names())
    click.echo(f"  {folder.name}: {of_bytes(manifest.size)} in {of_bytes(kept)}", err=True)
    if manifest.was_running:
        click.echo("  it was running: calls that were open then are broken by a restore", err=True)
    return folder


def _check_module(manifest: Any, store: Store, *, encrypted: bool) -> None:  # noqa: ANN401 - a Manifest
    """Hold the module that came against the certified hash. Raises SourceError."""
    from hashlib import sha256  # noqa: PLC0415 - see above

    from analyzer.errors import SourceError  # noqa: PLC0415

    if encrypted:
        return  # nothing is read back without the key; each piece was certified when it came
    section = manifest.sections["wasm_module"]
    digest = sha256()
    for index, name in enumerate(section.pieces):
        size = section.size_of(index)
        digest.update(bytes(size) if name is None else store.get(name, size))
    if digest.hexdigest() != manifest.module_hash:
        msg = "the module of the snapshot is not the one that is certified to run"
        raise SourceError(msg, where=manifest.name)
