"""The demo: the main job from a refusal to the history, and each version of the example by itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.canister.build import versions
from tests.command.process import run

if TYPE_CHECKING:
    from pathlib import Path

    from syrupy.assertion import SnapshotAssertion

TOLD = [
    "filled by 9 calls",
    "ctxcheck backup: snapshot-",
    "1. The guide calls an optional field safe",
    "S201 stable-field-added",
    "ctxcheck migrate: refused: 1 change(s) of the plan block",
    "REFUSED  context_registry",
    "Memory-incompatible program",
    "2. A listing is made faster",
    "ctxcheck plan: the rehearsal of context_registry failed: listSeasons: 1 of 2 entries",
    "ROLLED BACK",
    "not all is kept (1 lost, 0 changed): listSeasons",
    "its timer was armed before, and is armed",
    "looked: all 15 records are there",
    "3. Back to the e-mail address",
    "func nameRecord(x : OldNameRecord) : NewNameRecord = { x with email = null }",
    "ctxcheck accept: 83f55423922c S404 names",
    "ctxcheck approve: plan",
    "67 values compared, none lost, 1 added",
    "COMMITTED",
    "looked: all 15 records are there",
    "4. The history, in git:",
    "An e-mail address, with a migration",
    "rehearsed on embedded replica",
]


@pytest.mark.parametrize("columns", [80, 120])
def test_the_demo(tmp_path: Path, columns: int) -> None:
    done = run(tmp_path, "demo", COLUMNS=str(columns))
    assert done.returncode == 0, done.stderr
    told, at = " ".join(done.stdout.split()), 0
    for words in TOLD:
        at = told.find(" ".join(words.split()), at)
        assert at >= 0, words
    assert "Traceback" not in done.stderr
    prose = [line for line in done.stdout.splitlines() if not line.lstrip().startswith(("icp ", "next:", "type "))]
    assert not [line for line in prose if len(line) > max(columns, 120)]


@pytest.mark.parametrize("version", ["v04_case_in_pure_map", "v15_traps"])
def test_a_version_is_compared_and_upgraded_to(tmp_path: Path, version: str, snapshot: SnapshotAssertion) -> None:
    done = run(tmp_path, "demo", version, COLUMNS="100")
    assert done.returncode == 0
    assert re.sub(r"canister [a-z0-9-]+-cai", "canister ID", done.stdout) == snapshot


def test_every_version_can_be_shown(tmp_path: Path) -> None:
    upgrades = [name for name, entry in versions().items() if "upgrades" in entry]
    listed = run(tmp_path, "demo", "--list").stdout
    assert [line.split()[0] for line in listed.splitlines()] == upgrades
    done = run(tmp_path, "demo", *upgrades)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("under the policy") + done.stdout.count("no changes") == len(upgrades)
    assert done.stdout.count("really done") == len(upgrades)


def test_a_version_that_there_is_not(tmp_path: Path) -> None:
    done = run(tmp_path, "demo", "v99")
    assert done.returncode == 2
    assert "--list" in done.stderr
