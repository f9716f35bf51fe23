"""One canister: what the system interface gives, when it refuses, and what is left after a trap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.candid.principal import Principal
from replica import Reject, Replica
from replica.canister import Limits
from tests.replica.wat import ANSWER, REPLY, canister, method, module, running

if TYPE_CHECKING:
    from collections.abc import Iterator

COUNTER = f"""
(global $count (mut i64) (i64.const 0))
(func $add
  (global.set $count (i64.add (global.get $count) (i64.const 1)))
  (i64.store (i32.const 0) (i64.add (i64.load (i32.const 0)) (i64.const 1)))
  (i64.store (i32.const 8) (global.get $count)))
{method("add", f"(call $add) {ANSWER}")}
{method("add_and_trap", "(call $add) (call $trap (i32.const 0) (i32.const 0))")}
{method("grow_and_trap", "(drop (memory.grow (i32.const 5))) (call $add) unreachable")}
{method("store_and_trap", "(drop (call $stable64_grow (i64.const 1))) (call $stable64_write (i64.const 0) (i64.const 0) (i64.const 8)) unreachable")}
{method("loop", "(loop $again (br $again))")}
{method("deep", "(call $deep)")} (func $deep (call $deep))
{method("nothing", "")}
{method("twice", f"{REPLY} {REPLY}")}
{method("get", f"(call $add) {ANSWER}", "query")}
{method("globals", f"(i64.store (i32.const 0) (global.get $count)) {ANSWER}", "query")}
{method("sizes", f"(i64.store (i32.const 0) (i64.add (i64.extend_i32_u (memory.size)) (i64.mul (i64.const 100) (call $stable64_size)))) {ANSWER}", "query")}
"""


@pytest.fixture(scope="module")
def ic() -> Iterator[Replica]:
    with Replica(limits=Limits(update=50_000_000, query=50_000_000)) as network:
        yield network


def number(data: bytes) -> int:
    return int.from_bytes(data, "little")


def test_what_an_update_writes_is_kept_and_what_a_query_writes_is_not(ic: Replica) -> None:
    name = running(ic, COUNTER)
    assert [number(ic.update(name, "add")) for _ in range(3)] == [1, 2, 3]
    assert [number(ic.query(name, "get")) for _ in range(2)] == [4, 4]
    assert number(ic.query(name, "globals")) == 3
    assert number(ic.update(name, "get")) == 4  # a query in replicated execution leaves nothing either
    assert number(ic.query(name, "globals")) == 3


@pytest.mark.parametrize(
    ("broken", "code", "says"),
    [
        pytest.param("add_and_trap", "IC0503", "ic0.trap", id="a trap of its own"),
        pytest.param("grow_and_trap", "IC0502", "unreachable", id="its memory grew before"),
        pytest.param("store_and_trap", "IC0502", "unreachable", id="it wrote to stable memory before"),
        pytest.param("loop", "IC0522", "exceeded the limit of 50000000 instructions", id="it does not end"),
        pytest.param("deep", "IC0502", "call stack exhausted", id="it calls itself"),
        pytest.param("nothing", "IC0506", "did not reply", id="it does not answer"),
        pytest.param("twice", "IC0504", "answered already", id="it answers twice"),
    ],
)
def test_a_trap_leaves_nothing(ic: Replica, broken: str, code: str, says: str) -> None:
    name = running(ic, COUNTER)
    assert number(ic.update(name, "add")) == 1
    before = number(ic.query(name, "sizes"))
    with pytest.raises(Reject) as raised:
        ic.update(name, broken)
    assert (raised.value.code, raised.value.error_code) == (5, code)
    assert says in raised.value.message
    assert number(ic.query(name, "sizes")) == before
    assert (number(ic.query(name, "globals")), number(ic.update(name, "add"))) == (1, 2)


def test_what_there_is_not(ic: Replica) -> None:
    name = running(ic, COUNTER)
    with pytest.raises(Reject) as raised:
        ic.update(name, "gone")
    assert raised.value.error_code == "IC0536"
    with pytest.raises(Reject) as raised:
        ic.query(name, "add")
    assert raised.value.error_code == "IC0536"
    with pytest.raises(Reject) as raised:
        ic.query(str(Principal(b"\xff" * 8 + b"\1\1")), "m")
    assert raised.value.error_code == "IC0301"
    with pytest.raises(Reject) as raised:
        ic.query(ic.create(), "m")
    assert raised.value.error_code == "IC0537"


@pytest.mark.parametrize("wide", [False, True], ids=["32 bits", "64 bits"])
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    pointer=st.integers(0, 2**64 - 1)
    | st.sampled_from([65528, 65529, 65536, 2**31, 2**32 - 1, 2**32, 2**63, 2**64 - 8]),
    size=st.integers(0, 2**64 - 1) | st.sampled_from([0, 1, 8, 2**32 - 1, 2**64 - 1]),
)
def test_no_pointer_leads_out_of_memory(ic: Replica, wide: bool, pointer: int, size: int) -> None:
    bits = 64 if wide else 32
    pointer, size = pointer % 2**bits, size % 2**bits
    code = f"(call $msg_reply_data_append (i{bits}.const {pointer}) (i{bits}.const {size})) {REPLY}"
    name = running(ic, method("m", code, "query"), wide=wide)
    if pointer + size <= 65536:
        assert ic.query(name, "m") == bytes(size)
        return
    with pytest.raises(Reject) as raised:
        ic.query(name, "m")
    assert raised.value.error_code in ("IC0502", "IC0504")


@pytest.mark.parametrize(
    ("module", "says"),
    [
        pytest.param(b"", "does not begin as a module does", id="nothing"),
        pytest.param(
            b"\0asm\x01\0\0\0\x01\xff\xff\xff\xff\x0f", "ends too early", id="a section longer than the module"
        ),
        pytest.param(b"\x1f\x8b\x08" + bytes(20), "cannot be unpacked", id="no gzip"),
        pytest.param(canister("")[:-3], "ends too early", id="cut off"),
        pytest.param(b"\0asm\x01\0\0\0", "one memory of its own", id="no memory"),
    ],
)
def test_what_is_no_module(ic: Replica, module: bytes, says: str) -> None:
    with pytest.raises(Reject, match=says) as raised:
        ic.install(ic.create(), module)
    assert raised.value.error_code == "IC0505"


def test_an_import_that_there_is_not_is_named(ic: Replica) -> None:
    teleporting = module('(module (import "ic0" "teleport" (func)) (memory 1))')
    with pytest.raises(Reject, match=r"ic0\.teleport"):
        ic.install(ic.create(), teleporting)


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_a_damaged_module_is_refused_or_runs(ic: Replica, data: st.DataObject) -> None:
    damaged = bytearray(
        canister(COUNTER, imports="msg_reply msg_reply_data_append trap stable64_grow stable64_write stable64_size")
    )
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(8, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    name = ic.create()
    said = "IC0"
    try:
        ic.install(name, bytes(damaged))
        ic.update(name, "add")
    except Reject as error:
        said = error.error_code
    ic.engine.canisters.remove(Principal.parse(name).raw)
    assert said.startswith("IC0")


def test_the_clock_is_set_and_stepped(ic: Replica) -> None:
    name = running(ic, method("time", f"(i64.store (i32.const 0) (call $time)) {ANSWER}", "query"))

    def told() -> int:
        return int.from_bytes(ic.query(name, "time"), "little")

    real = told()
    ic.set_time(2_000_000_000_000_000_000)
    assert 0 <= told() - 2_000_000_000_000_000_000 < 10_000_000_000
    ic.advance_time(1000)
    assert 0 <= told() - 2_000_001_000_000_000_000 < 10_000_000_000
    ic.set_time(real)
