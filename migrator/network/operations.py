"""The network as the orchestrator asks it (`migrator.operations.CanisterOperations`)."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from analyzer.candid.principal import Principal
from migrator.network.agent import SignedCall, never_ran
from migrator.network.canister import read_canister
from migrator.network.errors import NetworkError
from migrator.network.management import CHUNK, LARGEST_CALL, PIECE, ManagementClient, SnapshotInfo, upgrade_mode
from migrator.operations import Fate, Prepared

if TYPE_CHECKING:
    from migrator.network.agent import Agent
    from migrator.network.canister import CertifiedCanister
    from migrator.network.management import CanisterStatus
    from migrator.operations import Action

_METHODS = {
    "stop": "stop_canister",
    "start": "start_canister",
    "take_snapshot": "take_canister_snapshot",
    "load_snapshot": "load_canister_snapshot",
    "delete_snapshot": "delete_canister_snapshot",
}


class NetworkOperations:
    """A network by its agent."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self.client = ManagementClient(agent)

    @property
    def root_key(self) -> bytes:
        """96 bytes."""
        return self.agent.root_key

    @property
    def is_local(self) -> bool:
        """Whether the network is on this machine."""
        return self.agent.transport.is_local

    @property
    def sender(self) -> bytes:
        """Who asks."""
        return self.agent.identity.sender

    def read_certified(self, canister: bytes) -> CertifiedCanister:
        """Return what is certified of a canister."""
        return read_canister(self.agent, canister)

    def status(self, canister: bytes) -> CanisterStatus:
        """Return the status of a canister."""
        return self.client.status(canister)

    def snapshots(self, canister: bytes) -> list[SnapshotInfo]:
        """Return its snapshots."""
        return self.client.snapshots(canister)

    def snapshot_metadata(self, canister: bytes, snapshot: bytes) -> dict[str, Any]:
        """Return what a snapshot says of itself."""
        return self.client.snapshot_metadata(canister, snapshot)

    def snapshot_module(self, canister: bytes, snapshot: bytes) -> bytes:
        """Return the module of a snapshot."""
        size = self.snapshot_metadata(canister, snapshot)["wasm_module_size"]
        return b"".join(
            self.client.read_snapshot(canister, snapshot, "wasm_module", at, min(PIECE, size - at))
            for at in range(0, size, PIECE)
        )

    def snapshot_module_hash(self, canister: bytes, snapshot: bytes) -> bytes:
        """Return the hash of the module of a snapshot: of the bytes that it gives."""
        return sha256(self.snapshot_module(canister, snapshot)).digest()

    def prepare(self, canister: bytes, action: Action) -> Prepared:
        """Sign a change."""
        if action.name == "install":
            signed = self._install(canister, action)
        else:
            value: dict[int | str, Any] = {"canister_id": Principal(canister)}
            if action.name == "take_snapshot":
                value["replace_snapshot"] = None
            elif action.name in ("load_snapshot", "delete_snapshot"):
                value["snapshot_id"] = action.snapshot
            signed = self.client.prepare(_METHODS[action.name], value, canister)
        return Prepared(signed.envelope.request_id.hex(), signed.envelope.expiry, signed.plain())

    def _install(self, canister: bytes, action: Action) -> SignedCall:
        keep = True if action.keep else None  # without enhanced orthogonal persistence nothing may be said
        if len(action.module) + len(action.argument) <= LARGEST_CALL:
            return self.client.prepare_install(canister, action.module, action.argument, keep=keep)
        chunks = [action.module[at : at + CHUNK] for at in range(0, len(action.module), CHUNK)]
        names = [sha256(chunk).digest() for chunk in chunks]
        there = self.client.stored_chunks(canister)
        for name, chunk in zip(names, chunks, strict=True):
            if name not in there and self.client.upload_chunk(canister, chunk) != name:
                msg = "the network calls a chunk of the module by another hash"
                raise NetworkError(msg)
        whole = sha256(action.module).digest()
        return self.client.prepare_install_chunked(
            canister, names, whole, action.argument, mode=upgrade_mode(keep=keep)
        )

    def send(self, prepared: Prepared, *, wait: float) -> Any:  # noqa: ANN401 - by the change
        """Make a change and return what it gives."""
        signed = SignedCall.of_plain(prepared.plain)
        return self._read(signed, self.agent.settle(signed, wait=wait))

    def fate(self, prepared: Prepared) -> Fate:
        """Return what became of a change."""
        signed = SignedCall.of_plain(prepared.plain)
        status = self.agent.status(signed)
        if status.word == "replied":
            return Fate("replied", self._read(signed, status.reply))
        if status.reject is not None:
            return Fate("rejected", reject=status.reject)
        if never_ran(status, signed):
            return Fate("never")
        if status.word in ("received", "processing"):
            return Fate("open")
        if status.word == "unknown" and status.time <= signed.envelope.expiry:
            return Fate("unknown")
        return Fate("forgotten")

    def _read(self, signed: SignedCall, reply: bytes) -> Any:  # noqa: ANN401 - by the change
        told = self.client.read(signed.method, reply)
        if signed.method == "take_canister_snapshot":
            return SnapshotInfo(told["id"], told["taken_at_timestamp"], told["total_size"])
        return told

    def query(self, canister: bytes, method: str, argument: bytes) -> bytes:
        """Return the reply of a query."""
        return self.agent.query(canister, method, argument)

    def update(self, canister: bytes, method: str, argument: bytes) -> bytes:
        """Return the reply of an update call."""
        return self.agent.call(canister, method, argument)
