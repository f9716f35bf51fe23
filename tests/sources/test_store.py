"""The store behind the cache: what it keeps, for whom, how much, and what it does not believe."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from analyzer.sources import store as room
from analyzer.sources.store import Store
from tests.shared import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEY, OTHER = bytes(32), bytes(range(32))
VALUE = b"a model" * 100


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "deep" / "ctxcheck")


def entry(store: Store) -> Path:
    (found,) = store.folder.iterdir()
    return found


def test_what_is_put_is_got(store: Store) -> None:
    assert store.get(KEY) is None
    store.put(KEY, VALUE)
    assert (store.get(KEY), store.get(OTHER)) == (VALUE, None)
    store.put(KEY, b"")
    assert store.get(KEY) == b""


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_only_the_owner_may_read(store: Store, mask: int) -> None:
    before = os.umask(mask)
    try:
        store.put(KEY, VALUE)
    finally:
        os.umask(before)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (store.folder, entry(store))]
    assert modes == [0o700, 0o600]


def swap(path: Path, data: bytes) -> None:
    path.unlink()
    path.write_bytes(data)
    path.chmod(0o600)


def linked(path: Path) -> None:
    elsewhere = path.parent.parent / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


def piped(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda path: swap(path, b""), id="empty"),
        pytest.param(lambda path: swap(path, path.read_bytes()[:-1]), id="cut short"),
        pytest.param(lambda path: swap(path, path.read_bytes() + b"x"), id="with something behind it"),
        pytest.param(lambda path: swap(path, b"#" + path.read_bytes()[1:]), id="of another format"),
        pytest.param(lambda path: path.chmod(0o640), id="readable by the group"),
        pytest.param(lambda path: path.chmod(0o602), id="writable by others"),
        pytest.param(lambda path: path.chmod(0o000), id="unreadable, or of no use to root"),
        pytest.param(lambda path: path.parent.chmod(0o770), id="in a folder that the group may write"),
        pytest.param(linked, id="a link"),
        pytest.param(piped, id="a pipe"),
        pytest.param(lambda path: path.rename(path.with_name(OTHER.hex())), id="under another key"),
    ],
)
def test_what_is_not_as_it_was_put_is_not_there(store: Store, change: Callable[[Path], None]) -> None:
    store.put(KEY, VALUE)
    path = entry(store)
    change(path)
    found = store.get(KEY)
    # Root may read what nobody may: then it is the entry as it was put.
    assert found is None or (found == VALUE and os.geteuid() == 0 and not stat.S_IMODE(path.stat().st_mode))
    assert store.get(OTHER) is None


def test_no_flipped_byte_is_believed(store: Store) -> None:
    store.put(KEY, b"short")
    path = entry(store)
    whole = path.read_bytes()
    for at in range(len(whole)):
        swap(path, whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert store.get(KEY) is None, at


def test_what_belongs_to_someone_else_is_not_there(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put(KEY, VALUE)
    someone = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: someone)
    assert store.get(KEY) is None
    store.put(OTHER, VALUE)
    assert entry(store).name == KEY.hex()


def test_a_linked_folder_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(0o700)
    (tmp_path / "ctxcheck").symlink_to(tmp_path / "real")
    store = Store(tmp_path / "ctxcheck")
    store.put(KEY, VALUE)
    assert (store.get(KEY), list((tmp_path / "real").iterdir())) == (None, [])


@pytest.mark.parametrize("what", ["a file", "nothing that can be made"])
def test_a_folder_that_cannot_be_is_no_error(tmp_path: Path, what: str) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    store = Store(tmp_path / "file" if what == "a file" else tmp_path / "file" / "ctxcheck")
    store.put(KEY, VALUE)
    assert store.get(KEY) is None


def numbered(number: int) -> bytes:
    return number.to_bytes(32, "big")


@pytest.mark.parametrize(("bound", "most"), [("MAX_ENTRIES", 3), ("MAX_BYTES", 3 * 900)])
def test_the_longest_unused_make_room(store: Store, monkeypatch: pytest.MonkeyPatch, bound: str, most: int) -> None:
    monkeypatch.setattr(room, bound, most)
    for number in range(5):
        store.put(numbered(number), VALUE)
        os.utime(store.folder / numbered(number).hex(), ns=(number, number))
        if number == 2:
            store.get(numbered(0))  # used now, so it stays
    assert sorted(path.name for path in store.folder.iterdir()) == sorted(numbered(n).hex() for n in (0, 3, 4))


def test_what_a_killed_process_left_goes_with_the_oldest(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MAX_ENTRIES", 2)
    store.put(numbered(0), VALUE)
    left = store.folder / ".new-1-abc"
    left.write_bytes(b"half")
    os.utime(left, ns=(0, 0))
    store.put(numbered(1), VALUE)
    assert not left.exists()


def test_a_value_that_is_too_large_is_not_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MAX_ENTRY", 500)
    store.put(KEY, VALUE)
    assert not store.folder.exists()


WRITER = """
import sys
from pathlib import Path
from analyzer.sources.store import Store
store = Store(Path(sys.argv[1]))
value = sys.argv[2].encode() * 200_000
for _ in range(40):
    store.put(bytes(32), value)
    found = store.get(bytes(32))
    assert found is not None and found == found[:1] * 200_000
"""


def test_writers_at_the_same_time_never_mix(store: Store) -> None:
    command = [sys.executable, "-c", WRITER, str(store.folder)]
    writers = [subprocess.Popen([*command, letter], cwd=ROOT, stderr=subprocess.PIPE) for letter in "abcd"]
    errors = [writer.communicate(timeout=60)[1] for writer in writers]
    assert errors == [b""] * 4
    assert [path.name for path in store.folder.iterdir()] == [KEY.hex()]
