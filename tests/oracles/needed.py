"""What a test says that asks the official checkers: ask, skip with the reason, or fail where they are required."""

from __future__ import annotations

import os

import pytest

from tests.oracles.oracle import missing


def ask_skip_or_fail() -> None:
    """Return where the official checkers can be asked; with CTXCHECK_REQUIRE_ORACLES set their absence is a failure."""
    reason = missing()
    if reason and os.environ.get("CTXCHECK_REQUIRE_ORACLES"):
        pytest.fail(f"the official checkers are required here, but {reason}")
    if reason:
        pytest.skip(f"asks the official checkers, but {reason}")
