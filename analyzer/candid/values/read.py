"""Readers of values: each pair of a type on the wire and an expected type is made into a function once per message.

A reader takes an offset and returns the value and the offset behind it. Types that end by themselves are read by plain
functions that call each other. Types that may nest without end are read by generators: what they need next they yield
to `run`, which keeps them on a list of its own, so that Python's stack holds however deep a value is.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, NoReturn

from analyzer.candid.principal import MAX_BYTES, Principal
from analyzer.candid.print import name_text, type_text
from analyzer.candid.types import Kind
from analyzer.candid.values.budget import MAX_DEPTH, PER_BYTE, Budget, Sizes
from analyzer.candid.values.errors import DecodeError, Mismatch
from analyzer.candid.values.leb128 import number_of, signed_number_of
from analyzer.candid.values.model import RESERVED, Case, FuncRef, ServiceRef, Some
from analyzer.candid.values.plan import AS_IS, Key, Plan, Planner, Rule
from analyzer.candid.values.wire import FIXED, MAX_LEB

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from analyzer.candid.types import CandidInterface
    from analyzer.candid.values.model import Reserved
    from analyzer.candid.values.wire import Wire

    Flat = Callable[[int], tuple[Any, int]]
    Steps = Generator[tuple["Reader", int], tuple[Any, int], tuple[Any, int]]
    Deep = Callable[[int], Steps]

MAX_FLAT = 40  # plain functions inside each other
_SHOWN = 60  # characters of a type in an error
_MORE = 128  # the bit of LEB128 that says that another byte follows


class Reader:
    """A pair's function: `flat` for a plain one, else `deep`. height: of the plain functions below it."""

    __slots__ = ("deep", "flat", "height")

    def __init__(self) -> None:
        self.flat: Flat | None = None
        self.deep: Deep | None = None
        self.height = 0


class Readers:
    """The readers of one message."""

    def __init__(self, data: bytes, wire: Wire, expected: CandidInterface | None) -> None:
        self.data = data
        self.wire = wire.interface
        self.expected = expected
        self.budget = Budget(len(data))
        self.sizes = Sizes(wire.interface)
        self.planner = Planner(wire.interface, expected, self.sizes.endless)
        self._readers: dict[Key, Reader] = {}
        self._texts: dict[Key, tuple[str, str]] = {}

    def read(self, key: Key, at: int) -> tuple[Any, int]:
        """Return the value at an offset, read as a pair says, and the offset behind it."""
        self.budget.spend(self._heavy(key[0]), at)
        reader = self._readers.get(key) or self._make(key, at)
        return reader.flat(at) if reader.flat is not None else run(reader, at)

    # -- making readers

    def _make(self, goal: Key, at: int) -> Reader:
        """Make the readers that a pair needs, those inside first."""
        readers, open_keys = self._readers, set[Key]()
        todo = [goal]
        while todo:
            key = todo[-1]
            if key in readers and key not in open_keys:
                todo.pop()
                continue
            plan = self.planner.plan(key, at)
            if key not in open_keys:
                open_keys.add(key)
                readers[key] = Reader()
                todo += [child for child in plan.children if child not in readers]
                continue
            todo.pop()
            reader = readers[key]
            below = [readers[child] for child in plan.children]
            # A reader that is still open, this one included, leads back here: these types nest without end.
            flat = all(r.flat is not None and r.height < MAX_FLAT for r in below)
            if flat:
                reader.height = 1 + max((r.height for r in below), default=0)
                reader.flat = self._flat(key, plan, [r.flat for r in below])
            else:
                reader.deep = self._deep(key, plan, below)
            open_keys.discard(key)
        return readers[goal]

    def _flat(self, key: Key, plan: Plan, below: list[Any]) -> Flat:
        rule = plan.rule
        if rule == Rule.PRIMITIVE:
            return self._primitive(self.wire.table.kinds[key[0]])
        if rule == Rule.VEC:
            return self._vec(key, plan, below[0])
        if rule == Rule.RECORD:
            return self._record(plan, below)
        if rule == Rule.VARIANT:
            return self._variant(key, plan, below)
        if rule == Rule.OPT:
            return self._opt(key, below[0])
        if rule == Rule.WRAP:
            return self._wrap(key, below[0])
        if rule == Rule.DROP:
            return lambda at: (RESERVED, below[0](at)[1])
        if rule == Rule.NULL:
            return lambda at: (None, below[0](at)[1])
        if rule == Rule.NOTHING:
            return lambda at: (None, at)
        if rule in (Rule.NEVER, Rule.MISMATCH):
            return lambda at: self._no_value(key, at, fatal=rule == Rule.NEVER)
        return {
            Rule.PRINCIPAL: self._principal,
            Rule.SERVICE: self._service,
            Rule.FUNC: self._func,
            Rule.FUTURE: self._future,
        }[rule]

    def _no_value(self, key: Key, at: int, *, fatal: bool) -> NoReturn:
        texts = self._texts.get(key)
        if texts is None:
            texts = self._texts[key] = self._mismatch(key)
        if fatal:
            raise DecodeError(at, f"{texts[0]}, a type that has no values")
        raise Mismatch(at, texts[0], texts[1])

    def _mismatch(self, key: Key) -> tuple[str, str]:
        """Return what was found and what was expected."""
        wire = f"a value of type {type_text(self.wire, key[0], _SHOWN)}"
        if key[1] == AS_IS or self.expected is None:
            return wire, ""
        lacks = self.planner.plan(key, 0).lacks
        if lacks is None:
            return wire, type_text(self.expected, key[1], _SHOWN)
        name = name_text(lacks[0]) if isinstance(lacks[0], str) else str(lacks[0])
        return "a record without it", f"the field {name} : {type_text(self.expected, lacks[1], _SHOWN)}"

    # -- numbers, texts, references

    def _short(self, what: str) -> NoReturn:
        raise DecodeError(len(self.data), "the end of the message", what) from None

    def length(self, at: int) -> tuple[int, int]:
        """Read a length or an index: LEB128 of at most 64 bits."""
        data = self.data
        try:
            byte = data[at]
            if byte < _MORE:
                return byte, at + 1
            end = at + 1
            while data[end] >= _MORE:
                end += 1
                if end - at >= MAX_LEB:
                    raise DecodeError(at, "a number of more than 64 bits", "a length")
        except IndexError:
            self._short("a length")
        return number_of(data[at : end + 1]), end + 1

    def _leb(self, number: Callable[[bytes], int]) -> Flat:
        data = self.data
        signed = number is signed_number_of

        def read_number(at: int) -> tuple[int, int]:
            try:
                byte = data[at]
                if byte < _MORE:
                    return (byte - 128 if signed and byte & 64 else byte), at + 1
                end = at + 1
                while data[end] >= _MORE:
                    end += 1
            except IndexError:
                self._short("a number")
            return number(data[at : end + 1]), end + 1

        return read_number

    def _primitive(self, kind: int) -> Flat:
        data, code = self.data, FIXED.get(Kind(kind))
        if code is not None:
            fixed = struct.Struct(f"<{code}")
            unpack, size = fixed.unpack_from, fixed.size

            def read_fixed(at: int) -> tuple[Any, int]:
                try:
                    return unpack(data, at)[0], at + size
                except struct.error:
                    self._short(f"a {Kind(kind).name.lower()}")

            return read_fixed
        if kind in (Kind.NAT, Kind.INT):
            return self._leb(number_of if kind == Kind.NAT else signed_number_of)
        if kind == Kind.TEXT:
            return self._text
        if kind == Kind.BOOL:
            return self._bool
        value = RESERVED if kind == Kind.RESERVED else None
        return lambda at: (value, at)

    def _bool(self, at: int) -> tuple[bool, int]:
        byte = self.data[at : at + 1]
        if byte == b"\1":
            return True, at + 1
        if byte == b"\0":
            return False, at + 1
        if not byte:
            self._short("a bool")
        raise DecodeError(at, f"the byte {byte.hex()}", "a bool: 00 or 01")

    def _text(self, at: int) -> tuple[str, int]:
        size, start = self.length(at)
        end = start + size
        if end > len(self.data):
            self._short(f"a text of {size:,} bytes")
        try:
            return self.data[start:end].decode(), end
        except UnicodeDecodeError:
            raise DecodeError(start, "bytes that are not UTF-8", "a text") from None

    def _principal(self, at: int) -> tuple[Principal, int]:
        flag = self.data[at : at + 1]
        if flag != b"\1":
            if not flag:
                self._short("a principal")
            raise DecodeError(
                at, f"the byte {flag.hex()}", "01 before a principal; opaque references are not supported"
            )
        size, start = self.length(at + 1)
        if size > MAX_BYTES:
            raise DecodeError(at, f"a principal of {size:,} bytes", f"at most {MAX_BYTES}")
        end = start + size
        if end > len(self.data):
            self._short(f"a principal of {size} bytes")
        return Principal(self.data[start:end]), end

    def _service(self, at: int) -> tuple[ServiceRef, int]:
        principal, end = self._principal(at)
        return ServiceRef(principal), end

    def _func(self, at: int) -> tuple[FuncRef, int]:
        flag = self.data[at : at + 1]
        if flag != b"\1":
            if not flag:
                self._short("a function")
            raise DecodeError(at, f"the byte {flag.hex()}", "01 before a function; opaque references are not supported")
        principal, middle = self._principal(at + 1)
        method, end = self._text(middle)
        return FuncRef(principal, method), end

    def _future(self, at: int) -> tuple[object, int]:
        size, middle = self.length(at)
        _, start = self.length(middle)
        if start + size > len(self.data):
            self._short(f"{size:,} bytes of a later version's type")
        return RESERVED, start + size

    # -- types that end by themselves

    def _heavy(self, node: int) -> int:
        """Return what a value costs beyond what the byte in front of it pays for."""
        values = self.sizes.of(node)[1]
        return values if values > PER_BYTE else 0

    def _counter(self, key: Key) -> Flat:
        """Return a reader of a vector's length; it refuses one that the message cannot hold."""
        size, values = self.sizes.of(self.wire.table.children[key[0]][0])
        total, length, cost = len(self.data), self.length, values if values > PER_BYTE * size else 0

        def read_count(at: int) -> tuple[int, int]:
            count, start = length(at)
            if count * size > total - start:
                raise DecodeError(at, f"{count:,} elements and {total - start:,} bytes that are left")
            if cost:
                self.budget.spend(count * cost, at)
            return count, start

        return read_count

    def _vec(self, key: Key, plan: Plan, element: Flat) -> Flat:
        ((inner, goal),) = plan.children
        kinds = self.wire.table.kinds
        wanted = kinds[inner] if goal == AS_IS or self.expected is None else self.expected.table.kinds[goal]
        data, read_count = self.data, self._counter(key)
        code = FIXED.get(Kind(kinds[inner])) if kinds[inner] == wanted else None

        def read_blob(at: int) -> tuple[bytes, int]:
            count, start = read_count(at)
            return data[start : start + count], start + count

        def read_numbers(at: int) -> tuple[list[Any], int]:
            count, start = read_count(at)
            numbers = struct.Struct(f"<{count}{code}")
            return list(numbers.unpack_from(data, start)), start + numbers.size

        def read_vec(at: int) -> tuple[Any, int]:
            count, at = read_count(at)
            if not count:
                return (b"" if wanted == Kind.NAT8 else []), at
            values: list[Any] = []
            append = values.append
            for _ in range(count):
                value, at = element(at)
                append(value)
            return values, at

        return read_blob if code == "B" else read_numbers if code else read_vec

    def _record(self, plan: Plan, below: list[Flat]) -> Flat:
        absent = plan.absent or {}
        fields = list(zip(plan.keys, below, strict=True))

        def read_record(at: int) -> tuple[dict[str | int, Any], int]:
            record: dict[str | int, Any] = absent.copy()
            for key, field in fields:
                value, at = field(at)
                if key is not None:
                    record[key] = value
            return record, at

        return read_record

    def _case(self, key: Key, plan: Plan, at: int) -> tuple[int, str | int, int]:
        """Read which case a variant is in: its index on the wire, its label, and the offset behind."""
        index, start = self.length(at)
        if index >= len(plan.keys):
            raise DecodeError(at, f"case {index} of a variant that has {len(plan.keys)}")
        label = plan.keys[index]
        if label is None:
            case = self.wire.table.labels[key[0]][index]
            assert self.expected is not None  # noqa: S101 - as it is on the wire, a variant has a label for each case
            raise Mismatch(at, f"the case with id {case}", type_text(self.expected, key[1], _SHOWN))
        return index, label, start

    def _variant(self, key: Key, plan: Plan, below: list[Flat]) -> Flat:
        heavy = [self._heavy(child) for child, _ in plan.children]

        def read_variant(at: int) -> tuple[Case, int]:
            index, label, start = self._case(key, plan, at)
            if heavy[index]:
                self.budget.spend(heavy[index], at)
            value, end = below[index](start)
            return Case(label, value), end

        return read_variant

    def _is_some(self, at: int) -> bool:
        tag = self.data[at : at + 1]
        if tag == b"\1":
            return True
        if tag == b"\0":
            return False
        if not tag:
            self._short("an opt")
        raise DecodeError(at, f"the byte {tag.hex()}", "an opt: 00 or 01")

    def _skip(self, node: int, at: int) -> int:
        """Return the offset behind a value that does not fit; it must be well formed, and its bytes are read again."""
        end = self.read((node, AS_IS), at)[1]
        self.budget.spend(end - at + 1, at)
        return end

    def _opt(self, key: Key, inner: Flat) -> Flat:
        node = self.wire.table.children[key[0]][0]
        heavy, is_some = self._heavy(node), self._is_some

        def read_opt(at: int) -> tuple[Some | None, int]:
            if not is_some(at):
                return None, at + 1
            if heavy:
                self.budget.spend(heavy, at)
            try:
                value, end = inner(at + 1)
            except Mismatch:
                return None, self._skip(node, at + 1)
            return Some(value), end

        return read_opt

    def _wrap(self, key: Key, inner: Flat) -> Flat:
        def read_wrapped(at: int) -> tuple[Some | None, int]:
            try:
                value, end = inner(at)
            except Mismatch:
                return None, self._skip(key[0], at)
            return Some(value), end

        return read_wrapped

    # -- types that may nest without end

    def _deep(self, key: Key, plan: Plan, below: list[Reader]) -> Deep:
        if plan.rule == Rule.VEC:
            return self._deep_vec(key, below[0])
        if plan.rule == Rule.RECORD:
            return self._deep_record(plan, below)
        if plan.rule == Rule.VARIANT:
            return self._deep_variant(key, plan, below)
        if plan.rule in (Rule.DROP, Rule.NULL):
            return self._deep_drop(below[0], RESERVED if plan.rule == Rule.DROP else None)
        return self._deep_opt(key, below[0], wrap=plan.rule == Rule.WRAP)

    def _deep_vec(self, key: Key, element: Reader) -> Deep:
        read_count = self._counter(key)

        def steps(at: int) -> Steps:
            count, at = read_count(at)
            values: list[Any] = []
            for _ in range(count):
                value, at = element.flat(at) if element.flat is not None else (yield element, at)
                values.append(value)
            return values, at

        return steps

    def _deep_record(self, plan: Plan, below: list[Reader]) -> Deep:
        absent = plan.absent or {}
        fields = list(zip(plan.keys, below, strict=True))

        def steps(at: int) -> Steps:
            record: dict[str | int, Any] = absent.copy()
            for key, field in fields:
                value, at = field.flat(at) if field.flat is not None else (yield field, at)
                if key is not None:
                    record[key] = value
            return record, at

        return steps

    def _deep_variant(self, key: Key, plan: Plan, below: list[Reader]) -> Deep:
        heavy = [self._heavy(child) for child, _ in plan.children]

        def steps(at: int) -> Steps:
            index, label, start = self._case(key, plan, at)
            self.budget.spend(heavy[index], at)
            case = below[index]
            value, end = case.flat(start) if case.flat is not None else (yield case, start)
            return Case(label, value), end

        return steps

    def _deep_drop(self, inner: Reader, instead: Reserved | None) -> Deep:
        def steps(at: int) -> Steps:
            _, end = yield inner, at
            return instead, end

        return steps

    def _deep_opt(self, key: Key, inner: Reader, *, wrap: bool) -> Deep:
        node = key[0] if wrap else self.wire.table.children[key[0]][0]
        heavy = 0 if wrap else self._heavy(node)

        def steps(at: int) -> Steps:
            if not wrap:
                if not self._is_some(at):
                    return None, at + 1
                self.budget.spend(heavy, at)
                at += 1
            try:
                value, end = inner.flat(at) if inner.flat is not None else (yield inner, at)
            except Mismatch:
                return None, self._skip(node, at)
            return Some(value), end

        return steps


def run(reader: Reader, at: int) -> tuple[Any, int]:
    """Run a generator of `Readers` and those that it asks for. Raises DecodeError."""
    assert reader.deep is not None  # noqa: S101 - plain ones are called
    stack = [reader.deep(at)]
    result: tuple[Any, int] | None = None
    failed: DecodeError | None = None
    while True:
        try:
            child, at = stack[-1].send(result) if failed is None else stack[-1].throw(failed)  # type: ignore[arg-type]
        except StopIteration as done:
            stack.pop()
            result, failed = done.value, None
            if not stack:
                return done.value  # type: ignore[no-any-return]
        except DecodeError as error:
            stack.pop()
            if not stack:
                raise
            failed = error
        else:
            result = failed = None
            if len(stack) >= MAX_DEPTH:
                # Not a Mismatch: no `opt` around may read it as null.
                failed = DecodeError(at, "values inside each other", f"at most {MAX_DEPTH:,}")
                continue
            stack.append(child.deep(at))  # type: ignore[misc]
