"""`ctxcheck demo`: the example canister's versions, as they come with the package."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.canister.build import versions
from tests.command.process import run

if TYPE_CHECKING:
    from pathlib import Path

    from syrupy.assertion import SnapshotAssertion

UPGRADES = [name for name, entry in versions().items() if "upgrades" in entry]


@pytest.mark.parametrize("width", ["80", "120"])
def test_the_demo(width: str, tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    done = run(tmp_path, "demo", COLUMNS=width)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == snapshot


def test_every_version_can_be_shown(tmp_path: Path) -> None:
    listed = run(tmp_path, "demo", "--list").stdout
    assert [line.split()[0] for line in listed.splitlines()] == UPGRADES
    done = run(tmp_path, "demo", *UPGRADES)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("under the policy") + done.stdout.count("no changes") == len(UPGRADES)
    assert done.stdout.count("really done") == len(UPGRADES)


def test_a_version_that_is_not_there(tmp_path: Path) -> None:
    done = run(tmp_path, "demo", "v99")
    assert done.returncode == 2
    assert "there is no version `v99`: `ctxcheck demo --list` shows all" in done.stderr
