"""The head of a message: magic, type table, types of the values. Candid spec, "Types" and "Parameters and Results"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from analyzer.candid.types import CandidInterface, Kind
from analyzer.candid.values.errors import DecodeError
from analyzer.candid.values.leb128 import number_of, signed_number_of
from analyzer.table import TypeTable
from analyzer.text import Sources

if TYPE_CHECKING:
    from collections.abc import Callable

MAGIC = b"DIDL"
MAX_TYPES = 10_000  # entries of a type table, as in candid's own decoder
MAX_LEB = 10  # bytes of a length: 64 bits
_MAX_ID = 0xFFFFFFFF

# In the order of their codes: null is -1, service -23. Principal came later and is -24.
_CODED = (
    *(Kind.NULL, Kind.BOOL, Kind.NAT, Kind.INT, Kind.NAT8, Kind.NAT16, Kind.NAT32, Kind.NAT64),
    *(Kind.INT8, Kind.INT16, Kind.INT32, Kind.INT64, Kind.FLOAT32, Kind.FLOAT64, Kind.TEXT, Kind.RESERVED, Kind.EMPTY),
    *(Kind.OPT, Kind.VEC, Kind.RECORD, Kind.VARIANT, Kind.FUNC, Kind.SERVICE, Kind.PRINCIPAL),
)
OPCODES: dict[int, int] = {kind: -1 - i for i, kind in enumerate(_CODED)}
_KINDS = {opcode: kind for kind, opcode in OPCODES.items()}
# How `struct` calls the primitives that have a fixed width.
FIXED = {
    Kind.NAT8: "B",
    Kind.NAT16: "H",
    Kind.NAT32: "I",
    Kind.NAT64: "Q",
    Kind.INT8: "b",
    Kind.INT16: "h",
    Kind.INT32: "i",
    Kind.INT64: "q",
    Kind.FLOAT32: "f",
    Kind.FLOAT64: "d",
}
MODES = {"query": 1, "oneway": 2, "composite_query": 3}
_MODE_NAMES = {number: mode for mode, number in MODES.items()}
_FUTURE = -25  # and below


class Wire(NamedTuple):
    """A message's types, as a table that has no names. arguments: their nodes. at: where the values begin."""

    interface: CandidInterface
    arguments: list[int]
    at: int


def read_types(data: bytes) -> Wire:
    """Read everything in front of the values. Raises DecodeError."""
    if data[:4] != MAGIC:
        raise DecodeError(0, f"the bytes {data[:4].hex() or '(none)'}", 'a Candid message, which begins with "DIDL"')
    return _Head(data).read()


class _Head:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = len(MAGIC)
        self.table = TypeTable()
        self.entries = 0
        self._primitives: dict[int, int] = {}

    def read(self) -> Wire:
        self.entries = self._count("types in the table", 2)
        if self.entries > MAX_TYPES:
            raise DecodeError(self.at, f"a table of {self.entries:,} types", f"at most {MAX_TYPES:,}")
        for _ in range(self.entries):
            self.table.add(Kind.FUTURE)  # what each is comes when it is read: entries may refer to later ones
        methods: list[tuple[int, int]] = []
        for entry in range(self.entries):
            self._entry(entry, methods)
        for node, start in methods:
            if self.table.kinds[node] != Kind.FUNC:
                raise DecodeError(start, "a type of another kind", "a function as the type of a method")
        arguments = [self._reference() for _ in range(self._count("values", 1))]
        interface = CandidInterface(self.table, Sources(), heads=list(range(len(self.table))))
        return Wire(interface, arguments, self.at)

    # -- numbers and texts

    def _leb(self, what: str) -> bytes:
        data, start = self.data, self.at
        end = start
        while end < len(data) and data[end] >= 128 and end - start < MAX_LEB:  # noqa: PLR2004 - LEB128's own bit
            end += 1
        if end >= len(data):
            raise DecodeError(start, "the end of the message", what)
        if end - start >= MAX_LEB:
            raise DecodeError(start, "a number of more than 64 bits", what)
        self.at = end + 1
        return data[start : self.at]

    def _count(self, what: str, size: int) -> int:
        """Read how many items follow, each of which takes at least `size` bytes."""
        start = self.at
        count = number_of(self._leb(f"a number of {what}"))
        if count * size > len(self.data) - self.at:
            raise DecodeError(start, f"{count:,} {what} and {len(self.data) - self.at:,} bytes that are left")
        return count

    def _reference(self) -> int:
        start = self.at
        index = signed_number_of(self._leb("a type"))
        if index >= 0:
            if index >= self.entries:
                raise DecodeError(start, f"type {index} of a table of {self.entries}")
            return index
        kind = _KINDS.get(index)
        if kind is None or kind > Kind.PRINCIPAL:
            raise DecodeError(start, f"the code {index}", "a primitive type or a type of the table")
        node = self._primitives.get(kind)
        if node is None:
            node = self._primitives[kind] = self.table.add(kind)
        return node

    def _text(self, what: str) -> str:
        start = self.at
        size = self._count("bytes", 1)
        self.at += size
        try:
            return self.data[self.at - size : self.at].decode()
        except UnicodeDecodeError:
            raise DecodeError(start, "bytes that are not UTF-8", what) from None

    # -- the table

    def _entry(self, entry: int, methods: list[tuple[int, int]]) -> None:
        start = self.at
        opcode = signed_number_of(self._leb("a type"))
        kind = _KINDS.get(opcode)
        table = self.table
        labels: tuple[Any, ...] = ()
        if kind in (Kind.OPT, Kind.VEC):
            children = [self._reference()]
        elif kind in (Kind.RECORD, Kind.VARIANT):
            labels, children = self._members("fields", self._id)
        elif kind == Kind.FUNC:
            arguments = [self._reference() for _ in range(self._count("arguments", 1))]
            results = [self._reference() for _ in range(self._count("results", 1))]
            labels, children = (self._mode(), len(arguments)), arguments + results
        elif kind == Kind.SERVICE:
            labels, children = self._members("methods", self._method)
            methods += [(child, start) for child in children]
        elif opcode <= _FUTURE:
            size = self._count("bytes of a later version's type", 1)
            self.at += size
            return
        else:
            raise DecodeError(start, f"the code {opcode}", "a composite type: a table holds no others")
        table.kinds[entry], table.labels[entry], table.children[entry] = int(kind or 0), labels, tuple(children)
        table.names[entry] = (None,) * len(children) if kind != Kind.SERVICE else labels
        table.members[entry] = ((0, 0),) * len(children)

    def _members(self, what: str, label: Callable[[], int | bytes]) -> tuple[tuple[int | str, ...], list[int]]:
        labels: list[int | bytes] = []
        children: list[int] = []
        for _ in range(self._count(what, 2)):
            start = self.at
            one = label()
            if labels and one <= labels[-1]:  # type: ignore[operator]
                again = "twice" if one == labels[-1] else "behind a larger one"
                raise DecodeError(start, f"{one!r} {again}", f"{what} in ascending order")
            labels.append(one)
            children.append(self._reference())
        return tuple([one if isinstance(one, int) else one.decode() for one in labels]), children

    def _id(self) -> int:
        start = self.at
        number = number_of(self._leb("a field id"))
        if number > _MAX_ID:
            raise DecodeError(start, f"the field id {number}", f"at most {_MAX_ID}")
        return number

    def _method(self) -> bytes:
        return self._text("the name of a method").encode()

    def _mode(self) -> str:
        start = self.at
        modes = [self.data[self.at + i] for i in range(self._count("modes", 1))]
        self.at += len(modes)
        if len(modes) > 1 or any(mode not in _MODE_NAMES for mode in modes):
            raise DecodeError(start, f"the modes {modes}", "at most one of 1 (query), 2 (oneway), 3 (composite_query)")
        return _MODE_NAMES[modes[0]] if modes else ""
