"""The management canister `aaaaa-aa`: calls in Candid, and which of them are taken from whom.

Interface spec 0.66, "The IC management canister". What is refused before it is a call, and in which words, is taken
from dfinity/ic, rs/execution_environment/src (`should_accept_ingress_message`) and rs/cycles_account_manager
(`ingress_induction_cost`; read there).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from analyzer.candid.principal import Principal
from replica.errors import CANISTER_ERROR, CANISTER_REJECT, Reject
from replica.management import access, candid, code, cycles, snapshots
from replica.management.asked import Given
from replica.management.history import By
from replica.management.operations import CYCLES
from replica.management.settings import wanted
from replica.management.status import info, logs, metrics, status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from analyzer.candid.values import Case, Some
    from replica.canister import Canister
    from replica.engine import Engine
    from replica.management.asked import Asked

_OF_CANISTERS = frozenset({"create_canister", "deposit_cycles", "raw_rand", "canister_info", "canister_metadata"})
_CREATING = "provisional_create_canister_with_cycles"
_TOPPING_UP = "provisional_top_up_canister"
_QUERIES = frozenset({"canister_status", "canister_metrics", "fetch_canister_logs", "list_canisters"})
_QUERIES_OF_CANISTERS = frozenset({"canister_status", "canister_metrics"})
_SMALL = 338  # bytes of a change of settings that a frozen canister takes (MAX_DELAYED_INGRESS_COST_PAYLOAD_SIZE)


class Management:
    """The management canister of a network."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._operations = engine.operations
        self._methods: Mapping[str, Callable[[By, dict[str, Any], Asked], bytes | None]] = {
            "create_canister": self._create,
            _CREATING: self._provide,
            _TOPPING_UP: self._top_up,
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
            "deposit_cycles": self._deposit,
            "raw_rand": lambda _by, _value, asked: candid.write(asked.method, os.urandom(32)),
            "canister_status": self._told,
            "canister_metrics": self._told,
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

        Raises Reject: it is refused before it is a call.
        """
        if method not in self._methods:
            raise Reject(CANISTER_ERROR, "IC0536", f"Management canister has no method '{method}'")
        if method in _OF_CANISTERS:
            raise Reject(CANISTER_REJECT, "IC0406", f"Only canisters can call ic00 method {method}")
        value = candid.read(method, arg)
        if method == _CREATING:
            return None
        name: bytes = (value.get("target_canister") or value["canister_id"]).raw
        canister = self._engine.canisters[name]
        if method == _TOPPING_UP:
            return name  # frozen or not (recalled)
        if not access.admits(canister, caller, method):
            msg = f"Only controllers of canister {Principal(name)} can call ic00 method {method}"
            raise Reject(CANISTER_ERROR, "IC0512", msg)
        if method != "update_settings" or len(arg) > _SMALL:
            cycles.check(canister, cost=self._engine.charges.entrance(len(method) + len(arg)))
        return name

    def call(self, asked: Asked) -> Given | None:
        """Return the answer; None: it is given to the origin later. Raises Reject."""
        run = self._methods.get(asked.method)
        if run is None or (asked.outside and asked.method in _OF_CANISTERS):
            raise Reject(CANISTER_ERROR, "IC0536", f"Management canister has no method '{asked.method}'")
        value = candid.read(asked.method, asked.arg)
        version = value.get("sender_canister_version")
        by = By(asked.caller, not asked.outside, None if version is None else version.value)
        _check_version(by, asked)
        reply = run(by, value, asked)
        if reply is None:
            return None
        is_kept = asked.method in ("create_canister", "deposit_cycles")
        return Given(reply, 0 if is_kept else asked.cycles)

    def query(self, caller: bytes, method: str, arg: bytes) -> bytes:
        """Return the reply of a query. Raises Reject.

        `list_canisters` is for subnet admins, of whom there are none here: anybody may ask.
        """
        if method not in _QUERIES:
            raise Reject(CANISTER_ERROR, "IC0536", f"Query method {method} not found.")
        value = candid.read(method, arg)
        if method == "list_canisters":
            ids = sorted(one.id for one in self._engine.canisters.look())
            return candid.write(
                method, {"canisters": [{"start": Principal(one), "end": Principal(one)} for one in ids]}
            )
        canister = self._operations.asked(By(caller), value["canister_id"].raw, method)
        if method == "fetch_canister_logs":
            return candid.write(method, logs(canister))
        return self._of(canister, method)

    def query_by_canister(self, caller: bytes, method: str, arg: bytes) -> bytes:
        """Return the reply of a query that a composite query asks. Raises Reject."""
        if method not in _QUERIES_OF_CANISTERS:
            raise Reject(CANISTER_ERROR, "IC0536", f"Query method {method} not found.")
        return self.query(caller, method, arg)

    # Canisters.

    def _create(self, by: By, value: dict[str, Any], asked: Asked) -> bytes:
        made = self._operations.create_by_canister(by, _settings(value["settings"]), asked.cycles)
        return candid.write(asked.method, {"canister_id": Principal(made.id)})

    def _provide(self, by: By, value: dict[str, Any], asked: Asked) -> bytes:
        made = self._operations.create(
            by,
            _settings(value["settings"]),
            CYCLES if value["amount"] is None else value["amount"].value,
            name=None if value["specified_id"] is None else value["specified_id"].value.raw,
        )
        return candid.write(asked.method, {"canister_id": Principal(made.id)})

    def _top_up(self, _by: By, value: dict[str, Any], asked: Asked) -> bytes:
        self._operations.deposit(value["canister_id"].raw, value["amount"])
        return candid.write(asked.method)

    def _deposit(self, _by: By, value: dict[str, Any], asked: Asked) -> bytes:
        self._operations.deposit(value["canister_id"].raw, asked.cycles)
        return candid.write(asked.method)

    def _update_settings(self, by: By, value: dict[str, Any], asked: Asked) -> bytes:
        self._operations.update_settings(by, value["canister_id"].raw, wanted(value["settings"]))
        return candid.write(asked.method)

    def _start(self, by: By, value: dict[str, Any], asked: Asked) -> bytes:
        self._operations.start(by, value["canister_id"].raw)
        return candid.write(asked.method)

    def _stop(self, by: By, value: dict[str, Any], asked: Asked) -> bytes | None:
        is_stopped = self._operations.stop(by, value["canister_id"].raw, asked.origin, asked.cycles)
        return candid.write(asked.method) if is_stopped else None

    def _delete(self, by: By, value: dict[str, Any], asked: Asked) -> bytes:
        self._operations.delete(by, value["canister_id"].raw)
        return candid.write(asked.method)

    # Code.

    def _install(self, by: By, value: dict[str, Any], asked: Asked) -> bytes:
        mode, upgrade = _mode(value["mode"])
        name = value["canister_id"].raw
        self._operations.install(by, name, mode, value["wasm_module"], value["arg"], upgrade)
        return candid.write(asked.method)

    def _install_chunked(self, by: By, value: dict[str, Any], asked: Asked) -> bytes:
        mode, upgrade = _mode(value["mode"])
        store = value["store_canister"]
        self._operations.install_chunked(
            by,
            value["target_canister"].raw,
            mode,
            [one["hash"] for one in value["chunk_hashes_list"]],
            value["wasm_module_hash"],
            value["arg"],
            store=None if store is None else store.value.raw,
            upgrade=upgrade,
        )
        return candid.write(asked.method)

    def _uninstall(self, by: By, value: dict[str, Any], asked: Asked) -> bytes:
        self._operations.uninstall(by, value["canister_id"].raw)
        return candid.write(asked.method)

    def _upload_chunk(self, by: By, value: dict[str, Any], asked: Asked) -> bytes:
        hashed = self._operations.upload_chunk(by, value["canister_id"].raw, value["chunk"])
        return candid.write(asked.method, {"hash": hashed})

    def _clear_chunks(self, by: By, value: dict[str, Any], asked: Asked) -> bytes:
        self._operations.clear_chunks(by, value["canister_id"].raw)
        return candid.write(asked.method)

    def _stored_chunks(self, by: By, value: dict[str, Any], asked: Asked) -> bytes:
        canister = self._asked(by, value, asked)
        return candid.write(asked.method, [{"hash": name} for name in sorted(canister.chunks)])

    # What is told.

    def _asked(self, by: By, value: dict[str, Any], asked: Asked) -> Canister:
        return self._operations.asked(by, value["canister_id"].raw, asked.method)

    def _told(self, by: By, value: dict[str, Any], asked: Asked) -> bytes:
        return self._of(self._asked(by, value, asked), asked.method)

    def _of(self, canister: Canister, method: str) -> bytes:
        if method == "canister_metrics":
            return candid.write(method, metrics(canister))
        return candid.write(method, status(canister, is_idle=not self._engine.scheduler.is_busy(canister.id)))

    def _info(self, _by: By, value: dict[str, Any], asked: Asked) -> bytes:
        number = value["num_requested_changes"]
        canister = self._engine.canisters[value["canister_id"].raw]
        return candid.write(asked.method, info(canister, 0 if number is None else number.value))

    def _metadata(self, by: By, value: dict[str, Any], asked: Asked) -> bytes:
        canister = self._engine.canisters[value["canister_id"].raw]
        return candid.write(asked.method, {"value": code.metadata(canister, value["name"], by.principal)})

    # Snapshots.

    def _take(self, by: By, value: dict[str, Any], asked: Asked) -> bytes:
        replaced, uninstall = value["replace_snapshot"], value["uninstall_code"]
        taken = self._operations.take_snapshot(
            by,
            value["canister_id"].raw,
            replaced=None if replaced is None else replaced.value,
            uninstall=uninstall is not None and uninstall.value,
        )
        return candid.write(asked.method, taken.candid())

    def _load(self, by: By, value: dict[str, Any], asked: Asked) -> bytes:
        self._operations.load_snapshot(by, value["canister_id"].raw, value["snapshot_id"])
        return candid.write(asked.method)

    def _snapshots(self, by: By, value: dict[str, Any], asked: Asked) -> bytes:
        canister = self._asked(by, value, asked)
        return candid.write(asked.method, [one.candid() for one in canister.snapshots.values()])

    def _delete_snapshot(self, by: By, value: dict[str, Any], asked: Asked) -> bytes:
        self._operations.delete_snapshot(by, value["canister_id"].raw, value["snapshot_id"])
        return candid.write(asked.method)

    def _read_metadata(self, by: By, value: dict[str, Any], asked: Asked) -> bytes:
        canister = self._asked(by, value, asked)
        return candid.write(asked.method, snapshots.find(canister, value["snapshot_id"]).metadata())

    def _read_data(self, by: By, value: dict[str, Any], asked: Asked) -> bytes:
        canister = self._asked(by, value, asked)
        chunk = snapshots.find(canister, value["snapshot_id"]).read(value["kind"])
        return candid.write(asked.method, {"chunk": chunk})

    def _upload_metadata(self, by: By, value: dict[str, Any], asked: Asked) -> bytes:
        replaced = value["replace_snapshot"]
        made = self._operations.begin_upload(
            by, value["canister_id"].raw, snapshots.upload_of(value), None if replaced is None else replaced.value
        )
        return candid.write(asked.method, {"snapshot_id": made.id})

    def _upload_data(self, by: By, value: dict[str, Any], asked: Asked) -> bytes:
        canister = self._asked(by, value, asked)
        snapshots.find(canister, value["snapshot_id"]).write(canister, value["kind"], value["chunk"])
        return candid.write(asked.method)


def _check_version(by: By, asked: Asked) -> None:
    """Raise Reject if a canister tells another version of itself than the one it called with.

    The spec lets the message trap that makes such a call (`validate_sender_canister_version`); here it is the call that
    is rejected.
    """
    if by.is_canister and by.version is not None and by.version != asked.version:
        msg = f"sender_canister_version {by.version} does not match the version {asked.version} of the sender"
        raise Reject(CANISTER_ERROR, "IC0504", msg)


def _settings(value: Some | None) -> dict[str, Any]:
    inner: Any = {} if value is None else value.value
    return wanted(inner)


def _mode(value: Case) -> tuple[code.Mode, code.Upgrade]:
    mode: Any = str(value.label)
    options: Any = value.value
    if mode != "upgrade" or options is None:
        return mode, code.UPGRADE
    skip, persistence = options.value["skip_pre_upgrade"], options.value["wasm_memory_persistence"]
    kept: Any = None if persistence is None else str(persistence.value.label)
    return mode, code.Upgrade(kept, skip is not None and skip.value)
