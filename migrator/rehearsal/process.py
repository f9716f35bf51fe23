"""A rehearsal in a process of its own: without environment and identities, with limits, ended as a group."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import migrator
from migrator.plan.form import Malformed, canonical, from_json, parsed, to_json
from migrator.rehearsal.model import Found, nothing

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrator.rehearsal.model import Job

GIB = 1 << 30
_ANSWER = 64 << 20  # bytes of what it tells at most
_SAID = 4000  # characters of what it printed last, for faults of ours
_LOOK = 0.05  # seconds between two looks at its memory
_RESERVED = 32 * GIB  # what may be written over all; the watch below ends it long before, by what it really uses
_START = "import sys; sys.path.append(sys.argv[1]); from migrator.rehearsal.child import main; main()"


class Bounds(NamedTuple):
    """What a rehearsal may take. seconds: in all, by the clock and of computing. memory: bytes, beside files."""

    seconds: int = 300
    memory: int = 8 * GIB


BOUNDS = Bounds()


class _Over(NamedTuple):
    why: str


def run_apart(job: Job, folder: Path, bounds: Bounds, tick: Callable[[], None] = lambda: None) -> Found:
    """Rehearse in a process of its own, and return what it found, or why it came to no end.

    folder: its working folder. tick: called several times a second.
    """
    told = canonical({"job": to_json(job), "cpu": bounds.seconds + 10, "memory": _RESERVED})
    child = subprocess.Popen(
        [sys.executable, "-I", "-B", "-c", _START, str(Path(migrator.__path__[0]).parent)],
        cwd=folder,
        env={"LANG": "C.UTF-8", "PYTHONHASHSEED": "0"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        ended = _watched(child, told, bounds, tick)
    finally:
        _end(child)
    if isinstance(ended, _Over):
        return nothing("undecided", ended.why)
    answer, printed = ended
    return _read(child.returncode, answer, printed, bounds)


def _watched(
    child: subprocess.Popen[bytes], told: bytes, bounds: Bounds, tick: Callable[[], None]
) -> tuple[bytes, bytes] | _Over:
    """Feed it and hear it until it ends, or has taken too much."""
    assert child.stdin is not None  # noqa: S101 - pipes, as asked for
    assert child.stdout is not None  # noqa: S101
    assert child.stderr is not None  # noqa: S101
    with contextlib.suppress(BrokenPipeError):  # it ended already: what it printed says why
        child.stdin.write(told)
        child.stdin.close()
    until = time.monotonic() + bounds.seconds
    parts: dict[int, list[bytes]] = {child.stdout.fileno(): [], child.stderr.fileno(): []}
    answer, printed = parts.values()
    left, size = set(parts), 0
    while left:
        if time.monotonic() > until:
            return _Over(f"it did not end within {bounds.seconds} s: the upgrade may never end, or takes more time")
        used = _used(child.pid)
        if used > bounds.memory:
            return _Over(f"it took more than the {bounds.memory / GIB:.1f} GiB of memory that a rehearsal has")
        for ready in select.select(list(left), [], [], _LOOK)[0]:
            piece = os.read(ready, 1 << 16)
            size += len(piece)
            if not piece:
                left.discard(ready)
            elif size > _ANSWER:
                return _Over("it tells more than can be read")
            else:
                parts[ready].append(piece)
        tick()
    return b"".join(answer), b"".join(printed)


def _used(process: int) -> int:
    """Return the bytes of memory that a process has for itself, and those of its files in memory; 0: unknown."""
    folder, used = f"/proc/{process}", 0
    try:
        with open(f"{folder}/status", "rb") as file:  # noqa: PTH123 - read twenty times a second
            for line in file:
                if line.startswith(b"RssAnon:"):
                    used += int(line.split()[1]) * 1024
        for name in os.listdir(f"{folder}/fd"):  # noqa: PTH208 - see above
            path = f"{folder}/fd/{name}"
            if os.readlink(path).startswith("/memfd:"):  # noqa: PTH115
                used += os.stat(path).st_blocks * 512  # noqa: PTH116
    except (OSError, ValueError):
        return used
    return used


def _end(child: subprocess.Popen[bytes]) -> None:
    """End it and whatever it started, and wait for it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    for stream in (child.stdin, child.stdout, child.stderr):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()


def _read(status: int, answer: bytes, printed: bytes, bounds: Bounds) -> Found:
    if answer:
        with contextlib.suppress(Malformed):
            return from_json(Found, parsed(answer), "found")
    if status == -signal.SIGXCPU:
        return nothing("undecided", f"it did not end within {bounds.seconds} s of computing")
    said = printed.decode("utf-8", "replace").strip()[-_SAID:].rpartition("\n")[2]
    how = f"by signal {-status}" if status < 0 else f"with status {status}"
    return nothing("undecided", f"its process ended {how}" + (f": {said}" if said else ""))
