"""Snapshots in the store: brought in pieces, kept once, believed only when every piece is what it was."""

from __future__ import annotations

import os
import random
import stat
import subprocess
import sys
import time
from contextlib import closing
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.candid.principal import Principal
from analyzer.errors import SourceError, UsageError
from migrator.backups.download import AT_ONCE, download
from migrator.backups.icp import Directory, import_directory
from migrator.backups.image import SnapshotImage
from migrator.backups.manifest import COMPLETE, MANIFEST, SECTIONS, Manifest, Section, read_manifest, write_manifest
from migrator.backups.store import PIECE, DamagedError, Store
from migrator.network.agent import Agent
from migrator.network.errors import NetworkError
from migrator.network.identity import Anonymous
from migrator.network.management import ManagementClient
from migrator.network.transport import Transport
from replica import Replica
from replica.faults import Fault
from replica.snapshots.metadata import from_json, to_json
from tests.replica import registry
from tests.shared import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pyrage: Any = pytest.importorskip("pyrage")


class Memory:
    """A snapshot that is three strings of bytes."""

    def __init__(self, **sections: bytes) -> None:
        self.sections = {**dict.fromkeys(SECTIONS, b""), **sections}
        self.reads = 0

    def read(self, kind: str, offset: int, size: int) -> bytes:
        self.reads += 1
        return self.sections[kind][offset : offset + size]

    def chunk(self, name: bytes) -> bytes:
        raise KeyError(name)

    def metadata(self) -> dict[str, Any]:
        sizes: dict[str, Any] = {f"{kind}_size": len(data) for kind, data in self.sections.items()}
        return {**sizes, "wasm_chunk_store": []}


def kept(folder: Path, source: Memory, store: Store) -> SnapshotImage:
    brought = download(source, source.metadata(), store, folder)
    module = sha256(source.sections["wasm_module"]).hexdigest()
    write_manifest(folder, Manifest("aaaaa-aa", "app", "local", "00", 1, 2, False, module, 3, {}, brought.sections))
    return SnapshotImage(folder, store)


def noise(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


SIZES = [0, 1, PIECE - 1, PIECE, PIECE + 1, AT_ONCE, AT_ONCE + 1, 3 * AT_ONCE + 77]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("content", ["noise", "zeros", "text"])
def test_what_goes_in_comes_out(tmp_path: Path, size: int, content: str) -> None:
    data = {"noise": noise(size), "zeros": bytes(size), "text": (b"a text " * (size // 7 + 1))[:size]}[content]
    image = kept(tmp_path / "b", Memory(wasm_memory=data, wasm_module=b"\0asm"), Store(tmp_path / "store"))
    assert image.read("wasm_memory", 0, size + 5) == data
    assert image.read("wasm_memory", size // 2, 3) == data[size // 2 : size // 2 + 3]
    assert image.check(read=True) == []
    disk = sum(path.stat().st_size for path in (tmp_path / "store").rglob("*") if path.is_file())
    assert disk <= {"noise": size * 1.01, "zeros": 0, "text": size / 50}[content] + 100


def test_the_same_is_kept_once(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    data = bytearray(noise(4 * PIECE))
    kept(tmp_path / "one", Memory(wasm_memory=bytes(data)), store)
    before = set(store.names())
    data[PIECE + 5] ^= 1
    image = kept(tmp_path / "two", Memory(wasm_memory=bytes(data)), store)
    assert len(set(store.names()) - before) == 1
    assert image.read("wasm_memory", 0, len(data)) == data


@settings(max_examples=40, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), cut=st.booleans(), seed=st.integers(0, 5))
def test_any_damage_is_found_and_named(
    tmp_path_factory: pytest.TempPathFactory, place: float, bit: int, cut: bool, seed: int
) -> None:
    folder = tmp_path_factory.mktemp("damage")
    store = Store(folder / "store")
    image = kept(folder / "b", Memory(wasm_memory=noise(3 * PIECE, seed), wasm_module=b"\0asm"), store)
    paths = sorted(path for path in (folder / "store").rglob("*") if path.is_file())
    path = paths[int(place * len(paths))]
    content = bytearray(path.read_bytes())
    at = int(place * len(content))
    if cut:
        del content[at:]
    else:
        content[at] ^= 1 << bit
    path.write_bytes(content)
    name = path.parent.name + path.name.partition(".")[0]
    assert any(name in one for one in image.check(read=True))
    with pytest.raises(DamagedError, match=name[:20]):
        [image.read(kind, 0, image.size(kind)) for kind in SECTIONS]


@pytest.mark.parametrize("what", ["no COMPLETE", "another manifest", "a piece is gone", "nonsense", "fewer pieces"])
def test_a_backup_that_is_not_to_be_trusted(tmp_path: Path, what: str) -> None:
    store = Store(tmp_path / "store")
    image = kept(tmp_path / "b", Memory(wasm_memory=noise(PIECE + 1), wasm_module=b"\0asm"), store)
    manifest = tmp_path / "b" / MANIFEST
    match what:
        case "no COMPLETE":
            (tmp_path / "b" / COMPLETE).unlink()
        case "another manifest":
            manifest.write_bytes(manifest.read_bytes().replace(b'"local"', b'"other"'))
        case "a piece is gone":
            store.drop(next(iter(store.names())))
            assert image.check(read=False)
            return
        case "nonsense":
            manifest.write_bytes(b"[]")
            (tmp_path / "b" / COMPLETE).write_text(sha256(b"[]").hexdigest())
        case "fewer pieces":
            told = read_manifest(tmp_path / "b")
            told.sections["wasm_memory"].pieces.pop()
            write_manifest(tmp_path / "b", told)
    with pytest.raises(SourceError):
        SnapshotImage(tmp_path / "b", store)


def test_it_goes_on_where_it_stopped(tmp_path: Path) -> None:
    source, store = Memory(wasm_memory=noise(20 * AT_ONCE)), Store(tmp_path / "store")

    class Breaking(Memory):
        def read(self, kind: str, offset: int, size: int) -> bytes:
            if offset > 12 * AT_ONCE:
                msg = "the network is gone"
                raise NetworkError(msg)
            return super().read(kind, offset, size)

    breaking = Breaking(**source.sections)
    with pytest.raises(NetworkError):
        download(breaking, breaking.metadata(), store, tmp_path / "b")
    assert not (tmp_path / "b" / COMPLETE).exists()
    assert kept(tmp_path / "b", source, store).read("wasm_memory", 0, 20 * AT_ONCE) == source.sections["wasm_memory"]
    assert source.reads < 20


WRITING = """
import sys
from pathlib import Path
from tests.migrator.test_snapshots import Memory, kept, noise
from migrator.backups.store import Store, PIECE
folder = Path(sys.argv[1])
print("ready", flush=True)
kept(folder / "b", Memory(wasm_memory=noise(40 * PIECE)), Store(folder / "store"))
"""


def test_a_writer_that_is_killed_never_leaves_a_backup_that_says_it_is_complete_and_is_not(tmp_path: Path) -> None:
    chance, seen = random.Random(7), set()
    for round_ in range(12):
        folder = tmp_path / str(round_)
        folder.mkdir()
        process = subprocess.Popen([sys.executable, "-c", WRITING, str(folder)], cwd=ROOT, stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(chance.uniform(0, 0.5))
        process.kill()
        process.communicate()
        complete = (folder / "b" / COMPLETE).exists()
        seen.add(complete)
        if complete:
            assert SnapshotImage(folder / "b", Store(folder / "store")).check(read=True) == []
        image = kept(folder / "b", Memory(wasm_memory=noise(40 * PIECE)), Store(folder / "store"))
        assert image.read("wasm_memory", 0, 40 * PIECE) == noise(40 * PIECE)
    assert False in seen


def test_an_encrypted_store(tmp_path: Path) -> None:
    key = pyrage.x25519.Identity.generate()
    (tmp_path / "key.txt").write_text(f"# made by a test\n{key}\n")
    closed = Store(tmp_path / "store", recipient=str(key.to_public()))
    data = b"secret " * PIECE
    kept(tmp_path / "b", Memory(wasm_memory=data), closed)
    for path in (tmp_path / "store").rglob("*"):
        assert not path.is_file() or b"secret" not in path.read_bytes()
    with pytest.raises(SourceError, match="is encrypted"):
        SnapshotImage(tmp_path / "b", closed).read("wasm_memory", 0, 5)
    opened = Store(tmp_path / "store", identity=tmp_path / "key.txt")
    assert SnapshotImage(tmp_path / "b", opened).read("wasm_memory", 0, 6) == b"secret"
    (tmp_path / "other.txt").write_text(str(pyrage.x25519.Identity.generate()))
    with pytest.raises(SourceError, match="does not open it"):
        SnapshotImage(tmp_path / "b", Store(tmp_path / "store", identity=tmp_path / "other.txt")).read(
            "wasm_memory", 0, 5
        )
    with pytest.raises(UsageError, match="no age recipient"):
        Store(tmp_path / "other", recipient="age1nonsense")


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        kept(tmp_path / "b", Memory(wasm_memory=noise(PIECE + 1)), Store(tmp_path / "store"))
    finally:
        os.umask(before)
    for path in (*(tmp_path / "b").rglob("*"), *(tmp_path / "store").rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


# With the network.


@pytest.fixture(scope="module")
def ic() -> Iterator[Replica]:
    with Replica() as network:
        yield network


@pytest.fixture(scope="module")
def client(ic: Replica) -> Iterator[ManagementClient]:
    with ic.serve() as server, closing(Agent(Transport(server.url), Anonymous(), server.root_key)) as agent:
        yield ManagementClient(agent)


class Chain:
    """A snapshot of a canister on the network."""

    def __init__(self, client: ManagementClient, canister: bytes, snapshot: bytes) -> None:
        self.client, self.canister, self.snapshot = client, canister, snapshot

    def read(self, kind: str, offset: int, size: int) -> bytes:
        return self.client.read_snapshot(self.canister, self.snapshot, kind, offset, size)

    def chunk(self, name: bytes) -> bytes:
        return self.client.read_chunk(self.canister, self.snapshot, name)


def test_a_real_canister_there_and_back(ic: Replica, client: ManagementClient, tmp_path: Path) -> None:
    name, other = ic.create(), ic.create()
    ic.install(name, registry.module(registry.FIRST))
    registry.fill(ic, name)
    raw = Principal.parse(name).raw
    client.upload_chunk(raw, b"a chunk")
    taken = client.take_snapshot(raw)
    told = client.snapshot_metadata(raw, taken.id)
    ic.faults.add("call", Fault("http", status=503), count=3)
    store, folder = Store(tmp_path / "store"), tmp_path / "backup"
    brought = download(Chain(client, raw, taken.id), told, store, folder)
    module = ic.module_hash(name)
    assert module is not None
    manifest = Manifest(
        name, "registry", "local", taken.id.hex(), 1, taken.taken_at, True, module.hex(), told["canister_version"],
        to_json(told), brought.sections, brought.chunks,
    )  # fmt: skip
    write_manifest(folder, manifest)
    image = SnapshotImage(folder, store)
    assert image.check(read=True) == []
    assert from_json(to_json(told), "") | {"source": told["source"]} == told
    # Into another canister.
    to = Principal.parse(other).raw
    made = client.begin_upload(to, image.metadata)
    for kind in SECTIONS:
        for offset in range(0, image.size(kind), AT_ONCE):
            client.write_snapshot(to, made, kind, offset, image.read(kind, offset, AT_ONCE))
    for chunk in image.chunks():
        client.write_chunk(to, made, chunk)
    client.load_snapshot(to, made)
    assert registry.records(ic, other) == registry.records(ic, name)
    assert client.stored_chunks(to) == {sha256(b"a chunk").digest()}
    # As a directory of icp-cli, and back.
    image.materialise(tmp_path / "snap")
    again = tmp_path / "again"
    sections, hashed = import_directory(Directory(tmp_path / "snap"), Store(tmp_path / "store2"), again)
    assert hashed == module.hex()
    assert {kind: one.pieces for kind, one in sections.sections.items()} == {
        kind: one.pieces for kind, one in brought.sections.items()
    }


def test_a_directory_that_is_cut_short(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no snapshot of icp-cli"):
        Directory(tmp_path).metadata()
    (tmp_path / "metadata.json").write_text("{}")
    with pytest.raises(SourceError, match="no metadata of a snapshot"):
        Directory(tmp_path).metadata()


def test_sections_know_their_sizes() -> None:
    section = Section(PIECE + 5)
    assert (section.count, section.size_of(0), section.size_of(1)) == (2, PIECE, 5)
