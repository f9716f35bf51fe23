"""The management canister, method by method: what it gives, to whom, and what it refuses."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from analyzer.candid.methods import method_of
from analyzer.candid.principal import Principal
from analyzer.candid.values import Case, Some, decode, encode
from replica import Reject, Replica
from replica.execution.interface import FUNCTIONS
from replica.management import candid, code, cycles, snapshots
from replica.management.cycles import MAINNET
from replica.management.operations import CYCLES
from tests.proof.kills import COUNTING
from tests.replica import registry
from tests.replica.test_scheduler import CANISTER, to
from tests.replica.wat import ANSWER, REPLY, canister, method

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

AAAAA = "aaaaa-aa"
OWNER, STRANGER = b"\x04", b"\7" * 28 + b"\2"
MODULE = canister(COUNTING)
NOTHING = Case("install")


@pytest.fixture(scope="module")
def ic() -> Iterator[Replica]:
    with Replica(most_messages=4000) as network:
        yield network


@pytest.fixture
def name(ic: Replica) -> Principal:
    made = ic.create()
    ic.install(made, MODULE, b"")
    return Principal.parse(made)


def manage(ic: Replica, what: str, value: dict[str, Any] | None = None, *, by: bytes = OWNER) -> Any:  # noqa: ANN401
    """Call a method as a user does, and return its reply."""
    known = method_of(candid._interface(), what)
    assert known is not None
    full: Any = None if value is None else filled(value, what)
    arg = encode(candid._interface(), known.arguments, [] if full is None else [full])
    with ic.engine.lock:
        ic.engine.management.effective(by, what, arg)
    replies = decode(ic.update(AAAAA, what, arg, caller=by), candid._interface(), known.results)
    return replies[0] if replies else None


OPTIONAL = {
    "provisional_create_canister_with_cycles": ("amount", "settings", "specified_id", "sender_canister_version"),
    "update_settings": ("sender_canister_version",),
    "install_code": ("sender_canister_version",),
    "install_chunked_code": ("store_canister", "sender_canister_version"),
    "uninstall_code": ("sender_canister_version",),
    "take_canister_snapshot": ("replace_snapshot", "uninstall_code", "sender_canister_version"),
    "load_canister_snapshot": ("sender_canister_version",),
    "upload_canister_snapshot_metadata": ("replace_snapshot", "global_timer", "on_low_wasm_memory_hook_status"),
}
SETTINGS = (
    "controllers", "compute_allocation", "memory_allocation", "freezing_threshold", "reserved_cycles_limit",
    "minimum_incoming_canister_call_cycles", "log_visibility", "snapshot_visibility", "status_visibility",
    "wasm_memory_limit", "wasm_memory_threshold", "environment_variables", "log_memory_limit",
)  # fmt: skip


def filled(value: dict[str, Any], what: str) -> Any:  # noqa: ANN401 - a value of Candid
    return {**dict.fromkeys(OPTIONAL.get(what, ())), **value}


def wanting(**some: Any) -> Any:  # noqa: ANN401 - values of Candid
    return {**dict.fromkeys(SETTINGS), **{key: Some(value) for key, value in some.items()}}


def of(name: Principal, **more: Any) -> Any:  # noqa: ANN401 - see above
    return {"canister_id": name, **more}


def status(ic: Replica, name: Principal) -> dict[str, Any]:
    found: dict[str, Any] = manage(ic, "canister_status", of(name))
    return found


CONTROLLED = [
    "update_settings", "upload_chunk", "clear_chunk_store", "stored_chunks", "install_code", "uninstall_code", "start_canister",
    "stop_canister", "delete_canister", "canister_status", "take_canister_snapshot", "load_canister_snapshot",
    "list_canister_snapshots", "delete_canister_snapshot", "read_canister_snapshot_metadata", "read_canister_snapshot_data",
    "upload_canister_snapshot_metadata", "upload_canister_snapshot_data", "install_chunked_code",
]  # fmt: skip
ARGUMENTS: dict[str, dict[str, Any]] = {
    "update_settings": {"settings": dict.fromkeys(SETTINGS)},
    "upload_chunk": {"chunk": b""},
    "install_code": {"mode": NOTHING, "wasm_module": b"", "arg": b""},
    "load_canister_snapshot": {"snapshot_id": b""},
    "delete_canister_snapshot": {"snapshot_id": b""},
    "read_canister_snapshot_metadata": {"snapshot_id": b""},
    "read_canister_snapshot_data": {"snapshot_id": b"", "kind": Case("wasm_chunk", {"hash": b""})},
    "upload_canister_snapshot_metadata": {
        "wasm_module_size": 0, "globals": [], "wasm_memory_size": 0, "stable_memory_size": 0, "certified_data": b"",
    },
    "upload_canister_snapshot_data": {"snapshot_id": b"", "kind": Case("wasm_chunk"), "chunk": b""},
    "install_chunked_code": {"mode": NOTHING, "chunk_hashes_list": [], "wasm_module_hash": b"", "arg": b""},
}  # fmt: skip


@pytest.mark.parametrize("what", CONTROLLED)
@pytest.mark.parametrize("inside", [False, True], ids=["before it is a call", "as a call"])
def test_it_takes_a_controller(ic: Replica, name: Principal, what: str, inside: bool) -> None:
    target = "target_canister" if what == "install_chunked_code" else "canister_id"
    value = {target: name, **ARGUMENTS.get(what, {})}
    known = method_of(candid._interface(), what)
    assert known is not None
    arg = encode(candid._interface(), known.arguments, [filled(value, what)])
    refuse = (
        ic.engine.management.effective if not inside else lambda by, name, data: ic.update(AAAAA, name, data, caller=by)
    )
    with pytest.raises(Reject) as raised:
        refuse(STRANGER, what, arg)
    assert raised.value.error_code == "IC0512"
    nowhere = encode(
        candid._interface(), known.arguments, [filled({**value, target: Principal(b"\xee" * 8 + b"\1\1")}, what)]
    )
    with pytest.raises(Reject) as raised:
        ic.update(AAAAA, what, nowhere)
    assert raised.value.error_code == "IC0301"


@pytest.mark.parametrize(
    "what", ["create_canister", "deposit_cycles", "raw_rand", "canister_info", "canister_metadata"]
)
def test_what_canisters_alone_may_call(ic: Replica, what: str) -> None:
    with pytest.raises(Reject, match=f"Only canisters can call ic00 method {what}"):
        ic.engine.management.effective(OWNER, what, b"DIDL\0\0")


def test_no_such_method_and_no_such_argument(ic: Replica) -> None:
    with pytest.raises(Reject) as raised:
        ic.update(AAAAA, "nothing", b"")
    assert raised.value.error_code == "IC0536"
    for arg in (b"", b"DIDL", b"DIDL\0\0", bytes(100)):
        with pytest.raises(Reject) as raised:
            ic.update(AAAAA, "canister_status", arg)
        assert (raised.value.code, raised.value.error_code) == (4, "IC0408")


# Canisters.


def test_creating(ic: Replica) -> None:
    made = manage(ic, "provisional_create_canister_with_cycles", {})["canister_id"]
    assert status(ic, made)["cycles"] == CYCLES
    wanted = Principal.parse("l62sy-yx777-77777-aaabq-cai")
    value = {"specified_id": Some(wanted), "amount": Some(7), "settings": Some(wanting(freezing_threshold=1))}
    assert manage(ic, "provisional_create_canister_with_cycles", value)["canister_id"] == wanted
    assert status(ic, wanted)["cycles"] == 7
    assert status(ic, wanted)["settings"]["freezing_threshold"] == 1
    with pytest.raises(Reject, match="already exists") as raised:
        manage(ic, "provisional_create_canister_with_cycles", {"specified_id": Some(wanted)})
    assert raised.value.error_code == "IC0205"
    manage(ic, "provisional_top_up_canister", of(wanted, amount=10), by=STRANGER)
    assert status(ic, wanted)["cycles"] == 17


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"controllers": [Principal(bytes([i])) for i in range(11)]}, "Invalid number of controllers: 11"),
        ({"compute_allocation": 101}, "compute_allocation expected to be at most 100"),
        ({"memory_allocation": 2**60}, "memory_allocation expected"),
        ({"freezing_threshold": 2**64}, "freezing_threshold expected"),
        ({"environment_variables": [{"name": "a", "value": "1"}] * 2}, "duplicate"),
        (
            {"environment_variables": [{"name": str(i), "value": ""} for i in range(21)]},
            "Too many environment variables",
        ),
        ({"environment_variables": [{"name": "a" * 129, "value": ""}]}, "longer than 128"),
        (
            {"log_visibility": Case("allowed_viewers", [Principal(bytes([i])) for i in range(11)])},
            "too many allowed viewers",
        ),
    ],
)
def test_settings_that_cannot_be(ic: Replica, name: Principal, settings: dict[str, Any], words: str) -> None:
    before = status(ic, name)
    with pytest.raises(Reject, match=words) as raised:
        manage(ic, "update_settings", of(name, settings=wanting(**settings)))
    assert raised.value.error_code == "IC0504"
    assert status(ic, name) == before


def test_settings(ic: Replica, name: Principal) -> None:
    variables = [{"name": "ledger", "value": "aaaaa-aa"}, {"name": "x", "value": ""}]
    wanted = wanting(
        controllers=[Principal(OWNER), Principal(STRANGER)], wasm_memory_limit=10**9, environment_variables=variables,
        log_visibility=Case("public"), status_visibility=Case("allowed_viewers", [Principal(b"\7")]),
    )  # fmt: skip
    manage(ic, "update_settings", of(name, settings=wanted))
    settings = status(ic, name)["settings"]
    assert settings["environment_variables"] == variables
    assert settings["log_visibility"] == Case("public")
    assert {one.raw for one in settings["controllers"]} == {OWNER, STRANGER}
    manage(ic, "canister_status", of(name), by=b"\7")
    manage(ic, "stop_canister", of(name), by=STRANGER)
    with pytest.raises(Reject):
        manage(ic, "stop_canister", of(name), by=b"\7")


def test_the_version_counts_each_change_once(ic: Replica, name: Principal) -> None:
    def version() -> int:
        found: int = status(ic, name)["version"]
        return found

    kept = manage(ic, "take_canister_snapshot", of(name))
    steps: dict[str, Callable[[], object]] = {
        "nothing": lambda: None,
        "a query": lambda: ic.query(str(name), "get"),
        "a snapshot": lambda: manage(ic, "take_canister_snapshot", of(name)),
        "an update": lambda: ic.update(str(name), "add", b""),
        "an upgrade": lambda: ic.upgrade(str(name), MODULE, b""),
        "settings": lambda: manage(ic, "update_settings", of(name, settings=wanting(freezing_threshold=5))),
        "a load": lambda: manage(ic, "load_canister_snapshot", of(name, snapshot_id=kept["id"])),
        "a reinstall": lambda: ic.reinstall(str(name), MODULE, b""),
        "a start": lambda: manage(ic, "start_canister", of(name)),
    }
    grown = {}
    for what, step in steps.items():
        before = version()
        step()
        grown[what] = version() - before
    still = ("nothing", "a query", "a snapshot")
    assert grown == {what: 0 if what in still else 1 for what in steps}


def test_deleting_takes_a_stopped_canister(ic: Replica, name: Principal) -> None:
    with pytest.raises(Reject) as raised:
        manage(ic, "delete_canister", of(name))
    assert raised.value.error_code == "IC0510"
    manage(ic, "stop_canister", of(name))
    manage(ic, "delete_canister", of(name))
    with pytest.raises(Reject, match="not found"):
        status(ic, name)


def test_uninstalling(ic: Replica, name: Principal) -> None:
    manage(ic, "upload_chunk", of(name, chunk=b"x"))
    kept = manage(ic, "take_canister_snapshot", of(name))
    manage(ic, "uninstall_code", of(name))
    told = status(ic, name)
    assert told["module_hash"] is None
    assert told["memory_metrics"]["wasm_chunk_store_size"] == 0
    manage(ic, "load_canister_snapshot", of(name, snapshot_id=kept["id"]))
    assert status(ic, name)["module_hash"] == Some(sha256(MODULE).digest())


# Code.


def test_the_chunk_store(ic: Replica, name: Principal) -> None:
    chunk = bytes(code.MAX_CHUNK)
    hashed = manage(ic, "upload_chunk", of(name, chunk=chunk))["hash"]
    assert hashed == sha256(chunk).digest()
    assert manage(ic, "upload_chunk", of(name, chunk=chunk))["hash"] == hashed
    assert manage(ic, "stored_chunks", of(name)) == [{"hash": hashed}]
    with pytest.raises(Reject, match="exceeds the maximum chunk size"):
        manage(ic, "upload_chunk", of(name, chunk=chunk + b"x"))
    for i in range(code.MAX_CHUNKS - 1):
        manage(ic, "upload_chunk", of(name, chunk=bytes([i])))
    with pytest.raises(Reject, match="maximum capacity"):
        manage(ic, "upload_chunk", of(name, chunk=b"one more"))
    manage(ic, "clear_chunk_store", of(name))
    assert manage(ic, "stored_chunks", of(name)) == []


def test_a_store_serves_other_canisters_of_its_controllers(ic: Replica) -> None:
    store, other = (Principal.parse(ic.create()) for _ in range(2))
    hashed = manage(ic, "upload_chunk", of(store, chunk=MODULE))["hash"]
    value = {
        "mode": NOTHING, "target_canister": other, "store_canister": Some(store), "chunk_hashes_list": [{"hash": hashed}],
        "wasm_module_hash": sha256(MODULE).digest(), "arg": b"",
    }  # fmt: skip
    with pytest.raises(Reject, match="was not found"):
        manage(ic, "install_chunked_code", {**value, "chunk_hashes_list": [{"hash": bytes(32)}]})
    manage(ic, "install_chunked_code", value)
    assert status(ic, other)["module_hash"] == Some(sha256(MODULE).digest())
    manage(ic, "update_settings", of(store, settings=wanting(controllers=[Principal(STRANGER)])))
    with pytest.raises(Reject) as raised:
        manage(ic, "install_chunked_code", {**value, "mode": Case("reinstall")})
    assert raised.value.error_code == "IC0512"


def test_upgrade_options(ic: Replica) -> None:
    motoko, plain = ic.create(), ic.create()
    ic.install(motoko, registry.module(registry.FIRST))
    ic.install(plain, MODULE, b"")
    with pytest.raises(Reject, match="Missing upgrade option"):
        ic.upgrade(motoko, registry.module("v02_safe_additions"))
    with pytest.raises(Reject, match="Invalid upgrade option"):
        ic.upgrade(motoko, MODULE, b"", persistence="keep")
    with pytest.raises(Reject, match="has no Wasm module"):
        ic.upgrade(ic.create(), MODULE, b"")


# Snapshots.


def test_a_snapshot_goes_piece_by_piece_to_another_canister(ic: Replica, name: Principal) -> None:
    for _ in range(3):
        ic.update(str(name), "add", b"")
    kept = manage(ic, "take_canister_snapshot", of(name))["id"]
    told = manage(ic, "read_canister_snapshot_metadata", of(name, snapshot_id=kept))
    assert told["source"].label == "taken_from_canister"
    assert told["globals"] == [Case("i64", 3), Case("i64", 0)]
    other = Principal.parse(ic.create())
    sizes = {key: told[key] for key in ("wasm_module_size", "wasm_memory_size", "stable_memory_size")}
    value = of(other, **sizes, globals=told["globals"], certified_data=b"")
    made = manage(ic, "upload_canister_snapshot_metadata", value)["snapshot_id"]
    for kind in ("wasm_module", "wasm_memory", "stable_memory"):
        for offset in range(0, sizes[f"{kind}_size"], 50_000):
            size = min(50_000, sizes[f"{kind}_size"] - offset)
            piece = Case(kind, {"offset": offset, "size": size})
            chunk = manage(ic, "read_canister_snapshot_data", of(name, snapshot_id=kept, kind=piece))["chunk"]
            assert len(chunk) == size
            placed = Case(kind, {"offset": offset})
            manage(ic, "upload_canister_snapshot_data", of(other, snapshot_id=made, kind=placed, chunk=chunk))
    manage(ic, "load_canister_snapshot", of(other, snapshot_id=made))
    assert ic.query(str(other), "get") == ic.query(str(name), "get") == (3).to_bytes(8, "little") * 3
    assert (
        manage(ic, "read_canister_snapshot_metadata", of(other, snapshot_id=made))["source"].label == "metadata_upload"
    )


def test_a_snapshot_is_loaded_into_another_canister_of_the_same_controller(ic: Replica, name: Principal) -> None:
    ic.update(str(name), "add", b"")
    kept = manage(ic, "take_canister_snapshot", of(name))["id"]
    other = Principal.parse(ic.create())
    manage(ic, "load_canister_snapshot", of(other, snapshot_id=kept))
    assert ic.query(str(other), "get") == (1).to_bytes(8, "little") * 3
    manage(ic, "update_settings", of(name, settings=wanting(controllers=[Principal(STRANGER)])))
    with pytest.raises(Reject) as raised:
        manage(ic, "load_canister_snapshot", of(other, snapshot_id=kept))
    assert raised.value.error_code == "IC0512"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Case("wasm_memory", {"offset": 0, "size": snapshots.MAX_PIECE + 1}), "Requested slice"),
        (Case("wasm_memory", {"offset": 65536, "size": 1}), "Invalid subslice"),
        (Case("wasm_module", {"offset": 2**63, "size": 1}), "Invalid subslice"),
        (Case("wasm_chunk", {"hash": bytes(32)}), "no such chunk"),
    ],
)
def test_pieces_that_there_are_not(ic: Replica, name: Principal, kind: Case, words: str) -> None:
    kept = manage(ic, "take_canister_snapshot", of(name))["id"]
    with pytest.raises(Reject, match=words):
        manage(ic, "read_canister_snapshot_data", of(name, snapshot_id=kept, kind=kind))
    piece = Case("wasm_memory", {"offset": 0})
    with pytest.raises(Reject, match="can be mutated"):
        manage(ic, "upload_canister_snapshot_data", of(name, snapshot_id=kept, kind=piece, chunk=b"x"))
    manage(ic, "delete_canister_snapshot", of(name, snapshot_id=kept))
    with pytest.raises(Reject) as raised:
        manage(ic, "delete_canister_snapshot", of(name, snapshot_id=kept))
    assert (raised.value.code, raised.value.error_code) == (3, "IC0305")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"wasm_memory_size": 5}, "whole pages"),
        ({"wasm_memory_size": 7 << 30}, "within the limits"),
        ({"wasm_module_size": 101 << 20}, "at most 100 MiB"),
    ],
)
def test_snapshots_that_cannot_be_uploaded(ic: Replica, name: Principal, changes: dict[str, int], words: str) -> None:
    value = of(name, **ARGUMENTS["upload_canister_snapshot_metadata"]) | changes
    with pytest.raises(Reject, match=words):
        manage(ic, "upload_canister_snapshot_metadata", value)


@pytest.mark.parametrize("globals_", [[], [Case("i32", 3)], [Case("i64", 3)] * 3])
def test_an_uploaded_snapshot_that_does_not_fit_together(ic: Replica, name: Principal, globals_: list[Case]) -> None:
    value = of(name, **ARGUMENTS["upload_canister_snapshot_metadata"]) | {
        "wasm_module_size": len(MODULE),
        "globals": globals_,
    }
    made = manage(ic, "upload_canister_snapshot_metadata", value)["snapshot_id"]
    piece = Case("wasm_module", {"offset": 0})
    with pytest.raises(Reject):  # the module is not there yet
        manage(ic, "load_canister_snapshot", of(name, snapshot_id=made))
    manage(ic, "upload_canister_snapshot_data", of(name, snapshot_id=made, kind=piece, chunk=MODULE))
    with pytest.raises(Reject, match="not those of the module"):
        manage(ic, "load_canister_snapshot", of(name, snapshot_id=made))
    assert ic.query(str(name), "get") == bytes(24)


def test_what_loading_does_not_bring_back(ic: Replica, name: Principal) -> None:
    timer = canister(
        f"""(func (export "canister_global_timer"))
        {method("set", f"(drop (call $global_timer_set (i64.const 9000000000000000000))) {REPLY}")}
        {method("stop", f"(drop (call $global_timer_set (i64.const 0))) {REPLY}")}""",
        imports="global_timer_set msg_reply",
    )
    ic.reinstall(str(name), timer, b"")
    ic.update(str(name), "set", b"")
    kept = manage(ic, "take_canister_snapshot", of(name))["id"]
    told = manage(ic, "read_canister_snapshot_metadata", of(name, snapshot_id=kept))
    assert told["global_timer"] == Some(Case("active", 9000000000000000000))
    ic.update(str(name), "stop", b"")
    manage(ic, "update_settings", of(name, settings=wanting(freezing_threshold=77)))
    manage(ic, "stop_canister", of(name))
    manage(ic, "load_canister_snapshot", of(name, snapshot_id=kept))
    now = status(ic, name)
    assert now["settings"]["freezing_threshold"] == 77
    assert now["status"] == Case("stopped")
    assert ic.engine.canisters[name.raw].state.timer == 0


# Logs, history, cycles.


def test_logs(ic: Replica, name: Principal) -> None:
    printing = canister(
        f"""{method("say", f"(i32.store (i32.const 0) (i32.const 0x21696821)) (call $debug_print (i32.const 0) (i32.const 4)) {REPLY}")}
        {method("fall", "unreachable")}
        {method("ask", f"(call $debug_print (i32.const 0) (i32.const 4)) {REPLY}", "query")}""",
        imports="debug_print msg_reply",
    )
    ic.reinstall(str(name), printing, b"")

    def logs(by: bytes = OWNER) -> list[bytes]:
        known = method_of(candid._interface(), "fetch_canister_logs")
        assert known is not None
        arg = encode(candid._interface(), known.arguments, [of(name)])
        (found,) = decode(ic.query(AAAAA, "fetch_canister_logs", arg, caller=by), candid._interface(), known.results)
        assert isinstance(found, dict)
        records: Any = found["canister_log_records"]
        return [one["content"] for one in records]

    ic.update(str(name), "say", b"")
    ic.query(str(name), "ask", b"")
    with pytest.raises(Reject):
        ic.update(str(name), "fall", b"")
    assert logs() == [b"!hi!", b"[TRAP]: Canister trapped: wasm `unreachable` instruction executed"]
    with pytest.raises(Reject):
        logs(STRANGER)
    manage(ic, "update_settings", of(name, settings=wanting(log_visibility=Case("public"))))
    assert len(logs(STRANGER)) == 2
    for _ in range(1100):
        ic.update(str(name), "say", b"")
    assert sum(map(len, logs())) <= 4096
    ic.reinstall(str(name), printing, b"")
    assert logs() == []


def asked(ic: Replica, caller: str, what: str, value: Any, *, how: str = "send") -> Any:  # noqa: ANN401
    """Let a canister call a method, and return the reply, or the reject code with the message."""
    known = method_of(candid._interface(), what)
    assert known is not None
    arg = encode(candid._interface(), known.arguments, [] if value is None else [value])
    said = ic.update(caller, how, to(AAAAA, what, arg))
    if not said.startswith(b"DIDL"):
        return said
    replies = decode(said, candid._interface(), known.results)
    return replies[0] if replies else None


def test_what_canisters_call(ic: Replica, name: Principal) -> None:
    caller = ic.create()
    ic.install(caller, canister(CANISTER), b"")
    assert len(asked(ic, caller, "raw_rand", None)) == 32
    made = asked(ic, caller, "create_canister", {"settings": None, "sender_canister_version": None}, how="send_cycles")[
        "canister_id"
    ]
    assert ic.cycles(str(made)) == 1000
    info = asked(ic, caller, "canister_info", {"canister_id": made, "num_requested_changes": Some(5)})
    assert info["controllers"] == [Principal.parse(caller)]
    (created,) = info["recent_changes"]
    assert created["origin"].label == "from_canister"
    before = ic.cycles(str(name))
    asked(ic, caller, "deposit_cycles", of(name), how="send_cycles")
    assert ic.cycles(str(name)) - before == 1000
    assert asked(ic, caller, "canister_status", of(name)).startswith(b"\x05Only the controllers of the canister")


def test_the_history_tells_the_last_changes(ic: Replica, name: Principal) -> None:
    caller = ic.create()
    ic.install(caller, canister(CANISTER), b"")
    for _ in range(25):
        ic.upgrade(str(name), MODULE, b"")
    info = asked(ic, caller, "canister_info", {"canister_id": name, "num_requested_changes": Some(100)})
    assert info["total_num_changes"] == 27
    assert len(info["recent_changes"]) == 20
    last = info["recent_changes"][-1]["details"]
    assert last == Case("code_deployment", {"mode": Case("upgrade"), "module_hash": sha256(MODULE).digest()})


def test_cycles_burn_and_a_canister_that_has_none_loses_its_code() -> None:
    with Replica(charges=MAINNET) as ic:
        name = ic.create(cycles=10**12)
        ic.install(name, MODULE, b"")
        held = ic.engine.canisters[Principal.parse(name).raw]
        a_day = cycles.burned_a_day(held)
        assert a_day > 0
        before = ic.cycles(name)
        ic.advance_time(86400)
        assert ic.cycles(name) == before - a_day
        ic.set_cycles(name, a_day)
        with pytest.raises(Reject, match="out of cycles"):
            ic.update(name, "add", b"")
        ic.advance_time(2 * 86400)
        assert (ic.cycles(name), ic.module_hash(name)) == (0, None)


def test_snapshots_cost_room(ic: Replica, name: Principal) -> None:
    before = status(ic, name)
    manage(ic, "take_canister_snapshot", of(name))
    after = status(ic, name)
    assert after["memory_metrics"]["snapshots_size"] > before["memory_metrics"]["wasm_memory_size"]
    assert after["idle_cycles_burned_per_day"] > before["idle_cycles_burned_per_day"]


# What the system interface sees of it.


def test_environment_variables_and_costs(ic: Replica) -> None:
    reading = canister(
        f"""{
            method(
                "value",
                f'''
          (i32.store16 (i32.const 0) (i32.const 0x6261)) ;; ab
          (call $env_var_value_copy (i32.const 0) (i32.const 2) (i32.const 8) (i32.const 0)
            (call $env_var_value_size (i32.const 0) (i32.const 2)))
          (call $msg_reply_data_append (i32.const 8) (call $env_var_value_size (i32.const 0) (i32.const 2))) {REPLY}''',
            )
        }
        {method("count", f"(i64.store (i32.const 0) (i64.extend_i32_u (call $env_var_count))) {ANSWER}")}""",
        imports="env_var_value_copy env_var_value_size env_var_count msg_reply msg_reply_data_append",
    )
    name = Principal.parse(ic.create())
    ic.install(str(name), reading, b"")
    with pytest.raises(Reject, match="no environment variable of this name"):
        ic.update(str(name), "value", b"")
    variables = [{"name": "ab", "value": "here"}]
    manage(ic, "update_settings", of(name, settings=wanting(environment_variables=variables)))
    assert ic.update(str(name), "value", b"") == b"here"
    assert ic.update(str(name), "count", b"")[0] == 1
    assert "cost_call" in FUNCTIONS


GROWING = canister(
    f"""(func (export "canister_on_low_wasm_memory") (i64.store (i32.const 0) (i64.add (i64.load (i32.const 0)) (i64.const 1))))
    {method("grow", f"(drop (memory.grow (i32.const 10))) {REPLY}")}
    {method("get", ANSWER, "query")}""",
    imports="msg_reply msg_reply_data_append",
)


def test_a_memory_grows_up_to_its_limit(ic: Replica) -> None:
    name = Principal.parse(ic.create())
    ic.install(str(name), GROWING, b"")
    limit = 25 << 16
    manage(ic, "update_settings", of(name, settings=wanting(wasm_memory_limit=limit)))
    for _ in range(2):
        ic.update(str(name), "grow", b"")
    with pytest.raises(Reject, match=f"exceeded its current Wasm memory limit of {limit} bytes") as raised:
        ic.update(str(name), "grow", b"")
    assert raised.value.error_code == "IC0539"
    assert status(ic, name)["memory_metrics"]["wasm_memory_size"] == 21 << 16


def test_the_hook_for_low_memory_runs_once(ic: Replica) -> None:
    name = Principal.parse(ic.create())
    ic.install(str(name), GROWING, b"")
    manage(
        ic, "update_settings", of(name, settings=wanting(wasm_memory_limit=100 << 16, wasm_memory_threshold=80 << 16))
    )
    seen = []
    for _ in range(4):
        ic.update(str(name), "grow", b"")
        seen.append(ic.query(str(name), "get")[0])
    assert seen == [0, 1, 1, 1]
    kept = manage(ic, "take_canister_snapshot", of(name))["id"]
    told = manage(ic, "read_canister_snapshot_metadata", of(name, snapshot_id=kept))
    assert told["on_low_wasm_memory_hook_status"] == Some(Case("executed"))
