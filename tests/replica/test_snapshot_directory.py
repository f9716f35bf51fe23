"""Snapshot directories as icp-cli keeps them: opened as they are, written as it writes them, refused in words."""

from __future__ import annotations

import json
import time
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.errors import SourceError
from replica import Reject, Replica
from replica.management.history import By
from replica.memory import system
from replica.snapshots.directory import read_directory, write_directory
from tests.replica import registry
from tests.replica.test_management import MODULE, OWNER
from tests.replica.wat import ANSWER, REPLY, canister, method

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

OLD, NEW = registry.FIRST, "v02_safe_additions"


@pytest.fixture(scope="module")
def ic() -> Iterator[Replica]:
    with Replica() as network:
        yield network


@pytest.fixture
def folder(ic: Replica, tmp_path: Path) -> Path:
    """Return a directory with a canister's stable memory, chunks, certified data and timer in it."""
    full = canister(
        f"""(global $count (mut i64) (i64.const 5))
        {method("fill", f'''
          (drop (call $stable64_grow (i64.const 2))) (call $stable64_write (i64.const 70000) (i64.const 0) (i64.const 8))
          (global.set $count (i64.const -9)) (call $certified_data_set (i32.const 0) (i32.const 4))
          (drop (call $global_timer_set (i64.const 9000000000000000000))) {REPLY}''')}
        {method("get", f"(i64.store (i32.const 0) (global.get $count)) {ANSWER}", "query")}
        (data (i32.const 0) "abcdefgh")""",
        imports="stable64_grow stable64_write certified_data_set global_timer_set msg_reply msg_reply_data_append",
    )  # fmt: skip
    name = ic.create()
    ic.install(name, full, b"")
    ic.update(name, "fill", b"")
    ic.engine.operations.upload_chunk(By(OWNER), _raw(ic, name), b"a chunk")
    made = tmp_path / "snapshot"
    write_directory(ic.snapshot(name), made)
    return made


def _raw(ic: Replica, name: str) -> bytes:
    return ic._canister(name).id


def test_all_of_a_canister_goes_through_a_directory(ic: Replica, folder: Path, tmp_path: Path) -> None:
    other = ic.create()
    opened = read_directory(folder)
    ic.load(other, opened)
    one = ic._canister(other)
    assert ic.query(other, "get") == (-9).to_bytes(8, "little", signed=True)
    assert one.state.stable.read(70000, 8) == b"abcdefgh"
    assert one.chunks == {sha256(b"a chunk").digest(): b"a chunk"}
    assert (one.certified_data, one.timer) == (b"abcd", 9 * 10**18)
    write_directory(opened, tmp_path / "again")
    files = {path.relative_to(folder): path for path in folder.rglob("*.*")}
    assert len(files) == 5
    for relative, path in files.items():
        if path.name != "metadata.json":
            assert (tmp_path / "again" / relative).read_bytes() == path.read_bytes()
    told, again = (json.loads((where / "metadata.json").read_text()) for where in (folder, tmp_path / "again"))
    assert again == {**told, "source": {"metadata_upload": None}}


def test_a_motoko_program_is_rehearsed_from_a_directory(ic: Replica, tmp_path: Path) -> None:
    name, trial = ic.create(), ic.create()
    ic.install(name, registry.module(OLD))
    registry.fill(ic, name)
    expected = registry.records(ic, name)
    write_directory(ic.snapshot(name), tmp_path / "snapshot")
    ic.load(trial, read_directory(tmp_path / "snapshot"))
    ic.upgrade(trial, registry.module(NEW), persistence="keep")
    ic.upgrade(name, registry.module(NEW), persistence="keep")
    assert registry.records(ic, trial) == registry.records(ic, name)
    with Replica() as elsewhere:
        again = elsewhere.create()
        elsewhere.load(again, read_directory(tmp_path / "snapshot"))
        assert registry.records(elsewhere, again) == expected


def test_what_is_written_is_for_its_owner_alone(folder: Path) -> None:
    modes = {path.name: path.stat().st_mode & 0o777 for path in (folder, *folder.rglob("*"))}
    assert set(modes.values()) == {0o700, 0o600}
    assert {name for name, mode in modes.items() if mode == 0o700} == {"snapshot", "wasm_chunk_store"}


def test_nothing_is_written_over(folder: Path) -> None:
    before = (folder / "metadata.json").read_bytes()
    with pytest.raises(SourceError, match="this folder is not empty"):
        write_directory(read_directory(folder), folder)
    assert (folder / "metadata.json").read_bytes() == before


@pytest.mark.skipif(not system.is_there(), reason="memories are copied here")
def test_a_large_directory_is_opened_at_once_and_not_changed(ic: Replica, folder: Path) -> None:
    size = 1 << 30
    memory = folder / "wasm_memory.bin"
    with memory.open("r+b") as file:
        file.truncate(size)
    told = json.loads((folder / "metadata.json").read_text())
    (folder / "metadata.json").write_text(json.dumps(told | {"wasm_memory_size": size}))
    name = ic.create()
    before = sha256(memory.read_bytes()[: 1 << 20]).digest()
    started = time.monotonic()
    ic.load(name, read_directory(folder))
    assert time.monotonic() - started < 2  # 16,384 pages; copying them takes seconds
    ic.update(name, "fill", b"")
    assert ic.query(name, "get") == (-9).to_bytes(8, "little", signed=True)
    assert ic._canister(name).state.memory.size == size
    assert sha256(memory.read_bytes()[: 1 << 20]).digest() == before


# What is refused.


@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param("wasm_memory_size", -65536, id="a size below zero"),
        pytest.param("wasm_memory_size", 65536.0, id="a size that is no whole number"),
        pytest.param("wasm_memory_size", True, id="a size that is a truth"),
        pytest.param("wasm_memory_size", 65537, id="a size of no whole pages"),
        pytest.param("wasm_memory_size", 1 << 40, id="a memory of a terabyte"),
        pytest.param("stable_memory_size", 1 << 50, id="a stable memory of a petabyte"),
        pytest.param("wasm_module_size", 1 << 40, id="a module of a terabyte"),
        pytest.param("wasm_module_size", 3, id="a module that is shorter than its file"),
        pytest.param("certified_data", 10**12, id="so many zeros of certified data"),
        pytest.param("certified_data", [0] * 33, id="more certified data than there may be"),
        pytest.param("certified_data", [256], id="a byte that is none"),
        pytest.param("globals", [{"i64": 0}] * 2000, id="two thousand globals"),
        pytest.param("globals", [{"i64": 1 << 63}], id="a global that is too large"),
        pytest.param("globals", [{"i64": "0"}], id="a global that is text"),
        pytest.param("globals", [{"ref": 0}], id="a global of a kind that there is not"),
        pytest.param("globals", [{}], id="a global of no kind"),
        pytest.param("globals", {"i64": 0}, id="globals that are no list"),
        pytest.param("global_timer", {"active": -1}, id="a timer before all time"),
        pytest.param("global_timer", "soon", id="a timer that is neither"),
        pytest.param("on_low_wasm_memory_hook_status", "maybe", id="a hook that is neither"),
        pytest.param("wasm_chunk_store", [{"hash": [0] * 32}], id="a chunk that there is not"),
        pytest.param("wasm_chunk_store", [{"hash": [47, 46, 46]}], id="a chunk elsewhere"),
        pytest.param("wasm_chunk_store", [{"hash": [0] * 32}] * 200, id="two hundred chunks"),
    ],
)
def test_metadata_that_cannot_be(folder: Path, key: str, value: object) -> None:
    told = json.loads((folder / "metadata.json").read_text())
    assert key in told
    (folder / "metadata.json").write_text(json.dumps(told | {key: value}))
    with pytest.raises(SourceError) as raised:
        read_directory(folder)
    assert raised.value.where is not None
    assert raised.value.where.startswith(str(folder))


@pytest.mark.parametrize(
    ("name", "damage", "words"),
    [
        pytest.param("metadata.json", lambda _: b"{", "no metadata", id="half of the metadata"),
        pytest.param("metadata.json", lambda _: b"[" * 100_000, "no metadata", id="brackets without an end"),
        pytest.param("metadata.json", lambda data: data + b" " * (2 << 20), "are expected", id="too much metadata"),
        pytest.param("metadata.json", lambda _: b"[]", "no metadata", id="another JSON"),
        pytest.param("metadata.json", lambda _: b"\xff", "no metadata", id="no text"),
        pytest.param("wasm_memory.bin", lambda data: data[:-1], "and the metadata says", id="a memory cut off"),
        pytest.param("stable_memory.bin", lambda data: data + b"x", "and the metadata says", id="too much stable memory"),
        pytest.param("wasm_module.bin", lambda data: data + b"x", "are expected", id="too much of a module"),
        pytest.param("wasm_module.bin", lambda data: data[:-1], "are expected", id="a module cut off"),
        pytest.param("chunk", lambda data: data + b"x", "not the chunk of its name", id="another chunk"),
    ],
)  # fmt: skip
def test_files_that_cannot_be(folder: Path, name: str, damage: Callable[[bytes], bytes], words: str) -> None:
    path = folder / name if name != "chunk" else next((folder / "wasm_chunk_store").iterdir())
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(SourceError, match=words):
        read_directory(folder)


@pytest.mark.parametrize("name", ["metadata.json", "wasm_module.bin", "wasm_memory.bin", "stable_memory.bin"])
def test_files_that_there_are_not(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(SourceError, match="this cannot be read: No such file") as raised:
        read_directory(folder)
    assert raised.value.hint is not None


def test_a_folder_that_cannot_be_written(ic: Replica, tmp_path: Path) -> None:
    name = ic.create()
    ic.install(name, MODULE, b"")
    (tmp_path / "file").write_text("")
    with pytest.raises(SourceError, match="cannot be written"):
        write_directory(ic.snapshot(name), tmp_path / "file")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_metadata_is_refused_or_loads_or_is_rejected(ic: Replica, folder: Path, data: st.DataObject) -> None:
    path = folder / "metadata.json"
    whole = path.read_bytes()
    content = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(32, 126))
    name = ic.create()
    try:
        path.write_bytes(content)
        ic.load(name, read_directory(folder))
        ic.query(name, "get")
    except (SourceError, Reject):
        pass
    finally:
        path.write_bytes(whole)
        ic.discard(name)
