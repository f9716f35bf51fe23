"""`ctxcheck state` as a user runs it: on directories of icp-cli, and on the project's own backups."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import pytest

from migrator.backups.icp import Directory, import_backup
from migrator.backups.image import SnapshotImage
from migrator.backups.store import Store
from migrator.comparing import compare_snapshots, why_not
from replica import Replica
from tests.command.process import run
from tests.heap.canister import Program, write_snapshot

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from syrupy.assertion import SnapshotAssertion


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of snapshots: of all kinds of values, and before, after and long after an upgrade."""
    folder = tmp_path_factory.mktemp("taken")
    with Replica() as ic:
        for name in ("kinds", "hooked"):
            write_snapshot(ic.snapshot(Program(name, ic).id), folder / name)
        program = Program("containers", ic)
        program.call("fill", "(0, 30)")
        write_snapshot(ic.snapshot(program.id), folder / "containers")
        program = Program("before", ic)
        program.call("fill", "(40)")
        write_snapshot(ic.snapshot(program.id), folder / "before")
        program.upgrade("after")
        write_snapshot(ic.snapshot(program.id), folder / "after")
        program.call("lose", "(31)")
        program.call("use")
        write_snapshot(ic.snapshot(program.id), folder / "lost")
    return folder


@pytest.fixture(scope="module")
def backed_up(taken: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project that has the same snapshots as backups."""
    project = tmp_path_factory.mktemp("project")
    (project / "dfx.json").write_text("{}", "utf-8")
    store = Store(project / ".ctxcheck" / "store")
    (project / "backups").mkdir()
    for minute, name in enumerate(("before", "after", "lost", "hooked")):
        folder = project / "backups" / f"snapshot-2026-11-23T10-0{minute}-00-000Z-{name}"
        source = Directory(taken / name)
        import_backup(source, store, folder, canister="aaaaa-aa", name=name, network="local", created=1)
    return project


def _state(folder: Path, *arguments: str, code: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
    done = run(folder, "state", *arguments, **environment)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.mark.parametrize("name", ["kinds", "containers", "hooked", "before", "after"])
def test_show_all(name: str, taken: Path, snapshot: SnapshotAssertion) -> None:
    assert _state(taken, "show", name).stdout == snapshot


@pytest.mark.parametrize(
    "path",
    ["map[7]", "map[7].status#closed", "nested", "list", "pureQueue[3]", 'names["12"]', "table.table[0]", "tree"],
)
def test_show_a_path(path: str, taken: Path, snapshot: SnapshotAssertion) -> None:
    assert _state(taken, "show", "containers", path).stdout == snapshot


@pytest.mark.parametrize("name", ["kinds", "before"])
def test_export(name: str, taken: Path, snapshot: SnapshotAssertion) -> None:
    done = _state(taken, "export", name)
    assert done.stdout == snapshot
    document = json.loads(done.stdout)
    assert document["schema"] == "ctxcheck.state/1"


def test_export_into_files_of_the_owner_alone(taken: Path, tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    whole, lines = tmp_path / "state.json", tmp_path / "lines"
    shown = _state(taken, "export", "containers").stdout
    _state(taken, "export", "containers", "-o", str(whole))
    assert whole.read_text("utf-8") == shown
    _state(taken, "export", "containers", "--lines", str(lines))
    values = {name: one["value"] for name, one in json.loads(shown)["variables"].items()}
    about = json.loads((lines / "state.json").read_text("utf-8"))
    for name, one in about["variables"].items():
        found = [json.loads(line) for line in (lines / one["file"]).read_text("utf-8").splitlines()]
        if isinstance(values[name], dict) and "$map" in values[name]:
            assert found == values[name]["$map"]
        elif isinstance(values[name], list):
            assert found == values[name]
        else:
            assert found == [values[name]]
    assert sorted(path.name for path in lines.iterdir()) == snapshot
    for path in (whole, *lines.iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(lines.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        pytest.param("before", "before", 0, id="the same"),
        pytest.param("before", "after", 0, id="an upgrade that keeps all"),
        pytest.param("before", "lost", 1, id="an upgrade, and then something was lost"),
        pytest.param("after", "lost", 1, id="something was lost"),
    ],
)
def test_diff(old: str, new: str, code: int, taken: Path, snapshot: SnapshotAssertion) -> None:
    assert _state(taken, "diff", old, new, code=code).stdout == snapshot
    told = json.loads(_state(taken, "diff", old, new, "--format", "json", code=code).stdout)
    assert told == snapshot(name="json")
    assert told["kept"] == (code == 0)


def test_backups_say_the_same_as_directories(taken: Path, backed_up: Path) -> None:
    name = "snapshot-2026-11-23T10-00-00-000Z-before"
    for words in (("show",), ("show", "users[3].name"), ("export",)):
        by_name = _state(backed_up, words[0], name, *words[1:]).stdout
        assert by_name == _state(taken, words[0], "before", *words[1:]).stdout
        assert by_name == _state(taken, words[0], str(backed_up / "backups" / name), *words[1:]).stdout
    after = f"backups/{name.replace('10-00-', '10-01-').replace('before', 'after')}"
    assert _state(backed_up, "diff", name, after).stdout == _state(taken, "diff", "before", "after").stdout
    assert not [path for path in (backed_up / "backups" / name).iterdir() if "tmp" in path.name]


def test_an_encrypted_backup_is_read_with_its_key(taken: Path, tmp_path: Path) -> None:
    pyrage = pytest.importorskip("pyrage")
    key = pyrage.x25519.Identity.generate()
    (tmp_path / "key").write_text(f"{key}\n", "utf-8")
    (tmp_path / "dfx.json").write_text("{}", "utf-8")
    (tmp_path / "backups").mkdir()
    name = "snapshot-2026-11-23T10-00-00-000Z-before"
    store = Store(tmp_path / ".ctxcheck" / "store", recipient=str(key.to_public()))
    source = Directory(taken / "before")
    import_backup(source, store, tmp_path / "backups" / name, canister="aaaaa-aa", name="before", network="", created=1)
    assert "--age-identity" in _state(tmp_path, "show", name, code=3).stderr
    opened = _state(tmp_path, "show", name, "--age-identity", str(tmp_path / "key"))
    assert opened.stdout == _state(taken, "show", "before").stdout


def test_two_snapshots_of_a_run_are_compared(backed_up: Path) -> None:
    store = Store(backed_up / ".ctxcheck" / "store")
    before, after, lost, hooked = (
        SnapshotImage(folder, store) for folder in sorted((backed_up / "backups").glob("snapshot-*"))
    )
    good = compare_snapshots(before, after)
    assert (good.values, good.lost, good.changed, good.added) == (124, (), (), 3)
    bad = compare_snapshots(before, lost)
    assert (bad.lost, bad.changed) == (("settings.tags[1]", "users[31]"), ())
    assert why_not(before) is None
    assert "preupgrade" in (why_not(hooked) or "")
    assert why_not(after) is None


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        pytest.param(("show", "nowhere"), 2, "there is no backup `nowhere`", id="a snapshot that is not there"),
        pytest.param(("show", "."), 2, "neither a directory", id="a folder of something else"),
        pytest.param(("show", "before", "user"), 2, "did you mean `users`", id="a variable that is not there"),
        pytest.param(("show", "before", "users[99]"), 2, "`users` has no [99]", id="a key that is not there"),
        pytest.param(("export", "before", "-o", "x", "--lines", "y"), 2, "exclude each other", id="two ways to write"),
        pytest.param(("export", "before", "-o", "no/where.json"), 3, "cannot be written", id="no place to write"),
        pytest.param(("diff", "before", "cut"), 3, "the metadata says", id="a file that was cut"),
        pytest.param(("show", "damaged"), 3, "not of a Motoko program", id="a memory of something else"),
    ],
)
def test_what_cannot_be_done(arguments: tuple[str, ...], code: int, words: str, taken: Path) -> None:
    for name, change in (("cut", 65_536), ("damaged", None)):
        if not (taken / name).exists():
            (taken / name).mkdir()
            for path in (taken / "before").glob("*.*"):
                data = path.read_bytes()
                if path.name == "wasm_memory.bin":
                    data = data[:change] if change else bytes(len(data))
                (taken / name / path.name).write_bytes(data)
    assert words in " ".join(_state(taken, *arguments, code=code).stderr.split())
