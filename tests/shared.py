"""The recorded cases that are used in place: they stem from public repositories and are not copied into this one."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
CASES = SHARED / "cases"


def largest_real_pair() -> tuple[str, str]:
    """Return old and new text of the largest recorded pair of real Candid interfaces."""
    largest = max(recorded("candid-real"), key=lambda case: len(case["old"]) + len(case["new"]))
    return largest["old"], largest["new"]


@cache
def recorded(name: str) -> list[dict[str, Any]]:
    """Return the cases of a JSON Lines file, or skip the test where the folder is not beside the project."""
    path = CASES / f"{name}.jsonl"
    if not path.exists():
        pytest.skip(f"the recorded cases ({name}.jsonl) are not beside this checkout")
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
