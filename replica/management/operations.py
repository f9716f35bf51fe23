"""What is done to canisters, below Candid: who may, what it needs, how the version counts, what the history says of it.

One way through for users, canisters, and whoever has a network in its process. Interface spec 0.66, "IC Management
Canister: ..." of the abstract behaviour: where a version counts, a history grows, a balance must do, is from there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analyzer.candid.principal import Principal
from replica.canister import STOPPED, Canister
from replica.errors import CANISTER_ERROR, CANISTER_REJECT, SYS_TRANSIENT, Reject
from replica.management import access, code, cycles, snapshots
from replica.management.history import Change
from replica.management.settings import Settings
from replica.requests.hashing import hash_of_map

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from replica.calls import Origin
    from replica.engine import Engine
    from replica.management.code import Mode
    from replica.management.history import By
    from replica.management.snapshots import Snapshot, Upload

CYCLES = 100_000_000_000_000  # of a canister that is made for nothing: 100 T, as local networks give (recalled)


class Operations:
    """What is done to the canisters of a network. All of it raises Reject, and then nothing was done."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def asked(self, by: By, name: bytes, method: str) -> Canister:
        """Return a canister about which somebody may call a method. Raises Reject (IC0301, IC0512)."""
        canister = self._engine.canisters[name]
        access.check(canister, by.principal, method)
        return canister

    # Canisters.

    def create(
        self, by: By, settings: Mapping[str, Any], balance: int = CYCLES, *, name: bytes | None = None
    ) -> Canister:
        """Make an empty canister, controlled by its maker unless the settings say otherwise. name: its id (IC0205)."""
        engine = self._engine
        chosen = Settings([by.principal]).changed(settings)
        if name is not None and (name in engine.canisters or name in engine.system):
            msg = f"Unsuccessful canister creation: canister id {Principal(name)} already exists."
            raise Reject(SYS_TRANSIENT, "IC0205", msg)
        made = Canister(engine.canisters.new_id() if name is None else name, chosen, balance, engine)
        if chosen.compute_allocation or chosen.memory_allocation:
            cycles.check(made, "Canister creation failed with")
        made.created = engine.time()
        engine.canisters.add(made)
        variables: dict[str, Any] = dict(chosen.environment_variables)
        self._record(
            made,
            by,
            "creation",
            controllers=chosen.controllers,
            variables=hash_of_map(variables) if "environment_variables" in settings else b"",
        )
        return made

    def create_by_canister(self, by: By, settings: Mapping[str, Any], sent: int) -> Canister:
        """Make a canister of the cycles that came with the call (IC0403: too few)."""
        fee = self._engine.charges.create
        if sent < fee:
            msg = (
                f"Creating a canister requires a fee of {fee} that is deducted from the canister's initial balance but "
                f"only {sent} cycles were received with the create_canister request."
            )
            raise Reject(CANISTER_REJECT, "IC0403", msg)
        made = self.create(by, settings, sent)
        made.pay(cycles.CREATION, fee)
        return made

    def deposit(self, name: bytes, amount: int) -> None:
        """Give cycles to a canister, whoever's they are."""
        self._engine.canisters[name].cycles += amount

    def update_settings(self, by: By, name: bytes, wanted: Mapping[str, Any]) -> None:
        """Change what is said of the settings (IC0504: it cannot be; IC0207: allocations that are not affordable)."""
        canister = self.asked(by, name, "update_settings")
        before = canister.settings
        new = before.changed(wanted)
        size = canister.state.memory.size
        if wanted.get("wasm_memory_limit") and size > new.wasm_memory_limit:
            msg = (
                f"Could not validate the settings: the Wasm memory has {size} bytes, more than the limit that is wanted"
            )
            raise Reject(CANISTER_ERROR, "IC0504", msg)
        canister.settings = new
        if new.compute_allocation > before.compute_allocation or new.memory_allocation > before.memory_allocation:
            try:
                cycles.check(canister, "Changing the settings failed with")
            except Reject:
                canister.settings = before
                raise
        canister.trim_logs()
        canister.look_at_memory()
        canister.version += 1
        if "controllers" in wanted:
            self._record(canister, by, "controllers_change", controllers=new.controllers)

    def start(self, by: By, name: bytes) -> None:
        """Start a canister; whoever waits for its stop is told so."""
        canister = self.asked(by, name, "start_canister")
        self._engine.scheduler.start(canister)
        canister.version += 1

    def stop(self, by: By, name: bytes, origin: Origin, refund: int = 0) -> bool:
        """Begin to stop a canister; tell whether it is stopped already, else the origin is answered when it is.

        refund: cycles that the origin gets back then.
        """
        canister = self.asked(by, name, "stop_canister")
        canister.version += 1
        if canister.run_status == STOPPED:
            return True
        self._engine.scheduler.stop(canister, origin, refund)
        return False

    def delete(self, by: By, name: bytes) -> None:
        """Take a stopped canister away (IC0510: it is not), with its cycles and snapshots."""
        canister = self.asked(by, name, "delete_canister")
        if canister.id == by.principal:
            raise Reject(CANISTER_ERROR, "IC0512", f"Canister {Principal(canister.id)} cannot delete itself.")
        if canister.run_status != STOPPED:
            msg = f"Canister {Principal(canister.id)} must be stopped before it is deleted."
            raise Reject(CANISTER_ERROR, "IC0510", msg)
        self._engine.scheduler.forget(canister)
        canister.put_down()
        self._engine.canisters.remove(canister.id)

    # Code.

    def install(
        self, by: By, name: bytes, mode: Mode, module: bytes, arg: bytes, upgrade: code.Upgrade = code.UPGRADE
    ) -> None:
        """Install, reinstall or upgrade. upgrade: how. Rejected or trapped, the canister is as it was."""
        canister = self.asked(by, name, "install_code")
        hashed = code.install(canister, mode, module, arg, by.principal, upgrade)
        canister.installed = self._engine.time()
        self._record(canister, by, "code_deployment", mode=mode, hash=hashed)

    def install_chunked(
        self,
        by: By,
        name: bytes,
        mode: Mode,
        chunks: Sequence[bytes],
        hashed: bytes,
        arg: bytes,
        *,
        store: bytes | None = None,
        upgrade: code.Upgrade = code.UPGRADE,
    ) -> None:
        """Install a module of chunks. chunks: their hashes. hashed: of the whole. store: whose chunks they are."""
        target = self.asked(by, name, "install_chunked_code")
        keeper = target if store is None else self.asked(by, store, "upload_chunk")
        self.install(by, name, mode, code.assembled(keeper, chunks, hashed), arg, upgrade)

    def uninstall(self, by: By, name: bytes) -> None:
        """Take the code away, and all that it kept; who waits for its answer is told."""
        self._uninstall(by, self.asked(by, name, "uninstall_code"))

    def _uninstall(self, by: By, canister: Canister) -> None:
        canister.uninstall()
        self._engine.scheduler.abandon(canister)
        self._record(canister, by, "code_uninstall")

    def run_out(self, canister: Canister) -> None:
        """Do what happens to a canister without cycles (spec, "Canister out of cycles")."""
        canister.uninstall()
        self._engine.scheduler.abandon(canister)
        canister.snapshots, canister.history = {}, []
        canister.settings = canister.settings.changed({"compute_allocation": 0, "memory_allocation": 0})

    def upload_chunk(self, by: By, name: bytes, chunk: bytes) -> bytes:
        """Keep a chunk and return its hash (IC0504: too large, or too many)."""
        return code.upload(self.asked(by, name, "upload_chunk"), chunk)

    def clear_chunks(self, by: By, name: bytes) -> None:
        """Take all chunks away."""
        self.asked(by, name, "clear_chunk_store").chunks = {}

    # Snapshots.

    def take_snapshot(self, by: By, name: bytes, *, replaced: bytes | None = None, uninstall: bool = False) -> Snapshot:
        """Take a snapshot (IC0406: the canister is empty, or has too many). uninstall: and take the code away."""
        canister = self.asked(by, name, "take_canister_snapshot")
        taken = snapshots.take(canister, self._engine.time(), replaced, uninstall=uninstall)
        if uninstall:
            self._uninstall(by, canister)
        return taken

    def load_snapshot(self, by: By, name: bytes, snapshot: bytes) -> None:
        """Make a canister what a snapshot holds, of it or of another that is controlled too (IC0305: there is none)."""
        canister = self.asked(by, name, "load_canister_snapshot")
        source = self._engine.canisters.get(snapshots.owner(snapshot)) or canister
        access.check(source, by.principal, "load_canister_snapshot")
        self._load(by, canister, snapshots.find(source, snapshot))

    def load_foreign_snapshot(self, by: By, name: bytes, snapshot: Snapshot) -> None:
        """Make a canister what a snapshot holds that this network does not keep, of a directory say."""
        self._load(by, self.asked(by, name, "load_canister_snapshot"), snapshot)

    def _load(self, by: By, canister: Canister, snapshot: Snapshot) -> None:
        snapshots.load(canister, snapshot)
        canister.installed = self._engine.time()
        self._record(
            canister,
            by,
            "load_snapshot",
            snapshot=snapshot.id,
            taken_of=b"" if snapshot.canister == canister.id else snapshot.canister,
            taken_at=snapshot.taken_at,
            taken_version=snapshot.version,
            uploaded=snapshot.uploaded,
        )

    def delete_snapshot(self, by: By, name: bytes, snapshot: bytes) -> None:
        """Take a snapshot away (IC0305: there is none)."""
        canister = self.asked(by, name, "delete_canister_snapshot")
        del canister.snapshots[snapshots.find(canister, snapshot).id]

    def begin_upload(self, by: By, name: bytes, upload: Upload, replaced: bytes | None = None) -> Snapshot:
        """Make an empty snapshot of some sizes, to be filled piece by piece (IC0408: they cannot be)."""
        canister = self.asked(by, name, "upload_canister_snapshot_metadata")
        return snapshots.begin_upload(canister, upload, self._engine.time(), replaced)

    def _record(self, canister: Canister, by: By, kind: str, **details: Any) -> None:  # noqa: ANN401 - of Change
        canister.record(
            Change(
                self._engine.time(),
                canister.version,
                by.principal,
                by.is_canister,
                kind,
                by_version=by.version,
                **details,
            )
        )
