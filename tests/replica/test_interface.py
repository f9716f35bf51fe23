"""The system interface: every function, its type, and from where it may be called, as the specification has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from analyzer.candid.principal import Principal
from replica import Reject, Replica
from replica.execution.interface import FUNCTIONS
from tests.replica.wat import REPLY, canister, method, module

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Interface spec 0.66, "Overview of imports". I: a pointer; i, l: 32 and 64 bits. `*` is every entry point but the start
# function; TQ, the transform of an HTTP outcall, is left out: there are none.
SPEC = """
msg_arg_data_size - I : I U RQ NRQ CQ Ry CRy F
msg_arg_data_copy III - : I U RQ NRQ CQ Ry CRy F
msg_caller_size - I : *
msg_caller_copy III - : *
msg_caller_info_data_size - I : U RQ NRQ CQ Ry Rt CRy CRt C CC F
msg_caller_info_data_copy III - : U RQ NRQ CQ Ry Rt CRy CRt C CC F
msg_caller_info_signer_size - I : U RQ NRQ CQ Ry Rt CRy CRt C CC F
msg_caller_info_signer_copy III - : U RQ NRQ CQ Ry Rt CRy CRt C CC F
msg_reject_code - i : Ry Rt CRy CRt C
msg_reject_msg_size - I : Rt CRt
msg_reject_msg_copy III - : Rt CRt
msg_deadline - l : U RQ NRQ CQ Ry Rt CRy CRt
msg_reply_data_append II - : U RQ NRQ CQ Ry Rt CRy CRt
msg_reply - - : U RQ NRQ CQ Ry Rt CRy CRt
msg_reject II - : U RQ NRQ CQ Ry Rt CRy CRt
msg_cycles_available128 I - : U RQ Rt Ry
msg_cycles_refunded128 I - : Rt Ry
msg_cycles_accept128 llI - : U RQ Rt Ry
cycles_burn128 llI - : I G U RQ Ry Rt C T
canister_self_size - I : *
canister_self_copy III - : *
canister_cycle_balance128 I - : *
canister_liquid_cycle_balance128 I - : *
canister_status - i : *
canister_version - l : *
subnet_self_size - I : *
subnet_self_copy III - : *
subnet_self_node_count - i : *
msg_method_name_size - I : F
msg_method_name_copy III - : F
accept_message - - : F
call_new IIIIIIII - : U CQ Ry Rt CRy CRt T
call_on_cleanup II - : U CQ Ry Rt CRy CRt T
call_data_append II - : U CQ Ry Rt CRy CRt T
call_with_best_effort_response i - : U CQ Ry Rt CRy CRt T
call_cycles_add128 ll - : U Ry Rt T
call_perform - i : U CQ Ry Rt CRy CRt T
stable64_size - l : * s
stable64_grow l l : * s
stable64_write lll - : * s
stable64_read lll - : * s
root_key_size - I : I G U RQ Ry Rt C T
root_key_copy III - : I G U RQ Ry Rt C T
certified_data_set II - : I G U Ry Rt T
data_certificate_present - i : *
data_certificate_size - I : NRQ CQ
data_certificate_copy III - : NRQ CQ
time - l : *
global_timer_set l l : I G U Ry Rt C T
performance_counter i l : * s
is_controller II i : * s
in_replicated_execution - i : * s
cost_call llI - : * s
cost_create_canister I - : * s
cost_http_request llI - : * s
cost_http_request_v2 III - : * s
cost_sign_with_ecdsa IIiI i : * s
cost_sign_with_schnorr IIiI i : * s
cost_vetkd_derive_key IIiI i : * s
env_var_count - I : *
env_var_name_size I I : *
env_var_name_copy IIII - : *
env_var_name_exists II i : *
env_var_value_size II I : *
env_var_value_copy IIIII - : *
debug_print II - : * s
trap II - : * s
msg_cycles_available - l : U RQ Rt Ry
msg_cycles_refunded - l : Rt Ry
msg_cycles_accept l l : U RQ Rt Ry
canister_cycle_balance - l : *
call_cycles_add l - : U Ry Rt T
stable_size - i : * s
stable_grow i i : * s
stable_write iii - : * s
stable_read iii - : * s
"""
STAR = "I G U RQ NRQ CQ Ry Rt CRy CRt C CC F T"
NARROW = 9  # the last ones are there for pointers of 32 bits alone


def table() -> dict[str, tuple[str, str, frozenset[str]]]:
    found = {}
    for line in SPEC.strip().splitlines():
        kinds, _, letters = line.partition(" : ")
        name, parameters, result = kinds.split()
        found[name] = (
            parameters.strip("-"),
            result.strip("-"),
            frozenset(letters.replace("*", STAR).split()),
        )
    return found


TABLE = table()
NAMES = list(TABLE)


def test_the_table_is_the_specification_s() -> None:
    assert {name: (one.parameters, one.result, one.where) for name, one in FUNCTIONS.items()} == TABLE
    assert [name for name, one in FUNCTIONS.items() if one.narrow].sort() == NAMES[-NARROW:].sort()


def called(name: str) -> str:
    """Return a call of a function with zeros."""
    zeros = {"I": "(i32.const 0)", "i": "(i32.const 0)", "l": "(i64.const 0)"}
    code = f"(call ${name} {' '.join(zeros[one] for one in TABLE[name][0])})"
    return f"(drop {code})" if TABLE[name][1] else code


CASES = "".join(f"(if (i32.eq (local.get $i) (i32.const {i})) (then {called(name)}))" for i, name in enumerate(NAMES))
ARGUMENT = "(call $msg_arg_data_copy (i32.const 0) (i32.const 0) (i32.const 2)) (call $do (i32.load8_u (i32.const 0)))"
MAYBE_REPLY = f"(if (i32.load8_u (i32.const 1)) (then {REPLY}))"


def asks(name: str, callee: str, kind: str, *, on_reply: int = 0, cleanup: bool = False) -> str:
    """Return a method that asks the canister itself, and calls a function, by its number, in the callback."""
    size = len(callee)
    cleaning = "(call $call_on_cleanup (i32.const 2) (i32.load8_u (i32.const 0)))" if cleanup else ""
    data = "".join(f"(i32.store8 (i32.const {200 + i}) (i32.const {ord(c)}))" for i, c in enumerate(callee))
    return method(
        name,
        f"""(call $msg_arg_data_copy (i32.const 0) (i32.const 0) (i32.const 2)) {data}
        (call $canister_self_copy (i32.const 100) (i32.const 0) (i32.const 10))
        (call $call_new (i32.const 100) (i32.const 10) (i32.const 200) (i32.const {size})
          (i32.const {on_reply}) (i32.load8_u (i32.const 0)) (i32.const 0) (i32.load8_u (i32.const 0)))
        {cleaning} (drop (call $call_perform))""",
        kind,
    )


MODULE = canister(
    f"""
    (global $armed (mut i32) (i32.const 255))
    (table funcref (elem $callback $falls $cleanup))
    (func $do (param $i i32) {CASES})
    (func $callback (param $i i32) (call $do (local.get $i)) {MAYBE_REPLY})
    (func $falls (param $i i32) unreachable)
    (func $cleanup (param $i i32) (call $do (local.get $i)))
    (func (export "canister_init") {ARGUMENT})
    (func (export "canister_post_upgrade") {ARGUMENT})
    (func (export "canister_pre_upgrade") (call $do (global.get $armed)))
    (func (export "canister_heartbeat") (call $do (global.get $armed)) (global.set $armed (i32.const 255)))
    (func (export "canister_inspect_message") {ARGUMENT} (call $accept_message))
    {method("arm", f"(call $msg_arg_data_copy (i32.const 0) (i32.const 0) (i32.const 1)) (global.set $armed (i32.load8_u (i32.const 0))) {REPLY}")}
    {method("U", f"{ARGUMENT} {MAYBE_REPLY}")}
    {method("Q", f"{ARGUMENT} {MAYBE_REPLY}", "query")}
    {method("CQ", f"{ARGUMENT} {MAYBE_REPLY}", "composite_query")}
    {method("give", REPLY, "query")}
    {asks("Ry", "give", "update")}
    {asks("Rt", "none", "update")}
    {asks("CRy", "give", "composite_query")}
    {asks("CRt", "none", "composite_query")}
    {asks("C", "give", "update", on_reply=1, cleanup=True)}
    """
)
NOBODY = bytes([255, 1])  # calls no function and answers


class Tried:
    """One canister in which every function can be called from everywhere."""

    def __init__(self, ic: Replica) -> None:
        self.ic = ic
        self.canister = ic.create()
        ic.install(self.canister, MODULE, NOBODY)

    def said(self, entry: str, name: str) -> str:
        """Return the words of the failure, if any, of a call of a function from an entry point."""
        answers = name in ("msg_reply", "msg_reject")
        arg = bytes([NAMES.index(name), not answers])
        tries: dict[str, Callable[[], object]] = {
            "I": lambda: self.ic.reinstall(self.canister, MODULE, arg),
            "G": lambda: self.ic.upgrade(self.canister, MODULE, NOBODY),
            "NRQ": lambda: self.ic.query(self.canister, "Q", arg),
            "RQ": lambda: self.inside("Q", arg),
            "CQ": lambda: self.ic.query(self.canister, "CQ", arg),
            "CRy": lambda: self.ic.query(self.canister, "CRy", arg),
            "CRt": lambda: self.ic.query(self.canister, "CRt", arg),
            "F": lambda: self.ic.update(self.canister, "give", arg),
            "T": self.ic.tick,
            "s": lambda: self.ic.install(self.ic.create(), started(name), b""),
        }
        number = self.logged()
        if entry in ("G", "T"):
            self.arm(arg)
        try:
            tries.get(entry, lambda: self.inside(entry, arg))()
        except Reject as error:
            return self.logs(number) if entry == "C" else error.message
        return self.logs(number)

    def inside(self, entry: str, arg: bytes) -> None:
        """Call an update method past the inspection, which calls the function as well."""
        raw = Principal.parse(self.canister).raw
        self.ic.call(self.canister, entry, arg, caller=raw)

    def arm(self, arg: bytes) -> None:
        self.ic.call(self.canister, "arm", arg, caller=Principal.parse(self.canister).raw)

    def logged(self) -> int:
        return self.ic.engine.canisters[Principal.parse(self.canister).raw].log_count

    def logs(self, first: int) -> str:
        lines = self.ic.engine.canisters[Principal.parse(self.canister).raw].logs
        return " ".join(line.decode() for number, _, line in lines if number >= first)


def started(name: str) -> bytes:
    kinds = {"I": "i32", "i": "i32", "l": "i64"}
    parameters, result, _ = TABLE[name]
    types = "".join(f" (param {kinds[one]})" for one in parameters) + (f" (result {kinds[result]})" if result else "")
    return module(
        f'(module (import "ic0" "{name}" (func ${name}{types})) (memory 1) (func $start {called(name)}) (start $start))'
    )


@pytest.fixture(scope="module")
def tried() -> Iterator[Tried]:
    with Replica() as ic:
        yield Tried(ic)


FORBIDDEN = "cannot be executed in"
ENTRIES = [*STAR.replace("CC ", "").split(), "s"]  # what a composite query's cleanup does nobody sees


@pytest.mark.parametrize("entry", ENTRIES)
def test_from_where_it_may_be_called(tried: Tried, entry: str) -> None:
    wrong = []
    for name, (_, _, where) in TABLE.items():
        said = tried.said(entry, name)
        if (FORBIDDEN in said) != (entry not in where):
            wrong.append((name, said))
    assert not wrong


@pytest.mark.parametrize("name", NAMES[-NARROW:])
def test_what_is_there_for_pointers_of_32_bits_alone(tried: Tried, name: str) -> None:
    wide = canister("", wide=True, imports=name)
    with pytest.raises(Reject, match="does not have for pointers of 64 bits"):
        tried.ic.install(tried.ic.create(), wide)
