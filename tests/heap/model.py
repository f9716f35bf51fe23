"""What the image should hold, said by what the canister itself returns: decoded Candid -> the state's JSON."""

from __future__ import annotations

import base64
import re
import struct
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from analyzer.candid.principal import Principal
from analyzer.candid.values import Case, Some
from analyzer.heap.render import float_json, is_unit, number_text
from analyzer.heap.shapes import Form

if TYPE_CHECKING:
    from analyzer.heap.shapes import Shape

_EXACT = 1 << 53


def candid_label(label: str) -> str | int:
    """Return how Candid knows a label of Motoko: `_5_` is a number, and one underscore at the end is not its."""
    if number := re.fullmatch(r"_(\d+)_", label):
        return int(number[1])
    return label.removesuffix("_")


def expected(shape: Shape, value: Any) -> Any:  # noqa: ANN401 - whatever the shape is
    """Return a value of Candid as the export of the state should have it. Containers come as lists from queries."""
    if shape.form is Form.PRIMITIVE:
        return _primitive(shape.name, value)
    if shape.form is Form.OPTION:
        return [] if value is None else [expected(shape.children[0], value.value)]
    if shape.form is Form.ARRAY:
        return [expected(shape.children[0], one) for one in value]
    if shape.form is Form.TUPLE:
        return [expected(c, value[i]) for i, c in enumerate(shape.children)] if shape.children else None
    if shape.form is Form.RECORD:
        named = zip(shape.labels, shape.children, strict=True)
        return {label: expected(child, value[candid_label(label)]) for label, child in named}
    assert shape.form is Form.VARIANT, shape
    (label,) = [one for one in shape.labels if candid_label(one) == value.label]
    child = shape.children[shape.labels.index(label)]
    return f"#{label}" if is_unit(child) else {f"#{label}": expected(child, value.value)}


def _primitive(name: str, value: Any) -> Any:  # noqa: ANN401 - whatever the name says
    if name == "Float":
        return float_json(int.from_bytes(struct.pack("<d", value), "little"))
    if name == "Blob":
        return {"$blob": base64.b64encode(value).decode()}
    if name == "Principal":
        return str(value)
    if name in ("Text", "Bool"):
        return value
    return value if abs(value) < _EXACT else number_text(value)


_TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
_ROUND = st.sampled_from([2**59, 2**60, 2**61, 2**62, 2**63, 2**64, 2**120, 2**180])  # where the runtime changes form
_NAT = st.one_of(
    st.integers(0, 2**70), st.builds(lambda b, d: max(0, b + d), _ROUND, st.integers(-2, 2)), st.integers(0, 2**700)
)
_INT = st.builds(lambda value, sign: sign * value, _NAT, st.sampled_from([1, -1]))


def _whole(bits: int, *, signed: bool) -> st.SearchStrategy[int]:
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    edges = [low, high, *(e for e in (2**59, -(2**59), 2**60, 2**59 - 1, -(2**59) - 1, 2**60 - 1) if low <= e <= high)]
    return st.integers(low, high) | st.sampled_from(edges)


def everything() -> st.SearchStrategy[dict[str | int, Any]]:
    """Give values of the record that `kinds` can be told."""
    text_option = st.none() | st.builds(Some, st.none() | st.builds(Some, _TEXT))
    fields: dict[str | int, st.SearchStrategy[Any]] = {
        5: _NAT,
        "blob": st.binary(max_size=200),
        "bool": st.booleans(),
        "float": st.floats(),
        "int": _INT,
        "nat": _NAT,
        "items": st.lists(_INT, max_size=20),
        "kind": st.one_of(
            st.just(Case("none", None)),
            st.builds(Case, st.just("one"), _NAT),
            st.builds(Case, st.just("size"), st.none() | st.builds(Some, _whole(64, signed=False))),
            st.builds(Case, st.just("two"), st.builds(lambda a, b: {0: a, 1: b}, _TEXT, _INT)),
        ),
        "option": text_option,
        "pairs": st.lists(st.builds(lambda a, b: {0: a, 1: b}, _TEXT, _NAT), max_size=10),
        "principal": st.builds(Principal, st.binary(max_size=29)),
        "size": _TEXT,
        "text": _TEXT,
        "unitOption": st.sampled_from([None, Some(None)]),
    }
    for bits in (8, 16, 32, 64):
        fields[f"nat{bits}"] = _whole(bits, signed=False)
        fields[f"int{bits}"] = _whole(bits, signed=True)
    return st.fixed_dictionaries(fields)
