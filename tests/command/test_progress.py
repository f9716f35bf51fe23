"""Long work says on a terminal that it goes on; short work, and work that nobody watches, says nothing."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.shared import ROOT

if TYPE_CHECKING:
    from pathlib import Path

WORK = """
import sys, time
from ctxcheck.progress import Progress
with Progress("comparing"):
    time.sleep(float(sys.argv[1]))
print("rich" in sys.modules)
"""


def work(folder: Path, seconds: str, *, watched: bool) -> tuple[str, str]:
    """Return standard output and standard error of some work; watched: standard error is a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", WORK, seconds],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=theirs if watched else subprocess.PIPE,
    )
    os.close(theirs)
    output, error = process.communicate(timeout=60)
    shown = b""
    if watched:
        try:
            while part := os.read(ours, 65536):
                shown += part
        except OSError:
            pass  # the terminal is gone: everything was read
    os.close(ours)
    return output.decode().strip(), (shown or error or b"").decode()


@pytest.mark.parametrize(
    ("seconds", "watched", "shown"),
    [
        pytest.param("1.3", True, True, id="long work at a terminal"),
        pytest.param("0", True, False, id="short work"),
        pytest.param("1.3", False, False, id="long work that nobody watches"),
    ],
)
def test_progress(tmp_path: Path, seconds: str, watched: bool, shown: bool) -> None:
    output, error = work(tmp_path, seconds, watched=watched)
    assert ("comparing ..." in error) == shown
    assert output == str(shown)
    assert shown or error == ""
