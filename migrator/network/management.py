"""The management canister as a client: each call with the canister that its URL has to name.

Interface spec 0.66, "The IC management canister". Changes are calls, certified; nothing here is decided on a query.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from analyzer.candid.methods import method_of
from analyzer.candid.parse import parse_candid
from analyzer.candid.principal import Principal
from analyzer.candid.values import Case, DecodeError, Some, decode, encode
from migrator.network.errors import NetworkError

if TYPE_CHECKING:
    from analyzer.candid.methods import Method
    from analyzer.candid.types import CandidInterface
    from migrator.network.agent import Agent, SignedCall

MANAGEMENT = b""
PIECE = 2_000_000  # bytes of a snapshot that are read or written at once (network.md 1.2)
CHUNK = 1 << 20  # bytes of a module that are uploaded at once
LARGEST_CALL = 2 * 1024 * 1024 - 20_000  # bytes of module and argument that fit into one call with all that is around


@cache
def _interface() -> CandidInterface:
    return parse_candid(Path(__file__).with_name("management.did").read_text("utf-8"), "management.did")


@cache
def _method(name: str) -> Method:
    found = method_of(_interface(), name)
    assert found is not None, name  # noqa: S101 - ours
    return found


class CanisterStatus(NamedTuple):
    """What `canister_status` tells. Sizes in bytes. version: None where the network does not count."""

    status: str
    version: int | None
    controllers: tuple[Principal, ...]
    module_hash: bytes | None
    memory_size: int
    wasm_memory_size: int
    stable_memory_size: int
    snapshots_size: int
    cycles: int
    reserved_cycles: int
    idle_cycles_burned_per_day: int
    freezing_threshold: int
    settings: dict[str, Any]

    @property
    def freezing_limit(self) -> int:
        """The balance below which the canister is frozen; about, since a day's burn is rounded."""
        return self.idle_cycles_burned_per_day * self.freezing_threshold // (24 * 60 * 60)


class SnapshotInfo(NamedTuple):
    """A snapshot on the chain. taken_at: ns since epoch. size: bytes."""

    id: bytes
    taken_at: int
    size: int


class ManagementClient:
    """The management canister, asked by somebody."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent

    def prepare(self, name: str, value: dict[int | str, Any], effective: bytes) -> SignedCall:
        """Return a call that is signed and not sent."""
        arg = encode(_interface(), _method(name).arguments, [value])
        return self.agent.prepare(MANAGEMENT, name, arg, effective=effective)

    def read(self, name: str, reply: bytes) -> Any:  # noqa: ANN401 - a value of Candid
        """Return what a method replied; None where it gives nothing. Raises NetworkError: it is something else."""
        try:
            values = decode(reply, _interface(), _method(name).results)
        except DecodeError as error:
            msg = f"the reply of {name} cannot be read: {error}"
            raise NetworkError(msg, ran="yes") from None
        return values[0] if values else None

    def _call(self, name: str, canister: bytes, **more: Any) -> Any:  # noqa: ANN401 - values of Candid
        value: dict[int | str, Any] = {"canister_id": Principal(canister)}
        value.update(more)
        return self.read(name, self.agent.settle(self.prepare(name, value, canister)))

    def status(self, canister: bytes) -> CanisterStatus:
        """Return the status of a canister, certified. Raises Rejected, NetworkError."""
        told = self._call("canister_status", canister)
        settings, metrics = told["settings"], told["memory_metrics"]
        sizes = {} if metrics is None else metrics.value
        return CanisterStatus(
            str(told["status"].label),
            _plain(told["version"]),
            tuple(settings["controllers"]),
            _plain(told["module_hash"]),
            told["memory_size"],
            sizes.get("wasm_memory_size", 0),
            sizes.get("stable_memory_size", 0),
            sizes.get("snapshots_size", 0),
            told["cycles"],
            _plain(told["reserved_cycles"]) or 0,
            told["idle_cycles_burned_per_day"],
            settings["freezing_threshold"],
            settings,
        )

    def create_provisional(self) -> bytes:
        """Make a canister with cycles for nothing, on a local network alone, and return its id.

        Spec 0.66, "provisional_create_canister_with_cycles": any canister may stand in the URL.
        """
        value: dict[int | str, Any] = {"amount": None, "settings": None, "specified_id": None}
        name = "provisional_create_canister_with_cycles"
        made = self.read(name, self.agent.settle(self.prepare(name, value, MANAGEMENT)))
        found: bytes = made["canister_id"].raw
        return found

    def delete(self, canister: bytes) -> None:
        """Delete a stopped canister, with all that it has."""
        self._call("delete_canister", canister)

    def start(self, canister: bytes) -> None:
        """Start a canister."""
        self._call("start_canister", canister)

    def stop(self, canister: bytes) -> None:
        """Stop a canister. Raises Rejected (IC0206): a call of it stays open for five minutes."""
        self._call("stop_canister", canister)

    def snapshots(self, canister: bytes) -> list[SnapshotInfo]:
        """Return the snapshots of a canister on the chain."""
        return [_info(one) for one in self._call("list_canister_snapshots", canister)]

    def take_snapshot(self, canister: bytes) -> SnapshotInfo:
        """Take a snapshot; none is ever replaced."""
        return _info(self._call("take_canister_snapshot", canister, replace_snapshot=None))

    def load_snapshot(self, canister: bytes, snapshot: bytes) -> None:
        """Make a canister what a snapshot holds."""
        self._call("load_canister_snapshot", canister, snapshot_id=snapshot)

    def delete_snapshot(self, canister: bytes, snapshot: bytes) -> None:
        """Delete a snapshot."""
        self._call("delete_canister_snapshot", canister, snapshot_id=snapshot)

    def snapshot_metadata(self, canister: bytes, snapshot: bytes) -> dict[str, Any]:
        """Return what is needed to upload a snapshot elsewhere, as a value of Candid."""
        found: dict[str, Any] = self._call("read_canister_snapshot_metadata", canister, snapshot_id=snapshot)
        return found

    def read_snapshot(self, canister: bytes, snapshot: bytes, kind: str, offset: int, size: int) -> bytes:
        """Return a piece of a snapshot, certified. kind: `wasm_module`, `wasm_memory` or `stable_memory`."""
        wanted = Case(kind, {"offset": offset, "size": size})
        chunk: bytes = self._call("read_canister_snapshot_data", canister, snapshot_id=snapshot, kind=wanted)["chunk"]
        if len(chunk) != size:
            msg = f"{len(chunk):,} bytes came instead of {size:,}"
            raise NetworkError(msg)
        return chunk

    def read_chunk(self, canister: bytes, snapshot: bytes, name: bytes) -> bytes:
        """Return a chunk of the chunk store of a snapshot."""
        wanted = Case("wasm_chunk", {"hash": name})
        chunk: bytes = self._call("read_canister_snapshot_data", canister, snapshot_id=snapshot, kind=wanted)["chunk"]
        return chunk

    def begin_upload(self, canister: bytes, metadata: dict[str, Any]) -> bytes:
        """Make room for a snapshot and return its id. metadata: as `snapshot_metadata` gives it."""
        names = (
            "wasm_module_size", "globals", "wasm_memory_size", "stable_memory_size", "certified_data", "global_timer",
            "on_low_wasm_memory_hook_status",
        )  # fmt: skip
        value = {name: metadata[name] for name in names}
        made = self._call("upload_canister_snapshot_metadata", canister, replace_snapshot=None, **value)
        found: bytes = made["snapshot_id"]
        return found

    def write_snapshot(self, canister: bytes, snapshot: bytes, kind: str, offset: int, data: bytes) -> None:
        """Put a piece into a snapshot that is being uploaded."""
        placed = Case(kind, {"offset": offset})
        self._call("upload_canister_snapshot_data", canister, snapshot_id=snapshot, kind=placed, chunk=data)

    def write_chunk(self, canister: bytes, snapshot: bytes, data: bytes) -> None:
        """Put a chunk into the chunk store of a snapshot that is being uploaded."""
        self._call("upload_canister_snapshot_data", canister, snapshot_id=snapshot, kind=Case("wasm_chunk"), chunk=data)

    # Code.

    def install_anew(self, canister: bytes, module: bytes, arg: bytes) -> None:
        """Install a module into an empty canister."""
        if len(module) + len(arg) <= LARGEST_CALL:
            self._call("install_code", canister, mode=Case("install"), wasm_module=module, arg=arg)
            return
        hashes = [self.upload_chunk(canister, module[at : at + CHUNK]) for at in range(0, len(module), CHUNK)]
        whole = sha256(module).digest()
        signed = self.prepare_install_chunked(canister, hashes, whole, arg, mode=Case("install"))
        self.read("install_chunked_code", self.agent.settle(signed))

    def prepare_install(
        self, canister: bytes, module: bytes, arg: bytes, *, keep: bool | None, skip_pre_upgrade: bool = False
    ) -> SignedCall:
        """Return the call that upgrades a canister with a module that fits into it. keep: the main memory."""
        mode = upgrade_mode(keep=keep, skip_pre_upgrade=skip_pre_upgrade)
        value: dict[int | str, Any] = {
            "mode": mode,
            "canister_id": Principal(canister),
            "wasm_module": module,
            "arg": arg,
        }
        return self.prepare("install_code", value, canister)

    def prepare_install_chunked(
        self, canister: bytes, hashes: list[bytes], module_hash: bytes, arg: bytes, *, mode: Case
    ) -> SignedCall:
        """Return the call that upgrades a canister with the module of chunks in its own store."""
        value: dict[int | str, Any] = {
            "mode": mode,
            "target_canister": Principal(canister),
            "store_canister": None,
            "chunk_hashes_list": [{"hash": one} for one in hashes],
            "wasm_module_hash": module_hash,
            "arg": arg,
        }
        return self.prepare("install_chunked_code", value, canister)

    def upload_chunk(self, canister: bytes, chunk: bytes) -> bytes:
        """Put a chunk of a module into a canister's store and return its hash."""
        found: bytes = self._call("upload_chunk", canister, chunk=chunk)["hash"]
        return found

    def stored_chunks(self, canister: bytes) -> set[bytes]:
        """Return the hashes of the chunks in a canister's store."""
        return {one["hash"] for one in self._call("stored_chunks", canister)}

    def clear_chunks(self, canister: bytes) -> None:
        """Empty the store of a canister, whoever put something in."""
        self._call("clear_chunk_store", canister)

    def logs(self, canister: bytes) -> list[str]:
        """Return what a canister printed, one node's word."""
        arg = encode(_interface(), _method("fetch_canister_logs").arguments, [{"canister_id": Principal(canister)}])
        reply = self.agent.query(MANAGEMENT, "fetch_canister_logs", arg, effective=canister)
        told = self.read("fetch_canister_logs", reply)
        return [one["content"].decode("utf-8", "replace") for one in told["canister_log_records"]]


def upgrade_mode(*, keep: bool | None, skip_pre_upgrade: bool = False) -> Case:
    """Return the mode of an upgrade. keep: the main memory (enhanced orthogonal persistence); None: do not say."""
    persistence = None if keep is None else Some(Case("keep" if keep else "replace"))
    skip = Some(value=True) if skip_pre_upgrade else None
    return Case("upgrade", Some({"skip_pre_upgrade": skip, "wasm_memory_persistence": persistence}))


def _plain(value: Any) -> Any:  # noqa: ANN401 - of any type under `opt`
    return None if value is None else value.value


def _info(told: dict[str, Any]) -> SnapshotInfo:
    return SnapshotInfo(told["id"], told["taken_at_timestamp"], told["total_size"])
