"""The management canister `aaaaa-aa`: who may call what, and what it does.

Interface spec 0.66, "The IC management canister". Who is refused where, and in which words, is taken from dfinity/ic,
rs/execution_environment/src (ingress filter, canister_manager/types.rs; read there).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from analyzer.candid.principal import Principal
from replica.canister import STOPPED, Canister
from replica.errors import CANISTER_ERROR, CANISTER_REJECT, SYS_TRANSIENT, Reject
from replica.management import candid, code, snapshots
from replica.management.asked import Given
from replica.management.history import Change
from replica.management.settings import Settings
from replica.management.status import info, logs, status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from analyzer.candid.values import Case, Some
    from replica.engine import Engine
    from replica.management.asked import Asked

CYCLES = 100_000_000_000_000  # of a canister that is made for nothing: 100 T, as local networks give (recalled)
_OF_CANISTERS = frozenset({"create_canister", "deposit_cycles", "raw_rand", "canister_info", "canister_metadata"})
_OF_ANYBODY = frozenset({"provisional_create_canister_with_cycles", "provisional_top_up_canister"})
_QUERIES = frozenset({"canister_status", "fetch_canister_logs", "list_canisters"})
_QUERIES_ALONE = frozenset({"fetch_canister_logs", "list_canisters"})
_OF_VIEWERS = {
    "canister_status": "status_visibility",
    "fetch_canister_logs": "log_visibility",
    "list_canister_snapshots": "snapshot_visibility",
    "read_canister_snapshot_metadata": "snapshot_visibility",
    "read_canister_snapshot_data": "snapshot_visibility",
}


class Management:
    """The management canister of a network."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._methods: Mapping[str, Callable[[Asked, dict[str, Any]], bytes | None]] = {
            "create_canister": self._create,
            "provisional_create_canister_with_cycles": self._provide,
            "provisional_top_up_canister": self._top_up,
            "update_settings": self._update_settings,
            "upload_chunk": self._upload_chunk,
            "clear_chunk_store": self._clear_chunks,
            "stored_chunks": self._stored_chunks,
            "install_code": self._install,
            "install_chunked_code": self._install_chunked,
            "uninstall_code": self._uninstall,
            "start_canister": self._start,
            "stop_canister": self._stop,
            "delete_canister": self._delete,
            "raw_rand": lambda asked, _: candid.write(asked.method, os.urandom(32)),
            "canister_status": self._status,
            "canister_info": self._info,
            "canister_metadata": self._metadata,
            "take_canister_snapshot": self._take,
            "load_canister_snapshot": self._load,
            "list_canister_snapshots": self._snapshots,
            "delete_canister_snapshot": self._delete_snapshot,
            "read_canister_snapshot_metadata": self._read_metadata,
            "read_canister_snapshot_data": self._read_data,
            "upload_canister_snapshot_metadata": self._upload_metadata,
            "upload_canister_snapshot_data": self._upload_data,
        }

    # Calls.

    def effective(self, caller: bytes, method: str, arg: bytes) -> bytes | None:
        """Return the canister that the URL of a call from outside must name; None: any.

        Raises Reject: it is refused before it is a call. dfinity/ic, `should_accept_ingress_message`.
        """
        if method not in self._methods and method != "deposit_cycles":
            raise Reject(CANISTER_ERROR, "IC0536", f"Management canister has no method '{method}'")
        if method in _OF_CANISTERS:
            raise Reject(CANISTER_REJECT, "IC0406", f"Only canisters can call ic00 method {method}")
        value = candid.read(method, arg)
        if method in _OF_ANYBODY:
            specified = value.get("specified_id")
            return None if specified is None else bytes(specified.value.raw)
        name: bytes = (value.get("target_canister") or value["canister_id"]).raw
        canister = self._engine.canisters[name]
        if caller not in canister.settings.controllers and not _may_view(canister, caller, method):
            msg = f"Only controllers of canister {Principal(name)} can call ic00 method {method}"
            raise Reject(CANISTER_ERROR, "IC0512", msg)
        return name

    def call(self, asked: Asked) -> Given | None:
        """Return the answer; None: it is given to the origin later. Raises Reject."""
        if asked.method == "deposit_cycles" and not asked.outside:
            self._named(candid.read(asked.method, asked.arg)).cycles += asked.cycles
            return Given(candid.write(asked.method), 0)
        run = self._methods.get(asked.method)
        if run is None or asked.method in _QUERIES_ALONE:
            raise Reject(CANISTER_ERROR, "IC0536", f"Management canister has no method '{asked.method}'")
        value = candid.read(asked.method, asked.arg)
        if asked.method == "create_canister":
            return Given(self._create(asked, value), 0)
        reply = run(asked, value)
        return None if reply is None else Given(reply, asked.cycles)

    def query(self, caller: bytes, method: str, arg: bytes) -> bytes:
        """Return the reply of a query. Raises Reject."""
        if method not in _QUERIES:
            raise Reject(CANISTER_ERROR, "IC0536", f"Query method {method} not found.")
        value = candid.read(method, arg)
        if method == "list_canisters":
            ids = sorted(one.id for one in self._engine.canisters.look())
            return candid.write(
                method, {"canisters": [{"start": Principal(one), "end": Principal(one)} for one in ids]}
            )
        canister = self._named(value)
        self.check(canister, caller, method)
        if method == "fetch_canister_logs":
            return candid.write(method, logs(canister))
        return candid.write(method, self._told(canister))

    # Who may.

    def _named(self, value: Mapping[str, Any]) -> Canister:
        return self._engine.canisters[value["canister_id"].raw]

    def _controlled(self, asked: Asked, value: Mapping[str, Any]) -> Canister:
        canister = self._named(value)
        self.check(canister, asked.caller, asked.method)
        return canister

    @staticmethod
    def check(canister: Canister, caller: bytes, method: str) -> None:
        """Raise Reject (IC0512) if somebody may not call a method of a canister."""
        if caller in canister.settings.controllers or _may_view(canister, caller, method):
            return
        expected = " ".join(str(Principal(one)) for one in canister.settings.controllers)
        msg = (
            f"Only the controllers of the canister {Principal(canister.id)} can control it.\n"
            f"Canister's controllers: {expected}\nSender's ID: {Principal(caller)}"
        )
        raise Reject(CANISTER_ERROR, "IC0512", msg)

    # Canisters.

    def _create(self, asked: Asked, value: dict[str, Any]) -> bytes:
        fee = self._engine.charges.create
        if asked.cycles < fee:
            msg = (
                f"Creating a canister requires a fee of {fee} that is deducted from the canister's initial balance but "
                f"only {asked.cycles} cycles were received with the create_canister request."
            )
            raise Reject(CANISTER_REJECT, "IC0403", msg)
        made = self.make(asked.caller, value.get("settings"), asked.cycles - fee, by_canister=not asked.outside)
        return candid.write(asked.method, {"canister_id": Principal(made.id)})

    def _provide(self, asked: Asked, value: dict[str, Any]) -> bytes:
        amount, specified = value["amount"], value["specified_id"]
        made = self.make(
            asked.caller,
            value["settings"],
            CYCLES if amount is None else amount.value,
            name=None if specified is None else specified.value.raw,
            by_canister=not asked.outside,
        )
        return candid.write(asked.method, {"canister_id": Principal(made.id)})

    def make(
        self,
        caller: bytes,
        settings: Some | None,
        balance: int,
        *,
        name: bytes | None = None,
        by_canister: bool = False,
    ) -> Canister:
        """Make an empty canister, controlled by its caller unless the settings say otherwise. Raises Reject."""
        engine = self._engine
        wanted: Any = {} if settings is None else settings.value
        chosen = Settings([caller]).changed(wanted)
        if name is not None and (name in engine.canisters or name in engine.system):
            msg = f"Unsuccessful canister creation: canister id {Principal(name)} already exists."
            raise Reject(SYS_TRANSIENT, "IC0205", msg)
        made = Canister(engine.canisters.new_id() if name is None else name, chosen, balance, engine)
        made.created = engine.time()
        engine.canisters.add(made)
        made.record(Change(made.created, 0, caller, by_canister, "creation", controllers=chosen.controllers))
        return made

    def _top_up(self, asked: Asked, value: dict[str, Any]) -> bytes:
        self._named(value).cycles += value["amount"]
        return candid.write(asked.method)

    def _update_settings(self, asked: Asked, value: dict[str, Any]) -> bytes:
        canister = self._controlled(asked, value)
        before = canister.settings
        canister.settings = before.changed(value["settings"])
        canister.version += 1
        if canister.settings.controllers != before.controllers:
            self._record(canister, asked, "controllers_change", controllers=canister.settings.controllers)
        return candid.write(asked.method)

    def _start(self, asked: Asked, value: dict[str, Any]) -> bytes:
        canister = self._controlled(asked, value)
        self._engine.scheduler.start(canister)
        canister.version += 1
        return candid.write(asked.method)

    def _stop(self, asked: Asked, value: dict[str, Any]) -> bytes | None:
        canister = self._controlled(asked, value)
        canister.version += 1
        if canister.run_status == STOPPED:
            return candid.write(asked.method)
        self._engine.scheduler.stop(canister, asked.origin)
        return None

    def _delete(self, asked: Asked, value: dict[str, Any]) -> bytes:
        canister = self._controlled(asked, value)
        if canister.id == asked.caller:
            raise Reject(CANISTER_ERROR, "IC0512", f"Canister {Principal(canister.id)} cannot delete itself.")
        if canister.run_status != STOPPED:
            msg = f"Canister {Principal(canister.id)} must be stopped before it is deleted."
            raise Reject(CANISTER_ERROR, "IC0510", msg)
        canister.put_down()
        self._engine.canisters.remove(canister.id)
        return candid.write(asked.method)

    def _record(self, canister: Canister, asked: Asked, kind: str, *, controllers: list[bytes] | None = None) -> None:
        change = Change(
            self._engine.time(), canister.version, asked.caller, not asked.outside, kind, controllers=controllers
        )
        canister.record(change)

    # Code.

    def _install(self, asked: Asked, value: dict[str, Any]) -> bytes:
        canister = self._controlled(asked, value)
        self._put(canister, asked, value["mode"], value["wasm_module"], value["arg"])
        return candid.write(asked.method)

    def _install_chunked(self, asked: Asked, value: dict[str, Any]) -> bytes:
        canister = self._engine.canisters[value["target_canister"].raw]
        self.check(canister, asked.caller, asked.method)
        store = canister
        if value["store_canister"] is not None:
            store = self._engine.canisters[value["store_canister"].value.raw]
            self.check(store, asked.caller, asked.method)
        names = [one["hash"] for one in value["chunk_hashes_list"]]
        module = code.assembled(store, names, value["wasm_module_hash"])
        self._put(canister, asked, value["mode"], module, value["arg"])
        return candid.write(asked.method)

    def _put(self, canister: Canister, asked: Asked, mode: Case, module: bytes, arg: bytes) -> None:
        now = self._engine.time()
        code.install(canister, mode, module, arg, now=now, by=asked.caller, by_canister=not asked.outside)

    def _uninstall(self, asked: Asked, value: dict[str, Any]) -> bytes:
        canister = self._controlled(asked, value)
        code.uninstall(canister, now=self._engine.time(), by=asked.caller, by_canister=not asked.outside)
        self._engine.scheduler.abandon(canister)
        return candid.write(asked.method)

    def _upload_chunk(self, asked: Asked, value: dict[str, Any]) -> bytes:
        canister = self._controlled(asked, value)
        return candid.write(asked.method, {"hash": code.upload(canister, value["chunk"])})

    def _clear_chunks(self, asked: Asked, value: dict[str, Any]) -> bytes:
        self._controlled(asked, value).chunks = {}
        return candid.write(asked.method)

    def _stored_chunks(self, asked: Asked, value: dict[str, Any]) -> bytes:
        canister = self._controlled(asked, value)
        return candid.write(asked.method, [{"hash": name} for name in sorted(canister.chunks)])

    # What is told.

    def _told(self, canister: Canister) -> dict[str, Any]:
        return status(canister, is_idle=not self._engine.scheduler.is_busy(canister.id))

    def _status(self, asked: Asked, value: dict[str, Any]) -> bytes:
        return candid.write(asked.method, self._told(self._controlled(asked, value)))

    def _info(self, asked: Asked, value: dict[str, Any]) -> bytes:
        wanted = value["num_requested_changes"]
        return candid.write(asked.method, info(self._named(value), 0 if wanted is None else wanted.value))

    def _metadata(self, asked: Asked, value: dict[str, Any]) -> bytes:
        return candid.write(asked.method, {"value": code.metadata(self._controlled(asked, value), value["name"])})

    # Snapshots.

    def _take(self, asked: Asked, value: dict[str, Any]) -> bytes:
        canister = self._controlled(asked, value)
        replaced = value["replace_snapshot"]
        taken = snapshots.take(canister, self._engine.time(), None if replaced is None else replaced.value)
        away = value["uninstall_code"]
        if away is not None and away.value:
            code.uninstall(canister, now=self._engine.time(), by=asked.caller, by_canister=not asked.outside)
            self._engine.scheduler.abandon(canister)
        return candid.write(asked.method, taken.candid())

    def _load(self, asked: Asked, value: dict[str, Any]) -> bytes:
        canister = self._controlled(asked, value)
        owner: bytes = value["snapshot_id"][8:]  # ids end with the canister's
        source = self._engine.canisters.get(owner)
        if source is None:
            source = canister
        self.check(source, asked.caller, asked.method)
        snapshot = snapshots.find(source, value["snapshot_id"])
        now = self._engine.time()
        snapshots.load(canister, snapshot, now, asked.caller, by_canister=not asked.outside)
        return candid.write(asked.method)

    def _snapshots(self, asked: Asked, value: dict[str, Any]) -> bytes:
        canister = self._controlled(asked, value)
        return candid.write(asked.method, [one.candid() for one in canister.snapshots.values()])

    def _delete_snapshot(self, asked: Asked, value: dict[str, Any]) -> bytes:
        canister = self._controlled(asked, value)
        del canister.snapshots[snapshots.find(canister, value["snapshot_id"]).id]
        return candid.write(asked.method)

    def _read_metadata(self, asked: Asked, value: dict[str, Any]) -> bytes:
        canister = self._controlled(asked, value)
        return candid.write(asked.method, snapshots.find(canister, value["snapshot_id"]).metadata())

    def _read_data(self, asked: Asked, value: dict[str, Any]) -> bytes:
        canister = self._controlled(asked, value)
        chunk = snapshots.find(canister, value["snapshot_id"]).read(value["kind"])
        return candid.write(asked.method, {"chunk": chunk})

    def _upload_metadata(self, asked: Asked, value: dict[str, Any]) -> bytes:
        canister = self._controlled(asked, value)
        made = snapshots.begin_upload(canister, value, self._engine.time())
        return candid.write(asked.method, {"snapshot_id": made.id})

    def _upload_data(self, asked: Asked, value: dict[str, Any]) -> bytes:
        canister = self._controlled(asked, value)
        snapshot = snapshots.find(canister, value["snapshot_id"])
        if not snapshot.uploaded:
            msg = "Only canister snapshots created by metadata upload can be mutated."
            raise Reject(CANISTER_REJECT, "IC0406", msg)
        snapshot.write(value["kind"], value["chunk"])
        return candid.write(asked.method)


def _may_view(canister: Canister, caller: bytes, method: str) -> bool:
    """Tell whether somebody may see something of a canister without being its controller."""
    setting = _OF_VIEWERS.get(method)
    if setting is None:
        return False
    visible: bool = getattr(canister.settings, setting).admits(caller)
    return visible or (method == "canister_status" and caller == canister.id)
