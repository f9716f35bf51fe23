"""A function of a module's own that runs callbacks: it takes an entry of the table and an environment.

So wasmtime itself checks which type the entry has (spec 0.66, "Inter-canister calls": callbacks have type (I) -> ()),
and no value of a canister's choosing becomes one of Python: wasmtime-py 50 ends the process over a v128.
"""

from __future__ import annotations

from replica.module.reader import Reader, number

_TYPE, _FUNCTION, _CODE = 1, 3, 10
_FUNCREF = 0x70


def runs_functions(table: Reader) -> tuple[bool, bool]:
    """Tell of the first table whether it holds functions, and whether its indexes have 64 bits. table: its type."""
    kind = table.byte()
    if kind == 0x40:  # noqa: PLR2004 - a table with an initial value
        table.byte()
        kind = table.byte()
    held = kind
    if kind in (0x63, 0x64):  # a reference to a type that follows
        held = table.byte()
    return held == _FUNCREF, bool(table.byte() & 4)


def with_callbacks(sections: list[tuple[int, bytes]], *, wide: bool, wide_table: bool) -> list[tuple[int, bytes]]:
    """Return the sections with that function, behind all others. wide: the environment has 64 bits."""
    contents = dict(sections)
    types = Reader(contents.get(_TYPE, b"\0")).number()
    word, index = (b"\x7e" if one else b"\x7f" for one in (wide, wide_table))
    callback = b"\x60\x01" + word + b"\0"
    runner = b"\x60\x02" + index + word + b"\0"
    body = b"\0\x20\x01\x20\0\x11" + number(types) + b"\0\x0b"  # local.get 1, local.get 0, call_indirect
    added = {
        _TYPE: [callback, runner],
        _FUNCTION: [number(types + 1)],
        _CODE: [number(len(body)) + body],
    }
    for kind, items in added.items():
        reader = Reader(contents.get(kind, b"\0"))
        count = reader.number()
        contents[kind] = number(count + len(items)) + reader.data[reader.at :] + b"".join(items)
    return list(contents.items())
