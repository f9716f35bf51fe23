"""What makes the copies of a run: files, data, snapshots, in the project's backups."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from analyzer.errors import CtxError
from ctxcheck.backing_up import (
    DataBackup,
    Reader,
    add_variables,
    back_up_data,
    back_up_project,
    backups_folder,
    open_store,
)
from ctxcheck.bytes import Transfer, of_bytes
from ctxcheck.connection import Target
from ctxcheck.modules import module_cache
from migrator.backups.data import load_data
from migrator.backups.files import git_state
from migrator.backups.image import SnapshotImage
from migrator.backups.private import make_folder
from migrator.backups.snapshot import about, keep_snapshot, unfinished
from migrator.backups.stamp import stamp
from migrator.comparing import compare_snapshots, why_not
from migrator.copies import listed_before_and_after
from migrator.keepers import Compared, Keepers
from migrator.network.canister import CANDID
from migrator.recording import ProjectFiles

if TYPE_CHECKING:
    from pathlib import Path

    from analyzer.policy.config import Config
    from ctxcheck.connection import Connection
    from migrator.context import Context


_PAIR = ("snapshot", "snapshot_new")


def keepers(connection: Connection, config: Config, folder: Path) -> Keepers:
    """Return what keeps copies in a project. folder: `.ctxcheck`."""
    project = connection.project
    store = open_store(project)

    def files(at: Context) -> str:
        del at  # all of a project is one copy
        return _named(back_up_project(connection, stamp(time.time_ns())), project)

    def data(at: Context) -> str:
        target = Target(at.target.name, at.canister)
        return _named(back_up_data(connection, [target], stamp(time.time_ns()), ()).path, project)

    def snapshot(at: Context, fact: str) -> str:
        backups = make_folder(backups_folder(project), ignored=True)
        raw = bytes.fromhex(at.facts[fact])
        metadata = at.operations.snapshot_metadata(at.canister, raw)
        taken = at.facts[f"{fact}_taken"]
        url, name = at.saved.plan.network.url, at.target.name
        begun = unfinished(backups, canister=at.target.canister, network=url)
        known = [one.folder for one in begun if (one.snapshot_id, one.taken_at) == (raw.hex(), taken)]
        target = known[0] if known else backups / f"snapshot-{stamp(time.time_ns())}-{name}"
        commit, is_dirty = git_state(project)
        told = about(
            canister=at.target.canister,
            name=name,
            network=url,
            snapshot_id=raw.hex(),
            created=time.time_ns(),
            taken_at=taken,
            was_running=False,
            module_hash=(at.old_hash if fact == "snapshot" else at.new_hash).hex(),
            metadata=metadata,
            cycles=at.status().cycles,
            commit=commit,
            is_dirty=is_dirty,
        )
        total = sum(metadata[f"{kind}_size"] for kind in ("wasm_module", "wasm_memory", "stable_memory"))
        with Transfer(f"snapshot of {name}", total) as transfer:
            manifest, _ = keep_snapshot(
                Reader(connection, at.canister, raw), metadata, told, store, target, told=transfer.done
            )
        kept = sum(store.size(piece) for piece in manifest.names())
        at.told(f"{target.name}: {of_bytes(manifest.size)} in {of_bytes(kept)}")
        if fact == "snapshot" and "backup_data" in at.facts:
            _add_variables(connection, at, project / at.facts["backup_data"], target)
        return _named(target, project)

    def compare(at: Context) -> Compared:
        before, after = (SnapshotImage(project / at.facts[f"backup_{one}"], store) for one in _PAIR)
        section = at.target.old.sections.get(CANDID)
        calls = {one.method: at.blob(one.argument) for one in at.target.checks if one.expects == "kept"}
        entries = 0
        lacking: list[str] = []
        if section is not None:
            did = at.blob(section.content).decode()
            entries, lacking = listed_before_and_after(did, calls, before, after, cache=module_cache())
        why = why_not(before)
        if why is not None:
            at.told(f"the values of {at.target.name} are compared by what it lists alone: {why}")
            kept = f"no stored value compared; {entries:,} listed entries, none lost"
            return Compared(entries, tuple(lacking), summary=kept)
        found = compare_snapshots(before, after)
        return found._replace(lost=(*found.lost, *lacking))

    record = ProjectFiles(project, folder, config.deployed, config.history)
    return Keepers(files, data, snapshot, compare, record)


def _add_variables(connection: Connection, at: Context, path: Path, folder: Path) -> None:
    """Put the stable variables of the snapshot into the run's data backup: what no query returns."""
    try:
        made = DataBackup(path, load_data(path))
    except CtxError as error:
        at.told(f"{path.name} stays without the variables of the snapshot: {error}")
        return
    stamped = path.name.removeprefix("data-backup-").removesuffix(".json")
    add_variables(connection, made, stamped, {at.target.name: folder})


def _named(path: Path, project: Path) -> str:
    return path.relative_to(project).as_posix()
