"""Backups of files and of data, what is listed, and what may go."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import time
from shutil import rmtree
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.candid.methods import method_of
from analyzer.candid.parse import parse_candid
from analyzer.candid.values import Case, Principal, Some, encode
from analyzer.errors import SourceError
from migrator.backups.data import CanisterData, Variables, listing_queries, load_data, read_data, restoring, write_data
from migrator.backups.files import back_up_files, compare_files, read_files_backup, restore_files
from migrator.backups.image import SnapshotImage
from migrator.backups.listing import list_backups
from migrator.backups.plainly import plainly
from migrator.backups.prune import prune, to_prune
from migrator.backups.stamp import stamp, time_of
from migrator.backups.store import PIECE, Store
from migrator.network.errors import Rejected
from tests.migrator.test_snapshots import Memory, kept, noise
from tests.replica import registry

if TYPE_CHECKING:
    from pathlib import Path

    from analyzer.candid.values import Value

HOUR = 3600 * 10**9
NOW = 1_704_110_400_000_000_000  # 2024-01-01T12:00:00Z
FILES = {
    "src/main.mo": "actor {}",
    "src/lib/a.mo": "module {}",
    "dfx.json": "{}",
    ".env": "KEY=1",
    ".dfx/local/x": "state",
}


@given(ns=st.integers(0, 4_000_000_000_000).map(lambda ms: ms * 10**6))
def test_times_in_names(ns: int) -> None:
    assert time_of(f"fs-backup-{stamp(ns)}") == ns


def test_the_guide_s_form() -> None:
    assert stamp(NOW) == "2024-01-01T12-00-00-000Z"
    assert time_of("fs-backup-nonsense") is None
    assert time_of("2024-99-01T12-00-00-000Z") is None


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return folder


def test_files_there_and_back(project: Path, tmp_path: Path) -> None:
    (project / "src" / "link").symlink_to("/etc/passwd")
    made = back_up_files(project, tmp_path / "fs-backup")
    assert set(made.hashes) == set(FILES)
    assert made.left_out == {"src/link": "it is a link"}
    assert all(
        stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
        for path in (tmp_path / "fs-backup").rglob("*")
    )
    (project / "src/main.mo").write_text("actor { broken")
    os.utime(project / "src/main.mo", (1, 1))
    (project / "dfx.json").unlink()
    later = time.time() + 100
    (project / ".env").write_text("KEY=2")
    os.utime(project / ".env", (later, later))
    backup = read_files_backup(tmp_path / "fs-backup")
    changes = {one.name: one.kind for one in compare_files(backup, project)}
    assert changes == {
        "src/main.mo": "changed",
        "src/lib/a.mo": "same",
        "dfx.json": "missing",
        ".env": "later",
        ".dfx/local/x": "same",
    }
    assert restore_files(backup, project, ["src/main.mo", "dfx.json"], tmp_path / "replaced") == 2
    assert (project / "src/main.mo").read_text() == "actor {}"
    assert (tmp_path / "replaced/src/main.mo").read_text() == "actor { broken"
    assert (project / ".env").read_text() == "KEY=2"


def test_a_local_network_that_runs_is_left_out(project: Path, tmp_path: Path) -> None:
    made = back_up_files(project, tmp_path / "b", running=[".dfx"])
    assert ".dfx/local/x" not in made.hashes
    assert "stop it" in made.left_out[".dfx"]


@pytest.mark.parametrize(
    "how", ["a copy changed", "a copy is a link", "outside", "absolute", "a link is in the way", "no manifest"]
)
def test_backups_of_files_that_are_refused(project: Path, tmp_path: Path, how: str) -> None:
    folder = tmp_path / "b"
    back_up_files(project, folder)
    manifest = folder / "ctxcheck-manifest.json"
    match how:
        case "a copy changed":
            (folder / "dfx.json").write_text("{ }")
        case "a copy is a link":
            (folder / "dfx.json").unlink()
            (folder / "dfx.json").symlink_to(project / "dfx.json")
        case "outside":
            manifest.write_text(manifest.read_text().replace('"dfx.json"', '"../dfx.json"'))
        case "absolute":
            manifest.write_text(manifest.read_text().replace('"dfx.json"', '"/dfx.json"'))
        case "a link is in the way":
            (project / "src").rename(project / "elsewhere")
            (project / "src").symlink_to(project / "elsewhere")
        case "no manifest":
            manifest.unlink()
    with pytest.raises(SourceError):
        compare_files(read_files_backup(folder), project)


# Data.

DID = """
type Season = record { id : nat; status : variant { active; closed : text }; owner : principal; note : opt text; hash : blob };
service : {
  listSeasons : () -> (vec Season) query;
  recent : () -> (vec nat) query;
  total : () -> (nat) query;
  raw : () -> (blob) query;
  listBy : (nat) -> (vec Season) query;
  listLive : () -> (vec Season);
  restoreSeasons : (vec Season) -> ();
  restorecent : (vec text) -> ();
}
"""
SERVICE = parse_candid(DID, "test.did")
SEASON: Value = {
    "id": 2**70,
    "status": Case("closed", "x"),
    "owner": Principal(b"\4"),
    "note": Some("n"),
    "hash": b"\0\xff",
}


def reply(name: str, *values: Value) -> bytes:
    method = method_of(SERVICE, name)
    assert method is not None
    return encode(SERVICE, method.results, values)


def test_which_queries_list() -> None:
    assert listing_queries(SERVICE) == ["listSeasons", "recent"]
    assert set(registry.LISTINGS) <= set(listing_queries(registry.interface(registry.FIRST)))


def test_data_there_and_back(tmp_path: Path) -> None:
    def query(name: str, _arg: bytes) -> bytes:
        if name == "recent":
            raise Rejected(5, "IC0504", "the reply is larger than 3 MiB", certified=False)
        return {"listSeasons": reply("listSeasons", [SEASON])}[name]

    names = [*listing_queries(SERVICE), "listBy", "gone"]
    listings, missing = read_data(SERVICE, query, names)
    assert missing == {
        "recent": "IC0504: the reply is larger than 3 MiB", "listBy": "it takes arguments",
        "gone": "the canister has no such method",
    }  # fmt: skip
    data = {"registry": CanisterData("aaaaa-aa", "00", listings, missing)}
    path = tmp_path / f"data-backup-{stamp(NOW)}.json"
    write_data(path, data, created=stamp(NOW), network="local")
    assert load_data(path) == data
    kept = Variables("snapshot-x", {"schema": "ctxcheck.state/1", "variables": {"a": {"value": [1, "NaN", None]}}})
    for variables in (kept, Variables(None, why="no snapshot")):
        more = {"registry": data["registry"]._replace(variables=variables)}
        write_data(path, more, created=stamp(NOW), network="local")
        assert load_data(path) == more
        assert restoring(SERVICE, load_data(path)["registry"]) == restoring(SERVICE, data["registry"])
    write_data(path, data, created=stamp(NOW), network="local")
    assert listings["listSeasons"].value == [
        {"id": str(2**70), "status": {"closed": "x"}, "owner": "2vxsx-fae", "note": ["n"], "hash": "00ff"}
    ]
    ways, cannot = restoring(SERVICE, data["registry"])
    assert [(one.method, one.arg) for one in ways] == [("restoreSeasons", reply("listSeasons", [SEASON]))]
    assert not cannot
    content = path.read_bytes()
    path.write_bytes(content.replace(b"closed", b"opened"))
    with pytest.raises(SourceError, match="not what it was"):
        load_data(path)
    path.write_text('{"seasons": []}')
    with pytest.raises(SourceError, match="no data backup of ctxcheck"):
        load_data(path)


def test_a_data_backup_of_before_variables_were_kept_is_read(tmp_path: Path) -> None:
    listings, missing = read_data(SERVICE, lambda name, _: reply(name, [SEASON]), ["listSeasons"])
    data = {"registry": CanisterData("aaaaa-aa", "00", listings, missing)}
    path = tmp_path / f"data-backup-{stamp(NOW)}.json"
    write_data(path, data, created=stamp(NOW), network="local")
    told = json.loads(path.read_text("utf-8"))
    del told["sha256"], told["canisters"]["registry"]["variables"]
    told["schema"] = "ctxcheck.data/1"
    canonical = json.dumps(told, sort_keys=True, ensure_ascii=False).encode()
    path.write_text(json.dumps({**told, "sha256": hashlib.sha256(canonical).hexdigest()}), "utf-8")
    assert load_data(path) == data
    path.write_text(path.read_text("utf-8").replace("ctxcheck.data/1", "ctxcheck.data/3"), "utf-8")
    with pytest.raises(SourceError, match="no data backup"):
        load_data(path)


def test_what_cannot_go_back() -> None:
    listings, _ = read_data(SERVICE, lambda _name, _arg: reply("recent", [1, 2]), ["recent"])
    data = CanisterData("aaaaa-aa", None, listings, {})
    ways, cannot = restoring(SERVICE, data, {"recent": "restorecent"})
    assert not ways
    assert "does not take what `recent` listed" in cannot["recent"]


RESULTS = parse_candid(
    """service : {
      listOk : () -> (variant { ok : vec nat; err : text }) query;
      listOpt : () -> (opt vec nat) query;
      listRust : () -> (variant { Ok : opt vec nat; Err : variant { NotAllowed } }) query;
    }""",
    "results.did",
)
ANSWERS: list[tuple[str, Value, int | None, str | None]] = [
    ("listOk", Case("ok", [1, 2]), 2, None),
    ("listOk", Case("err", "not authorized"), None, 'it returned {"err": "not authorized"}'),
    ("listRust", Case("Ok", Some([1])), 1, None),
    ("listRust", Case("Err", Case("NotAllowed", None)), None, 'it returned {"Err": {"NotAllowed": null}}'),
    ("listOpt", Some([1, 2, 3]), 3, None),
    ("listOpt", None, None, None),
]


@pytest.mark.parametrize(("name", "answer", "entries", "why"), ANSWERS)
def test_an_error_is_no_list(name: str, answer: Value, entries: int | None, why: str | None) -> None:
    method = method_of(RESULTS, name)
    assert method is not None
    reply = encode(RESULTS, method.results, [answer])
    listings, missing = read_data(RESULTS, lambda _name, _arg: reply, [name])
    assert missing.get(name) == why
    if why is None:
        assert listings[name].entries == entries


def test_a_reply_that_is_no_candid() -> None:
    listings, missing = read_data(SERVICE, lambda _name, _arg: b"nonsense", ["listSeasons"])
    assert not listings
    assert "cannot be read" in missing["listSeasons"]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (2**53, str(2**53)),
        (-5, -5),
        (1.5, 1.5),
        (float("nan"), "nan"),
        (b"\1", "01"),
        (None, None),
        (Some(None), [None]),
        (True, True),
    ],
)
def test_values_plainly(value: Value, told: object) -> None:
    assert plainly(value) == told


# All of them.


def test_what_is_listed_and_what_may_go(project: Path, tmp_path: Path) -> None:
    folder, store = tmp_path / "backups", Store(tmp_path / "store")
    for hours in range(4):
        at = stamp(NOW + hours * HOUR)
        back_up_files(project, folder / f"fs-backup-{at}")
        kept(folder / f"snapshot-{at}-app", Memory(wasm_memory=noise(2 * PIECE, hours // 2)), store)
    (folder / f"fs-backup-{stamp(NOW - HOUR)}").mkdir()
    (folder / f"fs-backup-{stamp(NOW - HOUR)}" / "dfx.json").write_text("{}")
    (folder / f"data-backup-{stamp(NOW - HOUR)}.json").write_text('{"seasons": []}')
    (folder / f"snapshot-{stamp(NOW + HOUR)}-app" / "COMPLETE").unlink()
    (folder / "something else").mkdir()
    found = list_backups(folder)
    assert [(one.kind, one.state) for one in found if one.state != "complete"] == [
        ("snapshot", "the backup is not complete"), ("data", "unverified"), ("files", "unverified"),
    ]  # fmt: skip
    going = to_prune(found, keep_last=2, older_than=None, now=NOW + 5 * HOUR)
    assert {one.name for one in going} == {
        f"fs-backup-{stamp(NOW)}", f"fs-backup-{stamp(NOW + HOUR)}", f"snapshot-{stamp(NOW)}-app", f"snapshot-{stamp(NOW + HOUR)}-app",
    }  # fmt: skip
    assert to_prune(found, keep_last=0, older_than=100 * HOUR, now=NOW + 5 * HOUR) == []
    before = set(store.names())
    assert prune(going, folder, store).freed > 0
    assert len(set(store.names())) < len(before)
    for one in list_backups(folder):
        if one.kind == "snapshot":
            assert SnapshotImage(one.path, store).check(read=True) == []


def test_removing_by_hand_does_not_hurt_the_others(tmp_path: Path) -> None:
    folder, store = tmp_path / "backups", Store(tmp_path / "store")
    for hours in range(2):
        kept(folder / f"snapshot-{stamp(NOW + hours * HOUR)}-app", Memory(wasm_memory=noise(PIECE)), store)
    rmtree(folder / f"snapshot-{stamp(NOW)}-app")
    (one,) = list_backups(folder)
    assert SnapshotImage(one.path, store).check(read=True) == []
    assert prune([], folder, store) == (0, None)
