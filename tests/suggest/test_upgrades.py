"""The Context Registry, really upgraded with the migrations that are suggested for it: every record is kept."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import PurePath
from typing import TYPE_CHECKING

import pytest

from analyzer.motoko.parse import parse_stable
from analyzer.sources.carried import edited
from analyzer.sources.compile import Program
from analyzer.sources.disk import Disk
from analyzer.suggest.migration import suggest
from replica import Reject, Replica
from tests.canister.build import FLAGS, NAME, REGISTRY, SECONDS
from tests.oracles.needed import ask_skip_or_fail
from tests.oracles.oracle import FOLDER as ORACLES
from tests.replica.registry import FIRST, fill, module, records

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STAMP = "20990101_000000"


@pytest.fixture(scope="module")
def ic() -> Iterator[Replica]:
    with Replica() as network:
        yield network


@pytest.fixture(scope="module")
def filled(ic: Replica) -> str:
    """Return a canister of the first version with something in every collection."""
    canister = ic.create()
    ic.install(canister, module(FIRST))
    fill(ic, canister)
    return canister


def migrated(version: str, folder: Path) -> bytes:
    """Return the module of a version with the migration that is suggested from the first one."""
    old, new = (parse_stable((REGISTRY / name / f"{NAME}.most").read_text("utf-8")) for name in (FIRST, version))
    found = suggest(old, new)
    assert found is not None
    shutil.copytree(REGISTRY / version, folder, ignore=shutil.ignore_patterns(f"{NAME}.*"))
    place = PurePath(folder)
    for path, text in edited(Program(Disk(), place / "main.mo", place), found, old, STAMP).texts.items():
        (folder / path).write_text(text, "utf-8")
    out = folder / "out"
    done = subprocess.run(
        ["node", "stable.mjs", "--compile", folder / "main.mo", out, *FLAGS],
        cwd=ORACLES,
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return out.with_suffix(".wasm").read_bytes()


# What clients of the first version no longer read: nobody is told of a revision that is gone.
GONE = {"v09_field_removed": {"listDocuments"}}


@pytest.mark.parametrize(
    "version", ["v03_optional_field", "v05_case_in_mutable_map", "v08_required_field", "v09_field_removed"]
)
def test_what_is_refused_without_a_migration_is_upgraded_with_the_suggested_one(
    version: str, tmp_path: Path, ic: Replica, filled: str
) -> None:
    ask_skip_or_fail()
    before = records(ic, filled)
    with ic.fork(filled) as trial, pytest.raises(Reject, match="Memory-incompatible"):
        ic.upgrade(trial, module(version), persistence="keep")
    with ic.fork(filled) as trial:
        ic.upgrade(trial, migrated(version, tmp_path / "program"), persistence="keep")
        after = records(ic, trial)
        known = {name: found for name, found in after.items() if name not in GONE.get(version, ())}
        assert known == {name: before[name] for name in known}
        now = records(ic, trial, version)
        assert {name: len(found) for name, found in now.items()} == {name: len(found) for name, found in before.items()}
        ic.upgrade(trial, module(version), persistence="keep")  # the next upgrade needs no migration any more
        assert records(ic, trial, version) == now
