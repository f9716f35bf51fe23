"""Laws of values, tried on random ones."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from analyzer.candid.methods import method_of
from analyzer.candid.pair import Pair
from analyzer.candid.parse import parse_candid
from analyzer.candid.relation import sound
from analyzer.candid.values import DecodeError, decode, decode_untyped, encode
from analyzer.candid.values.leb128 import number_of, signed, signed_number_of, unsigned
from analyzer.candid.values.parse import parse_untyped, parse_values
from analyzer.candid.values.print import values_text
from analyzer.candid.witness import Loss, Witnesses
from analyzer.errors import CtxError, ParseError
from tests.candid.values.exchange import Message, messages
from tests.generators import candid

if TYPE_CHECKING:
    from collections.abc import Callable

    from analyzer.candid.types import CandidInterface

seeds = st.integers(min_value=0, max_value=1 << 32)
law = settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def message(seed: int) -> Message:
    return next(messages(seed, 1))


def refusal(call: Callable[[], object]) -> CtxError | None:
    """Return the error of a call, of our own family; any other one fails the test."""
    try:
        call()
    except CtxError as error:
        return error
    return None


def versions(seed: int) -> tuple[CandidInterface, CandidInterface]:
    pair = candid.pair(Random(seed))
    try:
        return parse_candid(pair.old_text), parse_candid(pair.new_text)
    except ParseError:
        assume(False)
        raise


@law
@given(seeds)
def test_what_is_written_is_read_as_it_was(seed: int) -> None:
    one = message(seed)
    assert decode(one.message, one.writer, one.written_types) == one.values


@law
@given(seeds)
def test_a_message_says_itself_what_it_says(seed: int) -> None:
    one = message(seed)
    untyped = decode_untyped(one.message)
    again = encode(untyped.interface, untyped.types, untyped.values)
    assert again == one.message
    assert decode(again, one.writer, one.written_types) == one.values


@law
@given(seeds, st.sampled_from([None, 1, 40, 80]), st.booleans())
def test_values_as_text_are_the_same_values(seed: int, width: int | None, annotated: bool) -> None:
    one = message(seed)
    text = values_text(one.values, one.writer, one.written_types, width=width, annotated=annotated)
    assert parse_values(text, one.writer, one.written_types) == one.values
    assert width is not None or "\n" not in text


@law
@given(seeds)
def test_a_subtype_is_read_without_an_error(seed: int) -> None:
    old, new = versions(seed)
    assume(sound(Pair(old, new), service_is_principal=True))
    for name in old.table.labels[old.service]:
        for results in (False, True):
            witness = Witnesses(old, new).find(name, results=results)
            assert witness is None or witness.loss != Loss.REFUSED
    one = message(seed)
    if sound(Pair(old=one.writer, new=one.reader), service_is_principal=True):
        assert one.read is not None


@law
@given(seeds)
def test_a_witness_is_what_it_says(seed: int) -> None:
    old, new = versions(seed)
    for name in old.table.labels[old.service]:
        for results in (False, True):
            witness = Witnesses(old, new).find(name, results=results)
            if witness is None:
                continue
            reader = old if results else new
            method = method_of(reader, name)
            assert method is not None
            types = method.results if results else method.arguments
            error = refusal(lambda: decode(witness.message, reader, types))  # noqa: B023 - called at once
            if error is not None:
                assert (witness.loss, witness.error) == (Loss.REFUSED, str(error))
                continue
            read = decode(witness.message, reader, types)
            assert witness.loss != Loss.REFUSED
            assert witness.read == values_text(read, reader, types, annotated=False, limit=200)


ANY = parse_candid(
    "type L = opt record { head : nat; tail : L };"
    "type T = variant { leaf; node : vec T };"
    "service : { m : (L, T, opt vec nat8, record { a : opt int; b : text }, opt service { f : (L) -> (T) }) -> () }"
)


def never_another_error(data: bytes) -> None:
    method = method_of(ANY, "m")
    assert method is not None
    for read in (lambda: decode(data, ANY, method.arguments), lambda: decode_untyped(data)):
        error = refusal(read)
        if error is not None:
            assert isinstance(error, DecodeError)
            assert 0 <= error.offset <= len(data)
            assert len(str(error)) < 500


@law
@given(st.binary(max_size=60))
@example(b"")
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    never_another_error(data)
    never_another_error(b"DIDL" + data)


@law
@given(seeds, st.integers(min_value=0), st.integers(min_value=0, max_value=255))
def test_a_spoilt_message_is_read_or_refused(seed: int, at: int, byte: int) -> None:
    one = message(seed)
    data = bytearray(one.message)
    data[at % len(data)] = byte
    never_another_error(bytes(data))
    never_another_error(one.message[: at % len(data)])
    refusal(lambda: decode(bytes(data), one.reader, one.read_types))


@law
@given(
    st.text(
        alphabet="(){}[];,:=.\"'\\abcnull opt vec record variant blob principal func nat0123456789-+exu_", max_size=60
    )
)
def test_any_text_is_read_or_refused(text: str) -> None:
    for given_text in (text, f"({text})"):
        error = refusal(lambda: parse_untyped(given_text))  # noqa: B023 - called at once
        assert error is None or isinstance(error, ParseError)


@law
@given(
    seeds,
    st.integers(min_value=0),
    st.sampled_from([None, True, 1, -1, 1.5, "x", b"x", [], {}, [None], {"a": 1}, object()]),
)
def test_values_of_another_type_are_refused_or_written(seed: int, at: int, wrong: object) -> None:
    one = message(seed)
    if not one.values:
        return
    values = list(one.values)
    values[at % len(values)] = wrong  # type: ignore[call-overload]
    error = refusal(lambda: encode(one.writer, one.written_types, values))
    if error is None:
        decode(encode(one.writer, one.written_types, values), one.writer, one.written_types)
    else:
        assert str(error).startswith("value ")


@law
@given(st.integers(), st.integers(min_value=0, max_value=3000))
def test_numbers_of_any_size(number: int, shift: int) -> None:
    for value in (number, number << shift):
        assert signed_number_of(signed(value)) == value
        assert number_of(unsigned(abs(value))) == abs(value)
