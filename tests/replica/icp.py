"""icp-cli (agent-rs), the program that people use."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest

from tests.oracles.oracle import FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable

    Icp: TypeAlias = "Callable[..., subprocess.CompletedProcess[str]]"

INSTALLED = FOLDER / "node_modules" / "@icp-sdk" / "icp-cli-linux-x64" / "bin" / "icp"


def icp_in(folder: Path, **more: str) -> Icp:
    """Return the program, run in a folder that is its home too, with more variables of the environment; skips or fails where it is not installed."""
    program = Path(os.environ.get("CTXCHECK_ICP", INSTALLED))
    if not program.exists():
        reason = "icp-cli is not installed: npm @icp-sdk/icp-cli-linux-x64, or its path in CTXCHECK_ICP"
        if os.environ.get("CTXCHECK_REQUIRE_ORACLES"):
            pytest.fail(reason)
        pytest.skip(reason)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "ICP_HOME": str(folder / "home"),
            "DO_NOT_TRACK": "1",
            **more,
        }
        return subprocess.run(
            [program, *arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run
