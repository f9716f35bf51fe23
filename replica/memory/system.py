"""What Linux offers for memory that is copied when it is written: mappings of a file, and which of their pages changed.

Everything here is by address: whoever calls has checked the bounds.
"""

from __future__ import annotations

import ctypes
import os
import sys
from array import array
from functools import cache
from typing import NoReturn

PAGE = 4096  # bytes, of the processor
_READ_WRITE = 1 | 2
_SHARED, _PRIVATE, _FIXED, _ANONYMOUS = 0x01, 0x02, 0x10, 0x20
_DONT_NEED = 4
_KEEP_SIZE, _PUNCH_HOLE = 1, 2
# linux/fs.h, PAGEMAP_SCAN (since Linux 6.7): a structure of twelve numbers of 64 bits.
_SCAN = 0xC0606610
_FILE, _PRESENT, _SWAPPED = 4, 8, 16
_REGIONS = 4096  # that one scan returns
# Documentation/admin-guide/mm/pagemap.rst: bits of an entry.
_IS_PRESENT, _IS_SWAPPED, _IS_FILE = 1 << 63, 1 << 62, 1 << 61
_CHUNK = 1 << 16  # entries that are read at once

Range = tuple[int, int]  # bytes from the beginning: start and end


@cache
def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
    libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    libc.pwrite.restype = ctypes.c_ssize_t
    libc.pwrite.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_long]
    libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_long, ctypes.c_long]
    return libc


def _fail(what: str) -> NoReturn:
    number = ctypes.get_errno()
    raise OSError(number, f"{what}: {os.strerror(number)}")


def map_file(address: int, size: int, file: int, offset: int) -> None:
    """Put a file over memory: what is written there is the process's own. Raises OSError."""
    found = _libc().mmap(address, size, _READ_WRITE, _PRIVATE | _FIXED, file, offset)
    if found != address:
        _fail("mmap")


def map_nothing(address: int, size: int) -> None:
    """Put zeros over memory. Raises OSError."""
    found = _libc().mmap(address, size, _READ_WRITE, _PRIVATE | _FIXED | _ANONYMOUS, -1, 0)
    if found != address:
        _fail("mmap")


def forget(address: int, size: int) -> None:
    """Drop what was written over a mapping: its file, or zeros, show again. Raises OSError."""
    if size and _libc().madvise(address, size, _DONT_NEED):
        _fail("madvise")


def write(file: int, address: int, size: int, offset: int) -> None:
    """Write memory into a file. Raises OSError."""
    while size:
        done = _libc().pwrite(file, address, size, offset)
        if done <= 0:
            _fail("pwrite")
        address, size, offset = address + done, size - done, offset + done


def punch(file: int, offset: int, size: int) -> None:
    """Give the room of a part of a file back; it reads as zeros. Raises OSError."""
    if _libc().fallocate(file, _PUNCH_HOLE | _KEEP_SIZE, offset, size):
        _fail("fallocate")


@cache
def _pagemap() -> int:
    return os.open("/proc/self/pagemap", os.O_RDONLY | os.O_CLOEXEC)


def written(address: int, size: int) -> list[Range]:
    """Return what was written of a mapping since it was made or forgotten, in whole pages. Raises OSError."""
    return _scanned(address, size) if _scans() else _looked(address, size)


def _scanned(address: int, size: int) -> list[Range]:
    import fcntl  # noqa: PLC0415 - not on every system

    found: list[Range] = []
    regions = (ctypes.c_uint64 * (3 * _REGIONS))()
    start, end = address, address + size
    while start < end:
        request = array("Q", [96, 0, start, end, 0, ctypes.addressof(regions), _REGIONS, 0])
        request.extend([_FILE, _FILE, _PRESENT | _SWAPPED, _PRESENT])
        count = fcntl.ioctl(_pagemap(), _SCAN, request)
        found += [(regions[at] - address, regions[at + 1] - address) for at in range(0, 3 * count, 3)]
        start = request[4]
    return found


def _looked(address: int, size: int) -> list[Range]:
    """Return the same on older kernels: one entry of 64 bits a page."""
    found: list[Range] = []
    pages = size // PAGE
    for first in range(0, pages, _CHUNK):
        entries = array("Q")
        count = min(_CHUNK, pages - first)
        entries.frombytes(os.pread(_pagemap(), 8 * count, 8 * (address // PAGE + first)))
        for index, entry in enumerate(entries):
            if entry & (_IS_PRESENT | _IS_SWAPPED) and not entry & _IS_FILE:
                start = (first + index) * PAGE
                if found and found[-1][1] == start:
                    found[-1] = found[-1][0], start + PAGE
                else:
                    found.append((start, start + PAGE))
    return found


@cache
def _scans() -> bool:
    """Tell whether the kernel scans for us."""
    try:
        return _tells(_scanned)
    except OSError:
        return False


@cache
def is_there() -> bool:
    """Tell whether all of this works here: sandboxes may refuse some of it."""
    if not sys.platform.startswith("linux") or os.sysconf("SC_PAGE_SIZE") != PAGE:
        return False
    try:
        return _tells(_scanned) if _scans() else _tells(_looked)
    except (OSError, AttributeError, ValueError):
        return False


def _tells(look: object) -> bool:
    """Write one page of three that a file is mapped over, and see whether it is found, and forgotten again."""
    import mmap  # noqa: PLC0415 - for the probe alone

    assert callable(look)  # noqa: S101 - one of the two above
    file = os.memfd_create("ctxcheck-probe", os.MFD_CLOEXEC)
    try:
        os.pwrite(file, b"a" * 3 * PAGE, 0)
        with mmap.mmap(-1, 3 * PAGE) as area:
            place = (ctypes.c_char * (3 * PAGE)).from_buffer(area)
            address = ctypes.addressof(place)
            map_file(address, 3 * PAGE, file, 0)
            read = ctypes.string_at(address, 3 * PAGE)
            ctypes.memset(address + PAGE, ord("b"), 1)
            found = look(address, 3 * PAGE)
            forget(address, 3 * PAGE)
            again = ctypes.string_at(address, 3 * PAGE)
            del place
        return bool(read == again == b"a" * 3 * PAGE and found == [(PAGE, 2 * PAGE)])
    finally:
        os.close(file)
