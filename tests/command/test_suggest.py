"""`ctxcheck suggest` as a user runs it: what is shown, what is written, exit codes."""

from __future__ import annotations

import json
import os
import re
import shutil
from typing import TYPE_CHECKING

import pytest

from replica import Replica
from tests.canister.build import NAME, REGISTRY
from tests.command.migrating import Project
from tests.command.process import run
from tests.oracles.needed import ask_skip_or_fail
from tests.oracles.oracle import FOLDER as ORACLES

if TYPE_CHECKING:
    from pathlib import Path

    from syrupy.assertion import SnapshotAssertion


OLD = "type Season__1 = {id : Nat; name : Text}; actor { stable var seasons : [Season__1]; stable var title : Text };"
NEW = (
    "type Season__2 = {id : Nat; name : Text; owner : Principal; note : ?Text}; "
    "actor { stable var seasons : [Season__2]; stable var title : Text };"
)
OLD_DID = "type S = record { id : nat; name : text }; service : { list : () -> (vec S) query; put : (S) -> () }"
NEW_DID = "type S = record { id : nat }; service : { list : () -> (vec S) query; put : (S, text) -> () }"


def files(folder: Path, old: str, new: str, suffix: str = ".most") -> tuple[str, str]:
    for name, text in (("old", old), ("new", new)):
        (folder / f"{name}{suffix}").write_text(text, "utf-8")
    return f"old{suffix}", f"new{suffix}"


def with_compiler(folder: Path) -> dict[str, str]:
    """Return an environment whose cache holds the npm compiler, as `ctxcheck doctor --install-compiler` leaves it."""
    ask_skip_or_fail()
    place = folder / "cache" / "ctxcheck" / "moc" / "4.10.0"
    place.mkdir(parents=True)
    (place / "node_modules").symlink_to(ORACLES / "node_modules")
    return {"XDG_CACHE_HOME": str(folder / "cache")}


def without_compiler(folder: Path) -> dict[str, str]:
    return {"XDG_CACHE_HOME": str(folder / "empty"), "HOME": str(folder), "PATH": "/nonexistent"}


@pytest.mark.parametrize("width", ["80", "120"])
def test_a_migration(width: str, tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    environment = with_compiler(tmp_path)
    work = tmp_path / "work"
    work.mkdir()
    done = run(work, "suggest", *files(work, OLD, NEW), COLUMNS=width, **environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == snapshot


@pytest.mark.parametrize("width", ["80", "120"])
def test_an_interface(width: str, tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    done = run(tmp_path, "suggest", *files(tmp_path, OLD_DID, NEW_DID, ".did"), COLUMNS=width)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == snapshot


def test_without_a_compiler_it_is_not_proven(tmp_path: Path) -> None:
    done = run(tmp_path, "suggest", *files(tmp_path, OLD, NEW), **without_compiler(tmp_path))
    assert done.returncode == 1
    assert "not compiled: there is no compiler" in done.stdout
    assert "public func run" in done.stdout


@pytest.mark.parametrize(
    ("old", "new", "suffix", "status", "said"),
    [
        pytest.param("actor { stable a : Nat };", "actor { stable a : Int };", ".most", 0, "no migration is missing", id="nothing is needed"),
        pytest.param("service : {}", "service : {}", ".did", 0, "of what is stored nothing is said", id="nothing is said of what is not shown"),
        pytest.param('{ "1" : {} -> {} } actor {};', "actor {};", ".most", 1, "--enhanced-migration", id="a chain that is gone is no matter of types"),
        pytest.param("actor { stable a : Nat };", "actor { stable a", ".most", 3, "", id="a text that is none"),
    ],
)  # fmt: skip
def test_exit_status(tmp_path: Path, old: str, new: str, suffix: str, status: int, said: str) -> None:
    done = run(tmp_path, "suggest", *files(tmp_path, old, new, suffix), **without_compiler(tmp_path))
    assert (done.returncode, "Traceback" in done.stderr) == (status, False)
    assert said in done.stdout


def test_json_holds_all_of_it(tmp_path: Path) -> None:
    done = run(tmp_path, "suggest", *files(tmp_path, OLD, NEW), "--format", "json", **without_compiler(tmp_path))
    (one,) = json.loads(done.stdout)["canisters"]
    assert one["stable"]["proof"]["compiled"] is None
    assert one["stable"]["checks"] == ["nothing was kept for `owner`: choose a value"]
    assert one["stable"]["module"].startswith("import Array")


def program(folder: Path, version: str) -> Path:
    shutil.copytree(REGISTRY / version, folder, ignore=shutil.ignore_patterns(f"{NAME}.*"))
    return folder


def test_it_is_written_into_the_program(tmp_path: Path) -> None:
    environment = with_compiler(tmp_path)
    work = tmp_path / "work"
    program(work, "v03_optional_field")
    old = REGISTRY / "v01_first" / f"{NAME}.most"
    done = run(work, "suggest", os.fspath(old), "main.mo", "--write", **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "(with migration = Migration.run)\npersistent actor" in (work / "main.mo").read_text("utf-8")
    assert "public func run" in (work / "Migration.mo").read_text("utf-8")
    again = run(work, "suggest", os.fspath(old), "main.mo", **environment)
    assert "no migration is missing" in again.stdout


def test_a_chain_that_does_not_lead_there_gets_its_next_file(tmp_path: Path) -> None:
    environment = with_compiler(tmp_path)
    work = program(tmp_path / "work", "v12_chain_continued")
    (work / "mops.toml").write_text(
        '[canisters.registry]\nmain = "main.mo"\nargs = ["--enhanced-migration", "migrations"]\n', "utf-8"
    )
    types = work / "Types.mo"
    types.write_text(
        types.read_text("utf-8").replace("registeredAt : Int;", "registeredAt : Int; email : ?Text;"), "utf-8"
    )
    main = work / "main.mo"
    main.write_text(
        main.read_text("utf-8").replace("registeredAt = Time.now()", "registeredAt = Time.now(); email = null"), "utf-8"
    )
    old = REGISTRY / "v12_chain_continued" / f"{NAME}.most"
    done = run(work, "suggest", os.fspath(old), "main.mo", **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"migrations/\d{8}_\d{6}_Suggested\.mo", done.stdout)
    assert "in your program" in done.stdout
    assert "public func migration(old" in done.stdout


def test_nothing_is_written_beside_no_program(tmp_path: Path) -> None:
    environment = with_compiler(tmp_path)
    work = tmp_path / "work"
    work.mkdir()
    done = run(work, "suggest", *files(work, OLD, NEW), "--write", **environment)
    assert done.returncode == 2
    assert sorted(path.name for path in work.iterdir()) == ["new.most", "old.most"]


def test_what_moc_refuses_is_not_called_proven(tmp_path: Path) -> None:
    # moc computes Any for the parameter, and then takes it for another Any than one that is written.
    environment = with_compiler(tmp_path)
    work = tmp_path / "work"
    work.mkdir()
    old = "actor { stable f : shared (x : Nat or Text) -> async (); stable k : Nat };"
    done = run(work, "suggest", *files(work, old, "actor { stable k : Nat };"), **environment)
    assert done.returncode == 1
    assert "refused: what the old version left does not fit the migration (M0216)" in done.stdout


def test_a_migration_is_tried_on_the_backup_that_fits(tmp_path: Path) -> None:
    environment = with_compiler(tmp_path)
    with Replica() as ic, ic.serve() as server:
        project = Project(tmp_path / "project", ic, server)
        project("backup")
        for path in (REGISTRY / "v03_optional_field").glob("*.mo"):
            shutil.copy(path, project.folder)
        shutil.copy(REGISTRY / "v01_first" / f"{NAME}.most", project.folder / "old.most")
        project.write("mops.toml", f'[canisters]\n{NAME} = "main.mo"\n')
        done = run(project.folder, "suggest", "old.most", "main.mo", **environment)
        assert done.returncode == 0, done.stderr
        assert "67 values compared, none lost, 1 added" in " ".join(done.stdout.split())
