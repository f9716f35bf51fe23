"""Draw what `ctxcheck demo` shows on a terminal, as docs/demo.svg: `python -m tests.proof picture`."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys

from rich.console import Console
from rich.text import Text

from tests.shared import ROOT

PICTURE = ROOT / "docs" / "demo.svg"
_WIDTH = 100
_PARTS = (("Somebody plans it all the same", "looked"), ("ctxcheck accept:", None))  # from a line to another one


def shown() -> str:
    """Return what the demo writes to a terminal."""
    leader, follower = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": str(_WIDTH), "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-m", "ctxcheck", "demo"], stdout=follower, stderr=subprocess.DEVNULL, env=environment
    )
    os.close(follower)
    parts = []
    try:
        while part := os.read(leader, 1 << 16):
            parts.append(part)
    except OSError:  # Linux says so that nobody writes any more
        pass
    process.wait()
    return b"".join(parts).decode().replace("\r\n", "\n")


def draw() -> None:
    """Draw the parts with the rollback, and with the migration to its history."""
    lines, kept = shown().splitlines(), []
    for first, last in _PARTS:
        begin = next(number for number, line in enumerate(lines) if first in line)
        end = len(lines) if last is None else next(n for n, line in enumerate(lines) if n > begin and last in line) + 1
        kept += [*lines[begin:end], ""]
        lines = lines[end:]
    console = Console(record=True, width=_WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.from_ansi("\n".join(kept)))
    drawn = console.export_svg(title="ctxcheck demo")
    PICTURE.write_text(re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL), "utf-8")  # fonts from elsewhere
