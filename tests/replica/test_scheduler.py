"""Calls between canisters: who hears what, what is kept, who waits for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from analyzer.candid.principal import Principal
from replica import Reject, Replica
from tests.replica.wat import REPLY, method, running

if TYPE_CHECKING:
    from collections.abc import Iterator

REPLIED, REJECTED, TRAPS, CLEANS, CLEANS_AND_TRAPS, AGAIN = range(6)  # in the table
NO_CLEANUP, ONEWAY = None, -1


def sends(
    name: str, *, on_reply: int = REPLIED, cleanup: int | None = NO_CLEANUP, more: str = "", after: str = ""
) -> str:
    """Return a method whose argument is a callee, a method, each behind its length, and an argument to send.

    It adds one to the number at 2000 first.
    """
    cleaning = "" if cleanup is None else f"(call $call_on_cleanup (i32.const {cleanup}) (i32.const 0))"
    on_reject = ONEWAY if on_reply == ONEWAY else REJECTED
    return method(
        name,
        f"""(local $n i32) (local $m i32)
        (i32.store8 (i32.const 2000) (i32.add (i32.load8_u (i32.const 2000)) (i32.const 1)))
        (call $msg_arg_data_copy (i32.const 0) (i32.const 0) (call $msg_arg_data_size))
        (local.set $n (i32.load8_u (i32.const 0)))
        (local.set $m (i32.load8_u (i32.add (i32.const 1) (local.get $n))))
        (call $call_new (i32.const 1) (local.get $n)
          (i32.add (i32.const 2) (local.get $n)) (local.get $m)
          (i32.const {on_reply}) (i32.const 0) (i32.const {on_reject}) (i32.const 0))
        (call $call_data_append
          (i32.add (i32.add (i32.const 2) (local.get $n)) (local.get $m))
          (i32.sub (call $msg_arg_data_size) (i32.add (i32.add (i32.const 2) (local.get $n)) (local.get $m))))
        {cleaning} {more}
        (drop (call $call_perform)) {after}""",
    )


# Three bytes: calls begun, what cleanup wrote, calls taken.
STATE = f"(call $msg_reply_data_append (i32.const 2000) (i32.const 3)) {REPLY}"
SELF = """
  (drop (call $canister_self_size)) (call $canister_self_copy (i32.const 100) (i32.const 0) (i32.const 10))
  (i32.store (i32.const 120) (i32.const 0x65766967)) ;; give
  (call $call_new (i32.const 100) (i32.const 10) (i32.const 120) (i32.const 4)
    (i32.const 5) (i32.const 0) (i32.const 5) (i32.const 0))
  (drop (call $call_perform))"""
CANISTER = f"""
(type $callback (func (param i32)))
(table funcref (elem $replied $rejected $traps $cleans $cleans_and_traps $again))
(func $replied (param i32)
  (call $msg_arg_data_copy (i32.const 3000) (i32.const 0) (call $msg_arg_data_size))
  (call $msg_reply_data_append (i32.const 3000) (call $msg_arg_data_size)) {REPLY})
(func $rejected (param i32)
  (i32.store8 (i32.const 3000) (call $msg_reject_code))
  (call $msg_reject_msg_copy (i32.const 3001) (i32.const 0) (call $msg_reject_msg_size))
  (call $msg_reply_data_append (i32.const 3000) (i32.add (i32.const 1) (call $msg_reject_msg_size))) {REPLY})
(func $traps (param i32) (i32.store8 (i32.const 2000) (i32.const 99)) unreachable)
(func $cleans (param i32) (i32.store8 (i32.const 2001) (i32.const 7)))
(func $cleans_and_traps (param i32) (i32.store8 (i32.const 2001) (i32.const 8)) unreachable)
(func $again (param i32) {SELF})
{sends("send")}
{sends("send_and_trap_later", on_reply=TRAPS, cleanup=CLEANS)}
{sends("send_and_clean_badly", on_reply=TRAPS, cleanup=CLEANS_AND_TRAPS)}
{sends("send_and_trap_now", after="unreachable")}
{sends("send_oneway", on_reply=ONEWAY, after=REPLY)}
{sends("send_cycles", more="(call $call_cycles_add128 (i64.const 0) (i64.const 1000))")}
{sends("send_for_a_minute", more="(call $call_with_best_effort_response (i32.const 60))")}
{method("loop", SELF)}
{method("state", STATE, "query")}
{
    method(
        "give",
        f'''
  (i32.store8 (i32.const 2002) (i32.add (i32.load8_u (i32.const 2002)) (i32.const 1)))
  (call $msg_arg_data_copy (i32.const 0) (i32.const 0) (call $msg_arg_data_size))
  (call $msg_reply_data_append (i32.const 0) (call $msg_arg_data_size)) {REPLY}''',
    )
}
{method("refuse", "(i32.store8 (i32.const 0) (i32.const 33)) (call $msg_reject (i32.const 0) (i32.const 1))")}
{method("fall", "unreachable")}
{method("silent", "")}
{method("take", f"(call $msg_cycles_accept128 (i64.const 0) (i64.const 400) (i32.const 0)) {REPLY}")}
{method("leave", REPLY)}
"""


@pytest.fixture(scope="module")
def ic() -> Iterator[Replica]:
    with Replica(most_messages=4000) as network:
        yield network


@pytest.fixture
def pair(ic: Replica) -> tuple[str, str]:
    """Return a caller and a callee."""
    return running(ic, CANISTER), running(ic, CANISTER)


def to(callee: str, name: str, arg: bytes = b"") -> bytes:
    raw = Principal.parse(callee).raw
    return bytes([len(raw)]) + raw + bytes([len(name)]) + name.encode() + arg


@pytest.mark.parametrize(
    ("name", "arg", "heard"),
    [
        pytest.param("give", b"hello", b"hello", id="a reply"),
        pytest.param("refuse", b"", b"\x04!", id="a reject of the canister's own, and its words"),
        pytest.param("fall", b"", b"\x05Error from Canister ", id="a trap: the code for canister errors"),
        pytest.param("silent", b"", b"\x05Canister did not reply to the call", id="no answer at all"),
        pytest.param("missing", b"", b"\x05Canister has no update method 'missing'.", id="a method that there is not"),
        pytest.param("state", b"", b"\0\0\0", id="a query, as if it were an update"),
    ],
)
def test_what_a_caller_hears(ic: Replica, pair: tuple[str, str], name: str, arg: bytes, heard: bytes) -> None:
    caller, callee = pair
    assert ic.update(caller, "send", to(callee, name, arg)).startswith(heard)


def test_nobody_is_there(ic: Replica, pair: tuple[str, str]) -> None:
    nobody = str(Principal(b"\xee" * 8 + b"\1\1"))
    assert ic.update(pair[0], "send", to(nobody, "give")) == b"\x03" + f"Canister {nobody} not found".encode()


def test_a_canister_calls_itself(ic: Replica, pair: tuple[str, str]) -> None:
    assert ic.update(pair[0], "send", to(pair[0], "give", b"me")) == b"me"


def test_a_stopped_canister_is_not_called(ic: Replica, pair: tuple[str, str]) -> None:
    caller, callee = pair
    ic.stop(callee)
    assert ic.update(caller, "send", to(callee, "give")) == b"\x05" + f"Canister {callee} is stopped".encode()
    ic.start(callee)
    assert ic.update(caller, "send", to(callee, "give", b"again")) == b"again"


@pytest.mark.parametrize(
    ("how", "code", "caller_state", "callee_state"),
    [
        pytest.param("send_and_trap_later", "IC0502", b"\1\7\0", b"\0\0\1", id="a callback that traps leaves what was before the call, and cleans up"),
        pytest.param("send_and_clean_badly", "IC0502", b"\1\0\0", b"\0\0\1", id="a cleanup that traps leaves nothing"),
        pytest.param("send_and_trap_now", "IC0502", b"\0\0\0", b"\0\0\0", id="a message that traps has called nobody"),
    ],
)  # fmt: skip
def test_what_a_trap_leaves(
    ic: Replica, pair: tuple[str, str], how: str, code: str, caller_state: bytes, callee_state: bytes
) -> None:
    caller, callee = pair
    with pytest.raises(Reject) as raised:
        ic.update(caller, how, to(callee, "give"))
    assert raised.value.error_code == code
    assert (ic.query(caller, "state"), ic.query(callee, "state")) == (caller_state, callee_state)


def test_a_oneway_call_is_answered_before_it_is_heard(ic: Replica, pair: tuple[str, str]) -> None:
    caller, callee = pair
    assert ic.update(caller, "send_oneway", to(callee, "give")) == b""
    assert ic.query(callee, "state") == b"\0\0\1"


@pytest.mark.parametrize(
    ("name", "moved"),
    [("take", 400), pytest.param("leave", 0, id="all come back"), pytest.param("fall", 0, id="a trap gives all back")],
)
def test_cycles(ic: Replica, pair: tuple[str, str], name: str, moved: int) -> None:
    caller, callee = pair
    before = [ic.cycles(one) for one in pair]
    ic.update(caller, "send_cycles", to(callee, name))
    assert [ic.cycles(one) - old for one, old in zip(pair, before, strict=True)] == [-moved, moved]


def test_stopping_waits_for_open_calls(ic: Replica, pair: tuple[str, str]) -> None:
    caller, looping = pair
    with pytest.raises(Reject, match="still open"):
        ic.update(looping, "loop")
    with pytest.raises(Reject, match="still open"):
        ic.stop(looping)
    assert not ic.is_stopped(looping)
    assert ic.update(caller, "send", to(looping, "give")) == b"\x05" + f"Canister {looping} is stopping".encode()
    ic.advance_time(301)
    assert not ic.is_stopped(looping)
    ic.start(looping)
    assert ic.update(caller, "send", to(looping, "give", b"x")) == b"x"
    ic.discard(looping)


def test_who_waits_for_a_stop_is_told_that_it_is_cancelled(ic: Replica, pair: tuple[str, str]) -> None:
    looping = pair[1]
    with pytest.raises(Reject, match="still open"):
        ic.update(looping, "loop")
    with pytest.raises(Reject, match="still open"):
        ic.stop(looping)
    ic.start(looping)
    said = [one.reject.error_code for one in ic.engine.history.requests.values() if one.reject is not None]
    assert said[-1] == "IC0511"
    ic.discard(looping)


def test_a_best_effort_call_is_given_up(ic: Replica, pair: tuple[str, str]) -> None:
    caller, looping = pair
    with pytest.raises(Reject, match="still open"):
        ic.update(caller, "send_for_a_minute", to(looping, "loop"))
    ic.advance_time(61)
    said = [one.reply for one in ic.engine.history.requests.values() if one.reply is not None]
    assert said[-1] == b"\x06Message did not complete within its deadline"
    ic.discard(looping)


def test_a_loop_leaves_others_their_turn(ic: Replica, pair: tuple[str, str]) -> None:
    caller, looping = pair
    with pytest.raises(Reject, match="still open"):
        ic.update(looping, "loop")
    assert ic.update(caller, "give", b"mine") == b"mine"
    ic.discard(looping)


def test_who_waits_for_a_canister_that_is_deleted_is_told(ic: Replica, pair: tuple[str, str]) -> None:
    caller, looping = pair
    with pytest.raises(Reject, match="still open"):
        ic.update(caller, "send", to(looping, "loop"))
    ic.discard(looping)
    ic.tick()
    said = [one.reply for one in ic.engine.history.requests.values() if one.reply is not None]
    assert said[-1] == b"\x04Canister has been uninstalled"
