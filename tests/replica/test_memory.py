"""Images of memories: mapped or copied, they hold what was committed and nothing else, whoever shares them."""

from __future__ import annotations

import ctypes
import mmap
import os
import stat
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from analyzer.candid.principal import Principal
from replica import Reject, Replica
from replica.canister import State
from replica.execution import instance
from replica.memory import image, system
from replica.memory.block import BLOCK
from replica.memory.copied import CopiedImage
from replica.memory.mapped import MappedImage
from replica.memory.stable import StableMemory
from replica.module.cache import ModuleCache
from tests.proof.kills import COUNTING
from tests.replica import registry
from tests.replica.wat import canister

if TYPE_CHECKING:
    from pathlib import Path

KINDS = [pytest.param(CopiedImage, id="copied")]
if system.is_there():
    KINDS.insert(0, pytest.param(MappedImage, id="mapped"))
MOST = 6  # blocks
MODULE = canister(COUNTING)


class Area:
    """A piece of address space, as an instance has one."""

    def __init__(self) -> None:
        private = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if hasattr(mmap, "MAP_PRIVATE") else {}
        self._map = mmap.mmap(-1, 2 * MOST * BLOCK, **private)
        self._place = (ctypes.c_char * (2 * MOST * BLOCK)).from_buffer(self._map)
        self.address = ctypes.addressof(self._place)

    def close(self) -> None:
        del self._place
        self._map.close()


class Images(RuleBasedStateMachine):
    """Images with a memory each, beside plain bytes that say what must be in them."""

    kind: type[Any] = CopiedImage

    def __init__(self) -> None:
        super().__init__()
        self.images: list[Any] = []
        self.committed: list[bytearray] = []
        self.memories: list[bytearray] = []
        self.areas: list[Area] = []

    def _add(self, made: MappedImage | CopiedImage, committed: bytearray) -> None:
        area = Area()
        made.load(area.address)
        self.images.append(made)
        self.committed.append(committed)
        self.memories.append(bytearray(committed))
        self.areas.append(area)

    @initialize(blocks=st.integers(0, 3))
    def begin(self, blocks: int) -> None:
        self._add(self.kind(blocks * BLOCK), bytearray(blocks * BLOCK))

    @rule(data=st.data())
    def write(self, data: st.DataObject) -> None:
        one = data.draw(st.integers(0, len(self.images) - 1))
        memory = self.memories[one]
        if memory:
            at = data.draw(st.integers(0, len(memory) - 1))
            content = data.draw(
                st.binary(max_size=min(9, len(memory) - at)) | st.just(bytes(min(9000, len(memory) - at)))
            )
            ctypes.memmove(self.areas[one].address + at, content, len(content))
            memory[at : at + len(content)] = content

    @rule(data=st.data(), blocks=st.integers(1, 2))
    def grow(self, data: st.DataObject, blocks: int) -> None:
        one = data.draw(st.integers(0, len(self.images) - 1))
        if len(self.memories[one]) // BLOCK + blocks <= MOST:
            ctypes.memset(self.areas[one].address + len(self.memories[one]), 0, blocks * BLOCK)
            self.memories[one] += bytes(blocks * BLOCK)

    @rule(data=st.data())
    def commit(self, data: st.DataObject) -> None:
        one = data.draw(st.integers(0, len(self.images) - 1))
        self.images[one].commit(self.areas[one].address, len(self.memories[one]))
        self.committed[one] = bytearray(self.memories[one])

    @rule(data=st.data())
    def roll_back(self, data: st.DataObject) -> None:
        one = data.draw(st.integers(0, len(self.images) - 1))
        if len(self.memories[one]) > len(self.committed[one]):  # a memory cannot shrink: another one takes its place
            self.areas[one] = Area()
            self.images[one].load(self.areas[one].address)
        else:
            self.images[one].rollback(self.areas[one].address)
        self.memories[one] = bytearray(self.committed[one])

    @precondition(lambda self: len(self.images) < 4)
    @rule(data=st.data())
    def copy(self, data: st.DataObject) -> None:
        one = data.draw(st.integers(0, len(self.images) - 1))
        self._add(self.images[one].copy(), bytearray(self.committed[one]))

    @precondition(lambda self: len(self.images) > 1)
    @rule(data=st.data())
    def drop(self, data: st.DataObject) -> None:
        one = data.draw(st.integers(0, len(self.images) - 1))
        for part in (self.images, self.committed, self.memories, self.areas):
            del part[one]

    @rule(data=st.data())
    def write_committed(self, data: st.DataObject) -> None:
        """As stable memory and uploads do, without an instance."""
        one = data.draw(st.integers(0, len(self.images) - 1))
        committed = self.committed[one]
        if committed and self.memories[one] == committed:
            at = data.draw(st.integers(0, len(committed) - 1))
            content = data.draw(st.binary(max_size=min(20, len(committed) - at)))
            self.images[one].write(at, content)
            committed[at : at + len(content)] = content
            self.memories[one] = bytearray(committed)
            self.images[one].load(self.areas[one].address)

    @invariant()
    def everything_is_as_it_must_be(self) -> None:
        for made, committed, memory, area in zip(self.images, self.committed, self.memories, self.areas, strict=True):
            assert made.size == len(committed)
            assert made.read(0, made.size) == committed
            assert ctypes.string_at(area.address, len(memory)) == memory


@pytest.mark.parametrize("kind", KINDS)
def test_images_hold_what_was_committed(kind: type[Any]) -> None:
    machine: Any = type("Of" + kind.__name__, (Images,), {"kind": kind})
    case = machine.TestCase
    case.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
    case("runTest").runTest()


@pytest.mark.parametrize("kind", KINDS)
def test_an_image_of_a_file_leaves_the_file_alone(kind: type[Any], tmp_path: Path) -> None:
    content = os.urandom(3 * BLOCK)
    path = tmp_path / "wasm_memory.bin"
    path.write_bytes(content)
    made, area = kind.of_file(path), Area()
    made.load(area.address)
    ctypes.memmove(area.address + BLOCK + 5, b"changed", 7)
    other = made.copy()
    made.commit(area.address, made.size)
    assert made.read(BLOCK, 12)[5:] == b"changed"
    assert other.read(0, other.size) == path.read_bytes() == content
    (tmp_path / "odd").write_bytes(b"x")
    with pytest.raises(ValueError, match="whole pages"):
        kind.of_file(tmp_path / "odd")


@pytest.mark.parametrize("kind", KINDS)
def test_what_changed_is_told_once(kind: type[Any]) -> None:
    made, area = kind(3 * BLOCK), Area()
    made.load(area.address)
    made.take_changed()
    ctypes.memmove(area.address + 2 * BLOCK, b"x", 1)
    made.commit(area.address, 4 * BLOCK)
    assert made.take_changed() == {2, 3}
    assert made.take_changed() == set()


def test_older_kernels_and_newer_ones_see_the_same() -> None:
    if not system.is_there():
        pytest.skip("memories are not mapped here")
    area = Area()
    made = MappedImage(4 * BLOCK)
    made.write(0, b"a" * 4 * BLOCK)
    made.load(area.address)
    for at in (0, 5000, 3 * BLOCK):
        ctypes.memset(area.address + at, 7, 1)
    assert system._scanned(area.address, made.size) == system._looked(area.address, made.size)


@pytest.mark.parametrize("kind", KINDS)
def test_stable_memory(kind: type[Any]) -> None:
    stable = StableMemory(kind())
    assert stable.grow(2) == 0
    stable.write(BLOCK - 3, b"across")
    assert stable.read(BLOCK - 4, 8) == b"\0across\0"
    stable.rollback()
    assert stable.pages == 0
    stable.grow(1)
    stable.commit()
    copy = stable.copy()
    stable.write(0, b"new")
    stable.commit()
    assert (stable.read(0, 3), copy.read(0, 3)) == (b"new", b"\0\0\0")
    with pytest.raises(IndexError):
        stable.read(BLOCK - 1, 2)


@pytest.fixture(params=KINDS)
def copied(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image, "MappedImage", request.param)
    monkeypatch.setattr(State.__init__, "__defaults__", State.__init__.__defaults__)


@pytest.mark.usefixtures("copied")
def test_real_programs_run_on_both() -> None:
    with Replica() as ic:
        name = ic.create()
        ic.install(name, registry.module(registry.FIRST))
        registry.fill(ic, name)
        before = registry.records(ic, name)
        with ic.fork(name) as trial:
            with pytest.raises(Reject, match="Memory-incompatible"):
                ic.upgrade(trial, registry.module("v03_optional_field"), persistence="keep")
            assert registry.records(ic, trial) == before
            ic.upgrade(trial, registry.module("v02_safe_additions"), persistence="keep")
            assert registry.records(ic, trial) == before
            registry.call(ic, trial, registry.FIRST, "setMetadata", '("only", "here")')
        assert registry.records(ic, name) == before


def test_canisters_that_idle_give_their_instances_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instance.Machine.__init__, "__kwdefaults__", {"cache": None, "resident": 3})
    with Replica() as ic:
        names = [ic.create() for _ in range(10)]
        for name in names:
            ic.install(name, MODULE, b"")
        for _ in range(3):
            for name in names:
                ic.update(name, "add", b"")
        alive = [one for one in ic.engine.canisters.look() if one._instance is not None]
        assert len(alive) == 3
        assert {ic.query(name, "get") for name in names} == {(3).to_bytes(8, "little") * 3}


def test_compiled_modules_are_kept_for_their_owner(tmp_path: Path) -> None:
    folder = tmp_path / "modules"
    with Replica(cache=folder) as ic:
        ic.install(ic.create(), MODULE, b"")
    (kept,) = folder.iterdir()
    assert (stat.S_IMODE(folder.stat().st_mode), stat.S_IMODE(kept.stat().st_mode)) == (0o700, 0o600)
    before = kept.stat().st_ino
    with Replica(cache=folder) as ic:
        name = ic.create()
        ic.install(name, MODULE, b"")
        ic.update(name, "add", b"")
    assert kept.stat().st_ino == before


@pytest.mark.parametrize("how", ["group may write", "a link", "damaged", "cut off", "of another version"])
def test_a_compiled_module_that_cannot_be_trusted_is_not_run(tmp_path: Path, how: str) -> None:
    folder = tmp_path / "modules"
    cache = ModuleCache(folder, "one")
    cache.put(b"m" * 32, b"machine code")
    (kept,) = folder.iterdir()
    match how:
        case "group may write":
            kept.chmod(0o660)
        case "a link":
            kept.rename(tmp_path / "elsewhere")
            kept.symlink_to(tmp_path / "elsewhere")
        case "damaged":
            kept.write_bytes(kept.read_bytes()[:-1] + b"X")
        case "cut off":
            kept.write_bytes(kept.read_bytes()[:-1])
    assert cache.get(b"m" * 32) == (b"machine code" if how == "of another version" else None)
    assert ModuleCache(folder, "two").get(b"m" * 32) is None
    folder.chmod(0o777)
    assert cache.get(b"m" * 32) is None


def test_a_thousand_canisters() -> None:
    with Replica() as ic:
        names = [ic.create() for _ in range(1000)]
        for name in names:
            ic.install(name, MODULE, b"")
        for name in names[:50]:
            ic.update(name, "add", Principal.parse(names[-1]).raw)
        assert int.from_bytes(ic.query(names[-1], "get")[:8], "little") == 50
