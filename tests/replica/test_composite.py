"""Composite queries: they ask other canisters, and nothing of what they do stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from analyzer.candid.principal import Principal
from replica import Reject, Replica
from replica.canister import Limits
from replica.queries import MAX_DEPTH
from tests.replica.test_scheduler import CLEANS, REPLIED, TRAPS, sends, to
from tests.replica.wat import REPLY, method, running

if TYPE_CHECKING:
    from collections.abc import Iterator

# As in test_scheduler: a counter at 2000, one byte that cleanup writes at 2001; here the methods that send are queries.
ASKING = f"""
(type $callback (func (param i32)))
(table funcref (elem $replied $rejected $traps $cleans))
(func $replied (param i32)
  (i32.store8 (i32.const 2000) (i32.add (i32.load8_u (i32.const 2000)) (i32.const 1)))
  (call $msg_arg_data_copy (i32.const 3000) (i32.const 0) (call $msg_arg_data_size))
  (call $msg_reply_data_append (i32.const 2000) (i32.const 1))
  (call $msg_reply_data_append (i32.const 3000) (call $msg_arg_data_size)) {REPLY})
(func $rejected (param i32)
  (i32.store8 (i32.const 3000) (call $msg_reject_code))
  (call $msg_reject_msg_copy (i32.const 3001) (i32.const 0) (call $msg_reject_msg_size))
  (call $msg_reply_data_append (i32.const 3000) (i32.add (i32.const 1) (call $msg_reject_msg_size))) {REPLY})
(func $traps (param i32) unreachable)
(func $cleans (param i32))
{sends("ask", on_reply=REPLIED).replace("canister_update", "canister_composite_query")}
{sends("ask_and_trap", on_reply=TRAPS, cleanup=CLEANS).replace("canister_update", "canister_composite_query")}
{sends("ask_without_an_end", after="(loop $again (br $again))").replace("canister_update", "canister_composite_query")}
{sends("call", on_reply=REPLIED)}
{method("count", f"(call $msg_reply_data_append (i32.const 2000) (i32.const 1)) {REPLY}", "query")}
{
    method(
        "give",
        f'''
  (i32.store8 (i32.const 2000) (i32.const 55))
  (call $msg_arg_data_copy (i32.const 0) (i32.const 0) (call $msg_arg_data_size))
  (call $msg_reply_data_append (i32.const 0) (call $msg_arg_data_size)) {REPLY}''',
        "query",
    )
}
{
    method(
        "present",
        f"(i32.store8 (i32.const 0) (call $data_certificate_present)) (call $msg_reply_data_append (i32.const 0) (i32.const 1)) {REPLY}",
        "query",
    )
}
{method("change", REPLY)}
"""


@pytest.fixture(scope="module")
def ic() -> Iterator[Replica]:
    with Replica(limits=Limits(query=5_000_000)) as network:
        yield network


@pytest.fixture
def pair(ic: Replica) -> tuple[str, str]:
    return running(ic, ASKING), running(ic, ASKING)


@pytest.mark.parametrize("itself", [False, True], ids=["another", "itself"])
def test_it_asks(ic: Replica, pair: tuple[str, str], itself: bool) -> None:
    one, other = pair[0], pair[0 if itself else 1]
    # Begun and heard: the callback sees what the query did before, and the one that is asked sees none of it.
    assert ic.query(one, "ask", to(other, "give", b"hello")) == b"\2hello"
    assert ic.query(one, "ask", to(other, "count")) == b"\2\0"
    assert [ic.query(name, "count") for name in pair] == [b"\0", b"\0"]


@pytest.mark.parametrize(
    ("name", "heard"),
    [
        pytest.param("change", b"\x05Canister has no query method 'change'.", id="an update is no query"),
        pytest.param("nothing", b"\x05Canister has no query method 'nothing'.", id="nothing"),
        pytest.param("present", b"\2\0", id="whoever is asked has no certificate"),
    ],
)
def test_what_it_hears(ic: Replica, pair: tuple[str, str], name: str, heard: bytes) -> None:
    assert ic.query(pair[0], "ask", to(pair[1], name)) == heard


def test_a_callback_that_traps(ic: Replica, pair: tuple[str, str]) -> None:
    with pytest.raises(Reject) as raised:
        ic.query(pair[0], "ask_and_trap", to(pair[1], "give"))
    assert raised.value.error_code == "IC0502"


def test_it_is_no_update(ic: Replica, pair: tuple[str, str]) -> None:
    with pytest.raises(Reject) as raised:
        ic.update(pair[0], "ask", to(pair[1], "give"))
    assert raised.value.error_code == "IC0527"
    said = ic.update(pair[0], "call", to(pair[1], "ask", to(pair[0], "give")))
    assert said == b"\x05Composite query cannot be called in replicated mode"


def test_how_deep_it_goes(ic: Replica, pair: tuple[str, str]) -> None:
    def nested(depth: int) -> bytes:
        arg = to(pair[0], "give", b"x")
        for _ in range(depth - 1):
            arg = to(pair[0], "ask", arg)
        return ic.query(pair[0], "ask", arg)

    assert nested(MAX_DEPTH).endswith(b"x")
    assert b"maximum depth" in nested(MAX_DEPTH + 1)


def test_all_of_it_has_one_limit(ic: Replica, pair: tuple[str, str]) -> None:
    with pytest.raises(Reject) as raised:
        ic.query(pair[0], "ask_without_an_end", to(pair[1], "give"))
    assert raised.value.error_code == "IC0522"
    with pytest.raises(Reject, match="limit"):  # nothing is left for the callback
        ic.query(pair[0], "ask", to(pair[1], "ask_without_an_end", to(pair[1], "give")))


def test_instances_are_given_back(ic: Replica, pair: tuple[str, str]) -> None:
    before = len(ic.engine.machine._residents)
    for _ in range(5):
        ic.query(pair[0], "ask", to(pair[1], "give"))
    assert len(ic.engine.machine._residents) <= before + 2
    assert Principal.parse(pair[0]).raw in ic.engine.canisters
