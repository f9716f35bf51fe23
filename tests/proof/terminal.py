"""Run a command at a terminal and time it: what users wait for, colour and all."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ROWS, COLUMNS = 40, 100
_DEADLINE = 300.0
_ASKED_ELSEWHERE = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "CI", "PYTHONDONTWRITEBYTECODE")


class Taken(NamedTuple):
    """One run. wall, cpu: seconds; cpu is of the process and its children. status: exit status. output: bytes."""

    wall: float
    cpu: float
    status: int
    output: bytes


def run(command: list[str], folder: Path, environment: Mapping[str, str]) -> Taken:
    """Run a command whose output is a terminal of 100 columns; the clock stops when it has ended."""
    surrounding = {k: v for k, v in os.environ.items() if k not in _ASKED_ELSEWHERE and not k.startswith("CTXCHECK_")}
    here, there = pty.openpty()
    fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=there,
        stderr=there,
        cwd=folder,
        env={**surrounding, "TERM": "xterm-256color", **environment},
    )
    os.close(there)
    output = bytearray()
    while part := _read(here):
        output += part
        if time.perf_counter() - started > _DEADLINE:
            process.kill()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    os.close(here)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Taken(wall, usage.ru_utime + usage.ru_stime, process.returncode, bytes(output))


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # Linux's way to say that the other end is closed
        return b""
