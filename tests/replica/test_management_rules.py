"""Rules of the management canister that its specification states and clients rarely meet."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from analyzer.candid.methods import method_of
from analyzer.candid.principal import Principal
from analyzer.candid.values import Case, Some, decode, encode
from replica import Reject, Replica
from replica.management import candid, code, snapshots
from replica.management.history import By
from tests.replica import registry
from tests.replica.test_composite import ASKING
from tests.replica.test_management import (
    AAAAA,
    ARGUMENTS,
    GROWING,
    MODULE,
    OWNER,
    STRANGER,
    asked,
    filled,
    manage,
    of,
    status,
    wanting,
)
from tests.replica.test_scheduler import CANISTER, to
from tests.replica.wat import canister

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FULL = Principal(b"\xaa" * 8 + b"\1\1")


@pytest.fixture(scope="module")
def ic() -> Iterator[Replica]:
    with Replica(most_messages=4000) as network:
        yield network


@pytest.fixture
def name(ic: Replica) -> Principal:
    made = ic.create()
    ic.install(made, MODULE, b"")
    return Principal.parse(made)


@pytest.fixture
def caller(ic: Replica) -> str:
    made = ic.create()
    ic.install(made, canister(CANISTER), b"")
    return made


# Who.


def test_a_canister_has_its_own_chunk_store_in_hand(ic: Replica, caller: str, name: Principal) -> None:
    itself = Principal.parse(caller)
    hashed = asked(ic, caller, "upload_chunk", of(itself, chunk=MODULE))["hash"]
    assert asked(ic, caller, "stored_chunks", of(itself)) == [{"hash": hashed}]
    assert isinstance(asked(ic, caller, "canister_status", of(itself)), dict)
    settings = wanting(controllers=[Principal(OWNER), itself])
    manage(ic, "update_settings", of(name, settings=settings))
    value = {
        "mode": Case("reinstall"), "target_canister": name, "store_canister": Some(itself),
        "chunk_hashes_list": [{"hash": hashed}], "wasm_module_hash": hashed, "arg": b"",
    }  # fmt: skip
    asked(ic, caller, "install_chunked_code", filled(value, "install_chunked_code"))  # its store, and its canister
    assert asked(ic, caller, "stop_canister", of(itself)).startswith(b"\x05Only the controllers")
    asked(ic, caller, "clear_chunk_store", of(itself))
    assert manage(ic, "stored_chunks", of(itself)) == []


@pytest.mark.parametrize(
    ("section", "found"),
    [
        pytest.param("candid:service", True, id="a public section, to any canister"),
        pytest.param("motoko:stable-types", False, id="a private section, to no other canister"),
        pytest.param("nothing", False, id="a section that there is not"),
    ],
)
def test_metadata_for_canisters(ic: Replica, caller: str, section: str, found: bool) -> None:
    motoko = Principal.parse(ic.create())
    ic.install(str(motoko), registry.module(registry.FIRST))
    said = asked(ic, caller, "canister_metadata", {**of(motoko), "name": section})
    assert isinstance(said, dict) == found
    settings = wanting(controllers=[Principal(OWNER), Principal.parse(caller)])
    manage(ic, "update_settings", of(motoko, settings=settings))
    said = asked(ic, caller, "canister_metadata", {**of(motoko), "name": section})
    assert isinstance(said, dict) == (section != "nothing")


@pytest.mark.parametrize("method", ["create_canister", "deposit_cycles", "raw_rand", "canister_info"])
def test_what_users_may_not_call_they_may_not_call_in_the_process_either(ic: Replica, method: str) -> None:
    with pytest.raises(Reject) as raised:
        ic.update(AAAAA, method, b"DIDL\0\0")
    assert (raised.value.code, raised.value.error_code) == (4, "IC0406")


@pytest.mark.parametrize("does", ["stop", "start", "delete", "load", "upgrade"])
def test_whoever_has_a_network_in_its_process_is_asked_as_well(ic: Replica, name: Principal, does: str) -> None:
    more: dict[str, tuple[Any, ...]] = {"load": (ic.snapshot(str(name)),), "upgrade": (MODULE, b"")}
    with pytest.raises(Reject) as raised:
        getattr(ic, does)(str(name), *more.get(does, ()), caller=STRANGER)
    assert raised.value.error_code == "IC0512"


def test_a_composite_query_asks_for_the_status(ic: Replica) -> None:
    asking = Principal.parse(ic.create())
    ic.install(str(asking), canister(ASKING), b"")
    known = method_of(candid._interface(), "canister_status")
    assert known is not None
    arg = encode(candid._interface(), known.arguments, [of(asking)])
    said = ic.query(str(asking), "ask", to(AAAAA, "canister_status", arg))
    (told,) = decode(said[1:], candid._interface(), known.results)
    assert isinstance(told, dict)
    assert told["module_hash"] == Some(sha256(canister(ASKING)).digest())
    said = ic.query(str(asking), "ask", to(AAAAA, "list_canisters", b"DIDL\0\0"))
    assert said.startswith(b"\x05Query method list_canisters not found")


# Versions.


def test_versions_that_count_twice_or_not_at_all(ic: Replica, name: Principal) -> None:
    def version() -> int:
        return ic.engine.canisters[name.raw].version

    steps: list[tuple[str, Callable[[], object], int]] = [
        ("a stop: it stops, it is stopped", lambda: manage(ic, "stop_canister", of(name)), 2),
        ("a stop of a stopped one", lambda: manage(ic, "stop_canister", of(name)), 1),
        ("in the process", lambda: ic.start(str(name)), 1),
        ("in the process too", lambda: ic.stop(str(name)), 2),
        ("a chunk", lambda: manage(ic, "upload_chunk", of(name, chunk=b"x")), 0),
        ("cycles", lambda: manage(ic, "provisional_top_up_canister", of(name, amount=1)), 0),
        ("taking the code away", lambda: manage(ic, "uninstall_code", of(name)), 1),
        ("installing", lambda: ic.install(str(name), MODULE, b""), 1),
        ("a snapshot with the code taken away",
         lambda: manage(ic, "take_canister_snapshot", of(name, uninstall_code=Some(True))), 1),
    ]  # fmt: skip
    for what, step, grows in steps:
        before = version()
        step()
        assert version() - before == grows, what


def test_the_version_that_a_canister_says_it_has(ic: Replica, caller: str) -> None:
    owned = asked(ic, caller, "create_canister", {"settings": None, "sender_canister_version": None}, how="send_cycles")
    target = owned["canister_id"]
    manage(ic, "provisional_top_up_canister", of(target, amount=10**13))
    now = ic.engine.canisters[Principal.parse(caller).raw].version
    value = {"settings": dict(wanting(controllers=[Principal.parse(caller)])), "sender_canister_version": Some(now + 5)}
    assert asked(ic, caller, "update_settings", of(target, **value)).startswith(b"\x05sender_canister_version")
    now = ic.engine.canisters[Principal.parse(caller).raw].version
    asked(ic, caller, "update_settings", of(target, **{**value, "sender_canister_version": Some(now)}))
    told = asked(ic, caller, "canister_info", of(target, num_requested_changes=Some(1)))
    (change,) = told["recent_changes"]
    origin: Any = {"canister_id": Principal.parse(caller), "canister_version": Some(now)}
    assert change["origin"] == Case("from_canister", origin)


# History.


def history(ic: Replica, caller: str, name: Principal) -> list[dict[str, Any]]:
    told = asked(ic, caller, "canister_info", of(name, num_requested_changes=Some(20)))
    changes: list[dict[str, Any]] = told["recent_changes"]
    return changes


def test_what_the_history_tells_of_snapshots(ic: Replica, caller: str, name: Principal) -> None:
    version = status(ic, name)["version"]
    taken = manage(ic, "take_canister_snapshot", of(name))
    other = Principal.parse(ic.create())
    for target in (name, other):
        manage(ic, "load_canister_snapshot", of(target, snapshot_id=taken["id"]))
        change = history(ic, caller, target)[-1]
        details = change["details"]
        assert details.label == "load_snapshot"
        assert details.value["from_canister_id"] == (None if target == name else Some(name))
        assert details.value["canister_version"] == version
        assert details.value["taken_at_timestamp"] == taken["taken_at_timestamp"]
        assert details.value["source"].label == "taken_from_canister"
        assert change["canister_version"] == status(ic, target)["version"]


def test_what_the_history_tells_of_settings(ic: Replica, caller: str, name: Principal) -> None:
    before = len(history(ic, caller, name))
    manage(ic, "update_settings", of(name, settings=wanting(freezing_threshold=1)))
    assert len(history(ic, caller, name)) == before
    manage(ic, "update_settings", of(name, settings=wanting(controllers=[Principal(OWNER)])))  # what they were
    assert history(ic, caller, name)[-1]["details"].label == "controllers_change"


def test_variables_of_a_new_canister_are_hashed(ic: Replica, caller: str) -> None:
    variables = [{"name": "a", "value": "b"}]
    made = manage(
        ic, "provisional_create_canister_with_cycles", {"settings": Some(wanting(environment_variables=variables))}
    )["canister_id"]
    pair = sha256(b"a").digest() + sha256(b"b").digest()
    (change,) = history(ic, caller, made)
    assert change["details"].value["environment_variables_hash"] == Some(sha256(pair).digest())


def test_the_time_of_installation(ic: Replica, name: Principal) -> None:
    one = ic.engine.canisters[name.raw]
    installed = one.installed
    assert installed is not None
    taken = manage(ic, "take_canister_snapshot", of(name))
    manage(ic, "uninstall_code", of(name))
    assert one.installed is None
    manage(ic, "load_canister_snapshot", of(name, snapshot_id=taken["id"]))
    assert one.installed is not None
    assert one.installed > installed


# Snapshots.


def test_ten_snapshots_and_no_more(ic: Replica, name: Principal) -> None:
    taken = [manage(ic, "take_canister_snapshot", of(name))["id"] for _ in range(snapshots.MAX_SNAPSHOTS)]
    metadata = {**ARGUMENTS["upload_canister_snapshot_metadata"]}
    for what, more in (("take_canister_snapshot", {}), ("upload_canister_snapshot_metadata", metadata)):
        with pytest.raises(Reject, match="maximum number of snapshots allowed: 10") as raised:
            manage(ic, what, of(name, **more))
        assert (raised.value.code, raised.value.error_code) == (4, "IC0406")
    new = manage(ic, "take_canister_snapshot", of(name, replace_snapshot=Some(taken[0])))["id"]
    listed = [one["id"] for one in manage(ic, "list_canister_snapshots", of(name))]
    assert listed == [*taken[1:], new]
    with pytest.raises(Reject, match="Could not find the snapshot ID"):
        manage(ic, "take_canister_snapshot", of(name, replace_snapshot=Some(taken[0])))


def test_an_empty_canister_has_no_snapshots(ic: Replica) -> None:
    empty = Principal.parse(ic.create())
    with pytest.raises(Reject, match="Failed to create snapshot for empty canister"):
        manage(ic, "take_canister_snapshot", of(empty))
    assert manage(ic, "list_canister_snapshots", of(empty)) == []


def uploaded(ic: Replica, name: Principal, module: bytes = MODULE, **more: Any) -> bytes:  # noqa: ANN401
    value = {
        **ARGUMENTS["upload_canister_snapshot_metadata"],
        "wasm_module_size": len(module),
        "wasm_memory_size": 1 << 16,
        "globals": [Case("i64", 3)],
        **more,
    }
    made: bytes = manage(ic, "upload_canister_snapshot_metadata", of(name, **value))["snapshot_id"]
    piece = Case("wasm_module", {"offset": 0})
    manage(ic, "upload_canister_snapshot_data", of(name, snapshot_id=made, kind=piece, chunk=module))
    return made


def test_chunks_of_an_uploaded_snapshot(ic: Replica, name: Principal) -> None:
    made = uploaded(ic, name)

    def put(chunk: bytes) -> None:
        kind = Case("wasm_chunk")
        manage(ic, "upload_canister_snapshot_data", of(name, snapshot_id=made, kind=kind, chunk=chunk))

    with pytest.raises(Reject, match="exceeds the maximum chunk size"):
        put(bytes(code.MAX_CHUNK + 1))
    for i in range(code.MAX_CHUNKS):
        put(bytes([i]))
    put(bytes([0]))  # it is there
    with pytest.raises(Reject, match="maximum capacity"):
        put(b"one more")
    manage(ic, "upload_chunk", of(name, chunk=b"of today"))
    manage(ic, "load_canister_snapshot", of(name, snapshot_id=made))
    stored = {one["hash"] for one in manage(ic, "stored_chunks", of(name))}
    assert stored == {sha256(bytes([i])).digest() for i in range(code.MAX_CHUNKS)}


@pytest.mark.parametrize(
    ("hook", "threshold", "after"),
    [
        pytest.param(None, 0, "condition_not_satisfied", id="not told: the canister's own stays"),
        pytest.param("condition_not_satisfied", 0, "condition_not_satisfied", id="not low, and not said to be"),
        pytest.param("executed", 4 << 30, "executed", id="low, and it ran"),
        pytest.param("ready", 0, None, id="said to be low, and it is not"),
        pytest.param("condition_not_satisfied", 4 << 30, None, id="low, and said not to be"),
    ],
)
def test_the_hook_of_an_uploaded_snapshot(
    ic: Replica, name: Principal, hook: str | None, threshold: int, after: str | None
) -> None:
    value = None if hook is None else Some(Case(hook))
    made = uploaded(ic, name, on_low_wasm_memory_hook_status=value)
    told = manage(ic, "read_canister_snapshot_metadata", of(name, snapshot_id=made))
    assert told["on_low_wasm_memory_hook_status"] == value
    manage(ic, "update_settings", of(name, settings=wanting(wasm_memory_threshold=threshold)))
    if after is None:
        with pytest.raises(Reject, match="the hook for low memory is"):
            manage(ic, "load_canister_snapshot", of(name, snapshot_id=made))
        return
    manage(ic, "load_canister_snapshot", of(name, snapshot_id=made))
    assert ic.engine.canisters[name.raw].hook == after


@pytest.mark.parametrize(
    ("timer", "after"),
    [
        pytest.param(None, 8 * 10**18, id="not told: the canister's own stays"),
        pytest.param(Some(Case("inactive")), 0, id="inactive"),
        pytest.param(Some(Case("active", 9 * 10**18)), 9 * 10**18, id="active"),
    ],
)
def test_the_timer_of_an_uploaded_snapshot(ic: Replica, name: Principal, timer: Some | None, after: int) -> None:
    one = ic.engine.canisters[name.raw]
    one.state.timer = 8 * 10**18
    made = uploaded(ic, name, global_timer=timer)
    manage(ic, "load_canister_snapshot", of(name, snapshot_id=made))
    assert one.state.timer == after


def test_what_was_uploaded_is_told_as_it_came(ic: Replica, name: Principal) -> None:
    for globals_ in ([Case("i64", 3)], [Case("i64", 3), Case("i64", 77)]):
        made = uploaded(ic, name, globals=globals_)
        told = manage(ic, "read_canister_snapshot_metadata", of(name, snapshot_id=made))
        assert told["globals"] == globals_
        manage(ic, "load_canister_snapshot", of(name, snapshot_id=made))


@pytest.mark.parametrize(
    ("memory", "size", "words"),
    [
        pytest.param("1 2", 10 << 16, "does not fit into the module", id="more than the module has room for"),
        pytest.param("1", 6 << 30, "does not fit into the module", id="more than 32 bits reach"),
    ],
)
def test_a_memory_that_does_not_fit_is_not_loaded(
    ic: Replica, name: Principal, memory: str, size: int, words: str
) -> None:
    ic.update(str(name), "add", b"")
    before = ic.query(str(name), "get")
    module = canister("(global (mut i64) (i64.const 0))", imports="", memory=memory)
    made = uploaded(ic, name, module, wasm_memory_size=size)
    with pytest.raises(Reject, match=words):
        manage(ic, "load_canister_snapshot", of(name, snapshot_id=made))
    assert ic.query(str(name), "get") == before


# Settings.


def test_the_memory_limit_is_not_below_what_there_is(ic: Replica, name: Principal) -> None:
    with pytest.raises(Reject, match="more than the limit that is wanted") as raised:
        manage(ic, "update_settings", of(name, settings=wanting(wasm_memory_limit=1)))
    assert raised.value.error_code == "IC0504"
    manage(ic, "update_settings", of(name, settings=wanting(wasm_memory_limit=0)))  # no limit


def test_the_room_for_logs(ic: Replica, name: Principal) -> None:
    one = ic.engine.canisters[name.raw]
    one.logs = [(i, 0, bytes(1000)) for i in range(4)]
    manage(ic, "update_settings", of(name, settings=wanting(log_memory_limit=2500)))
    assert [number for number, _, _ in one.logs] == [2, 3]
    with pytest.raises(Reject, match="log_memory_limit expected to be at most 2097152"):
        manage(ic, "update_settings", of(name, settings=wanting(log_memory_limit=(2 << 20) + 1)))


@pytest.mark.parametrize(
    ("limit", "threshold", "runs"),
    [
        pytest.param(0, 0, 0, id="neither limit nor threshold"),
        pytest.param(0, (4 << 30) - (1 << 16), 0, id="no limit: room up to 4 GiB, just enough of it"),
        pytest.param(0, (4 << 30) - (1 << 16) + 1, 1, id="no limit: a byte too little"),
        pytest.param(100 << 16, 99 << 16, 0, id="as much room as is wanted"),
        pytest.param(100 << 16, (99 << 16) + 1, 1, id="less room than is wanted"),
    ],
)
def test_new_settings_may_make_memory_low(ic: Replica, limit: int, threshold: int, runs: int) -> None:
    name = Principal.parse(ic.create())
    ic.install(str(name), GROWING, b"")
    for _ in range(2):
        wanted = wanting(wasm_memory_limit=limit, wasm_memory_threshold=threshold)
        manage(ic, "update_settings", of(name, settings=wanted))
        ic.set_cycles(str(name), 0)
        ic.tick()  # it is frozen, and waits
        ic.set_cycles(str(name), 10**14)
        ic.tick()
        assert ic.query(str(name), "get")[0] == runs


def test_any_url_will_do_to_make_a_canister(ic: Replica) -> None:
    known = method_of(candid._interface(), "provisional_create_canister_with_cycles")
    assert known is not None
    value = filled({"specified_id": Some(FULL)}, "provisional_create_canister_with_cycles")
    arg = encode(candid._interface(), known.arguments, [value])
    assert ic.engine.management.effective(OWNER, "provisional_create_canister_with_cycles", arg) is None


def test_operations_below_candid(ic: Replica) -> None:
    by, engine = By(OWNER), ic.engine
    with engine.change():
        made = engine.operations.create(by, {"controllers": [OWNER, STRANGER], "freezing_threshold": 9})
        engine.operations.install(by, made.id, "install", MODULE, b"")
        taken = engine.operations.take_snapshot(By(STRANGER), made.id)
        engine.operations.update_settings(by, made.id, {"controllers": [OWNER]})
        with pytest.raises(Reject) as raised:
            engine.operations.load_snapshot(By(STRANGER), made.id, taken.id)
        assert raised.value.error_code == "IC0512"
        engine.operations.load_snapshot(by, made.id, taken.id)
        engine.operations.delete_snapshot(by, made.id, taken.id)
    assert [change.kind for change in made.history] == [
        "creation", "code_deployment", "controllers_change", "load_snapshot",
    ]  # fmt: skip
