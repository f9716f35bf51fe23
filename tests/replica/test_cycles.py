"""Cycles: what is charged for what, who pays, and what a canister that has too few does not do any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from analyzer.candid.principal import Principal
from analyzer.candid.values import Case, Some
from replica import Reject, Replica
from replica.management import cycles
from replica.management.cycles import FREE, MAINNET, Charges
from replica.management.history import By
from tests.replica.test_management import MODULE, OWNER, STRANGER, asked, manage, of, status, wanting
from tests.replica.test_scheduler import CANISTER, to
from tests.replica.wat import ANSWER, REPLY, canister, method

if TYPE_CHECKING:
    from collections.abc import Iterator

    from replica.canister import Canister

T = 10**12


@pytest.fixture(scope="module")
def ic() -> Iterator[Replica]:
    with Replica(most_messages=4000) as network:
        yield network


def held(ic: Replica, name: str) -> Canister:
    return ic.engine.canisters[Principal.parse(name).raw]


@pytest.mark.parametrize(
    ("charges", "method_name", "arg", "uses"),
    [
        pytest.param(Charges(), "add", b"", {}, id="nothing by default"),
        pytest.param(Charges(update=7), "add", b"", {"instructions": 7}, id="a message"),
        pytest.param(Charges(update=7), "get", b"", {}, id="a query is free"),
        pytest.param(Charges(ingress=5), "add", b"", {"ingress_induction": 5}, id="a call from outside"),
        pytest.param(Charges(per_ingress_byte=10), "add", b"", {"ingress_induction": 30}, id="bytes of the method's name"),
        pytest.param(Charges(update=7), "fall", b"", {"instructions": 7}, id="a message that traps"),
        pytest.param(Charges(idle=True, per_call=9), "add", b"", {}, id="no calls between canisters, no time"),
    ],
)  # fmt: skip
def test_what_is_charged(charges: Charges, method_name: str, arg: bytes, uses: dict[str, int]) -> None:
    falling = canister(
        f"{method('add', REPLY)} {method('get', REPLY, 'query')} {method('fall', 'unreachable')}", imports="msg_reply"
    )
    with Replica() as ic:
        name = ic.create(cycles=T)
        ic.install(name, falling, b"")
        ic.engine.charges = charges
        if method_name == "get":
            ic.query(name, method_name, arg)
        elif method_name == "fall":
            with pytest.raises(Reject):
                ic.update(name, method_name, arg)
        else:
            ic.update(name, method_name, arg)
        assert ic.cycles(name) == T - sum(uses.values())
        ic.engine.charges = FREE  # for asking is a call from outside too
        told = manage(ic, "canister_metrics", of(Principal.parse(name)))["cycles_consumed"]
        assert {use: amount for use, amount in told.items() if amount} == uses


def test_instructions_are_charged_as_they_were_counted() -> None:
    with Replica(charges=Charges(per_instruction=2.0)) as ic:
        name = ic.create(cycles=T)
        ic.install(name, MODULE, b"")
        before = ic.cycles(name)
        ic.update(name, "add", b"")
        used = held(ic, name).used()
        assert used > 0
        assert before - ic.cycles(name) == 2 * used


def test_a_call_gives_back_what_its_answer_did_not_need() -> None:
    charges = Charges(per_call=1000, per_byte=3)
    with Replica(charges=charges) as ic:
        caller, callee = ic.create(cycles=T), ic.create(cycles=T)
        for name in (caller, callee):
            ic.install(name, canister(CANISTER), b"")
        assert ic.update(caller, "send", to(callee, "give", b"hello")) == b"hello"
        spent = 1000 + 3 * (len("give") + len(b"hello") + len(b"hello"))
        assert T - ic.cycles(caller) == spent
        assert held(ic, caller).consumed == {cycles.TRANSMISSION: spent}
        assert ic.cycles(callee) == T


def test_a_call_that_is_not_affordable_is_not_made() -> None:
    trying = canister(
        method(
            "go",
            f"""(call $call_new (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
              (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
            (i64.store (i32.const 0) (i64.extend_i32_u (call $call_perform))) {ANSWER}""",
        ),
        imports="call_new call_perform msg_reply msg_reply_data_append",
    )
    with Replica(charges=Charges(per_call=1000, per_byte=1)) as ic:
        name = ic.create(cycles=T)
        ic.install(name, trying, b"")
        limit = cycles.freezing_limit(held(ic, name))
        ic.set_cycles(name, limit + 1000)  # not enough for an answer of 2 MiB
        assert ic.update(name, "go", b"")[0] == 2  # SYS_TRANSIENT
        assert ic.cycles(name) == limit + 1000


def test_making_a_canister_takes_the_fee() -> None:
    with Replica(charges=Charges(create=400)) as ic:
        caller = ic.create()
        ic.install(caller, canister(CANISTER), b"")
        value = {"settings": None, "sender_canister_version": None}
        made = asked(ic, caller, "create_canister", value, how="send_cycles")["canister_id"]
        assert ic.cycles(str(made)) == 600
        ic.engine.charges = Charges(create=1001)
        before = ic.cycles(caller)
        said = asked(ic, caller, "create_canister", value, how="send_cycles")
        assert said == (
            b"\x04Creating a canister requires a fee of 1001 that is deducted from the canister's initial balance but "
            b"only 1000 cycles were received with the create_canister request."
        )
        assert ic.cycles(caller) == before  # what came with the call went back


def test_burning_is_counted(ic: Replica) -> None:
    burning = canister(
        method("burn", f"(call $cycles_burn128 (i64.const 0) (i64.const 500) (i32.const 0)) {ANSWER}"),
        imports="cycles_burn128 msg_reply msg_reply_data_append",
    )
    name = ic.create(cycles=T)
    ic.install(name, burning, b"")
    assert int.from_bytes(ic.update(name, "burn", b""), "little") == 500
    assert ic.cycles(name) == T - 500
    assert held(ic, name).consumed == {cycles.BURNED: 500}


# Below the freezing limit.


def frozen(ic: Replica, module: bytes = MODULE) -> str:
    name = ic.create(cycles=T)
    ic.install(name, module, b"")
    ic.set_cycles(name, cycles.freezing_limit(held(ic, name)) - 1)
    return name


@pytest.mark.parametrize(
    ("what", "more"),
    [
        ("canister_status", {}),
        ("start_canister", {}),
        ("stop_canister", {}),
        ("uninstall_code", {}),
        ("upload_chunk", {"chunk": b"x"}),
        ("take_canister_snapshot", {}),
        ("install_code", {"mode": Case("reinstall"), "wasm_module": MODULE, "arg": b""}),
    ],
)
def test_calls_about_a_frozen_canister_are_not_taken(ic: Replica, what: str, more: dict[str, object]) -> None:
    name = Principal.parse(frozen(ic))
    with pytest.raises(Reject, match="top up the canister with at least 1 additional cycles") as raised:
        manage(ic, what, of(name, **more))
    assert (raised.value.code, raised.value.error_code) == (2, "IC0207")


def test_what_a_frozen_canister_refuses(ic: Replica) -> None:
    name = frozen(ic)
    for ask in (ic.update, ic.query):
        with pytest.raises(Reject) as raised:
            ask(name, "get", b"")
        assert raised.value.error_code == "IC0207"
    caller = ic.create()
    ic.install(caller, canister(CANISTER), b"")
    assert ic.update(caller, "send", to(name, "add")).startswith(b"\x02Canister ")


@pytest.mark.parametrize("way", ["settings", "top up", "deposit"])
def test_the_ways_out_of_the_ice(ic: Replica, way: str) -> None:
    name = frozen(ic)
    if way == "settings":
        manage(ic, "update_settings", of(Principal.parse(name), settings=wanting(freezing_threshold=0)))
    elif way == "top up":
        manage(ic, "provisional_top_up_canister", of(Principal.parse(name), amount=1), by=STRANGER)
    else:
        caller = ic.create()
        ic.install(caller, canister(CANISTER), b"")
        asked(ic, caller, "deposit_cycles", of(Principal.parse(name)), how="send_cycles")
    ic.update(name, "add", b"")


def test_large_changes_of_settings_are_not_among_them(ic: Replica) -> None:
    name = frozen(ic)
    variables = [{"name": f"n{i}", "value": "x" * 100} for i in range(4)]
    with pytest.raises(Reject) as raised:
        manage(ic, "update_settings", of(Principal.parse(name), settings=wanting(environment_variables=variables)))
    assert raised.value.error_code == "IC0207"


def test_neither_timer_nor_heartbeat_runs_in_a_frozen_canister(ic: Replica) -> None:
    count = "(i64.store (i32.const 0) (i64.add (i64.load (i32.const 0)) (i64.const 1)))"
    beating = canister(
        f"""(func (export "canister_heartbeat") {count})
        (func (export "canister_global_timer") {count})
        (func (export "canister_init") (drop (call $global_timer_set (i64.const 1))))
        {method("get", ANSWER, "query")}""",
        imports="global_timer_set msg_reply msg_reply_data_append",
    )
    name = frozen(ic, beating)
    ic.tick()
    ic.set_cycles(name, T)
    assert ic.query(name, "get")[0] == 0
    ic.tick()
    assert ic.query(name, "get")[0] == 2


def grown(pages: int) -> bytes:
    return canister(method("get", REPLY, "query"), imports="msg_reply", memory=str(pages))


@pytest.mark.parametrize(
    ("mode", "module"), [("install", grown(1000)), ("reinstall", grown(1000)), ("upgrade", grown(1000))]
)
def test_an_install_that_would_freeze_the_canister_did_not_happen(ic: Replica, mode: str, module: bytes) -> None:
    name = ic.create(cycles=T)
    if mode != "install":
        ic.install(name, MODULE, b"")
        ic.update(name, "add", b"")
    ic.set_cycles(name, cycles.freezing_limit(held(ic, name)) + 100)
    before = status(ic, Principal.parse(name))
    with pytest.raises(Reject, match=r"Canister installation failed with .* is out of cycles") as raised:
        getattr(ic, mode)(name, module, b"")
    assert raised.value.error_code == "IC0207"
    assert status(ic, Principal.parse(name)) == before
    if mode != "install":
        assert ic.query(name, "get") == (1).to_bytes(8, "little") * 3


def test_neither_chunks_nor_snapshots_nor_allocations_may_freeze_it(ic: Replica) -> None:
    name = ic.create(cycles=T)
    ic.install(name, MODULE, b"")
    ic.set_cycles(name, cycles.freezing_limit(held(ic, name)) + 100)
    before, raw = status(ic, Principal.parse(name)), Principal.parse(name)
    for what, more in (
        ("upload_chunk", {"chunk": b"x"}),
        ("take_canister_snapshot", {}),
        ("update_settings", {"settings": wanting(compute_allocation=1)}),
        ("update_settings", {"settings": wanting(memory_allocation=1 << 30)}),
    ):
        with pytest.raises(Reject) as raised:
            manage(ic, what, of(raw, **more))
        assert raised.value.error_code == "IC0207", what
    assert status(ic, raw) == before


def test_a_snapshot_with_the_code_taken_away_needs_no_more_than_there_was(ic: Replica) -> None:
    name = Principal.parse(ic.create(cycles=T))
    ic.install(str(name), grown(1000), b"")
    ic.set_cycles(str(name), cycles.freezing_limit(held(ic, str(name))) + 10**6)
    with pytest.raises(Reject):
        manage(ic, "take_canister_snapshot", of(name))
    taken = manage(ic, "take_canister_snapshot", of(name, uninstall_code=Some(True)))
    assert status(ic, name)["module_hash"] is None
    ic.set_cycles(str(name), T)
    manage(ic, "load_canister_snapshot", of(name, snapshot_id=taken["id"]))
    assert status(ic, name)["memory_metrics"]["wasm_memory_size"] == 1000 << 16


def test_a_canister_that_runs_out_keeps_its_id_and_its_controllers_alone() -> None:
    with Replica(charges=Charges(idle=True)) as ic:
        name = ic.create(cycles=T)
        ic.install(name, MODULE, b"")
        raw = Principal.parse(name)
        manage(ic, "take_canister_snapshot", of(raw))
        manage(ic, "update_settings", of(raw, settings=wanting(compute_allocation=1, freezing_threshold=0)))
        one = held(ic, name)
        version, changes = one.version, one.changes
        ic.advance_time(10**6)
        assert ic.cycles(name) == 0
        told = status(ic, raw)
        assert told["module_hash"] is None
        assert told["settings"]["compute_allocation"] == 0
        assert told["settings"]["controllers"] == [Principal(OWNER)]
        assert (one.snapshots, one.history, one.changes, one.version) == ({}, [], changes, version + 1)
        assert sum(one.consumed.values()) == T


def test_the_prices_of_the_mainnet() -> None:
    """Docs of the Internet Computer, "Cycle costs", 13 nodes."""
    with Replica(charges=MAINNET) as ic:
        name = ic.create(cycles=T)
        ic.install(name, grown(1), b"")
        manage(ic, "update_settings", of(Principal.parse(name), settings=wanting(memory_allocation=1 << 30)))
        assert cycles.burned_a_day(held(ic, name)) == 127_000 * 86400
        before = ic.cycles(name)
        ic.engine.operations.start(By(OWNER), Principal.parse(name).raw)  # of the process: no call, no price
        assert ic.cycles(name) == before
        size = len("stop_canister") + len(b"DIDL") + 20
        manage(ic, "stop_canister", of(Principal.parse(name)))
        assert 1_200_000 + 2_000 * size <= before - ic.cycles(name) <= 1_200_000 + 2_000 * (size + 20)


def test_what_comes_back_after_the_code_is_gone_is_not_lost(ic: Replica) -> None:
    caller, callee = ic.create(cycles=T), ic.create(cycles=T)
    for name in (caller, callee):
        ic.install(name, canister(CANISTER), b"")
    raw = Principal.parse(caller)
    with ic.engine.change():  # the call is sent, and not yet taken
        ic.engine.scheduler.submit(b"r" * 32, OWNER, raw.raw, "send_cycles", to(callee, "leave"))
        ic.engine.scheduler.run(1)
    assert ic.cycles(caller) == T - 1000
    with ic.engine.change():
        ic.engine.operations.uninstall(By(OWNER), raw.raw)
    assert ic.engine.scheduler.is_busy(raw.raw)
    ic.engine.proceed()
    assert ic.cycles(caller) == T
    assert not ic.engine.scheduler.is_busy(raw.raw)
    assert not ic.engine.scheduler.outgoing


def test_cycles_of_a_stop_go_back(ic: Replica) -> None:
    caller, name = ic.create(cycles=T), ic.create()
    ic.install(caller, canister(CANISTER), b"")
    settings = wanting(controllers=[Principal(OWNER), Principal.parse(caller)])
    manage(ic, "update_settings", of(Principal.parse(name), settings=settings))
    for _ in range(2):  # stopping it, and finding it stopped
        asked(ic, caller, "stop_canister", of(Principal.parse(name)), how="send_cycles")
        assert ic.cycles(caller) == T


def test_a_canister_takes_calls_with_what_it_wants_for_them(ic: Replica) -> None:
    caller, callee = ic.create(), ic.create()
    for name in (caller, callee):
        ic.install(name, canister(CANISTER), b"")
    for least, said in ((1000, b""), (1001, b"\x05Canister ")):
        settings = wanting(minimum_incoming_canister_call_cycles=least)
        manage(ic, "update_settings", of(Principal.parse(callee), settings=settings))
        before = ic.cycles(caller)
        assert ic.update(caller, "send_cycles", to(callee, "leave")).startswith(said)
        assert ic.cycles(caller) == before  # neither took any
    assert ic.update(callee, "send", to(callee, "give", b"me")) == b"me"
    assert ic.update(callee, "give", b"from outside") == b"from outside"
