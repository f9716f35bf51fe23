"""Calls to the management canister that mean harm: each is answered or rejected, and the network goes on."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.candid.methods import method_of
from analyzer.candid.principal import Principal
from analyzer.candid.values import Case, Some, encode
from replica import Reject, Replica
from replica.management import candid
from tests.replica.test_management import (
    AAAAA,
    ARGUMENTS,
    CONTROLLED,
    MODULE,
    OWNER,
    STRANGER,
    filled,
    manage,
    of,
    wanting,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

QUERIES = ("canister_status", "canister_metrics", "fetch_canister_logs", "list_canisters")
METHODS = [*CONTROLLED, "canister_metrics", "provisional_top_up_canister", "provisional_create_canister_with_cycles"]
MORE: dict[str, dict[str, Any]] = {**ARGUMENTS, "provisional_top_up_canister": {"amount": 1}}
SIZES = st.sampled_from([0, 1, 65535, 65536, 1 << 20, 4 << 30, 6 << 30, 500 << 30, 1 << 63, (1 << 64) - 1])
NUMBERS = st.sampled_from([0, 1, 100, 101, 1 << 32, 1 << 48, 1 << 63, 1 << 64, 1 << 128, 1 << 300])
PRINCIPALS = st.binary(max_size=29).map(Principal)
BLOBS = st.binary(max_size=40) | st.just(MODULE)
GLOBALS = st.lists(
    st.one_of(
        st.integers(-(1 << 31), (1 << 31) - 1).map(lambda one: Case("i32", one)),
        st.integers(-(1 << 63), (1 << 63) - 1).map(lambda one: Case("i64", one)),
        st.floats(width=32).map(lambda one: Case("f32", one)),
        st.floats().map(lambda one: Case("f64", one)),
        NUMBERS.map(lambda one: Case("v128", one)),
    ),
    max_size=3,
)


@pytest.fixture(scope="module")
def ic() -> Iterator[Replica]:
    with Replica(most_messages=4000) as network:
        yield network


def goes_on(ic: Replica, name: str) -> None:
    """Check that the network does, whatever became of the canister: one that failed does nothing any more."""
    with suppress(Reject):
        ic.update(name, "add", b"")
    ic.tick()
    other = ic.create()
    ic.install(other, MODULE, b"")
    ic.update(other, "add", b"")
    for one in (name, other):
        if Principal.parse(one).raw in ic.engine.canisters:
            ic.discard(one)


def asks(ic: Replica, method: str, arg: bytes, *, by: bytes = OWNER) -> None:
    for ask in (ic.update, ic.query):
        with suppress(Reject):
            ask(AAAAA, method, arg, caller=by)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_damaged_arguments(ic: Replica, data: st.DataObject) -> None:
    name = ic.create()
    ic.install(name, MODULE, b"")
    what = data.draw(st.sampled_from(METHODS))
    target = "target_canister" if what == "install_chunked_code" else "canister_id"
    known = method_of(candid._interface(), what)
    assert known is not None
    value = {target: Principal.parse(name), **MORE.get(what, {})}
    if what == "provisional_create_canister_with_cycles":
        value = {}
    content = bytearray(encode(candid._interface(), known.arguments, [filled(value, what)]))
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    del content[data.draw(st.integers(0, len(content))) :]
    asks(ic, what, bytes(content))
    goes_on(ic, name)


@settings(max_examples=100, deadline=None)
@given(
    value=st.fixed_dictionaries({
        "wasm_module_size": st.sampled_from([0, len(MODULE), 1 << 20, 1 << 40]),
        "wasm_memory_size": SIZES,
        "stable_memory_size": SIZES,
        "globals": GLOBALS | st.just([Case("i64", 3)]),
        "certified_data": BLOBS,
        "global_timer": SIZES.map(lambda one: Some(Case("active", one))),
        "on_low_wasm_memory_hook_status": st.none() | st.just(Some(Case("ready"))),
    }),
    content=BLOBS,
    offset=SIZES,
    kind=st.sampled_from(["wasm_module", "wasm_memory", "stable_memory", "wasm_chunk"]),
)  # fmt: skip
def test_uploaded_snapshots(ic: Replica, value: dict[str, Any], content: bytes, offset: int, kind: str) -> None:
    name = ic.create()
    ic.install(name, MODULE, b"")
    target = Principal.parse(name)
    with suppress(Reject):
        made = manage(ic, "upload_canister_snapshot_metadata", of(target, **value))["snapshot_id"]
        module = Case("wasm_module", {"offset": 0})
        put = Case(kind) if kind == "wasm_chunk" else Case(kind, {"offset": offset})
        for place, piece in ((module, MODULE), (put, content)):
            with suppress(Reject):
                manage(ic, "upload_canister_snapshot_data", of(target, snapshot_id=made, kind=place, chunk=piece))
        read = Case("wasm_memory", {"offset": offset, "size": len(content)})
        with suppress(Reject):
            manage(ic, "read_canister_snapshot_data", of(target, snapshot_id=made, kind=read))
        manage(ic, "read_canister_snapshot_metadata", of(target, snapshot_id=made))
        manage(ic, "load_canister_snapshot", of(target, snapshot_id=made))
    goes_on(ic, name)


@settings(max_examples=100, deadline=None)
@given(
    numbers=st.dictionaries(
        st.sampled_from([
            "compute_allocation", "memory_allocation", "freezing_threshold", "reserved_cycles_limit",
            "minimum_incoming_canister_call_cycles", "wasm_memory_limit", "wasm_memory_threshold", "log_memory_limit",
        ]),
        NUMBERS,
    ),
    controllers=st.none() | st.lists(PRINCIPALS, max_size=12),
    viewers=st.none() | st.lists(PRINCIPALS, max_size=12).map(lambda some: Case("allowed_viewers", [*some])),
    names=st.none() | st.lists(st.text(max_size=5), max_size=25),
)  # fmt: skip
def test_settings(
    ic: Replica,
    numbers: dict[str, int],
    controllers: list[Principal] | None,
    viewers: Case | None,
    names: list[str] | None,
) -> None:
    name = ic.create()
    ic.install(name, MODULE, b"")
    some: dict[str, Any] = {**numbers}
    if controllers is not None:
        some["controllers"] = controllers
    if viewers is not None:
        some["log_visibility"] = viewers
    if names is not None:
        some["environment_variables"] = [{"name": one, "value": one} for one in names]
    one = ic.engine.canisters[Principal.parse(name).raw]
    before = one.settings
    with suppress(Reject):
        manage(ic, "update_settings", of(Principal.parse(name), settings=wanting(**some)))
        before = one.settings
    assert one.settings is before
    goes_on(ic, name)


@pytest.mark.parametrize("method", [*METHODS, *QUERIES, "create_canister", "raw_rand", "nothing", "", "http_request"])
@pytest.mark.parametrize("arg", [b"", b"DIDL", b"DIDL\0\0", b"DIDL\0\1\x68\1\0", b"\xff" * 1000, bytes(1 << 20)])
def test_arguments_of_other_types(ic: Replica, method: str, arg: bytes) -> None:
    name = ic.create()
    asks(ic, method, arg, by=STRANGER)
    goes_on(ic, name)
