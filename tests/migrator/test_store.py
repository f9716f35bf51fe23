"""The store: what is in it is what was put, whoever writes, prunes, damages or is killed meanwhile."""

from __future__ import annotations

import json
import random
import struct
import subprocess
import sys
import threading
import time
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.errors import CtxError, SourceError, UsageError
from migrator.backups.data import CanisterData, Listing, write_data
from migrator.backups.download import AT_ONCE, LOG, download
from migrator.backups.encryption import Identity, Recipient
from migrator.backups.icp import Directory, import_backup
from migrator.backups.image import SnapshotImage
from migrator.backups.listing import list_backups
from migrator.backups.manifest import COMPLETE, MANIFEST, read_manifest
from migrator.backups.prune import collect, prune, to_prune
from migrator.backups.snapshot import about, keep_snapshot, unfinished
from migrator.backups.stamp import stamp
from migrator.backups.store import PIECE, DamagedError, Store
from migrator.backups.taken import Taken, left_over, note_taken, read_taken
from migrator.backups.writers import BusyError, alone, writing
from replica.snapshots.metadata import from_json
from tests.migrator.test_snapshots import Memory, kept, noise
from tests.shared import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pyrage: Any = pytest.importorskip("pyrage")

HOUR = 3600 * 10**9
NOW = 1_704_110_400_000_000_000
METADATA: dict[str, Any] = {
    "source": {"taken_from_canister": None},
    "taken_at_timestamp": 5,
    "wasm_module_size": 0,
    "globals": [{"i64": -1}, {"f64": 1.5}],
    "wasm_memory_size": 0,
    "stable_memory_size": 0,
    "wasm_chunk_store": [],
    "canister_version": 3,
    "certified_data": [1, 2],
    "global_timer": "inactive",
    "on_low_wasm_memory_hook_status": None,
}


def key(folder: Path, name: str) -> tuple[str, Path]:
    """Return a recipient, and the file of the key that opens what is for it."""
    made = pyrage.x25519.Identity.generate()
    path = folder / name
    path.write_text(f"# a key\n{made}\n", "utf-8")
    return str(made.to_public()), path


def pieces(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("??/*") if path.is_file())


def flip(path: Path, place: int, bit: int = 0) -> None:
    content = bytearray(path.read_bytes())
    content[place % len(content)] ^= 1 << bit
    path.write_bytes(content)


# Any bytes.


@settings(max_examples=60, deadline=None)
@given(
    parts=st.lists(st.tuples(st.sampled_from("0nt"), st.integers(0, 2 * PIECE + 1)), max_size=4),
    encrypted=st.booleans(),
    where=st.floats(0, 1),
    size=st.integers(0, 3 * PIECE),
)
def test_any_bytes_there_and_back(
    tmp_path_factory: pytest.TempPathFactory,
    parts: list[tuple[str, int]],
    encrypted: bool,
    where: float,
    size: int,
) -> None:
    folder = tmp_path_factory.mktemp("bytes")
    data = b"".join({"0": bytes(n), "n": noise(n, n), "t": b"text " * (n // 5)}[kind] for kind, n in parts)
    recipient, opens = key(folder, "key") if encrypted else (None, None)
    kept(folder / "b", Memory(wasm_memory=data, stable_memory=data[::-1]), Store(folder / "s", recipient=recipient))
    image = SnapshotImage(folder / "b", Store(folder / "s", identity=opens))
    offset = int(where * len(data))
    assert image.read("wasm_memory", offset, size) == data[offset : offset + size]
    assert image.read("stable_memory", 0, len(data)) == data[::-1]
    assert image.check(read=True) == []


@pytest.mark.parametrize("encrypted", [False, True])
@settings(max_examples=60, deadline=None)
@given(
    place=st.integers(0, 1 << 30), bit=st.integers(0, 7), how=st.sampled_from(["flip", "cut", "more", "gone", "other"])
)
def test_any_damage_is_found_and_named_also_without_the_key(
    tmp_path_factory: pytest.TempPathFactory, encrypted: bool, place: int, bit: int, how: str
) -> None:
    folder = tmp_path_factory.mktemp("damage")
    recipient, opens = key(folder, "key") if encrypted else (None, None)
    kept(folder / "b", Memory(wasm_memory=noise(2 * PIECE + 7)), Store(folder / "s", recipient=recipient))
    path, *others = random.Random(place).sample(pieces(folder / "s"), 2)
    match how:
        case "flip":
            flip(path, place, bit)
        case "cut":
            path.write_bytes(path.read_bytes()[: place % path.stat().st_size])
        case "more":
            path.write_bytes(path.read_bytes() + b"\0")
        case "gone":
            path.unlink()
        case "other":
            path.write_bytes(others[0].read_bytes())
    name = path.parent.name + path.name.partition(".")[0]
    for identity in (None, opens):
        wrong = SnapshotImage(folder / "b", Store(folder / "s", identity=identity)).check(read=True)
        assert [what.split()[1] for what in wrong] == [name]
    image = SnapshotImage(folder / "b", Store(folder / "s", identity=opens))
    with suppress(DamagedError):  # zstd ignores a bit or two: what is read then is what was put
        assert image.read("wasm_memory", 0, 3 * PIECE) == noise(2 * PIECE + 7)


@pytest.mark.parametrize("claimed", [0, 1, PIECE - 1, PIECE + 1, 1 << 40, (1 << 64) - 3])
def test_what_a_piece_claims_to_be_is_not_what_it_takes(tmp_path: Path, claimed: int) -> None:
    store = Store(tmp_path)
    name = store.put(noise(PIECE))
    (path,) = pieces(tmp_path)
    path.write_bytes(b"\x28\xb5\x2f\xfd\xe0" + struct.pack("<Q", claimed) + b"\x01\x00\x00")  # RFC 8878, 3.1.1
    with pytest.raises(DamagedError, match=name):
        store.get(name, PIECE)


# Putting.


@pytest.mark.parametrize("encrypted", [False, True])
def test_a_damaged_piece_is_not_taken_for_the_one_that_is_put(tmp_path: Path, encrypted: bool) -> None:
    recipient, opens = key(tmp_path, "key") if encrypted else (None, None)
    store = Store(tmp_path / "s", recipient=recipient)
    data = noise(2 * PIECE)
    kept(tmp_path / "one", Memory(wasm_memory=data), store)
    for path in pieces(tmp_path / "s"):
        flip(path, 1000)
    kept(tmp_path / "two", Memory(wasm_memory=data), store)
    image = SnapshotImage(tmp_path / "two", Store(tmp_path / "s", identity=opens))
    assert image.read("wasm_memory", 0, 2 * PIECE) == data


def test_what_one_recipient_opens_is_not_taken_for_what_another_does(tmp_path: Path) -> None:
    data = noise(PIECE)
    first, opens_first = key(tmp_path, "key of the first")
    second, opens_second = key(tmp_path, "key of the second")
    for name, recipient in (("plain", None), ("first", first), ("second", second)):
        kept(tmp_path / name, Memory(wasm_memory=data), Store(tmp_path / "s", recipient=recipient))
    assert len(pieces(tmp_path / "s")) == 3
    (plain,) = (path for path in pieces(tmp_path / "s") if path.suffix == ".zst")
    plain.unlink()
    for opens in (opens_first, opens_second):  # of one piece
        assert SnapshotImage(tmp_path / "second", Store(tmp_path / "s", identity=opens)).read("wasm_memory", 0, 9)


def test_many_writers_of_the_same(tmp_path: Path) -> None:
    data = noise(8 * PIECE)
    found: list[list[str]] = []

    def write(number: int) -> None:
        image = kept(tmp_path / str(number), Memory(wasm_memory=data), Store(tmp_path / "s"))
        found.append(image.check(read=True))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert found == [[]] * 6
    assert len(pieces(tmp_path / "s")) == 8


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("", "no key of age", id="empty"),
        pytest.param("AGE-SECRET-KEY-1NONSENSE\n", "no key of age", id="a key that is none"),
        pytest.param("\xff" * 10, "no key of age", id="no text"),
        pytest.param(None, "cannot be read", id="missing"),
    ],
)
def test_files_that_open_nothing(tmp_path: Path, text: str | None, words: str) -> None:
    path = tmp_path / "key"
    if text is not None:
        path.write_bytes(text.encode("latin-1"))
    with pytest.raises(SourceError, match=words) as error:
        Identity(path)
    assert "NONSENSE" not in str(error.value)


def test_a_key_is_in_no_repr(tmp_path: Path) -> None:
    _, path = key(tmp_path, "key")
    secret = path.read_text("utf-8").split()[-1]
    told = f"{Identity(path)!r} {Store(tmp_path, identity=path)!r} {vars(Store(tmp_path, identity=path))}"
    assert secret not in told


# Going on.


def test_what_was_noted_of_another_snapshot_is_not_taken(tmp_path: Path) -> None:
    store, first, second = Store(tmp_path / "s"), noise(2 * PIECE, 1), noise(2 * PIECE, 2)
    one = Memory(wasm_memory=first)
    download(one, one.metadata(), store, tmp_path / "b", of="one")
    other = Memory(wasm_memory=second)
    brought = download(other, other.metadata(), store, tmp_path / "b", of="other")
    assert brought.sections["wasm_memory"].pieces == [sha256(second[at : at + PIECE]).hexdigest() for at in (0, PIECE)]


@pytest.mark.parametrize("encrypted", [False, True])
def test_going_on_reads_again_what_is_there(tmp_path: Path, encrypted: bool) -> None:
    recipient, opens = key(tmp_path, "key") if encrypted else (None, None)
    store, data = Store(tmp_path / "s", recipient=recipient), noise(4 * AT_ONCE)
    source = Memory(wasm_memory=data)
    download(source, source.metadata(), store, tmp_path / "b")
    flip(pieces(tmp_path / "s")[0], 77)
    pieces(tmp_path / "s")[5].unlink()
    (tmp_path / "b" / LOG).write_bytes((tmp_path / "b" / LOG).read_bytes() + b'["wasm_memory", 3, ["zz')
    source.reads = 0
    kept(tmp_path / "b", source, store)
    assert 1 <= source.reads <= 2
    image = SnapshotImage(tmp_path / "b", Store(tmp_path / "s", identity=opens))
    assert image.read("wasm_memory", 0, len(data)) == data


def test_a_read_that_is_too_short_is_no_backup(tmp_path: Path) -> None:
    class Short(Memory):
        def read(self, kind: str, offset: int, size: int) -> bytes:
            return super().read(kind, offset, size)[:-1]

    source = Short(wasm_memory=noise(PIECE))
    with pytest.raises(SourceError, match="came instead of"):
        kept(tmp_path / "b", source, Store(tmp_path / "s"))
    assert not (tmp_path / "b" / COMPLETE).exists()


class Chunked(Memory):
    """A snapshot with a module and a chunk store."""

    def __init__(self, *chunks: bytes, **sections: bytes) -> None:
        super().__init__(**sections)
        self.chunks = {sha256(one).digest(): one for one in chunks}

    def chunk(self, name: bytes) -> bytes:
        self.reads += 1
        return self.chunks[name]

    def metadata(self) -> dict[str, Any]:
        told = {kind: len(data) for kind, data in self.sections.items()}
        sizes = {f"{kind}_size": size for kind, size in told.items()}
        return from_json({**METADATA, **sizes, "wasm_chunk_store": [{"hash": list(name)} for name in self.chunks]}, "x")

    def keep(self, folder: Path, store: Store, module_hash: str | None = None) -> SnapshotImage:
        certified = module_hash or sha256(self.sections["wasm_module"]).hexdigest()
        metadata = self.metadata()
        known = about(
            canister="aaaaa-aa", name="app", network="local", snapshot_id="00", created=1, taken_at=2,
            was_running=True, module_hash=certified, metadata=metadata,
        )  # fmt: skip
        keep_snapshot(self, metadata, known, store, folder)
        return SnapshotImage(folder, store)


@pytest.mark.parametrize("encrypted", [False, True])
def test_a_module_that_is_not_the_certified_one_is_no_backup(tmp_path: Path, encrypted: bool) -> None:
    recipient = key(tmp_path, "key")[0] if encrypted else None
    source, store = Chunked(wasm_module=noise(3 * AT_ONCE)), Store(tmp_path / "s", recipient=recipient)
    folder = tmp_path / f"snapshot-{stamp(NOW)}-app"
    with pytest.raises(SourceError, match="not the one that is certified"):
        source.keep(folder, store, "00" * 32)
    assert not (folder / COMPLETE).exists()
    (begun,) = unfinished(tmp_path, canister="aaaaa-aa", network="local")
    assert (begun.folder, begun.was_running) == (folder, True)
    assert not unfinished(tmp_path, canister="aaaaa-aa", network="ic")
    source.keep(folder, store)
    assert not unfinished(tmp_path, canister="aaaaa-aa", network="local")


def test_chunks_are_brought_once_and_written_as_icp_cli_does(tmp_path: Path) -> None:
    source = Chunked(b"a chunk", noise(1 << 20), wasm_module=b"\0asm", wasm_memory=noise(5))
    source.keep(tmp_path / "b", Store(tmp_path / "s"))
    source.reads = 0
    (tmp_path / "b" / COMPLETE).unlink()
    image = source.keep(tmp_path / "b", Store(tmp_path / "s"))
    assert source.reads == 1  # the module, which is hashed as it comes
    image.materialise(tmp_path / "snap")
    again = import_backup(
        Directory(tmp_path / "snap"), Store(tmp_path / "s2"), tmp_path / "b2",
        canister="aaaaa-aa", name="app", network="local", created=7,
    )  # fmt: skip
    assert (again.sections, again.chunks, again.metadata) == (
        image.manifest.sections, image.manifest.chunks, image.manifest.metadata,
    )  # fmt: skip
    (tmp_path / "snap" / "wasm_chunk_store" / f"{sha256(b'a chunk').hexdigest()}.bin").write_bytes(b"another")
    with pytest.raises(SourceError, match="not what it is called"):
        import_backup(
            Directory(tmp_path / "snap"), Store(tmp_path / "s3"), tmp_path / "b3",
            canister="aaaaa-aa", name="app", network="local", created=7,
        )  # fmt: skip


def test_a_folder_with_something_in_it_is_not_written_into(tmp_path: Path) -> None:
    image = Chunked(wasm_module=b"\0asm").keep(tmp_path / "b", Store(tmp_path / "s"))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "wasm_memory.bin").symlink_to(tmp_path / "victim")
    with pytest.raises(UsageError, match="not empty"):
        image.materialise(tmp_path / "out")
    assert not (tmp_path / "victim").exists()


@pytest.mark.parametrize(
    ("key_", "value"),
    [
        ("certified_data", 10**12),
        ("certified_data", [256]),
        ("wasm_memory_size", -1),
        ("wasm_memory_size", "5"),
        ("wasm_memory_size", True),
        ("wasm_chunk_store", [{"hash": 10**12}]),
        ("globals", [{"i64": 1.5}]),
        ("globals", [{"i32": 1, "i64": 1}]),
        ("globals", 5),
        ("global_timer", {"active": -1}),
    ],
)
def test_metadata_that_is_none(key_: str, value: object) -> None:
    from_json(METADATA, "metadata.json")
    with pytest.raises(SourceError, match="no metadata of a snapshot"):
        from_json({**METADATA, key_: value}, "metadata.json")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("sections", "wasm_memory", "size"), "x"),
        (("sections", "wasm_memory", "size"), -1),
        (("sections", "wasm_memory", "pieces"), [5]),
        (("sections", "wasm_memory", "pieces"), ["../../../etc/passwd"]),
        (("sections", "wasm_memory", "pieces"), []),
        (("sections",), {}),
        (("chunks",), {"zz": 1}),
        (("chunks",), {"0" * 64: -1}),
        (("was_running",), "no"),
        (("snapshot_id",), "zz"),
        (("created",), 1.5),
        (("unknown",), 1),
    ],
)
def test_manifests_that_are_none(tmp_path: Path, path: tuple[str, ...], value: object) -> None:
    kept(tmp_path / f"snapshot-{stamp(NOW)}-app", Memory(wasm_memory=noise(PIECE)), Store(tmp_path / "s"))
    folder = tmp_path / f"snapshot-{stamp(NOW)}-app"
    told = json.loads((folder / MANIFEST).read_bytes())
    place = told
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    text = json.dumps(told).encode()
    (folder / MANIFEST).write_bytes(text)
    (folder / COMPLETE).write_text(sha256(text).hexdigest())
    with pytest.raises(DamagedError):
        read_manifest(folder)
    (one,) = list_backups(tmp_path)
    assert one.state == "the manifest cannot be read"


@settings(max_examples=150, deadline=None)
@given(place=st.integers(0, 1 << 20), bit=st.integers(0, 7), which=st.sampled_from([MANIFEST, COMPLETE]))
def test_any_bit_of_a_manifest(tmp_path_factory: pytest.TempPathFactory, place: int, bit: int, which: str) -> None:
    folder = tmp_path_factory.mktemp("manifest")
    kept(folder / "b", Memory(wasm_memory=noise(5)), Store(folder / "s"))
    path = folder / "b" / which
    before = path.read_bytes()
    flip(path, place, bit)
    if path.read_bytes().strip() != before.strip():
        with pytest.raises(DamagedError):
            read_manifest(folder / "b")


# Pruning.


def test_nothing_is_taken_away_while_somebody_writes(tmp_path: Path) -> None:
    store = Store(tmp_path / "s")
    name = store.put(b"left over")
    with writing(store.folder), writing(store.folder), pytest.raises(BusyError) as error:
        prune([], tmp_path / "backups", store)
    assert error.value.exit_code == 7
    assert store.has(name)
    assert prune([], tmp_path / "backups", store).freed > 0
    assert not store.has(name)


def test_nobody_begins_to_write_while_pieces_are_taken_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migrator.backups.writers._PATIENCE", 0.05)
    with alone(tmp_path / "s"):
        with pytest.raises(BusyError), writing(tmp_path / "s"):
            pass
        with pytest.raises(BusyError), alone(tmp_path / "s"):
            pass


def test_a_writer_that_was_killed_keeps_nobody_waiting(tmp_path: Path) -> None:
    program = (
        "import sys, time\nfrom pathlib import Path\nfrom migrator.backups.writers import writing\n"
        "with writing(Path(sys.argv[1])):\n    print('writing', flush=True)\n    time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "s")], cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    with pytest.raises(BusyError), alone(tmp_path / "s"):
        pass
    process.kill()
    process.communicate()
    with alone(tmp_path / "s"):
        assert not list((tmp_path / "s" / "writers").iterdir())


def test_no_piece_goes_while_a_backup_does_not_tell_what_it_needs(tmp_path: Path) -> None:
    folder, store = tmp_path / "backups", Store(tmp_path / "s")
    for hours in range(2):
        name = f"snapshot-{stamp(NOW + hours * HOUR)}-app"
        kept(folder / name, Memory(wasm_memory=noise(PIECE, hours)), store)
    flip(folder / name / MANIFEST, 40)
    left = store.put(b"left over")
    done = prune([], folder, store)
    assert (done.freed, done.kept_all) == (0, f"{name} does not tell which pieces it needs")
    assert store.has(left)


def test_what_a_cut_off_download_brought_stays(tmp_path: Path) -> None:
    folder, store = tmp_path / "backups", Store(tmp_path / "s")
    source = Memory(wasm_memory=noise(3 * AT_ONCE))
    download(source, source.metadata(), store, folder / f"snapshot-{stamp(NOW)}-app")
    assert collect(folder, store).freed == 0
    source.reads = 0
    kept(folder / f"snapshot-{stamp(NOW)}-app", source, store)
    assert source.reads == 0


def test_a_manifest_without_its_last_word_is_named_by_its_log(tmp_path: Path) -> None:
    folder, store = tmp_path / "backups", Store(tmp_path / "s")
    image = kept(folder / f"snapshot-{stamp(NOW)}-app", Memory(wasm_memory=noise(PIECE)), store)
    (image.folder / COMPLETE).unlink()
    assert collect(folder, store) == (0, None)
    (image.folder / LOG).unlink()
    assert collect(folder, store).kept_all is not None


BACKUP = st.tuples(
    st.integers(0, 5),  # hours
    st.sampled_from(["app", "other"]),
    st.integers(0, 3),  # what is in it
    st.sampled_from(["complete", "complete", "complete", "no word", "damaged", "removed by hand"]),
)


@settings(max_examples=40, deadline=None)
@given(
    made=st.lists(BACKUP, max_size=7, unique_by=lambda one: one[:2]),
    keep_last=st.integers(0, 3),
    older=st.one_of(st.none(), st.integers(0, 5)),
)
def test_pruning_leaves_whole_what_it_leaves(
    tmp_path_factory: pytest.TempPathFactory,
    made: list[tuple[int, str, int, str]],
    keep_last: int,
    older: int | None,
) -> None:
    top = tmp_path_factory.mktemp("prune")
    folder, store = top / "backups", Store(top / "s")
    shared = noise(PIECE, 99)
    for hours, name, seed, state in made:
        path = folder / f"snapshot-{stamp(NOW + hours * HOUR)}-{name}"
        kept(path, Memory(wasm_memory=shared + noise(PIECE, seed)), store)
        match state:
            case "no word":
                (path / COMPLETE).unlink()
            case "damaged":
                flip(path / MANIFEST, 50)
            case "removed by hand":
                subprocess.run(["rm", "-rf", path], check=True)
    before = list_backups(folder)
    going = to_prune(
        before, keep_last=keep_last, older_than=None if older is None else older * HOUR, now=NOW + 6 * HOUR
    )
    prune(going, folder, store)
    after = list_backups(folder)
    assert {one.name for one in after} == {one.name for one in before} - {one.name for one in going}
    for one in after:
        if one.state == "complete":
            assert SnapshotImage(one.path, store).check(read=True) == []
    complete = [one for one in after if one.state == "complete"]
    was = [one for one in before if one.state == "complete"]
    assert len(complete) >= min(keep_last, len(was))
    damaged = [one for one in after if one.state == "the manifest is not what it was"]
    named = {
        name for one in after for line in (one.path / LOG).read_text("utf-8").splitlines()[1:] for name in json.loads(line)[2]
    }  # fmt: skip
    assert named <= set(store.names())
    assert damaged or named == set(store.names())


def test_the_newest_does_not_go_because_it_is_damaged(tmp_path: Path) -> None:
    folder, store = tmp_path / "backups", Store(tmp_path / "s")
    for hours in range(3):
        kept(folder / f"snapshot-{stamp(NOW + hours * HOUR)}-app", Memory(wasm_memory=noise(PIECE, hours)), store)
    flip(folder / f"snapshot-{stamp(NOW + 2 * HOUR)}-app" / MANIFEST, 40)
    assert to_prune(list_backups(folder), keep_last=2, older_than=None, now=NOW + 9 * HOUR) == []
    going = to_prune(list_backups(folder), keep_last=1, older_than=None, now=NOW + 9 * HOUR)
    assert [one.name for one in going] == [f"snapshot-{stamp(NOW)}-app"]


NOTHING: dict[str, int] = {}
GOOD, FAILED, OTHER = ("a", {"list": 5}), ("a", NOTHING), ("b", {"list": 9})
DATA_PRUNED: list[tuple[str, list[tuple[str, dict[str, int]]], list[int]]] = [
    ("three newer that have it", [GOOD, GOOD, GOOD, GOOD], [0]),
    ("newer ones of another canister", [GOOD, OTHER, OTHER, OTHER, OTHER], [1]),
    ("newer ones in which it failed", [GOOD, FAILED, FAILED, FAILED], []),
    ("of which one failed", [GOOD, FAILED, GOOD, GOOD, GOOD], [0, 1]),
    ("newer ones that have more", [GOOD, *3 * [("a", {"list": 6, "listMore": 1})]], [0]),
    ("newer ones that have less", [("a", {"list": 6, "listMore": 1}), GOOD, GOOD, GOOD], []),
]


@pytest.mark.parametrize("encrypted", [False, True])
@pytest.mark.parametrize(("made", "gone"), [pytest.param(made, gone, id=name) for name, made, gone in DATA_PRUNED])
def test_data_goes_when_newer_ones_have_it_too(
    tmp_path: Path, made: list[tuple[str, dict[str, int]]], gone: list[int], *, encrypted: bool
) -> None:
    recipient = Recipient(key(tmp_path, "key.txt")[0]) if encrypted else None
    for hours, (canister, listed) in enumerate(made):
        listings = {name: Listing(name, "vec nat", count, [], b"") for name, count in listed.items()}
        missing = {name: "it traps" for name in ("list", "listMore") if name not in listed}
        path = tmp_path / f"data-backup-{stamp(NOW + hours * HOUR)}.json"
        data = {"app": CanisterData(canister, None, listings, missing)}
        write_data(path, data, created=stamp(NOW + hours * HOUR), network="ic", recipient=recipient)
    going = to_prune(list_backups(tmp_path), keep_last=3, older_than=None, now=NOW + 99 * HOUR)
    names = [f"data-backup-{stamp(NOW + hours * HOUR)}.json" for hours in gone]
    assert sorted(one.name for one in going) == names


PRUNING = """
import sys
from migrator.backups.listing import list_backups
from migrator.backups.prune import prune
from migrator.backups.store import Store
folder = Path(sys.argv[1])
going = list_backups(folder / "backups")[1:]
print("ready", flush=True)
prune(going, folder / "backups", Store(folder / "s"))
"""


def test_a_prune_that_is_killed_leaves_whole_what_it_leaves(tmp_path: Path) -> None:
    chance = random.Random(3)
    for round_ in range(8):
        top = tmp_path / str(round_)
        store = Store(top / "s")
        for hours in range(4):
            path = top / "backups" / f"snapshot-{stamp(NOW + hours * HOUR)}-app"
            kept(path, Memory(wasm_memory=noise(6 * PIECE, hours) + noise(PIECE, 99)), store)
        process = subprocess.Popen([sys.executable, "-c", PRUNING, str(top)], cwd=ROOT, stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(chance.uniform(0, 0.03))
        process.kill()
        process.communicate()
        for one in list_backups(top / "backups"):
            assert SnapshotImage(one.path, store).check(read=True) == []
        prune(list_backups(top / "backups")[1:], top / "backups", store)
        assert len(list(store.names())) == 7
        assert sorted(path.name for path in (top / "backups").iterdir()) == [f"snapshot-{stamp(NOW + 3 * HOUR)}-app"]


# What is ours on the chain.


def test_snapshots_that_are_ours_and_others(tmp_path: Path) -> None:
    path = tmp_path / ".ctxcheck" / "snapshots.jsonl"
    assert read_taken(path) == []
    taken = [Taken("local", "aaaaa-aa", f"{number:02x}", number, "backup") for number in range(4)]
    for one in taken[:2]:
        note_taken(path, one)
    with path.open("a", encoding="utf-8") as file:
        file.write('{"network": "local", "can')  # the machine stopped here
    for one in taken[2:]:
        note_taken(path, one)
    note_taken(path, Taken("ic", "aaaaa-aa", "09", 9, "backup"))
    assert read_taken(path)[:4] == taken
    # 01 is gone, 77 is somebody else's; so is 02, of a network that was begun anew; 03 is still being downloaded.
    there = [("00", 0), ("02", 1000), ("03", 3), ("77", 7), ("09", 9)]
    found = left_over(read_taken(path), there, needed=[("03", 3)])
    assert [one.snapshot_id for one in found] == ["00", "09"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_errors_are_of_the_family() -> None:
    assert all(issubclass(one, CtxError) for one in (DamagedError, BusyError))
