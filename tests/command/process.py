"""The command as a user runs it: a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.shared import ROOT

if TYPE_CHECKING:
    from pathlib import Path


_NOT_OURS = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "CI")
_OF_A_CI = ("GITHUB_", "CI_", "PRE_COMMIT", "GIT_")


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder, without the colours and the CI of whoever runs the tests."""
    clean = {k: v for k, v in os.environ.items() if k not in _NOT_OURS and not k.startswith(_OF_A_CI)}
    return subprocess.run(
        [sys.executable, "-m", "ctxcheck", *arguments],
        cwd=folder,
        env={**clean, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
