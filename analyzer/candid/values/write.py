"""Writers of values: each type is made into a function once per message, as `read` does for the other way.

A writer appends a value's bytes. Types that end by themselves are written by plain functions; what may nest without end
by generators, which yield to `run` what is to be written next.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, NoReturn

from analyzer.candid.principal import Principal
from analyzer.candid.print import name_text, type_text
from analyzer.candid.types import OMITTABLE, Kind
from analyzer.candid.values.budget import MAX_DEPTH
from analyzer.candid.values.errors import EncodeError
from analyzer.candid.values.leb128 import signed, unsigned
from analyzer.candid.values.model import RESERVED, Case, FuncRef, ServiceRef, Some
from analyzer.candid.values.read import MAX_FLAT
from analyzer.candid.values.wire import FIXED
from analyzer.text import shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from analyzer.candid.types import CandidInterface

    Flat = Callable[[Any], None]
    Steps = Generator[tuple["Writer", Any, str], None, None]
    Deep = Callable[[Any], Steps]

_SHOWN = 60  # characters of a type in an error


class Writer:
    """A type's function: `flat` for a plain one, else `deep`. height: of the plain functions below it."""

    __slots__ = ("deep", "flat", "height")

    def __init__(self) -> None:
        self.flat: Flat | None = None
        self.deep: Deep | None = None
        self.height = 0


class Writers:
    """The writers of one message, which grows in `out`."""

    def __init__(self, interface: CandidInterface) -> None:
        self.interface = interface
        self.table = interface.table
        self.out = bytearray()
        self._writers: dict[int, Writer] = {}

    def write(self, node: int, value: object) -> None:
        """Append a value of a type. Raises EncodeError."""
        head = self.interface.heads[node]
        writer = self._writers.get(head) or self._make(head)
        if writer.flat is not None:
            writer.flat(value)
        else:
            _run(writer, value)

    def _inner(self, node: int) -> list[int]:
        if self.table.kinds[node] in (Kind.FUNC, Kind.SERVICE):
            return []
        return [self.interface.heads[c] for c in self.table.children[node]]

    def _make(self, goal: int) -> Writer:
        """Make the writers that a type needs, those inside first."""
        writers, still_open = self._writers, set[int]()
        todo = [goal]
        while todo:
            node = todo[-1]
            if node not in writers:
                writers[node] = Writer()
                still_open.add(node)
                todo += [child for child in self._inner(node) if child not in writers]
                continue
            todo.pop()
            if node not in still_open:
                continue
            writer, below = writers[node], [writers[child] for child in self._inner(node)]
            if all(w.flat is not None and w.height < MAX_FLAT for w in below):
                writer.height = 1 + max((w.height for w in below), default=0)
                writer.flat = self._flat(node, [w.flat for w in below])
            else:
                writer.deep = self._deep(node, below)
            still_open.discard(node)
        return writers[goal]

    def _refuse(self, node: int, value: object) -> NoReturn:
        msg = f"{_shown(value)} is no value of type {type_text(self.interface, node, _SHOWN)}"
        raise EncodeError(msg)

    def _flat(self, node: int, below: list[Any]) -> Flat:
        kind = Kind(self.table.kinds[node])
        if kind == Kind.VEC:
            return self._vec(node, below[0])
        if kind == Kind.RECORD:
            return self._record(node, below)
        if kind == Kind.VARIANT:
            return self._variant(node, below)
        if kind == Kind.OPT:
            return self._opt(node, below[0])
        if kind in FIXED:
            return self._fixed(node, kind)
        if kind in (Kind.NAT, Kind.INT):
            return self._number(node, kind)
        if kind == Kind.RESERVED:
            return lambda _: None
        if kind in (Kind.EMPTY, Kind.FUTURE):
            return lambda value: self._refuse(node, value)
        return {
            Kind.NULL: self._null,
            Kind.BOOL: self._bool,
            Kind.TEXT: self._text,
            Kind.PRINCIPAL: self._principal,
            Kind.SERVICE: self._service,
            Kind.FUNC: self._func,
        }[kind](node)

    # -- numbers, texts, references

    def _fixed(self, node: int, kind: Kind) -> Flat:
        out, pack = self.out, struct.Struct(f"<{FIXED[kind]}").pack
        wanted = float if kind in (Kind.FLOAT32, Kind.FLOAT64) else int

        def write_fixed(value: Any) -> None:  # noqa: ANN401
            if type(value) is not wanted:
                self._refuse(node, value)
            try:
                out.extend(pack(value))
            except (struct.error, OverflowError):
                self._refuse(node, value)

        return write_fixed

    def _number(self, node: int, kind: Kind) -> Flat:
        out = self.out
        least, below = (0, 128) if kind == Kind.NAT else (None, 64)
        number = unsigned if kind == Kind.NAT else signed

        def write_number(value: Any) -> None:  # noqa: ANN401
            if type(value) is not int or (least is not None and value < least):
                self._refuse(node, value)
            if 0 <= value < below:
                out.append(value)
            else:
                out.extend(number(value))

        return write_number

    def _null(self, node: int) -> Flat:
        def write_null(value: Any) -> None:  # noqa: ANN401
            if value is not None:
                self._refuse(node, value)

        return write_null

    def _bool(self, node: int) -> Flat:
        def write_bool(value: Any) -> None:  # noqa: ANN401
            if type(value) is not bool:
                self._refuse(node, value)
            self.out.append(value)

        return write_bool

    def _put_text(self, text: str) -> None:
        try:
            raw = text.encode()
        except UnicodeEncodeError:
            msg = f"{_shown(text)} has surrogates, which are no characters"
            raise EncodeError(msg) from None
        self._put_bytes(raw)

    def _put_bytes(self, raw: bytes) -> None:
        size = len(raw)
        if size < 128:  # noqa: PLR2004 - one byte of LEB128
            self.out.append(size)
        else:
            self.out.extend(unsigned(size))
        self.out += raw

    def _text(self, node: int) -> Flat:
        def write_text(value: Any) -> None:  # noqa: ANN401
            if type(value) is not str:
                self._refuse(node, value)
            self._put_text(value)

        return write_text

    def _put_principal(self, principal: Principal) -> None:
        self.out.append(1)
        self._put_bytes(principal.raw)

    def _principal(self, node: int) -> Flat:
        def write_principal(value: Any) -> None:  # noqa: ANN401
            if not isinstance(value, Principal):
                self._refuse(node, value)
            self._put_principal(value)

        return write_principal

    def _service(self, node: int) -> Flat:
        def write_service(value: Any) -> None:  # noqa: ANN401
            if not isinstance(value, ServiceRef):
                self._refuse(node, value)
            self._put_principal(value.principal)

        return write_service

    def _func(self, node: int) -> Flat:
        def write_func(value: Any) -> None:  # noqa: ANN401
            if not isinstance(value, FuncRef):
                self._refuse(node, value)
            self.out.append(1)
            self._put_principal(value.principal)
            self._put_text(value.method)

        return write_func

    # -- what every composite type asks of its value

    def _blob(self, node: int, value: object) -> bytes:
        if isinstance(value, (bytes, bytearray)):
            return bytes(value)
        if not isinstance(value, list) or any(type(v) is not int for v in value):
            self._refuse(node, value)
        try:
            return bytes(value)
        except ValueError:
            self._refuse(node, value)

    def _checked_list(self, node: int, value: object) -> list[Any]:
        if not isinstance(value, list):
            self._refuse(node, value)
        self.out.extend(unsigned(len(value)))
        return value

    def _fields(self, node: int) -> list[tuple[str | int, bool]]:
        """Return each field's key, and whether it may be left out."""
        heads, kinds = self.interface.heads, self.table.kinds
        members = zip(self.table.labels[node], self.table.names[node], self.table.children[node], strict=True)
        return [(label if name is None else name, kinds[heads[c]] in OMITTABLE) for label, name, c in members]

    def _check_record(self, node: int, fields: list[tuple[str | int, bool]], value: object) -> dict[Any, Any]:
        """Return a record with its omitted fields; refuse one with a field too many or too few."""
        if not isinstance(value, dict):
            self._refuse(node, value)
        known = dict(fields)
        for key in value:
            if key not in known:
                msg = f"the field {_label(key)} is not in {type_text(self.interface, node, _SHOWN)}"
                raise EncodeError(msg)
        for key, omittable in fields:
            if key not in value and not omittable:
                msg = f"the field {_label(key)} is missing"
                raise EncodeError(msg)
        return {key: value.get(key) for key, _ in fields}

    def _check_case(self, node: int, cases: dict[str | int, int], value: object) -> int:
        if not isinstance(value, Case):
            self._refuse(node, value)
        index = cases.get(value.label)
        if index is None:
            msg = f"the case {_label(value.label)} is not in {type_text(self.interface, node, _SHOWN)}"
            raise EncodeError(msg)
        self.out.extend(unsigned(index))
        return index

    def _check_opt(self, node: int, value: object) -> bool:
        if value is None:
            self.out.append(0)
            return False
        if not isinstance(value, Some):
            self._refuse(node, value)
        self.out.append(1)
        return True

    # -- types that end by themselves

    def _vec(self, node: int, element: Flat) -> Flat:
        (inner,) = self._inner(node)
        kind = Kind(self.table.kinds[inner])

        def write_blob(value: Any) -> None:  # noqa: ANN401
            self._put_bytes(self._blob(node, value))

        def write_vec(value: Any) -> None:  # noqa: ANN401
            position = 0
            try:
                for position, item in enumerate(self._checked_list(node, value)):  # noqa: B007
                    element(item)
            except EncodeError as error:
                error.path.append(str(position))
                raise

        return write_blob if kind == Kind.NAT8 else write_vec

    def _record(self, node: int, below: list[Flat]) -> Flat:
        fields = self._fields(node)
        writers = [(key, writer) for (key, _), writer in zip(fields, below, strict=True)]
        size = len(fields)

        def write_record(value: Any) -> None:  # noqa: ANN401
            if type(value) is not dict or len(value) != size:
                value = self._check_record(node, fields, value)
            key: str | int = ""
            try:
                for key, write in writers:
                    write(value[key])
            except KeyError:
                write_record(self._check_record(node, fields, value))  # raises: as many fields, and one is unknown
            except EncodeError as error:
                error.path.append(_label(key))
                raise

        return write_record

    def _variant(self, node: int, below: list[Flat]) -> Flat:
        cases = {key: i for i, (key, _) in enumerate(self._fields(node))}

        def write_variant(value: Any) -> None:  # noqa: ANN401
            index = self._check_case(node, cases, value)
            try:
                below[index](value.value)
            except EncodeError as error:
                error.path.append(_label(value.label))
                raise

        return write_variant

    def _opt(self, node: int, inner: Flat) -> Flat:
        def write_opt(value: Any) -> None:  # noqa: ANN401
            if self._check_opt(node, value):
                inner(value.value)

        return write_opt

    # -- types that may nest without end

    def _deep(self, node: int, below: list[Writer]) -> Deep:
        kind = self.table.kinds[node]
        if kind == Kind.OPT:
            return self._deep_opt(node, below[0])
        if kind == Kind.VEC:
            return self._deep_vec(node, below[0])
        if kind == Kind.VARIANT:
            return self._deep_variant(node, below)
        return self._deep_record(node, below)

    def _deep_opt(self, node: int, inner: Writer) -> Deep:
        def steps(value: Any) -> Steps:  # noqa: ANN401
            if self._check_opt(node, value):
                yield inner, value.value, ""

        return steps

    def _deep_vec(self, node: int, element: Writer) -> Deep:
        def steps(value: Any) -> Steps:  # noqa: ANN401
            for position, item in enumerate(self._checked_list(node, value)):
                yield element, item, str(position)

        return steps

    def _deep_variant(self, node: int, below: list[Writer]) -> Deep:
        cases = {key: i for i, (key, _) in enumerate(self._fields(node))}

        def steps(value: Any) -> Steps:  # noqa: ANN401
            index = self._check_case(node, cases, value)
            yield below[index], value.value, _label(value.label)

        return steps

    def _deep_record(self, node: int, below: list[Writer]) -> Deep:
        fields = self._fields(node)

        def steps(value: Any) -> Steps:  # noqa: ANN401
            record = self._check_record(node, fields, value)
            for (key, _), writer in zip(fields, below, strict=True):
                yield writer, record[key], _label(key)

        return steps


def _run(writer: Writer, value: object) -> None:
    """Run a generator of `Writers` and those that it asks for."""
    assert writer.deep is not None  # noqa: S101 - plain ones are called
    stack = [(writer.deep(value), "")]
    try:
        while stack:
            asked = next(stack[-1][0], None)
            if asked is None:
                stack.pop()
                continue
            child, part, step = asked
            if child.flat is not None:
                stack.append((_at_once(child.flat, part), step))
            else:
                stack.append((child.deep(part), step))  # type: ignore[misc]
            if len(stack) > MAX_DEPTH:
                _too_deep()
    except EncodeError as error:
        error.path += [step for _, step in reversed(stack[-8:]) if step]
        raise


def _at_once(write: Flat, value: object) -> Steps:
    """Return a plain function as a generator that asks for nothing."""
    write(value)
    yield from ()


def _too_deep() -> NoReturn:
    msg = f"values inside each other, at most {MAX_DEPTH:,} deep, can be written"
    raise EncodeError(msg)


def _label(key: object) -> str:
    return name_text(key) if isinstance(key, str) else str(key)


def _shown(value: object) -> str:
    """Return a short form of a value: a whole one may be as long as a backup."""
    if isinstance(value, (bool, float, Principal)) or value is None or value is RESERVED:
        return str(value)
    if isinstance(value, int):
        return str(value) if value.bit_length() < 256 else "a large number"  # noqa: PLR2004 - 78 digits
    if isinstance(value, str):
        return f'"{shortened(value)}"'
    return f"a {type(value).__name__}"
