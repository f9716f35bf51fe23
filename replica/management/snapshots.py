"""Snapshots of canisters: taken or uploaded, loaded, read piece by piece.

Interface spec 0.66, "take_canister_snapshot" and those that follow. What loading does not bring back: settings, cycles,
logs, history, whether it runs, and, of a snapshot that was taken, the timer and the hook (network.md 1.4).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from analyzer.candid.principal import Principal
from analyzer.candid.values import RESERVED, Case, Some
from replica.canister import CALM, State
from replica.errors import CANISTER_REJECT, DESTINATION_INVALID, Reject
from replica.management import cycles
from replica.management.code import name_of_chunk
from replica.memory.image import new_image
from replica.memory.stable import StableMemory
from replica.module.prepare import MAX_GLOBALS, MAX_MODULE, prepare

if TYPE_CHECKING:
    from replica.canister import Canister

MAX_SNAPSHOTS = 10  # of a canister (spec, "Resource limits")
MAX_PIECE = 2_000_000  # bytes that are read at once (MAX_SLICE_SIZE_BYTES of dfinity/ic)
MAX_MEMORY, MAX_STABLE = 6 << 30, 500 << 30  # bytes (spec, "Resource limits")
MAX_CERTIFIED = 32  # bytes
_FAILED = "Canister snapshotting failed with:"
_COUNTER = ("i64", 0)
_PAGE = 1 << 16
_CHUNK = 1 << 20


@dataclass(slots=True)
class Snapshot:
    """taken_at: ns since epoch. version: of the canister. module: the bytes as installed; uploaded: piece by piece.

    shown: the globals in the order of a snapshot; of one that was taken without the counter of instructions, which the
    Internet Computer adds behind them (recalled); of an uploaded one as they came.
    """

    id: bytes
    canister: bytes
    taken_at: int
    version: int
    state: State
    chunks: dict[bytes, bytes] = field(default_factory=dict)
    uploaded: bool = False
    module: bytearray = field(default_factory=bytearray)
    shown: list[tuple[str, int | float]] = field(default_factory=list)
    timer_known: bool = True
    hook: str = CALM  # empty: not known

    def wasm(self) -> bytes:
        """Return the module as it was installed."""
        if self.state.module is not None:
            return self.state.module.installed
        return bytes(self.module)

    def size(self) -> int:
        """Return how many bytes it takes."""
        memories = self.state.memory.size + self.state.stable.size
        return len(self.wasm()) + memories + len(self.chunks) * _CHUNK + 8 * len(self.shown)

    def candid(self) -> dict[str, Any]:
        """Return what lists tell of it, as a value of Candid."""
        return {"id": self.id, "taken_at_timestamp": self.taken_at, "total_size": self.size()}

    def metadata(self) -> dict[str, Any]:
        """Return what is needed to upload it elsewhere, as a value of Candid."""
        timer = self.state.timer
        return {
            "source": Case("metadata_upload" if self.uploaded else "taken_from_canister", RESERVED),
            "taken_at_timestamp": self.taken_at,
            "wasm_module_size": len(self.wasm()),
            "globals": [Case(kind, value) for kind, value in (*self.shown, *([] if self.uploaded else [_COUNTER]))],
            "wasm_memory_size": self.state.memory.size,
            "stable_memory_size": self.state.stable.size,
            "wasm_chunk_store": [{"hash": name} for name in sorted(self.chunks)],
            "canister_version": self.version,
            "certified_data": self.state.certified_data,
            "global_timer": Some(Case("active", timer) if timer else Case("inactive")) if self.timer_known else None,
            "on_low_wasm_memory_hook_status": Some(Case(self.hook)) if self.hook else None,
        }

    def read(self, kind: Case) -> bytes:
        """Return a piece. Raises Reject (IC0408): it is beyond the end, or larger than what is read at once."""
        wanted: Any = kind.value
        if kind.label == "wasm_chunk":
            if wanted["hash"] not in self.chunks:
                raise Reject(CANISTER_REJECT, "IC0408", "the snapshot has no such chunk")
            return self.chunks[wanted["hash"]]
        offset, size = wanted["offset"], wanted["size"]
        source: Any = {"wasm_memory": self.state.memory, "stable_memory": self.state.stable}.get(str(kind.label))
        whole = len(self.wasm()) if source is None else source.size
        if size > MAX_PIECE:
            raise Reject(CANISTER_REJECT, "IC0408", f"Requested slice of {size} bytes, allowed are {MAX_PIECE}")
        if offset + size > whole:
            msg = f"Invalid subslice into {kind.label}: offset {offset}, size {size} of {whole}"
            raise Reject(CANISTER_REJECT, "IC0408", msg)
        return self.wasm()[offset : offset + size] if source is None else bytes(source.read(offset, size))

    def write(self, canister: Canister, kind: Case, chunk: bytes) -> None:
        """Put a piece into an uploaded snapshot of a canister.

        Raises Reject: it was taken (IC0406), beyond the end (IC0408), too large a chunk or too many (IC0504), or there
        are too few cycles to keep it.
        """
        if not self.uploaded:
            msg = "Only canister snapshots created by metadata upload can be mutated."
            raise Reject(CANISTER_REJECT, "IC0406", msg)
        if kind.label == "wasm_chunk":
            self._write_chunk(canister, chunk)
            return
        place: Any = kind.value
        offset = place["offset"]
        sizes = {"wasm_memory": self.state.memory.size, "stable_memory": self.state.stable.size}
        whole = sizes.get(str(kind.label), len(self.module))
        if offset + len(chunk) > whole:
            msg = f"Invalid subslice into {kind.label}: offset {offset}, size {len(chunk)} of {whole}"
            raise Reject(CANISTER_REJECT, "IC0408", msg)
        if kind.label == "wasm_memory":
            self.state.memory.write(offset, chunk)
        elif kind.label == "stable_memory":
            self.state.stable.write(offset, chunk)
            self.state.stable.commit()
        else:
            self.module[offset : offset + len(chunk)] = chunk

    def _write_chunk(self, canister: Canister, chunk: bytes) -> None:
        before = self.chunks
        name = name_of_chunk(before, chunk)
        self.chunks = {**before, name: chunk}
        try:
            cycles.check(canister, _FAILED)
        except Reject:
            self.chunks = before
            raise

    def finished(self) -> State:
        """Return the state to be loaded. Raises Reject: what was uploaded does not fit together."""
        if not self.uploaded:
            return self.state
        module = prepare(bytes(self.module))
        shown = list(self.shown)
        if len(shown) == len(module.globals) + 1:
            shown.pop()  # the counter of instructions of the network
        if [kind for kind, _ in shown] != [module.kinds[place] for place in module.shown]:
            _refuse("the globals are not those of the module")
        values: list[int | float] = [0] * len(shown)
        for place, (_, value) in zip(module.shown, shown, strict=True):
            values[place] = value
        state = self.state.copy()
        state.module, state.globals = module, values
        return state


class Upload(NamedTuple):
    """What an uploaded snapshot is to be, beside its bytes. Sizes in bytes. timer: ns since epoch, 0: inactive.

    globals: kinds and values, in the order of a snapshot. timer, hook: None: what the canister has stays.
    """

    module: int
    memory: int
    stable: int
    globals: list[tuple[str, int | float]]
    certified_data: bytes = b""
    timer: int | None = None
    hook: str | None = None

    def check(self) -> None:
        """Raise Reject (IC0408): there cannot be such a snapshot."""
        if self.memory % _PAGE or self.stable % _PAGE or self.memory > MAX_MEMORY or self.stable > MAX_STABLE:
            _refuse("memories are whole pages within the limits")
        if self.module > MAX_MODULE:
            _refuse("modules have at most 100 MiB")
        if len(self.globals) > MAX_GLOBALS + 1 or len(self.certified_data) > MAX_CERTIFIED:
            _refuse(f"there are at most {MAX_GLOBALS} globals and {MAX_CERTIFIED} bytes of certified data")


def upload_of(value: dict[str, Any]) -> Upload:
    """Return what is to be uploaded, by values of Candid as `upload_canister_snapshot_metadata` takes them."""
    timer, hook = value["global_timer"], value["on_low_wasm_memory_hook_status"]
    due = None
    if timer is not None:
        due = timer.value.value if timer.value.label == "active" else 0
    return Upload(
        value["wasm_module_size"],
        value["wasm_memory_size"],
        value["stable_memory_size"],
        [(str(one.label), one.value) for one in value["globals"]],
        value["certified_data"],
        due,
        None if hook is None else str(hook.value.label),
    )


def _refuse(what: str) -> NoReturn:
    raise Reject(CANISTER_REJECT, "IC0408", f"Inconsistent snapshot: {what}")


def owner(name: bytes) -> bytes:
    """Return the canister of a snapshot, by its id: it ends with the canister's."""
    return name[8:]


def find(canister: Canister, name: bytes) -> Snapshot:
    """Return a snapshot of a canister. Raises Reject (IC0305)."""
    found = canister.snapshots.get(name)
    if found is None:
        msg = f"Could not find the snapshot ID {name.hex()} for canister {Principal(canister.id)}."
        raise Reject(DESTINATION_INVALID, "IC0305", msg)
    return found


def _new_id(canister: Canister) -> bytes:
    canister.snapshot_count += 1
    return canister.snapshot_count.to_bytes(8, "big") + canister.id


def _make_room(canister: Canister, replaced: bytes | None) -> None:
    if replaced is not None:
        find(canister, replaced)
    elif len(canister.snapshots) >= MAX_SNAPSHOTS:
        msg = f"Canister {Principal(canister.id)} has reached the maximum number of snapshots allowed: {MAX_SNAPSHOTS}."
        raise Reject(CANISTER_REJECT, "IC0406", msg)


def _add(canister: Canister, snapshot: Snapshot, replaced: bytes | None, spared: int = 0) -> None:
    """Keep a snapshot, in the place of another one. spared: bytes that the canister is going to give back."""
    before = canister.snapshots
    canister.snapshots = {name: one for name, one in before.items() if name != replaced} | {snapshot.id: snapshot}
    try:
        cycles.check(canister, _FAILED, spared=spared)  # it is kept, and costs
    except Reject:
        canister.snapshots = before
        raise


def taken(canister: Canister, now: int) -> Snapshot:
    """Return what a canister is now, beside its own snapshots. Raises Reject (IC0406): it is empty."""
    module = canister.state.module
    if module is None:
        msg = f"Failed to create snapshot for empty canister {Principal(canister.id)}:"
        raise Reject(CANISTER_REJECT, "IC0406", msg)
    state = canister.state.copy()
    shown = [(module.kinds[place], state.globals[place]) for place in module.shown]
    return Snapshot(
        b"", canister.id, now, canister.version, state, dict(canister.chunks), shown=shown, hook=canister.hook
    )


def take(canister: Canister, now: int, replaced: bytes | None = None, *, uninstall: bool = False) -> Snapshot:
    """Take a snapshot. uninstall: the code is taken away afterwards. Raises Reject: empty, too many, too few cycles."""
    snapshot = taken(canister, now)
    _make_room(canister, replaced)
    snapshot.id = _new_id(canister)
    _add(canister, snapshot, replaced, canister.code_size() if uninstall else 0)
    return snapshot


def begin_upload(canister: Canister, upload: Upload, now: int, replaced: bytes | None) -> Snapshot:
    """Make room for a snapshot that is going to be uploaded. Raises Reject (IC0408): its sizes cannot be."""
    _make_room(canister, replaced)
    upload.check()
    snapshot = Snapshot(
        _new_id(canister),
        canister.id,
        now,
        canister.version,
        State(
            None,
            new_image(upload.memory),
            [],
            StableMemory(new_image(upload.stable)),
            upload.certified_data,
            upload.timer or 0,
        ),
        uploaded=True,
        module=bytearray(upload.module),
        shown=upload.globals,
        timer_known=upload.timer is not None,
        hook=upload.hook or "",
    )
    _add(canister, snapshot, replaced)
    return snapshot


def load(canister: Canister, snapshot: Snapshot) -> None:
    """Make a canister what a snapshot holds. Raises Reject; then it is as it was."""
    state = snapshot.finished().copy()
    if not (snapshot.uploaded and snapshot.timer_known):
        state.timer = canister.state.timer
    before = canister.state, canister.chunks, canister.hook
    canister.replace(state)
    canister.chunks = dict(snapshot.chunks)
    try:
        if snapshot.uploaded:
            _check_hook(canister, snapshot)
            canister.try_state()
        cycles.check(canister, "Loading a snapshot failed with")
    except Reject:
        old, canister.chunks, canister.hook = before
        canister.replace(old)
        raise
    canister.version += 1


def _check_hook(canister: Canister, snapshot: Snapshot) -> None:
    """Take over the hook for low memory, if it is told. Raises Reject (IC0408): the memory contradicts it."""
    if not snapshot.hook:
        return
    is_low = canister.is_low(canister.state.memory.size)
    if is_low == (snapshot.hook == CALM):
        _refuse(f"the hook for low memory is {snapshot.hook}, and memory is {'' if is_low else 'not '}low")
    canister.hook = snapshot.hook
