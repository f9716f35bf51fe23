"""What the system refuses, and files that are not what their names say: told with the file, and never a traceback."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.command.process import run
from tests.command.test_backups import NEW, ON, Project, ic, server
from tests.replica import registry
from tests.shared import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ic", "server"]

LIMIT = 16 * 1024  # bytes of a file


@pytest.fixture
def project(tmp_path: Path, ic: object, server: object) -> Project:
    return Project(tmp_path, ic, server)  # type: ignore[arg-type]


def limited(folder: Path, *arguments: str, limit: int = LIMIT) -> subprocess.CompletedProcess[str]:
    """Run the command where no file may be larger than the limit, as on a disk that is full."""
    return subprocess.run(
        [sys.executable, "-B", "-m", "ctxcheck", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(folder / "home")},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )


def told(done: subprocess.CompletedProcess[str], *words: str, code: int = 3) -> None:
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.rpartition("error: ")[2]
    for word in words:
        assert word in done.stderr


def test_a_backup_on_a_full_disk(project: Project) -> None:
    done = limited(project.folder, "backup", *ON, "--no-files", "--no-data")
    told(done, "/.ctxcheck/store/", "the system refuses: File too large", "`ulimit -f`")
    assert "there is no manifest" in project("list").stdout
    assert "was cut off" in project("backup", *ON, "--no-files", "--no-data").stderr  # with room it is made
    project("backup", "check", "--read-data", code=1)


def test_files_on_a_full_disk(project: Project) -> None:
    project.write("src/large.mo", "// " + "x" * 2 * LIMIT)
    told(limited(project.folder, "backup", *ON, "--no-data"), "large.mo", "File too large")
    assert not project.backups("fs-backup-")  # it appears once all is in it


def test_a_run_on_a_full_disk_is_undone(project: Project) -> None:
    before = project.records()
    (project.folder / "new.wasm.gz").write_bytes(registry.module(NEW))
    command = ("migrate", "registry", *ON, "--wasm", "new.wasm.gz", "-y")
    done = limited(project.folder, *command, limit=200_000)  # of the request to install, which is the largest file
    assert (done.returncode, "Traceback" in done.stderr) == (5, False), done.stdout + done.stderr
    assert "REFUSED" in done.stdout
    assert "the system refuses: File too large" in done.stdout
    assert "running" in project("status", *ON).stdout
    assert project.records() == before
    project(*command)  # with room


def test_a_full_standard_output(project: Project) -> None:
    for arguments in (("rules",), ("status", *ON)):
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(
                [sys.executable, "-m", "ctxcheck", *arguments],
                cwd=project.folder,
                env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(project.folder / "home")},
                stdout=full,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                timeout=60,
                check=False,
            )
        told(done, "No space left on device")


def test_a_terminal_that_cannot_say_it(project: Project) -> None:
    registry.call(project.ic, project.canister, registry.FIRST, "setMetadata", '("sun", "\u2600")')
    project("backup", *ON, "--no-files", "--no-data")
    shown = project("state", "show", project.backups("snapshot-")[-1].name, PYTHONIOENCODING="ascii").stdout
    assert "\\u2600" in shown


def a_folder(path: Path) -> None:
    path.mkdir(parents=True)


def a_file(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")


def a_dangling_link(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to("/no/such/place")


def a_link_to_itself(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(path.name)


def bytes_that_are_no_text(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(range(256)))


SNAPSHOT = "snapshot-2024-01-01T12-00-00-000Z-registry"
DATA = "data-backup-2024-01-01T12-00-00-000Z.json"
FILES = "fs-backup-2024-01-01T12-00-00-000Z"


@pytest.mark.parametrize(
    ("name", "made", "command", "code", "words"),
    [
        ("ctxcheck.toml", a_folder, ("backup", *ON), 3, "ctxcheck.toml: this is a folder"),
        ("ctxcheck.toml", a_link_to_itself, ("verify", *ON), 3, "ctxcheck.toml: "),
        ("ctxcheck.toml", a_dangling_link, ("migrate", *ON, "-y"), 3, "ctxcheck.toml: "),
        ("ctxcheck.toml", bytes_that_are_no_text, ("plan", *ON), 3, "ctxcheck.toml:2:"),
        ("ctxcheck.accepted.toml", a_dangling_link, ("check",), 3, "ctxcheck.accepted.toml: "),
        ("ctxcheck.accepted.toml", a_folder, ("check",), 3, "ctxcheck.accepted.toml: "),
        ("backups", a_file, ("backup", *ON), 3, "backups"),
        ("backups", a_dangling_link, ("backup", *ON), 3, "backups"),
        (".ctxcheck", a_file, ("backup", *ON), 3, ".ctxcheck"),
        (".ctxcheck", a_file, ("migrate", *ON, "--wasm", "new.wasm.gz", "-y"), 3, ".ctxcheck"),
        (".ctxcheck", a_link_to_itself, ("migrate", *ON, "--wasm", "new.wasm.gz", "-y"), 3, ".ctxcheck"),
        (".ctxcheck/store", a_file, ("backup", *ON), 3, "store"),
        (".ctxcheck/runs", a_file, ("history",), 0, ""),
        (f"backups/{SNAPSHOT}", a_file, ("restore", SNAPSHOT, *ON, "-y"), 3, "there is no manifest"),
        (f"backups/{SNAPSHOT}/manifest.json", a_folder, ("state", "show", SNAPSHOT), 3, "there is no manifest"),
        (f"backups/{SNAPSHOT}/manifest.json", bytes_that_are_no_text, ("show", SNAPSHOT), 3, "the backup is not complete"),
        (f"backups/{DATA}", a_folder, ("restore", DATA, *ON, "-y"), 3, DATA),
        (f"backups/{DATA}", bytes_that_are_no_text, ("show", DATA, "--format", "json"), 3, DATA),
        (f"backups/{DATA}", a_file, ("show", DATA), 3, DATA),
        (f"backups/{FILES}", a_file, ("restore", FILES, "--files", "-y"), 3, FILES),
        (f"backups/{FILES}", a_folder, ("show", FILES, "--format", "json"), 3, "a backup of the npm script"),
        (".icp/data/mappings/test.ids.json", bytes_that_are_no_text, ("recover", "registry", *ON), 3, "test.ids.json"),
        ("key.pem", a_folder, ("status", *ON, "--identity-file", "key.pem"), 3, "key.pem: the key cannot be read"),
        ("key.pem", bytes_that_are_no_text, ("status", *ON, "--identity-file", "key.pem"), 3, "no private key in PEM"),
        ("old.mo", bytes_that_are_no_text, ("suggest", "old.mo", "old.mo"), 3, "old.mo"),
        ("main.mo", a_dangling_link, ("lint", "main.mo"), 3, "main.mo"),
        ("plan.ctx", a_folder, ("rehearse", "plan.ctx"), 2, "plan.ctx is no plan"),
        ("plan.ctx", bytes_that_are_no_text, ("approve", "plan.ctx", "--reason", "x"), 3, "plan.ctx"),
        ("report", bytes_that_are_no_text, ("show", "report", "--verify"), 3, "report"),
        ("x", a_file, ("status", *ON, "--identity-command", "icp 'x"), 2, "--identity-command: this is no command"),
        ("x", a_file, ("status", *ON, "-k", "00" * 133), 2, "--root-key is no root key"),
        ("x", a_file, ("status", "-n", "http://[bad"), 2, "`http://[bad` is no URL of a network"),
    ],
)  # fmt: skip
def test_what_is_not_what_its_name_says(
    project: Project, name: str, made: Callable[[Path], None], command: tuple[str, ...], code: int, words: str
) -> None:
    (project.folder / "new.wasm.gz").write_bytes(registry.module(NEW))
    path = project.folder / name
    path.unlink(missing_ok=True)
    made(path)
    done = run(project.folder, *command, HOME=str(project.folder / "home"))
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stdout + done.stderr
    assert words in done.stderr
