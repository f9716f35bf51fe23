"""The cache of parsed models: when it is on, what it is asked by, and that it never changes a report."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from analyzer.compare.versions import compare_versions
from analyzer.errors import ParseError
from analyzer.model import Surface
from analyzer.report.json import json_text
from analyzer.sources import cache as room
from analyzer.sources.cache import Cache, cache_folder, open_cache
from analyzer.sources.packed import Damaged, pack_candid, pack_stable, unpack_candid, unpack_stable
from analyzer.sources.paths import read_versions
from tests.command.process import run
from tests.proof.agreement import SURFACES, pair_of
from tests.proof.service import large_service
from tests.shared import ROOT, recorded

if TYPE_CHECKING:
    from collections.abc import Callable

DEMO = ROOT / "fixtures" / "demo"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cache:
    """Return an empty cache that also takes small texts."""
    monkeypatch.setattr(room, "LEAST", 0)
    return Cache(tmp_path / "cache", "1")


def report(old: Path, new: Path, cache: Cache | None = None) -> str:
    return json_text(compare_versions(read_versions(str(old), str(new), cache), profile="dfx"), "1")


def report_or_error(old: Path, new: Path, cache: Cache | None = None) -> str:
    try:
        return report(old, new, cache)
    except ParseError as error:
        return f"{error.side}: {error}"


def entries(cache: Cache) -> set[str]:
    return {path.name for path in cache.store.folder.iterdir()} if cache.store.folder.exists() else set()


def put(folder: Path, **texts: str) -> tuple[Path, Path]:
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / name.replace("_", ".")).write_text(text, "utf-8")
    suffix = next(iter(texts)).partition("_")[2]
    return folder / f"old.{suffix}", folder / f"new.{suffix}"


# -- whether and where


@pytest.mark.parametrize(
    ("environment", "on"),
    [
        pytest.param({}, True, id="on by default"),
        pytest.param({"CI": "true"}, False, id="off under CI"),
        pytest.param({"CI": ""}, True, id="an empty CI is none"),
        pytest.param({"CI": "1", "CTXCHECK_CACHE": "1"}, True, id="on under CI where it is asked for"),
        pytest.param({"CTXCHECK_CACHE": "0"}, False, id="off where it is not wanted"),
        pytest.param({"CTXCHECK_CACHE": "0", "CI": "1"}, False, id="off under CI where it is not wanted"),
        pytest.param({"HOME": "", "XDG_CACHE_HOME": ""}, False, id="off where there is no home"),
    ],
)
def test_whether_it_is_on(environment: dict[str, str], on: bool) -> None:
    assert (open_cache("1", {"HOME": "/home/me", **environment}) is not None) is on


@pytest.mark.parametrize(
    ("environment", "platform", "folder"),
    [
        ({"HOME": "/home/me"}, "linux", "/home/me/.cache/ctxcheck"),
        ({"HOME": "/Users/me"}, "darwin", "/Users/me/Library/Caches/ctxcheck"),
        ({"HOME": "/home/me", "XDG_CACHE_HOME": "/fast"}, "linux", "/fast/ctxcheck"),
        ({"HOME": "/home/me", "XDG_CACHE_HOME": "relative"}, "linux", "/home/me/.cache/ctxcheck"),
        ({}, "linux", None),
    ],
)
def test_where_it_is(environment: dict[str, str], platform: str, folder: str | None) -> None:
    assert cache_folder(environment, platform) == (None if folder is None else Path(folder))


# -- the same report


@pytest.mark.parametrize("suffix", ["did", "most"])
def test_the_report_on_the_example_canister_is_the_same(cache: Cache, suffix: str) -> None:
    old, new = (DEMO / side / f"context_registry.{suffix}" for side in ("old", "new"))
    plain = report(old, new)
    assert [report(old, new, cache) for _ in range(3)] == [plain] * 3
    assert len(entries(cache)) == 2


@pytest.mark.parametrize("surface", Surface)
def test_reports_on_random_pairs_are_the_same(cache: Cache, tmp_path: Path, surface: Surface) -> None:
    suffix = {"candid": "did", "stable": "most"}[surface]
    compared = 0
    for number in range(150):
        pair = pair_of(SURFACES[surface], 5, number)
        old, new = put(tmp_path / "pair", **{f"old_{suffix}": pair.old_text, f"new_{suffix}": pair.new_text})
        plain = report_or_error(old, new)
        assert [report_or_error(old, new, cache) for _ in range(2)] == [plain] * 2
        compared += plain.startswith("{")
    assert compared > 100


def test_reports_on_real_pairs_are_the_same(cache: Cache, tmp_path: Path) -> None:
    for case in recorded("candid-real"):
        old, new = put(tmp_path / "pair", old_did=case["old"], new_did=case["new"])
        assert [report(old, new, cache) for _ in range(2)] == [report(old, new)] * 2, case["name"]


def test_reports_on_recorded_signatures_are_the_same(cache: Cache, tmp_path: Path) -> None:
    for case in recorded("stable"):
        old, new = put(tmp_path / "pair", old_most=case["pre"], new_most=case["post"])
        plain = report_or_error(old, new)
        assert [report_or_error(old, new, cache) for _ in range(2)] == [plain] * 2, case["name"]


# -- what it is asked by


def test_only_what_is_large_is_kept(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", "1")
    sizes = [room.LEAST - 1, room.LEAST]
    old, new = put(
        tmp_path / "pair", **{f"{s}_did": "service : {}".ljust(n) for s, n in zip(("old", "new"), sizes, strict=True)}
    )
    report(old, new, cache)
    assert len(entries(cache)) == 1


ENTRY = 'import "base.did"; service : { get : () -> (T) }'


def test_a_changed_import_is_noticed(cache: Cache, tmp_path: Path) -> None:
    old, new = put(tmp_path, old_did=ENTRY, new_did="service : { get : () -> (text) }", base_did="type T = nat;")
    before = [report(old, new, cache) for _ in range(2)]
    (tmp_path / "base.did").write_text("type T = text;", "utf-8")
    after = [report(old, new, cache) for _ in range(2)]
    assert (before, after) == ([before[0]] * 2, [report(old, new)] * 2)
    assert before[0] != after[0]


def test_a_vanished_import_is_an_error(cache: Cache, tmp_path: Path) -> None:
    old, new = put(tmp_path, old_did=ENTRY, new_did="service : {}", base_did="type T = nat;")
    report(old, new, cache)
    (tmp_path / "base.did").unlink()
    with pytest.raises(ParseError, match=r'"base\.did" cannot be imported'):
        report(old, new, cache)


def test_imports_are_found_from_where_the_file_is_now(cache: Cache, tmp_path: Path) -> None:
    texts = {"old_did": ENTRY, "new_did": "service : { get : () -> (vec text) }", "base_did": "type T = vec nat;"}
    first, second = put(tmp_path / "first", **texts), put(tmp_path / "second", **texts)
    report(*first, cache)
    known = entries(cache)
    assert report(*second, cache) == report(*second)
    assert entries(cache) == known
    locations = [
        edit["old"]["locations"][0]["file"] for edit in json.loads(report(*second, cache))["canisters"][0]["edits"]
    ]
    assert locations == [str(tmp_path / "second" / "base.did")]


@pytest.mark.parametrize(
    "imports",
    [
        pytest.param({"old_did": 'import "../x/base.did"; service : { get : () -> (T) }', "base_did": "type T = nat;"}, id="through the parent"),
        pytest.param({"old_did": 'import service "base.did"; service : {}', "base_did": "service : { a : () -> () }"}, id="with its service"),
        pytest.param({"old_did": 'import "a.did"; import "base.did"; service : { m : (T, U) -> () }', "a_did": 'import "base.did"; type U = vec T;', "base_did": "type T = nat;"}, id="twice"),
    ],
)  # fmt: skip
def test_reports_with_imports_are_the_same(cache: Cache, tmp_path: Path, imports: dict[str, str]) -> None:
    old, new = put(tmp_path / "x", **imports, new_did="service : { m : (nat, vec nat) -> () }")
    assert [report(old, new, cache) for _ in range(3)] == [report(old, new)] * 3


def test_an_absolute_import_is_the_same(cache: Cache, tmp_path: Path) -> None:
    old, new = put(
        tmp_path, old_did=f'import "{tmp_path}/b/base.did"; service : {{ get : () -> (T) }}', new_did="service : {}"
    )
    put(tmp_path / "b", base_did="type T = nat;")
    assert [report(old, new, cache) for _ in range(3)] == [report(old, new)] * 3


def touched(path: Path) -> None:
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda cache, _patch: setattr(cache, "version", "2"), id="another version"),
        pytest.param(
            lambda _cache, patch: patch.setattr("grammars.source", lambda _name: "another"), id="another grammar"
        ),
        pytest.param(lambda _cache, patch: patch.setattr(room, "_code", lambda _kind: "other"), id="other code"),
        pytest.param(lambda _cache, patch: patch.setattr("analyzer.sources.packed.FORMAT", 0), id="another format"),
        pytest.param(lambda _cache, patch: patch.setattr(sys, "byteorder", "other"), id="another machine"),
    ],
)
@pytest.mark.parametrize("suffix", ["did", "most"])
def test_other_circumstances_are_other_entries(
    cache: Cache, monkeypatch: pytest.MonkeyPatch, change: Callable[[Cache, pytest.MonkeyPatch], None], suffix: str
) -> None:
    old, new = (DEMO / side / f"context_registry.{suffix}" for side in ("old", "new"))
    report(old, new, cache)
    change(cache, monkeypatch)
    report(old, new, cache)
    assert len(entries(cache)) == 4


def test_changed_code_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("analyzer/candid", "grammars"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "parse.py").write_text("", "utf-8")
    monkeypatch.setattr(room, "_HERE", tmp_path / "analyzer")
    before = room._code("candid")
    assert room._code("candid") == before
    touched(tmp_path / "grammars" / "parse.py")
    assert room._code("candid") != before


# -- damage


def test_a_damaged_entry_changes_no_report(cache: Cache) -> None:
    old, new = (DEMO / side / "context_registry.did" for side in ("old", "new"))
    plain = report(old, new, cache)
    for path in cache.store.folder.iterdir():
        path.write_bytes(path.read_bytes()[:-8] + bytes(8))
    assert [report(old, new, cache) for _ in range(2)] == [plain] * 2


# As if the digest held: what is behind it is looked at all the same.
@pytest.mark.parametrize("suffix", ["did", "most"])
def test_no_bytes_make_a_model_that_points_outside(suffix: str) -> None:
    path = DEMO / "new" / f"context_registry.{suffix}"
    versions = read_versions(str(path), str(path))
    assert versions[0].new is not None
    interface, text = versions[0].new, path.read_text("utf-8")
    if interface.candid is not None:
        whole, unpack = pack_candid(interface.candid), unpack_candid
    else:
        assert interface.stable is not None
        whole, unpack = pack_stable(interface.stable), unpack_stable  # type: ignore[assignment]
    refused = 0
    for at in range(len(whole)):
        for data in (whole[:at], whole[:at] + bytes([whole[at] ^ 0x80]) + whole[at + 1 :]):
            try:
                found = unpack(data, [("x", text)])
            except Damaged:
                refused += 1
                continue
            count = len(found.table)
            assert all(0 <= child < count for children in found.table.children for child in children)
            assert all(0 <= edge <= len(text) for span in found.table.spans for edge in span)
    assert refused > len(whole)  # at least every text that was cut short


# -- the command


def test_the_command_fills_and_uses_it(tmp_path: Path) -> None:
    texts = large_service(20_000)
    old, new = put(tmp_path, old_did=texts[0], new_did=texts[1])
    asked = {"CTXCHECK_CACHE": "", "XDG_CACHE_HOME": str(tmp_path / "xdg")}
    runs = [run(tmp_path, "diff", str(old), str(new), **more) for more in ({}, asked, asked, {**asked, "CI": "true"})]
    assert len({(done.returncode, done.stdout, done.stderr) for done in runs}) == 1
    assert len(list((tmp_path / "xdg" / "ctxcheck").iterdir())) == 2


def test_the_command_leaves_it_alone_under_ci(tmp_path: Path) -> None:
    texts = large_service(20_000)
    old, new = put(tmp_path, old_did=texts[0], new_did=texts[1])
    asked = {"CTXCHECK_CACHE": "", "XDG_CACHE_HOME": str(tmp_path / "xdg")}
    run(tmp_path, "diff", str(old), str(new), **asked, CI="true")
    assert not (tmp_path / "xdg").exists()
    run(tmp_path, "diff", str(old), str(new), **{**asked, "CTXCHECK_CACHE": "1"}, CI="true")
    assert (tmp_path / "xdg").exists()
