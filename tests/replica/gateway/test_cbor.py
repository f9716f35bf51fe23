"""Reading CBOR: the same as a general decoder where requests use it, and a refusal everywhere else."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replica.requests.cbor import MAX_DEPTH, MAX_ITEMS, Malformed, read
from replica.requests.envelope import read_envelope
from tests.replica.gateway.sender import content

if TYPE_CHECKING:
    from replica.requests.cbor import Item

SIMPLE = st.one_of(
    st.integers(min_value=-(1 << 64), max_value=(1 << 64) - 1), st.binary(), st.text(), st.booleans(), st.none()
)
ITEMS = st.recursive(
    SIMPLE, lambda inside: st.one_of(st.lists(inside), st.dictionaries(st.text(), inside)), max_leaves=20
)


def without_end(item: Item) -> bytes:
    """Write an item with a break behind what contains others, where its size could stand before."""
    match item:
        case list():
            return b"\x9f" + b"".join(map(without_end, item)) + b"\xff"
        case dict():
            return b"\xbf" + b"".join(without_end(name) + without_end(item[name]) for name in item) + b"\xff"
        case bytes():
            return b"\x5f" + cbor2.dumps(item[:1]) + cbor2.dumps(item[1:]) + b"\xff"
    return cbor2.dumps(item)


@given(ITEMS, st.booleans(), st.booleans())
def test_what_was_written_is_read(item: Item, indefinite: bool, tagged: bool) -> None:
    written = without_end(item) if indefinite else cbor2.dumps(item)
    assert read(b"\xd9\xd9\xf7" + written if tagged else written) == item


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        item = read(data)
    except Malformed:
        return
    assert read(cbor2.dumps(item)) == item


@given(ITEMS, st.data())
def test_a_part_is_refused(item: Item, data: st.DataObject) -> None:
    written = cbor2.dumps(item)
    with pytest.raises(Malformed):
        read(written[: data.draw(st.integers(0, len(written) - 1))])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param("", "the end of the bytes", id="nothing"),
        pytest.param("00 00", "1 bytes follow", id="two items"),
        pytest.param("f97e00", "a float", id="a float"),
        pytest.param("f8ff", "a float or an unknown simple value", id="a simple value nobody knows"),
        pytest.param("c24101", "tag 2", id="a number of any length"),
        pytest.param("c48201 01", "tag 4", id="a decimal fraction"),
        pytest.param("d81c80", "tag 28", id="a shared value"),
        pytest.param("d823 62 2e2a", "tag 35", id="a regular expression"),
        pytest.param("a1 01 02", "name is not text", id="a field named by a number"),
        pytest.param("a2 6161 01 6161 02", "'a' twice", id="a field twice"),
        pytest.param("61 ff", "not UTF-8", id="text that is none"),
        pytest.param("ff", "unknown simple value", id="an end of nothing"),
        pytest.param("1f", "a number without end", id="a number without end"),
        pytest.param("1c", "a size that CBOR does not have", id="a reserved size"),
        pytest.param("5f 61 61 ff", "a piece of bytes", id="text among pieces of bytes"),
        pytest.param("5f 5f ff ff", "a piece of bytes", id="pieces of pieces"),
        pytest.param("9f 00", "the end of the bytes", id="an array that does not end"),
        pytest.param("5b ffffffffffffffff", "too early", id="bytes of 16 EiB"),
        pytest.param("9b ffffffffffffffff", "the end of the bytes", id="an array of 16 Ei items"),
        pytest.param("bb ffffffffffffffff", "the end of the bytes", id="a map of 16 Ei fields"),
    ],
)
def test_what_is_refused(data: str, words: str) -> None:
    with pytest.raises(Malformed, match=words):
        read(bytes.fromhex(data))


@pytest.mark.parametrize(
    "bomb",
    [
        pytest.param(b"\x81" * 1_000_000 + b"\0", id="arrays in arrays"),
        pytest.param(b"\xd9\xd9\xf7" * 1_000_000 + b"\0", id="tags before tags"),
        pytest.param(b"\x9f" * 4_000_000, id="arrays without end"),
        pytest.param(b"\x9a\x00\x3f\x00\x00" + b"\0" * 4_000_000, id="four million numbers"),
        pytest.param(b"\x5f" + b"\x40" * 4_000_000 + b"\xff", id="four million pieces of nothing"),
    ],
)
def test_bombs_do_not_go_off(bomb: bytes) -> None:
    start = time.perf_counter()
    with pytest.raises(Malformed, match=f"nested more than {MAX_DEPTH}|more than {MAX_ITEMS} items"):
        read(bomb)
    assert time.perf_counter() - start < 1.5


@given(ITEMS)
def test_a_content_of_anything_is_read_or_refused(item: Item) -> None:
    for kind in ("call", "query", "read_state"):
        for name in content(kind):
            body = cbor2.dumps({"content": content(kind) | {name: item}})
            try:
                read_envelope(body, kind)
            except Malformed:
                continue


@given(st.dictionaries(st.sampled_from(["content", "sender_pubkey", "sender_sig", "sender_delegation"]), ITEMS))
def test_an_envelope_of_anything_is_read_or_refused(fields: dict[str, Item]) -> None:
    with pytest.raises(Malformed):
        read_envelope(cbor2.dumps(fields), "call")
