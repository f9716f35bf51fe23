"""Values to text that `parse` reads back: on one line, or broken at a width as `didc` does it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from analyzer.candid.print import name_text, quoted
from analyzer.candid.types import Kind
from analyzer.candid.values.float32 import single
from analyzer.candid.values.model import Some
from analyzer.literals import MAX_DIGITS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyzer.candid.types import CandidInterface
    from analyzer.candid.values.model import Value

MAX_INDENT = 80  # columns; what is nested deeper is not moved further to the right
_STEP = 2
_NUMBERS = frozenset(range(Kind.NAT, Kind.TEXT))
_PLAIN = frozenset(range(0x20, 0x7F)) - frozenset(b"\"'`\\")
_BITS_A_DIGIT = 3.3


def values_text(
    values: Sequence[Value],
    interface: CandidInterface,
    types: Sequence[int],
    *,
    width: int | None = None,
    annotated: bool = True,
    limit: int | None = None,
) -> str:
    """Return values in parentheses, each at its type.

    width: characters of a line, None: all on one. annotated: with the type behind each number, so that the text is
    enough without the interface. limit: on one line, the characters behind which it ends with an ellipsis; such a text
    does not read back. A number too long to be written in decimal digits is written in hexadecimal.
    """
    if not types:
        return "()"
    printer = _Printer(interface, annotated=annotated)
    parts = [("open", "(", ","), *printer.listed(zip(types, values, strict=True)), ("close", ")", "")]
    if width is None:
        return _one_line(printer, parts, limit)
    return _broken(printer, parts, width)


# What is written: ("text", t, ""), ("open", t, separator), ("close", t, ""), ("next", separator, "") between two items,
# or (node, value, whether it stands behind opt), still to be taken apart.
_Part = tuple[Any, Any, Any]


class _Printer:
    def __init__(self, interface: CandidInterface, *, annotated: bool) -> None:
        self.interface = interface
        self.annotated = annotated

    def listed(self, items: Any, separator: str = ",") -> list[_Part]:  # noqa: ANN401 - pairs of a node and a value
        parts: list[_Part] = []
        for node, value in items:
            if parts:
                parts.append(("next", separator, ""))
            parts.append((node, value, False))
        return parts

    def parts(self, node: int, value: Any, *, behind_opt: bool) -> list[_Part]:  # noqa: ANN401 - one return a kind
        """Take one value apart."""
        table, heads = self.interface.table, self.interface.heads
        node = heads[node]
        kind, children = table.kinds[node], table.children[node]
        if kind == Kind.OPT:
            if not isinstance(value, Some):
                return [("text", "null", "")]
            return [("text", "opt ", ""), (children[0], value.value, True)]
        if kind == Kind.VEC and isinstance(value, bytes):
            return [("text", blob_text(value), "")]
        if kind == Kind.VEC:
            items = self.listed([(children[0], item) for item in value], ";")
            return [("open", "vec {", ";"), *items, ("close", "}", "")] if items else [("text", "vec {}", "")]
        if kind == Kind.RECORD:
            return self._record(node, value)
        if kind == Kind.VARIANT:
            return self._case(node, value)
        text = self._atom(kind, value)
        if behind_opt and " : " in text and kind not in (Kind.TEXT, Kind.FUNC):
            text = f"({text})"
        return [("text", text, "")]

    def _record(self, node: int, value: dict[str | int, Any]) -> list[_Part]:
        table = self.interface.table
        labels, children = table.labels[node], table.children[node]
        if not labels:
            return [("text", "record {}", "")]
        keys = [label if name is None else name for label, name in zip(labels, table.names[node], strict=True)]
        counted = keys == list(range(len(keys)))
        parts: list[_Part] = [("open", "record {", ";")]
        for i, (key, child) in enumerate(zip(keys, children, strict=True)):
            if i:
                parts.append(("next", ";", ""))
            if not counted:
                parts.append(("text", f"{_label(key)} = ", ""))
            parts.append((child, value[key], False))
        return [*parts, ("close", "}", "")]

    def _case(self, node: int, value: Any) -> list[_Part]:  # noqa: ANN401
        table = self.interface.table
        for label, name, child in zip(table.labels[node], table.names[node], table.children[node], strict=True):
            if value.label == (label if name is None else name):
                opened: list[_Part] = [("open", "variant {", ""), ("text", _label(value.label), "")]
                if table.kinds[self.interface.heads[child]] != Kind.NULL:
                    opened += [("text", " = ", ""), (child, value.value, False)]
                return [*opened, ("close", "}", "")]
        msg = f"{value.label!r} is no case of this variant"
        raise ValueError(msg)

    def _atom(self, kind: int, value: Any) -> str:  # noqa: ANN401 - one return a kind
        if kind in _NUMBERS:
            text = float_text(value, kind) if kind in (Kind.FLOAT32, Kind.FLOAT64) else number_text(value)
            return f"{text} : {Kind(kind).name.lower()}" if self.annotated else text
        if kind in (Kind.NULL, Kind.RESERVED, Kind.FUTURE):
            name = "null" if kind == Kind.NULL else "reserved"
            return f"null : {name}" if self.annotated else "null"
        if kind == Kind.BOOL:
            return "true" if value else "false"
        if kind == Kind.TEXT:
            return quoted(value)
        if kind == Kind.PRINCIPAL:
            return f'principal "{value}"'
        if kind == Kind.SERVICE:
            return f'service "{value.principal}"'
        return f'func "{value.principal}".{name_text(value.method)}'


def _label(key: str | int) -> str:
    return name_text(key) if isinstance(key, str) else str(key)


def _one_line(printer: _Printer, parts: list[_Part], limit: int | None) -> str:
    out: list[str] = []
    length = 0
    todo = parts[::-1]
    while todo:
        kind, text, rest = todo.pop()
        if not isinstance(kind, str):
            todo += reversed(printer.parts(kind, text, behind_opt=rest))
            continue
        written = _flat(kind, text)
        out.append(written)
        length += len(written)
        if limit is not None and length > limit:
            return "".join(out)[: limit - 1] + "…"
    return "".join(out)


def _flat(kind: str, text: str) -> str:
    if kind == "next":
        return f"{text} "
    if kind == "open" and text != "(":
        return f"{text} "
    return f" {text}" if kind == "close" and text != ")" else text


def _broken(printer: _Printer, parts: list[_Part], width: int) -> str:
    """Break each group that does not fit into the rest of its line, from the outside in."""
    tokens: list[tuple[str, str, str]] = []
    todo = parts[::-1]
    while todo:
        kind, text, rest = todo.pop()
        if isinstance(kind, str):
            tokens.append((kind, text, rest))
        else:
            todo += reversed(printer.parts(kind, text, behind_opt=rest))
    lengths = _lengths(tokens)
    out: list[str] = []
    column = depth = 0
    groups: list[bool] = []  # whether each open group is broken; inside one that is not, none is
    separators: list[str] = []
    for (kind, text, separator), length in zip(tokens, lengths, strict=True):
        if kind == "open":
            # `variant {` has no separator and is never broken itself; what is in it may be.
            broken = (not groups or groups[-1] or not separators[-1]) and separator != "" and column + length > width
            groups.append(broken)
            separators.append(separator)
            depth += broken
        broken = kind != "text" and groups[-1]
        if kind == "close":
            groups.pop()
            last = separators.pop()
            depth -= broken
            if broken:
                out.append(last)
        new_line = "\n" + " " * min(_STEP * depth, MAX_INDENT) if broken else ""
        written = text if broken else _flat(kind, text)
        written = new_line + written if kind == "close" else written + new_line
        out.append(written)
        column = len(new_line) - 1 + (len(text) if kind == "close" else 0) if new_line else column + len(written)
    return "".join(out)


def _lengths(tokens: list[tuple[str, str, str]]) -> list[int]:
    """Return, for each token that opens a group, how long the group is on one line."""
    lengths = [0] * len(tokens)
    total = 0
    opened: list[tuple[int, int]] = []
    for i, (kind, text, _) in enumerate(tokens):
        if kind == "open":
            opened.append((i, total))
        total += len(_flat(kind, text))
        if kind == "close":
            start, before = opened.pop()
            lengths[start] = total - before
    return lengths


def number_text(value: int) -> str:
    """Return a whole number, digits in groups of three; one of very many digits in hexadecimal."""
    return f"{value:_}" if value.bit_length() < MAX_DIGITS * _BITS_A_DIGIT else f"{value:#x}"


def float_text(value: float, kind: int = Kind.FLOAT64) -> str:
    """Return the shortest form that reads back as the same float."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    if kind == Kind.FLOAT32:
        value = next(short for digits in range(1, 18) if single(short := float(f"{value:.{digits}g}")) == value)
    return repr(value)


def blob_text(value: bytes) -> str:
    """Return a blob: as text where it is one, else all of it in hexadecimal."""
    if all(byte in _PLAIN for byte in value):
        return f'blob "{value.decode()}"'
    keep = _PLAIN if all(byte in _READABLE for byte in value) else frozenset[int]()
    written = "".join([chr(byte) if byte in keep else "\\" + f"{byte:02x}" for byte in value])
    return f'blob "{written}"'


_READABLE = _PLAIN | frozenset(b"\"'`\\\t\n\r")
