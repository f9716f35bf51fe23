"""Which state a canister is in, by what is certified of it and by its snapshots alone: no journal is needed.

Where a journal or a plan is at hand, it only adds names to what is seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from analyzer.candid.principal import Principal
from migrator.plan.words import moment, size

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from migrator.network.canister import CertifiedCanister
    from migrator.network.management import CanisterStatus, SnapshotInfo

State: TypeAlias = Literal["empty", "running", "stopping", "stopped, no snapshot", "stopped, old", "stopped, new"]
_WINDOW = 60 * 60 * 1_000_000_000  # ns: a snapshot this near belongs to the same upgrade


class SnapshotSeen(NamedTuple):
    """A snapshot on the chain. module: hash of its module. version: of the canister when it was taken."""

    info: SnapshotInfo
    module: bytes
    version: int
    timer: bool


class Seen(NamedTuple):
    """What is there. known: names of modules by their hashes, e.g. of plans at hand."""

    name: str
    certified: CertifiedCanister
    status: CanisterStatus
    snapshots: list[SnapshotSeen]
    known: Mapping[bytes, str] = {}


class Command(NamedTuple):
    """A command that may be given next, and what it does. safe: nothing is lost by it."""

    text: str
    does: str
    safe: bool


class Diagnosis(NamedTuple):
    """The state, what shows it, and what can be done."""

    state: State
    words: str
    evidence: list[str]
    commands: list[Command]


def diagnose(seen: Seen, where: str) -> Diagnosis:
    """Return the state of a canister. where: how icp-cli is told the network, e.g. `-n URL`."""
    evidence = list(_evidence(seen))
    state, words = _state(seen)
    return Diagnosis(state, words, evidence, list(_commands(seen, state, where)))


def _evidence(seen: Seen) -> Iterator[str]:
    certified, status = seen.certified, seen.status
    module = "none" if certified.module_hash is None else certified.module_hash.hex()
    name = seen.known.get(certified.module_hash or b"")
    yield f"certified {moment(certified.time)}: module {module}{f' ({name})' if name else ''}"
    if certified.installed is not None:
        yield f"certified: installed {moment(certified.installed)}"
    version = "" if status.version is None else f", version {status.version}"
    yield f"status: {status.status}{version}, main memory {size(status.wasm_memory_size)}"
    for one in seen.snapshots:
        name = seen.known.get(one.module)
        same = "the module that is there now" if one.module == certified.module_hash else f"module {one.module.hex()}"
        yield (
            f"snapshot {one.info.id.hex()}: {moment(one.info.taken_at)}, {size(one.info.size)}, {same}"
            f"{f' ({name})' if name else ''}, of version {one.version}{', timer armed' if one.timer else ''}"
        )


def _state(seen: Seen) -> tuple[State, str]:
    certified, status = seen.certified, seen.status
    if certified.module_hash is None:
        return "empty", "it has no module: nothing was installed, or somebody uninstalled it"
    if status.status == "running":
        return "running", "it runs; no upgrade is under way as far as this shows"
    if status.status == "stopping":
        return "stopping", "it is being stopped: calls of it are still open"
    newest = _newest(seen)
    if newest is None:
        return "stopped, no snapshot", "it stands still, and has no snapshot: somebody stopped it and did no more"
    if newest.module == certified.module_hash:
        if status.version is not None and status.version == newest.version:
            return (
                "stopped, old",
                "it stands still after a snapshot, and nothing was done since: the old version is whole",
            )
        words = "it stands still with the module of its newest snapshot, which was loaded, or it ran since it was taken"
        return "stopped, old", words
    return (
        "stopped, new",
        "it stands still with another module than its newest snapshot: an upgrade was made, not opened",
    )


def _newest(seen: Seen) -> SnapshotSeen | None:
    """Return the newest snapshot of another module, else the newest."""
    ordered = sorted(seen.snapshots, key=lambda one: one.info.taken_at)
    others = [one for one in ordered if one.module != seen.certified.module_hash]
    newest = ordered[-1] if ordered else None
    # A snapshot of the new version is taken to compare with, right after the one that a rollback needs.
    if newest is not None and others and newest.module == seen.certified.module_hash:
        apart = newest.info.taken_at - others[-1].info.taken_at
        if apart < _WINDOW:
            return others[-1]
    return newest


def _commands(seen: Seen, state: State, where: str) -> Iterator[Command]:
    canister = str(Principal(seen.certified.id))
    start = Command(f"icp canister start {canister} {where}", "opens it as it is", safe=True)
    newest = _newest(seen)
    match state:
        case "empty":
            yield Command("ctxcheck list", "shows the backups: `ctxcheck restore BACKUP` puts one back", safe=True)
        case "running":
            yield Command(f"ctxcheck verify {seen.name}", "calls what shows that it works", safe=True)
        case "stopping":
            yield Command(f"icp canister status {canister} {where}", "shows when it has stopped", safe=True)
            yield Command(start.text, "gives up the stop: it runs on as before", safe=True)
        case "stopped, no snapshot" | "stopped, old":
            yield start
        case "stopped, new":
            yield Command(start.text, "opens the new version; going back then loses what is written", safe=True)
    if state == "stopped, new" and newest is not None:
        yield Command(
            f"icp canister snapshot restore {canister} {newest.info.id.hex()} {where}",
            "puts the old version back, all of its data; nothing was written since",
            safe=True,
        )
    if state == "running" and newest is not None and newest.module != seen.certified.module_hash:
        restore = f"icp canister snapshot restore {canister} {newest.info.id.hex()} {where}"
        yield Command(
            f"icp canister stop {canister} {where}; {restore}",
            f"goes back to {moment(newest.info.taken_at)}: LOSES all that was written since",
            safe=False,
        )
