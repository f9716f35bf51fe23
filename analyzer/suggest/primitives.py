"""Total conversions between primitive types, by functions of mo:core 2.5. None traps, whatever it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.suggest.tree import Call, Case, If, Marked, Switch, Word

if TYPE_CHECKING:
    from collections.abc import Callable

    from analyzer.suggest.tree import Expression

_BITS = (8, 16, 32, 64)
# Of whole numbers, the least and the greatest value; None: there is none.
_RANGES: dict[str, tuple[int | None, int | None]] = {
    "Nat": (0, None),
    "Int": (None, None),
    **{f"Nat{bits}": (0, (1 << bits) - 1) for bits in _BITS},
    **{f"Int{bits}": (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) for bits in _BITS},
}
_ROUNDED = "a float is exact for whole numbers up to 2^53 only"
_MAX_FLOAT = "9000000000000000000.0"  # within Int64, which Float.toInt64 traps outside of


def converted(old: str, new: str, path: str) -> Expression | None:
    """Return a value of one primitive type as one of another; None where there is nothing better than a default."""
    if old in _RANGES and new in _RANGES:
        return _whole_number(old, new, path)
    direct = _DIRECT.get((old, new))
    if direct is not None:
        return direct(path)
    if new == "Text" and (old in _RANGES or old in ("Bool", "Char", "Principal", "Float", "Float32")):
        return _call(f"{old}.toText", path)
    if old in _RANGES and new in ("Float", "Float32"):
        value = Call("Float.fromInt", (_wide(old, path),))
        exact = old in ("Nat8", "Nat16", "Nat32", "Int8", "Int16", "Int32") and new == "Float"
        rounded = Call("Float.toFloat32", (value,)) if new == "Float32" else value
        return rounded if exact else Marked(rounded, _ROUNDED)
    return None


def _call(function: str, path: str) -> Expression:
    return Call(function, (Word(path),))


def _wide(name: str, path: str) -> Expression:
    """Return a whole number as a Nat or an Int."""
    if name in ("Nat", "Int"):
        return Word(path)
    return _call(f"{name}.toNat" if name.startswith("Nat") else f"{name}.toInt", path)


def _whole_number(old: str, new: str, path: str) -> Expression:
    """Return a whole number as another; one that does not fit becomes the nearest that does."""
    (least, greatest), (low, high) = _RANGES[old], _RANGES[new]
    value = _narrow(new, _wide(old, path), signed=old.startswith("Int"))
    cut = []
    if high is not None and (greatest is None or greatest > high):
        value = If(f"{path} > {high}", Word(str(high)), value)
        cut.append(f"what is above {high} becomes {high}")
    if low is not None and (least is None or least < low):
        value = If(f"{path} < {low}", Word(str(low)), value)
        cut.append(f"what is below {low} becomes {low}")
    return Marked(value, ", ".join(cut)) if cut else value


def _narrow(name: str, value: Expression, *, signed: bool) -> Expression:
    if name == "Int":
        return value
    if name.startswith("Int"):
        return Call(f"{name}.fromInt", (value,))
    natural = Call("Int.abs", (value,)) if signed else value
    return natural if name == "Nat" else Call(f"{name}.fromNat", (natural,))


def _parsed(function: str, default: str) -> Callable[[str], Expression]:
    def convert(path: str) -> Expression:
        cases = Case("?", "y", Word("y")), Case("null", None, Word(default))
        return Marked(Switch(_call(function, path), cases), f"what cannot be read becomes {default}")

    return convert


def _from_float(path: str, *, single: bool) -> Expression:
    within = f"{path} > -{_MAX_FLOAT} and {path} < {_MAX_FLOAT}"
    function = "Float32.toInt64" if single else "Float.toInt64"
    value = If(within, Call("Int64.toInt", (_call(function, path),)), Word("0"))
    return Marked(value, "fractions are cut off; what is no number, or beyond 9e18, becomes 0")


_DIRECT: dict[tuple[str, str], Callable[[str], Expression]] = {
    ("Float32", "Float"): lambda path: _call("Float32.toFloat", path),
    ("Float", "Float32"): lambda path: Marked(_call("Float.toFloat32", path), "it is rounded"),
    ("Float", "Int"): lambda path: _from_float(path, single=False),
    ("Float32", "Int"): lambda path: _from_float(path, single=True),
    ("Char", "Nat32"): lambda path: _call("Char.toNat32", path),
    ("Char", "Nat"): lambda path: Call("Nat32.toNat", (_call("Char.toNat32", path),)),
    ("Char", "Int"): lambda path: Call("Nat32.toNat", (_call("Char.toNat32", path),)),
    ("Text", "Blob"): lambda path: _call("Text.encodeUtf8", path),
    ("Blob", "Text"): _parsed("Text.decodeUtf8", '""'),
    ("Text", "Nat"): _parsed("Nat.fromText", "0"),
    ("Text", "Int"): _parsed("Int.fromText", "0"),
    ("Principal", "Blob"): lambda path: _call("Principal.toBlob", path),
}
_DEFAULTS = {
    "Null": "null",
    "Bool": "false",
    "Float": "0.0",
    "Char": "' '",
    "Text": '""',
    "Blob": '""',
    **dict.fromkeys(_RANGES, "0"),
}


def default(name: str) -> Expression | None:
    """Return the plainest value of a primitive type; None where there is none."""
    if name in _DEFAULTS:
        return Word(_DEFAULTS[name])
    calls: dict[str, Expression] = {
        "Float32": Call("Float.toFloat32", (Word("0.0"),)),
        "Principal": Call("Principal.anonymous", ()),
        "Region": Call("Region.new", ()),
    }
    return calls.get(name)
