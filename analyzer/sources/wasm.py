"""What a compiled module says of itself: its custom sections. The module is read, bounded, and never run.

WebAssembly core specification, "Binary Format", modules. A module may be compressed, as the network takes it.
"""

from __future__ import annotations

import zlib
from typing import NamedTuple

from analyzer.errors import SourceError

MAGIC = b"\0asm"
GZIP = b"\x1f\x8b"
MAX_MODULE = 256 * 1024 * 1024  # bytes, uncompressed; the network takes 100 MiB
MAX_SECTIONS = 10_000
_HEADER = 8
_MAX_LEB = 5  # bytes of a 32-bit number
_KINDS = ("icp:public ", "icp:private ")

SERVICE, ARGUMENTS, STABLE = "candid:service", "candid:args", "motoko:stable-types"
COMPILER, PERSISTENCE = "motoko:compiler", "enhanced-orthogonal-persistence"


class Module(NamedTuple):
    """metadata: content of each `icp:public` and `icp:private` section by its name. names: of all custom sections."""

    metadata: dict[str, bytes]
    names: tuple[str, ...]


def is_module(data: bytes) -> bool:
    """Tell whether bytes begin as a module does, or as something compressed."""
    return data[:4] == MAGIC or data[:2] == GZIP


def read_module(data: bytes, where: str) -> Module:
    """Return what a module says of itself. Raises SourceError, whatever the bytes are."""
    module = uncompressed(data, where)
    if module[:4] != MAGIC:
        msg = "this is not a WebAssembly module"
        raise SourceError(msg, where=where, hint='a module begins with the bytes 00 61 73 6d ("\\0asm")')
    metadata: dict[str, bytes] = {}
    names: list[str] = []
    at = _HEADER
    for _ in range(MAX_SECTIONS):
        if at >= len(module):
            return Module(metadata, tuple(names))
        kind = module[at]
        size, begin = _number(module, at + 1, where)
        at = begin + size
        if at > len(module):
            raise _damaged(where, f"a section ends {at - len(module):,} bytes behind the end")
        if kind == 0:
            length, start = _number(module, begin, where)
            if start + length > at:
                raise _damaged(where, "the name of a section is longer than the section")
            name = module[start : start + length].decode("utf-8", "replace")
            names.append(name)
            for prefix in _KINDS:
                if name.startswith(prefix):
                    # Of two sections of one name the network takes the public one, which comes first here.
                    metadata.setdefault(name.removeprefix(prefix), bytes(module[start + length : at]))
    raise _damaged(where, f"it has more than {MAX_SECTIONS:,} sections")


def uncompressed(data: bytes, where: str) -> bytes:
    """Return a module as it is run, whether it is compressed or not. Raises SourceError."""
    if data[:2] != GZIP:
        return data
    unpacker = zlib.decompressobj(wbits=31)
    try:
        module = unpacker.decompress(data, MAX_MODULE + 1)
    except zlib.error:
        msg = "this cannot be uncompressed"
        raise SourceError(msg, where=where) from None
    if len(module) > MAX_MODULE:
        msg = f"a module of more than {MAX_MODULE:,} bytes is too large"
        raise SourceError(msg, where=where)
    if not unpacker.eof:
        raise _damaged(where, "it is cut off")
    return module


def _number(module: bytes, at: int, where: str) -> tuple[int, int]:
    value = 0
    for i in range(_MAX_LEB):
        if at + i >= len(module):
            break
        byte = module[at + i]
        value |= (byte & 0x7F) << (7 * i)
        if byte < 0x80:  # noqa: PLR2004 - the bit of LEB128 that says that another byte follows
            return value, at + i + 1
    raise _damaged(where, "a size is cut off")


def _damaged(where: str, what: str) -> SourceError:
    msg = f"this module is damaged: {what}"
    return SourceError(msg, where=where)
