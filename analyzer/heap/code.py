"""The code of a module: functions, their types, exports, and instructions one by one. Nothing is run.

WebAssembly core specification 3.0 (64-bit memories), "Binary Format".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from analyzer.heap.errors import RootError

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEADER = 8
_TYPE, _IMPORT, _FUNCTION, _GLOBAL, _EXPORT, _CODE = 1, 2, 3, 6, 7, 10
_FUNC = 0x60
I64 = 0x7E
MAX_FUNCTIONS = 1_000_000
_MAX_LOCALS = 50_000  # the network's own bound is below

# Instructions by what follows them.
BLOCK, LOOP, IF, ELSE, END, BR, BR_IF, BR_TABLE, RETURN, CALL, CALL_INDIRECT = (
    0x02, 0x03, 0x04, 0x05, 0x0B, 0x0C, 0x0D, 0x0E, 0x0F, 0x10, 0x11,
)  # fmt: skip
UNREACHABLE, NOP, DROP, SELECT, SELECT_TYPED = 0x00, 0x01, 0x1A, 0x1B, 0x1C
LOCAL_GET, LOCAL_SET, LOCAL_TEE, GLOBAL_GET, GLOBAL_SET = 0x20, 0x21, 0x22, 0x23, 0x24
I32_LOAD, I64_LOAD, I64_STORE, MEMORY_SIZE, MEMORY_GROW = 0x28, 0x29, 0x37, 0x3F, 0x40
FIRST_LOAD, LAST_LOAD, FIRST_STORE, LAST_STORE = 0x28, 0x35, 0x36, 0x3E
I32_CONST, I64_CONST, F32_CONST, F64_CONST = 0x41, 0x42, 0x43, 0x44
_INDEXED = frozenset((0x0C, 0x0D, 0x10, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0xD2, 0x12))
_PLAIN = frozenset((0x00, 0x01, 0x05, 0x0B, 0x0F, 0x1A, 0x1B, 0xD1, *range(0x45, 0xC5)))


class FunctionType(NamedTuple):
    """Types of parameters and results, by their bytes."""

    parameters: bytes
    results: bytes


class Instruction(NamedTuple):
    """op: the first byte. value: its constant, index, offset (of loads and stores), or type of a block."""

    op: int
    value: int


class Code:
    """The functions of a module, numbered with the imported ones first.

    types: of each function. imported: how many come from outside. exports: functions by name. globals: initial values
    of those of the module's own that are constants, None of others, imported ones included. Raises RootError for bytes
    that are no module.
    """

    def __init__(self, module: bytes) -> None:
        self._data = module
        self._signatures: list[FunctionType] = []
        self.types: list[FunctionType] = []
        self.imports: list[str] = []
        self.exports: dict[str, int] = {}
        self._bodies: list[tuple[int, int]] = []
        try:
            self._read()
        except IndexError:
            msg = "it ends too early"
            raise _damaged(msg) from None
        if len(self.types) != self.imported + len(self._bodies):
            msg = "its functions and their code are of different number"
            raise _damaged(msg)

    @property
    def imported(self) -> int:
        """How many functions are imported."""
        return len(self.imports)

    def size(self, function: int) -> int:
        """Return the bytes of a function's body, 0 of an imported one."""
        if function < self.imported:
            return 0
        start, end = self._bodies[function - self.imported]
        return end - start

    def signature(self, index: int) -> FunctionType:
        """Return a type by its number. Raises RootError."""
        if not 0 <= index < len(self._signatures):
            msg = "a type is not there"
            raise _damaged(msg)
        return self._signatures[index]

    def _read(self) -> None:
        data, at = self._data, _HEADER
        given: list[int] = []
        while at < len(data):
            kind = data[at]
            size, start = number(data, at + 1)
            at = start + size
            if at > len(data):
                msg = "a section ends behind the end"
                raise _damaged(msg)
            if kind == _TYPE:
                self._read_types(start)
            elif kind == _IMPORT:
                self._read_imports(start)
            elif kind == _FUNCTION:
                given = self._numbers(start)
                self.types += [self.signature(i) for i in given]
            elif kind == _EXPORT:
                self._read_exports(start)
            elif kind == _CODE:
                self._read_bodies(start)

    def _count(self, at: int) -> tuple[int, int]:
        count, at = number(self._data, at)
        if count > MAX_FUNCTIONS or count > len(self._data):
            msg = "a list is longer than the module"
            raise _damaged(msg)
        return count, at

    def _numbers(self, at: int) -> list[int]:
        count, at = self._count(at)
        found = []
        for _ in range(count):
            one, at = number(self._data, at)
            found.append(one)
        return found

    def _read_types(self, at: int) -> None:
        data = self._data
        count, at = self._count(at)
        for _ in range(count):
            if data[at] != _FUNC:
                msg = "a type is no function's"
                raise _damaged(msg)
            size, at = number(data, at + 1)
            parameters, at = data[at : at + size], at + size
            size, at = number(data, at)
            results, at = data[at : at + size], at + size
            self._signatures.append(FunctionType(parameters, results))

    def _name(self, at: int) -> tuple[str, int]:
        size, at = number(self._data, at)
        return self._data[at : at + size].decode("utf-8", "replace"), at + size

    def _read_imports(self, at: int) -> None:
        data = self._data
        count, at = self._count(at)
        for _ in range(count):
            module, at = self._name(at)
            name, at = self._name(at)
            kind = data[at]
            at += 1
            if kind == 0:
                index, at = number(data, at)
                self.types.append(self.signature(index))
                self.imports.append(f"{module}.{name}")
            elif kind in (1, 2):  # a table has its type before its limits
                at += kind == 1
                flags = data[at]
                _, at = number(data, at + 1)
                if flags & 1:
                    _, at = number(data, at)
            else:
                at += 2

    def _read_exports(self, at: int) -> None:
        count, at = self._count(at)
        for _ in range(count):
            name, at = self._name(at)
            kind = self._data[at]
            index, at = number(self._data, at + 1)
            if kind == 0:
                self.exports[name] = index

    def _read_bodies(self, at: int) -> None:
        count, at = self._count(at)
        for _ in range(count):
            size, at = number(self._data, at)
            self._bodies.append((at, at + size))
            at += size
        if at > len(self._data):
            msg = "code ends behind the end"
            raise _damaged(msg)

    def locals(self, function: int) -> int:
        """Return how many variables a function has, its parameters included. Raises RootError."""
        at, _ = self._bodies[function - self.imported]
        groups, at = number(self._data, at)
        total = len(self.types[function].parameters)
        for _ in range(groups):
            count, at = number(self._data, at)
            at += 1
            total += count
            if total > _MAX_LOCALS:
                msg = "a function has too many variables"
                raise _damaged(msg)
        return total

    def instructions(self, function: int) -> Iterator[Instruction]:
        """Give the instructions of one of the module's own functions. Raises RootError: one is not known."""
        data = self._data
        at, end = self._bodies[function - self.imported]
        groups, at = number(data, at)
        for _ in range(groups):
            _, at = number(data, at)
            at += 1
        try:
            while at < end:
                op = data[at]
                at += 1
                value = 0
                if op in _PLAIN:
                    pass
                elif op in _INDEXED:
                    value, at = number(data, at)
                elif op in (I32_CONST, I64_CONST, BLOCK, LOOP, IF):
                    value, at = signed(data, at)
                elif FIRST_LOAD <= op <= LAST_STORE:
                    flags, at = number(data, at)
                    if flags & 0x40:  # which memory
                        _, at = number(data, at)
                    value, at = number(data, at)
                else:
                    value, at = self._other(op, at)
                yield Instruction(op, value)
        except IndexError:
            msg = "code ends too early"
            raise _damaged(msg) from None

    def _other(self, op: int, at: int) -> tuple[int, int]:
        """Return what matters of a rarer instruction, and where the next one is."""
        data = self._data
        if op in (MEMORY_SIZE, MEMORY_GROW, 0xD0):  # memory, and the type of a null reference
            return 0, at + 1
        if op == F32_CONST:
            return 0, at + 4
        if op == F64_CONST:
            return 0, at + 8
        if op == BR_TABLE:
            count, at = self._count(at)
            for _ in range(count + 1):
                _, at = number(data, at)
            return 0, at
        if op == CALL_INDIRECT:
            value, at = number(data, at)
            _, at = number(data, at)
            return value, at
        if op == SELECT_TYPED:
            count, at = number(data, at)
            return 0, at + count
        if op == 0xFC:  # noqa: PLR2004 - bulk memory and saturating conversions
            value, at = number(data, at)
            for _ in range({8: 2, 9: 1, 10: 2, 11: 1, 12: 2, 13: 1, 14: 2, 15: 1, 16: 1, 17: 1}.get(value, 0)):
                _, at = number(data, at)
            return value, at
        msg = f"the code has an instruction {op:#04x} that is not known here"
        raise RootError(msg)


def number(data: bytes, at: int) -> tuple[int, int]:
    """Return an unsigned LEB128 number of at most 64 bits, and where it ends. Raises IndexError at the end."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 - the last byte
            return value, at
        shift += 7
        if shift > 63:  # noqa: PLR2004 - of 64 bits
            msg = "a number is too long"
            raise _damaged(msg)


def signed(data: bytes, at: int) -> tuple[int, int]:
    """Return a signed LEB128 number of at most 64 bits, and where it ends. Raises IndexError at the end."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:  # noqa: PLR2004 - the last byte
            return value - (1 << shift) if byte & 0x40 else value, at
        if shift > 63:  # noqa: PLR2004 - of 64 bits
            msg = "a number is too long"
            raise _damaged(msg)


def _damaged(what: str) -> RootError:
    return RootError(f"the module is damaged: {what}")
