"""Modules that mean harm, or are damaged: refused in words, in bounded time and memory, whatever is in them."""

from __future__ import annotations

import gzip
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replica import Reject, Replica
from replica.module.prepare import MAX_CODE, MAX_MODULE
from tests.replica import registry
from tests.replica.wat import canister, method, module

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC = b"\0asm\x01\0\0\0"
SECONDS = 5  # for any of them, on a slow machine


@pytest.fixture(scope="module")
def ic() -> Iterator[Replica]:
    with Replica() as network:
        yield network


def leb(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def section(kind: int, content: bytes) -> bytes:
    return bytes([kind]) + leb(len(content)) + content


def nested(depth: int) -> bytes:
    body = b"\0" + b"\x02\x40" * depth + b"\x0b" * depth + b"\x0b"
    code = leb(1) + leb(len(body)) + body
    return MAGIC + section(1, b"\x01\x60\0\0") + section(3, b"\x01\0") + section(5, b"\x01\0\x01") + section(10, code)


def exports(count: int) -> bytes:
    names = b"".join(leb(len(f"f{i}")) + f"f{i}".encode() + b"\0\0" for i in range(count))
    return (
        MAGIC
        + section(1, b"\x01\x60\0\0")
        + section(3, b"\x01\0")
        + section(5, b"\x01\0\x01")
        + section(7, leb(count) + names)
        + section(10, b"\x01\x02\0\x0b")
    )


# What it is, and words of the refusal; None: it may be installed.
MODULES: list[tuple[str, bytes, str | None]] = [
    ("nothing", b"", "does not begin as a module does"),
    ("text", b"(module)", "does not begin as a module does"),
    ("a header alone", MAGIC, "one memory of its own"),
    ("another version", b"\0asm\x02\0\0\0", "does not begin as a module does"),
    ("a section that ends too late", MAGIC + b"\x01\xff\xff\x03", "ends too early"),
    ("a section of four gigabytes", MAGIC + b"\x01\xff\xff\xff\xff\x0f", "ends too early"),
    ("a number without an end", MAGIC + b"\x01" + b"\x80" * 40, "a number is too long"),
    ("a section that there is not", MAGIC + section(5, b"\x01\0\x01") + section(99, b""), "there is no section 99"),
    ("a vector of four billion exports", MAGIC + section(5, b"\x01\0\x01") + section(7, b"\xff\xff\xff\xff\x0f"), "ends too early"),
    ("two memories", module("(module (memory 1) (memory 1))"), "one memory of its own"),
    ("an imported memory", module('(module (import "env" "memory" (memory 1)))'), "something that is no function"),
    ("a function that there is not", module('(module (import "ic0" "teleport" (func)) (memory 1))'), r"ic0\.teleport"),
    ("a function of another type", module('(module (import "ic0" "msg_reply" (func (param i32))) (memory 1))'), "not valid"),
    ("a function of somebody else", module('(module (import "env" "abort" (func)) (memory 1))'), r"env\.abort"),
    ("a method that is exported twice", canister(method("m", "") + method("m", "", "query"), imports=""), "exported twice"),
    ("a reference that can change", module("(module (memory 1) (global (mut funcref) (ref.null func)))"), "holds a reference"),
    ("a v128 that can change", module("(module (memory 1) (global (mut v128) (v128.const i64x2 1 2)))"), "holds a v128"),
    ("a method that takes a v128", canister('(func (export "canister_update m") (param v128))', imports=""), "takes or gives"),
    ("an entry that gives a v128", canister('(func (export "canister_init") (result v128) (v128.const i64x2 1 2))', imports=""), "takes or gives"),
    ("blocks 50,000 deep", nested(50_000), None),
    ("20,000 exports", exports(20_000), "20,000 exports, more than"),
    ("ten thousand globals", module("(module (memory 1)" + "(global (mut i64) (i64.const 0))" * 10_000 + ")"), "10,000 globals, more than"),
    ("a thousand sections to be read", MAGIC + section(5, b"\x01\0\x01") + b"".join(section(0, leb(len(f"icp:public {i}")) + f"icp:public {i}".encode()) for i in range(1000)), "custom sections to be read"),
    ("2,000 methods", canister("".join(method(f"m{i}", "") for i in range(1500)), imports=""), "methods, more than"),
    ("a shared memory", module("(module (memory 1 2 shared))"), "not valid"),
    ("a memory of 200 TiB", module("(module (memory i64 3355443200))"), "not valid|memory"),
    ("a start function that does not end", module("(module (memory 1) (func $f (loop (br 0))) (start $f))"), "exceeded the limit"),
    ("a start function that traps", module("(module (memory 1) (func $f unreachable) (start $f))"), "unreachable"),
    ("more code than there may be", MAGIC + section(10, bytes(MAX_CODE + 1)), "its code has more than"),
    ("a bomb", gzip.compress(bytes(MAX_MODULE + 1), 9), "unpacked it has more than"),
    ("a packed file that is cut off", gzip.compress(canister("", imports=""))[:-20], "cannot be unpacked"),
    ("something else, packed", gzip.compress(b"hello"), "does not begin as a module does"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "words"), [pytest.param(*rest, id=name) for name, *rest in MODULES])
def test_a_hostile_module(ic: Replica, content: bytes, words: str | None) -> None:
    name = ic.create()
    ic.engine.limits = ic.engine.limits._replace(install=50_000_000)
    started = time.monotonic()
    said = ""
    try:
        ic.install(name, content, b"")
    except Reject as error:
        said = f"{error.error_code}: {error.message}"
    assert time.monotonic() - started < SECONDS
    if words is not None:
        with pytest.raises(Reject, match=words):
            ic.install(name, content, b"")
        assert ic.module_hash(name) is None
    else:
        assert said == "" or said.startswith("IC0505")


@pytest.mark.parametrize("kind", ["v128", "i64", "externref", "f32", "i32 i32", ""])
def test_a_callback_of_another_type(ic: Replica, kind: str) -> None:
    told = canister(
        f"""(table funcref (elem $told)) (func $told {f"(param {kind})" if kind else ""})
        {
            method(
                "go",
                '''
          (call $call_new (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
            (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
          (drop (call $call_perform))''',
            )
        }""",
        imports="call_new call_perform",
    )
    name = ic.create()
    ic.engine.limits = ic.engine.limits._replace(install=50_000_000)
    ic.install(name, told, b"")
    with pytest.raises(Reject, match="indirect call type mismatch"):
        ic.update(name, "go", b"")


@pytest.mark.parametrize("index", [1, -1, 2**32, 2**63 - 1])
def test_a_callback_that_there_is_not(ic: Replica, index: int) -> None:
    callback = f"(i64.const {index}) (i64.const -1)"
    call = f"""
      (call $call_new (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0) {callback} {callback})
      (drop (call $call_perform))"""
    calling = canister(
        f"(table funcref (elem $told)) (func $told (param i64) (call $msg_reply)) {method('go', call)}",
        imports="call_new call_perform msg_reply",
        wide=True,
    )
    name = ic.create()
    ic.install(name, calling, b"")
    with pytest.raises(Reject, match="out of bounds table access"):
        ic.update(name, "go", b"")


SMALL = canister(method("m", ""), imports="")


@settings(max_examples=200, deadline=None)
@given(content=st.binary(max_size=200) | st.binary(max_size=100).map(lambda tail: MAGIC + tail))
def test_random_bytes_are_refused(content: bytes) -> None:
    with Replica() as ic, pytest.raises(Reject) as raised:
        ic.install(ic.create(), content, b"")
    assert raised.value.error_code == "IC0505"


REAL = gzip.decompress(registry.module(registry.FIRST))


@settings(max_examples=12, deadline=None)
@given(changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_damaged_program_is_refused_or_runs(changes: list[tuple[float, int]]) -> None:
    content = bytearray(REAL)
    for place, value in changes:
        content[int(place * len(content))] = value
    said = "IC0"
    with Replica() as ic:
        name = ic.create()
        try:
            ic.install(name, bytes(content))
            registry.records(ic, name)
        except Reject as error:
            said = error.error_code
    assert said.startswith("IC0")
