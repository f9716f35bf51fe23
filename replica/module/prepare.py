"""A module as it was installed -> one that can be stepped through: its start function, memory and globals are exported.

The sections are those of the WebAssembly specification 3.0; names of exports and custom sections are those of interface
spec 0.66, "Canister module format".
"""

from __future__ import annotations

import gzip
import io
import zlib
from hashlib import sha256
from typing import NamedTuple

from replica.module.callback import runs_functions, with_callbacks
from replica.module.reader import Reader, malformed, number, text

MAX_MODULE = 100 * 1024 * 1024  # bytes, unpacked (spec, "Resource limits")
MAX_CODE = 10 * 1024 * 1024  # of the code section
# Spec, "Canister module format".
MAX_FUNCTIONS = 50_000
MAX_GLOBALS = 1_000
MAX_METHODS = 1_000
MAX_NAMES = 20_000  # bytes of the names of all methods
MAX_SECTIONS = 16  # custom ones that others may read
MAX_METADATA = 1024 * 1024  # bytes of them, with their names
_MAGIC = b"\0asm\x01\0\0\0"
_CUSTOM, _IMPORT, _DECLARED, _TABLE, _MEMORY, _GLOBAL, _EXPORT, _START, _CODE = 0, 2, 3, 4, 5, 6, 7, 8, 10
_ORDER = (1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11)  # in which sections stand; `tag` and `datacount` came later
_METHODS = ("canister_update ", "canister_query ", "canister_composite_query ")
_EOP = "enhanced-orthogonal-persistence"
_FUNCTION, _TABLES, _MEMORIES, _GLOBALS, _TAGS = range(5)
_KINDS = {0x7F: "i32", 0x7E: "i64", 0x7D: "f32", 0x7C: "f64", 0x7B: "v128"}
START, MEMORY, CALLBACK, STATE = "__start", "__memory", "__callback", "__g"


class Metadata(NamedTuple):
    """A custom section for others to read. private: for controllers alone."""

    private: bool
    data: bytes


class Prepared(NamedTuple):
    """A module. installed: the bytes as they came, which may be packed. sha256: of these. code: what runs.

    wide: whether pointers have 64 bits. methods: kind (`update`, `query`, `composite_query`) of each. entries: the
    other exported functions, e.g. `canister_init`. globals: of the mutable ones, in their
    order, how they are exported; kinds: their types, e.g. `i64`. shown: in which order a snapshot tells of them.
    """

    sha256: bytes
    installed: bytes
    code: bytes
    wide: bool
    methods: dict[str, str]
    entries: frozenset[str]
    globals: tuple[str, ...]
    kinds: tuple[str, ...]
    shown: tuple[int, ...]
    metadata: dict[str, Metadata]
    has_start: bool
    has_callbacks: bool

    @property
    def eop(self) -> bool:
        """Whether its main memory is kept across upgrades: Enhanced Orthogonal Persistence."""
        return _EOP in self.metadata


class _Found(NamedTuple):
    imported: list[int]  # functions, tables, memories, globals, tags
    mutable: list[tuple[int, str]]
    exports: list[tuple[str, int, int]]
    wide: bool
    tables: tuple[bool, bool]
    start: int | None
    metadata: dict[str, Metadata]
    sections: list[tuple[int, bytes]]
    functions: int
    globals: int


def prepare(module: bytes) -> Prepared:
    """Return a module ready to be compiled. Raises Reject (IC0505): it is malformed, or imports what there is not."""
    found = _read(_unpacked(module))
    methods: dict[str, str] = {}
    _check(found)
    for name, kind, _ in found.exports:
        for prefix in _METHODS:
            if kind == _FUNCTION and name.startswith(prefix):
                method = name.removeprefix(prefix)
                if method in methods:
                    msg = f"the method {method!r} is exported twice"
                    raise malformed(msg)
                methods[method] = prefix.removeprefix("canister_").strip()
    added = [text(MEMORY) + bytes([_MEMORIES]) + number(0)]
    names = tuple(f"{STATE}{index}" for index, _ in found.mutable)
    added += [text(f"{STATE}{index}") + bytes([_GLOBALS]) + number(index) for index, _ in found.mutable]
    has_callbacks, wide_table = found.tables
    sections = found.sections
    if has_callbacks:
        sections = with_callbacks(sections, wide=found.wide, wide_table=wide_table)
        added.append(text(CALLBACK) + bytes([_FUNCTION]) + number(found.imported[_FUNCTION] + found.functions))
    if found.start is not None:
        added.append(text(START) + bytes([_FUNCTION]) + number(found.start))
    entries = frozenset(name for name, kind, _ in found.exports if kind == _FUNCTION)
    return Prepared(
        sha256(module).digest(),
        module,
        _written(found, sections, added),
        found.wide,
        methods,
        entries,
        names,
        tuple(kind for _, kind in found.mutable),
        _shown(found),
        found.metadata,
        found.start is not None,
        has_callbacks,
    )


def _check(found: _Found) -> None:
    """Refuse a module of which there is too much. Raises Reject (IC0505)."""
    methods = [name for name, kind, _ in found.exports if kind == _FUNCTION and name.startswith("canister")]
    metadata = sum(len(name.encode()) + len(one.data) for name, one in found.metadata.items())
    for count, limit, what in (
        (found.functions, MAX_FUNCTIONS, "functions"),
        (found.globals, MAX_GLOBALS, "globals"),
        (len(found.exports), 2 * MAX_METHODS, "exports"),
        (len(methods), MAX_METHODS, "methods"),
        (sum(len(name.encode()) for name in methods), MAX_NAMES, "bytes in the names of its methods"),
        (len(found.metadata), MAX_SECTIONS, "custom sections to be read"),
        (metadata, MAX_METADATA, "bytes of custom sections to be read"),
    ):
        if count > limit:
            msg = f"it has {count:,} {what}, more than {limit:,}"
            raise malformed(msg)


def _shown(found: _Found) -> tuple[int, ...]:
    """Return the numbers of the mutable globals in the order of a snapshot: what is exported comes first (recalled)."""
    places = {index: place for place, (index, _) in enumerate(found.mutable)}
    exported = dict.fromkeys(places[index] for _, kind, index in found.exports if kind == _GLOBALS and index in places)
    return (*exported, *(place for place in places.values() if place not in exported))


def _unpacked(module: bytes) -> bytes:
    if not module.startswith(b"\x1f\x8b\x08"):
        return module
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(module)) as packed:
            data = packed.read(MAX_MODULE + 1)
    except (OSError, EOFError, zlib.error) as error:
        msg = f"it cannot be unpacked: {error}"
        raise malformed(msg) from None
    if len(data) > MAX_MODULE:
        msg = f"unpacked it has more than {MAX_MODULE:,} bytes"
        raise malformed(msg)
    return data


def _read(data: bytes) -> _Found:
    if not data.startswith(_MAGIC):
        msg = "it does not begin as a module does"
        raise malformed(msg)
    reader = Reader(data, len(_MAGIC))
    imported, mutable = [0] * 5, list[tuple[int, str]]()
    exports: list[tuple[str, int, int]] = []
    wide, memories, tables, start, functions, variables = False, 0, (False, False), None, 0, 0
    metadata: dict[str, Metadata] = {}
    sections: list[tuple[int, bytes]] = []
    while reader.left:
        kind, part = reader.byte(), reader.part()
        if kind not in (_CUSTOM, _START):
            sections.append((kind, data[part.at : part.end]))
        if kind == _CUSTOM:
            _custom(part, metadata)
        elif kind == _IMPORT:
            _imports(part, imported)
        elif kind == _TABLE:
            tables = runs_functions(part) if part.number() else tables
        elif kind == _MEMORY:
            memories = part.number()
            wide = memories > 0 and bool(part.byte() & 4)
        elif kind == _DECLARED:
            functions = part.number()
        elif kind == _GLOBAL:
            variables = Reader(data, part.at, part.end).number()
            mutable = _mutable(part, imported[_GLOBALS])
        elif kind == _EXPORT:
            exports = [(part.name(), part.byte(), part.number()) for _ in range(part.number())]
        elif kind == _START:
            start = part.number()
        elif kind == _CODE and part.end - part.at > MAX_CODE:
            msg = f"its code has more than {MAX_CODE:,} bytes"
            raise malformed(msg)
    if memories + imported[_MEMORIES] != 1 or imported[_MEMORIES]:
        msg = "a canister has one memory of its own"
        raise malformed(msg)
    return _Found(imported, mutable, exports, wide, tables, start, metadata, sections, functions, variables)


def _custom(part: Reader, metadata: dict[str, Metadata]) -> None:
    name = part.name()
    for prefix in ("icp:public ", "icp:private "):
        if name.startswith(prefix):
            metadata[name.removeprefix(prefix)] = Metadata("private" in prefix, part.take(part.end - part.at))


def _imports(part: Reader, counts: list[int]) -> None:
    for _ in range(part.number()):
        part.name()
        part.name()
        kind = part.byte()
        if kind == _FUNCTION:
            part.number()
        elif kind == _GLOBALS:
            part.take(2)
        else:
            msg = "it imports something that is no function"
            raise malformed(msg)
        counts[kind] += 1


def _mutable(part: Reader, first: int) -> list[tuple[int, str]]:
    """Return numbers and types of the globals that can change; `first`: the number of the first not imported."""
    found = []
    for index in range(part.number()):
        kind = part.byte()
        if kind in (0x63, 0x64):  # a reference to a type that follows
            part.skip_number()
        if part.byte() == 1:
            if kind not in _KINDS:
                msg = "a global that can change holds a reference"
                raise malformed(msg)
            if _KINDS[kind] == "v128":  # the Internet Computer takes it; wasmtime-py 50 ends the process over its value
                msg = "a global that can change holds a v128, which this network cannot keep"
                raise malformed(msg)
            found.append((first + index, _KINDS[kind]))
        _constant(part)
    return found


def _constant(part: Reader) -> None:
    """Leave out a constant expression."""
    while (operation := part.byte()) != 0x0B:  # noqa: PLR2004 - `end`
        if operation in (0x41, 0x42, 0x23, 0xD0, 0xD2):  # i32.const, i64.const, global.get, ref.null, ref.func
            part.skip_number()
        elif operation in (0x43, 0x44):  # f32.const, f64.const
            part.take(4 if operation == 0x43 else 8)  # noqa: PLR2004
        elif operation == 0xFD:  # noqa: PLR2004 - v128.const
            part.skip_number()
            part.take(16)
        elif operation not in (0x6A, 0x6B, 0x6C, 0x7C, 0x7D, 0x7E):  # add, sub, mul
            msg = f"a global begins with the instruction 0x{operation:02x}"
            raise malformed(msg)


def _written(found: _Found, sections: list[tuple[int, bytes]], added: list[bytes]) -> bytes:
    """Return the module with more exports, without its start function and its custom sections."""
    exports = [text(name) + bytes([kind]) + number(index) for name, kind, index in found.exports] + added
    listed = (_EXPORT, number(len(exports)) + b"".join(exports))
    ordered = sorted([one for one in sections if one[0] != _EXPORT] + [listed], key=_place)
    return _MAGIC + b"".join(bytes([kind]) + number(len(body)) + body for kind, body in ordered)


def _place(section: tuple[int, bytes]) -> int:
    if section[0] not in _ORDER:
        msg = f"there is no section {section[0]}"
        raise malformed(msg)
    return _ORDER.index(section[0])
