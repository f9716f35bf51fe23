"""A whole canister in a backup: brought, held against what is certified, and only then called complete."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from analyzer.errors import SourceError
from migrator.backups.download import download
from migrator.backups.manifest import COMPLETE, Manifest, write_manifest
from migrator.backups.private import make_folder, write_file
from migrator.backups.writers import writing
from replica.snapshots.metadata import to_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from migrator.backups.download import SnapshotReader
    from migrator.backups.store import Store

STARTED = "started.json"


def about(  # noqa: PLR0913 - what a manifest says
    *,
    canister: str,
    name: str,
    network: str,
    snapshot_id: str,
    created: int,
    taken_at: int,
    was_running: bool,
    module_hash: str,
    metadata: dict[str, Any],
    cycles: int = 0,
    settings: dict[str, Any] | None = None,
    commit: str | None = None,
    is_dirty: bool | None = None,
) -> Manifest:
    """Return what is known of a snapshot before a byte of it came. metadata: as the network tells it.

    was_running: calls may have been open when it was taken. module_hash: certified, of what ran then.
    """
    return Manifest(
        canister=canister,
        name=name,
        network=network,
        snapshot_id=snapshot_id,
        created=created,
        taken_at=taken_at,
        was_running=was_running,
        module_hash=module_hash,
        version=metadata["canister_version"],
        metadata=to_json(metadata),
        sections={},
        settings=settings or {},
        cycles=cycles,
        commit=commit,
        is_dirty=is_dirty,
    )


def keep_snapshot(
    reader: SnapshotReader,
    metadata: dict[str, Any],
    known: Manifest,
    store: Store,
    folder: Path,
    *,
    told: Callable[[int], None] = lambda _: None,
) -> tuple[Manifest, int]:
    """Bring a snapshot into a backup; return its manifest, and the bytes that came now. known: of `about`.

    When this returns the backup is complete and on the disk; after an error it can be called again with the same
    folder. Raises NetworkError, Rejected, OSError, BusyError, SourceError: the module is not the one that is certified.
    """
    with writing(store.folder):
        make_folder(folder)
        _note(folder, known)
        of = f"{known.network} {known.canister} {known.snapshot_id} {known.taken_at}"
        brought = download(reader, metadata, store, folder, of=of, told=told)
        if brought.module_hash != known.module_hash:
            msg = "the module of the snapshot is not the one that is certified to run"
            raise SourceError(msg, where=known.name, hint="it was upgraded meanwhile, or the network lies: try again")
        manifest = replace(
            known, sections=brought.sections, chunks=brought.chunks, encrypted=store.recipient is not None
        )
        write_manifest(folder, manifest)
    return manifest, brought.received


def _note(folder: Path, known: Manifest) -> None:
    told = {name: getattr(known, name) for name in Unfinished._fields[1:]}
    write_file(folder / STARTED, (json.dumps(told, sort_keys=True, indent=1) + "\n").encode())


class Unfinished(NamedTuple):
    """A backup that was begun: what `about` takes to go on with it, while its snapshot still is on the chain."""

    folder: Path
    canister: str
    name: str
    network: str
    snapshot_id: str
    taken_at: int
    was_running: bool
    module_hash: str
    cycles: int
    commit: str | None
    is_dirty: bool | None


def unfinished(backups: Path, *, canister: str, network: str) -> list[Unfinished]:
    """Return the backups of a canister that were begun and are not complete, the newest first."""
    found = []
    for path in sorted(backups.glob(f"snapshot-*/{STARTED}"), reverse=True):
        if (path.parent / COMPLETE).exists():
            continue
        try:
            one = Unfinished(path.parent, **json.loads(path.read_bytes()))
            bytes.fromhex(one.snapshot_id)
        except (OSError, ValueError, TypeError, RecursionError):
            continue  # its first moments: it is begun anew
        if (one.canister, one.network) == (canister, network):
            found.append(one)
    return found
