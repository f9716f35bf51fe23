"""Values and their text, example by example."""

from __future__ import annotations

import time

import pytest

from analyzer.candid.methods import method_of
from analyzer.candid.parse import parse_candid
from analyzer.candid.types import Kind
from analyzer.candid.values import (
    RESERVED,
    Case,
    DecodeError,
    EncodeError,
    FuncRef,
    Principal,
    ServiceRef,
    Some,
    Value,
    decode,
    decode_untyped,
    encode,
)
from analyzer.candid.values.parse import parse_untyped, parse_values
from analyzer.candid.values.print import values_text
from analyzer.errors import ParseError

NOBODY = Principal(b"")


def read(text: str, types: str) -> list[Value]:
    interface = parse_candid(f"service : {{ m : {types} -> () }}")
    method = method_of(interface, "m")
    assert method is not None
    return parse_values(text, interface, method.arguments)


@pytest.mark.parametrize(
    ("text", "types", "values"),
    [
        pytest.param("(1_000, 0xFf, -5, +5)", "(nat, nat8, int, int64)", [1000, 255, -5, 5], id="whole numbers"),
        pytest.param("(1.5e3, .5, 1., -1e-2, 0x1.8p1)", "(float64, float64, float64, float64, float64)", [1500.0, 0.5, 1.0, -0.01, 3.0], id="floats"),
        pytest.param("(0.1)", "(float32)", [0.10000000149011612], id="a float32 is rounded"),
        pytest.param("(inf, -inf)", "(float64, float32)", [float("inf"), float("-inf")], id="infinity, as it is printed"),
        pytest.param(r'("a\n\u{e9}\c3\a9")', "(text)", ["a\néé"], id="escapes of a text"),
        pytest.param(r'(blob "a\00\ff", vec { 1; 2 })', "(blob, vec nat8)", [b"a\0\xff", b"\1\2"], id="blobs"),
        pytest.param("(opt 1, null, opt null)", "(opt nat, opt nat, opt opt nat)", [Some(1), None, Some(None)], id="opt"),
        pytest.param("(record { a = 1; 5; x = 2 })", "(record { a : nat; 98 : nat; b : opt nat })", [{"a": 1, "b": 5}], id="98 is b, the id behind a") if False else pytest.param("(record { a = 1; 5; x = 2 })", "(record { a : nat; b : nat; c : opt nat })", [{"a": 1, "b": 5, "c": None}], id="an unlabelled field has the id behind the one before; others are dropped"),
        pytest.param("(record { 1; true })", "(record { nat; bool })", [{0: 1, 1: True}], id="a tuple"),
        pytest.param('(record { "b c" = 1 })', '(record { "b c" : nat })', [{"b c": 1}], id="a quoted name"),
        pytest.param("(variant { x = 1 }, variant { y }, variant { 7 })", "(variant { x : nat }, variant { y }, variant { 7 })", [Case("x", 1), Case("y"), Case(7)], id="variants"),
        pytest.param('(principal "aaaaa-aa", service "aaaaa-aa", func "aaaaa-aa"."a b")', "(principal, service {}, func () -> ())", [NOBODY, ServiceRef(NOBODY), FuncRef(NOBODY, "a b")], id="references"),
        pytest.param("(1, null : reserved)", "(reserved, reserved)", [RESERVED, RESERVED], id="reserved takes everything"),
        pytest.param("((1 : nat) : int, (vec { 1 : nat8 } : vec nat8))", "(int, vec nat8)", [1, b"\1"], id="annotations"),
        pytest.param("() // nothing /* here */", "(null, opt nat, reserved)", [None, None, RESERVED], id="what may be left out at the end"),
        pytest.param("(1,)", "(nat)", [1], id="a comma at the end"),
    ],
)  # fmt: skip
def test_a_text_has_these_values(text: str, types: str, values: list[Value]) -> None:
    assert read(text, types) == values


@pytest.mark.parametrize(
    ("text", "types", "says"),
    [
        pytest.param("(-1)", "(nat)", "this number is no nat", id="a negative nat"),
        pytest.param("(256)", "(nat8)", "this number is no nat8", id="too large for its width"),
        pytest.param(
            "(1)", "(float64)", "this number is no value of type float64", id="a float without a point, as in didc"
        ),
        pytest.param("(1)", "(opt nat)", "no value of type opt nat", id="opt is written, as in didc"),
        pytest.param("(1 : nat8)", "(nat)", "no value of type nat", id="another annotation"),
        pytest.param("(record {})", "(record { a : nat })", "the field a of type nat is missing", id="a missing field"),
        pytest.param("(variant { b })", "(variant { a })", "the case b is not in variant { a }", id="an unknown case"),
        pytest.param("(1, 2)", "(nat)", "2 values for 1 types", id="one value too many"),
        pytest.param("()", "(nat)", "value 0 of type nat is missing", id="one value too few"),
        pytest.param("(record { a = 1; 97 = 2 })", "(record { a : nat })", "have the same id 97", id="one field twice"),
        pytest.param('(principal "baaaa-aa")', "(principal)", "checksum", id="a wrong checksum"),
        pytest.param("(1 : foo)", "(nat)", '"foo" is not defined', id="an unknown type"),
        pytest.param("(0X1)", "(nat)", "small x", id="a capital X"),
        pytest.param("(hello)", "(text)", "written in quotes", id="a bare word"),
        pytest.param("1", "(nat)", 'expected "("', id="no parentheses"),
        pytest.param('(blob "a")', "(vec nat16)", "no value of type vec nat16", id="a blob is a vec nat8"),
    ],
)
def test_a_wrong_text_is_refused(text: str, types: str, says: str) -> None:
    with pytest.raises(ParseError) as caught:
        read(text, types)
    assert says in f"{caught.value} {caught.value.hint}"


def test_a_text_without_types_shows_them() -> None:
    untyped = parse_untyped('(1, 2 : nat8, vec { record { a = "x" } }, opt null, 1.5)')
    kinds = [untyped.interface.table.kinds[node] for node in untyped.types]
    assert kinds == [Kind.INT, Kind.NAT8, Kind.VEC, Kind.OPT, Kind.FLOAT64]
    assert (
        decode(encode(untyped.interface, untyped.types, untyped.values), untyped.interface, untyped.types)
        == untyped.values
    )
    with pytest.raises(ParseError, match="this bool is no value of type int"):
        parse_untyped("(vec { 1; true })")


SHOWN = """\
(
  record {
    owner = principal "aaaaa-aa";
    note = opt "with \\"quotes\\"";
    amounts = vec { 1_000 : nat; 5 : nat };
  },
  variant { Ok = 1.5 : float32 },
  opt (7 : nat16),
  null : reserved,
)"""


def test_values_are_broken_at_a_width() -> None:
    untyped = parse_untyped(SHOWN)
    assert values_text(untyped.values, untyped.interface, untyped.types, width=50) == SHOWN
    line = values_text(untyped.values, untyped.interface, untyped.types, annotated=False)
    assert line.endswith("variant { Ok = 1.5 }, opt 7, null)")
    assert values_text(untyped.values, untyped.interface, untyped.types, limit=20) == "(record { owner = p…"


def test_a_number_of_very_many_digits_is_written_in_hexadecimal() -> None:
    interface = parse_candid("service : { m : (nat, int) -> () }")
    method = method_of(interface, "m")
    assert method is not None
    values: list[Value] = [1 << 100_000, -(1 << 100_000)]
    text = values_text(values, interface, method.arguments)
    assert "0x1000" in text
    assert parse_values(text, interface, method.arguments) == values
    assert decode(encode(interface, method.arguments, values), interface, method.arguments) == values


@pytest.mark.parametrize(
    ("value", "says"),
    [
        pytest.param({"a": -1, "b": []}, "value 0.a: -1 is no value of type nat", id="a field of another type"),
        pytest.param({"a": True, "b": []}, "value 0.a: True is no value of type nat", id="a bool is no number"),
        pytest.param({"a": 1}, "value 0: the field b is missing", id="a missing field"),
        pytest.param(
            {"a": 1, "b": [], "c": 1},
            "value 0: the field c is not in record { a : nat; b : vec text }",
            id="an unknown field",
        ),
        pytest.param(
            {"a": 1, "x": []},
            "value 0: the field x is not in record { a : nat; b : vec text }",
            id="a field of another name",
        ),
        pytest.param(
            {"a": 1, "b": ["x", 2]}, "value 0.b.1: 2 is no value of type text", id="an element of another type"
        ),
        pytest.param({"a": 1, "b": ["\ud800"]}, "surrogates", id="a surrogate"),
    ],
)
def test_a_wrong_value_is_refused(value: Value, says: str) -> None:
    interface = parse_candid("service : { m : (record { a : nat; b : vec text }) -> () }")
    method = method_of(interface, "m")
    assert method is not None
    with pytest.raises(EncodeError) as caught:
        encode(interface, method.arguments, [value])
    assert says in str(caught.value)


LIST = parse_candid("type L = opt record { nat; L }; type N = opt N; service : { l : (L) -> (); n : (N) -> () }")


def nested(name: str, depth: int) -> tuple[bytes, Value]:
    value: Value = None
    for _ in range(depth):
        value = Some(value) if name == "n" else Some({0: 1, 1: value})
    method = method_of(LIST, name)
    assert method is not None
    return encode(LIST, method.arguments, [value]), value


@pytest.mark.parametrize(("name", "depth"), [("l", 15_000), ("n", 90_000)])
def test_a_long_list_is_read_and_written(name: str, depth: int) -> None:
    data, _ = nested(name, depth)
    method = method_of(LIST, name)
    assert method is not None
    values = decode(data, LIST, method.arguments)
    assert encode(LIST, method.arguments, values) == data
    for width in (None, 80):
        assert len(values_text(values, LIST, method.arguments, width=width)) > depth


def test_a_long_list_is_the_same_as_text() -> None:
    data, value = nested("l", 5_000)
    method = method_of(LIST, "l")
    assert method is not None
    for width in (None, 80):
        text = values_text([value], LIST, method.arguments, width=width)
        assert encode(LIST, method.arguments, parse_values(text, LIST, method.arguments)) == data


def table(*entries: str) -> bytes:
    return b"DIDL" + bytes([len(entries)]) + b"".join(bytes.fromhex(entry) for entry in entries)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(table("6e00") + b"\1\0" + b"\1" * 300_000 + b"\0", id="too many opt inside each other"),
        pytest.param(table("6d00") + b"\1\0" + b"\1" * 300_000 + b"\0", id="too many vec inside each other"),
        pytest.param(table("6d7f") + b"\1\0" + b"\xff" * 8 + b"\x7f", id="more nulls than there are atoms"),
        pytest.param(table("6c010000") + b"\1\0", id="a record of itself"),
        pytest.param(table("6d7d") + b"\1\0\1" + b"\x80" * 300_000, id="a number without end"),
        pytest.param(
            table(*[f"6c0200{i + 1:02x}01{i + 1:02x}" for i in range(40)], "6c00") + b"\1\0",
            id="records that double forty times",
        ),
        pytest.param(
            table(*[f"6c0200{i + 1:02x}01{i + 1:02x}" for i in range(40)], "6c00", "6e00") + b"\1\x29\1",
            id="records that double, under opt",
        ),
        pytest.param(b"DIDL" + b"\xff" * 300_000, id="a table length without end"),
        pytest.param(b"DIDL\0\1\x71" + b"\xff\xff\xff\xff\x0f", id="a text longer than the message"),
    ],
)
def test_a_bomb_is_refused_in_time(data: bytes) -> None:
    started = time.perf_counter()
    method = method_of(LIST, "n")
    assert method is not None
    for types in ((), method.arguments):
        with pytest.raises(DecodeError):
            decode(data, LIST, types)
    with pytest.raises(DecodeError):
        decode_untyped(data)
    assert time.perf_counter() - started < 10


def test_a_number_of_a_million_digits_is_read_in_time() -> None:
    interface = parse_candid("service : { m : (nat, int) -> () }")
    method = method_of(interface, "m")
    assert method is not None
    values: list[Value] = [7**1_000_000, -(7**1_000_000)]
    started = time.perf_counter()
    assert decode(encode(interface, method.arguments, values), interface, method.arguments) == values
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    ("text", "raw"),
    [
        pytest.param("aaaaa-aa", "", id="the management canister"),
        pytest.param("2vxsx-fae", "04", id="anonymous"),
        pytest.param("ryjl3-tyaaa-aaaaa-aaaba-cai", "00000000000000020101", id="a canister"),
        pytest.param("w7x7r-cok77-xa", "caffee", id="three bytes"),
    ],
)
def test_a_principal_has_this_text(text: str, raw: str) -> None:
    assert str(Principal(bytes.fromhex(raw))) == text
    assert Principal.parse(text) == Principal(bytes.fromhex(raw))


@pytest.mark.parametrize("text", ["", "aaaaa", "AAAAA-AA", "aaaaaaa", "2vxsx-faf", "ä", "a" * 200, "w7x7r-cok77-x1"])
def test_a_wrong_principal_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="principal"):
        Principal.parse(text)


# Written at one type, read at another: Candid spec, "Coercion", and what didc and agent-js do.
@pytest.mark.parametrize(
    ("text", "written", "read_at", "values"),
    [
        pytest.param("(1)", "(nat8)", "(opt nat8)", [Some(1)], id="a plain value at opt"),
        pytest.param("(1)", "(nat8)", "(opt reserved)", [None], id="a plain value at opt reserved"),
        pytest.param("(opt 1)", "(opt nat8)", "(opt reserved)", [Some(RESERVED)], id="an option at opt reserved"),
        pytest.param("(1)", "(nat8)", "(opt null)", [None], id="a plain value at opt null"),
        pytest.param("(1)", "(nat8)", "(opt text)", [None], id="another type at opt"),
        pytest.param("(null)", "(opt nat8)", "(opt text)", [None], id="null at another opt"),
        pytest.param("(1, 2)", "(nat8, nat8)", "(nat8)", [1], id="a value more"),
        pytest.param("(1)", "(nat8)", "(nat8, opt nat8)", [1, None], id="a value less"),
        pytest.param("(1)", "(nat)", "(int)", [1], id="a nat at int"),
    ],
)
def test_values_are_read_at_another_type(text: str, written: str, read_at: str, values: list[Value]) -> None:
    writer, reader = (parse_candid(f"service : {{ m : {types} -> () }}") for types in (written, read_at))
    of_writer, of_reader = method_of(writer, "m"), method_of(reader, "m")
    assert of_writer is not None
    assert of_reader is not None
    message = encode(writer, of_writer.arguments, parse_values(text, writer, of_writer.arguments))
    assert decode(message, reader, of_reader.arguments) == values
