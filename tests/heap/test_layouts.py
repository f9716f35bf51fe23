"""The same values in other images and modules: moved and marked by the garbage collector, stripped of all names."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.heap.code import Code, number
from analyzer.heap.image import FlatImage
from analyzer.heap.layout import ARRAY
from analyzer.heap.pending import Pending
from analyzer.heap.roots import find_roots
from analyzer.heap.state import read_state
from replica import Replica
from tests.heap.build import PROGRAMS
from tests.heap.canister import Program, document, exported, module, signature, state_of
from tests.heap.reached import ARRAYS, reached

NAMES = ("kinds", "containers", "graph")


@pytest.fixture(scope="module")
def images() -> dict[str, bytes]:
    found = {}
    with Replica() as ic:
        for name in NAMES:
            program = Program(name, ic)
            if name == "kinds":
                program.call("lengthen", '(vec {"a"; "b"; "c"}, 5)')
            else:
                program.call("fill", "(0, 30)" if name == "containers" else "(9)")
            found[name] = program.memory()
    return found


def _put(image: bytearray, index: int, value: int) -> None:
    image[index * 8 : index * 8 + 8] = value.to_bytes(8, "little")


@pytest.mark.parametrize("name", NAMES)
def test_objects_that_are_moved_are_read_where_they_are_now(name: str, images: dict[str, bytes]) -> None:
    state, image = state_of(name, images[name]), bytearray(images[name])
    there = reached(state)
    assert len(there) > 50
    free = len(image) // 8
    image += bytes(-(-sum(there.values()) * 8 // 65_536) * 65_536)
    for index, size in there.items():
        image[free * 8 : (free + size) * 8] = images[name][index * 8 : (index + size) * 8]
        _put(image, free + 1, free * 8 - 1)
        image[index * 8 : (index + size) * 8] = b"\xcc" * 8 * size  # nothing of the old copy may be used
        _put(image, index + 1, free * 8 - 1)
        free += size
    assert document(state_of(name, bytes(image))) == document(state)


@pytest.mark.parametrize("name", NAMES)
def test_arrays_that_are_being_marked_are_arrays(name: str, images: dict[str, bytes]) -> None:
    state, image = state_of(name, images[name]), bytearray(images[name])
    marked = 0
    for index in reached(state):
        tag = state.image.words[index]
        if tag in ARRAYS:
            _put(image, index, (tag - ARRAY) // 2 << 62 | 46 + marked % 1_000)
            marked += 1
    assert marked > 5
    assert document(state_of(name, bytes(image))) == document(state)


def _without_names(wasm: bytes) -> bytes:
    """Return a module without any custom section, as a tool that makes it small leaves it, and less."""
    kept, at = [wasm[:8]], 8
    while at < len(wasm):
        size, start = number(wasm, at + 1)
        if wasm[at] != 0:
            kept.append(wasm[at : start + size])
        at = start + size
    return b"".join(kept)


@pytest.mark.parametrize("name", [*NAMES, "before", "after", "hooked", "holes"])
def test_variables_are_found_without_names(name: str) -> None:
    wasm = module(name)
    bare = _without_names(wasm)
    assert len(bare) < len(wasm)
    assert find_roots(Code(bare)) == find_roots(Code(wasm))


def test_a_module_that_an_optimiser_went_over_is_read() -> None:
    optimised = gzip.decompress((PROGRAMS / "graph" / "optimised.wasm.gz").read_bytes())
    assert find_roots(Code(optimised)) == find_roots(Code(module("graph")))
    found = []
    with Replica() as ic:
        for wasm in (module("graph"), optimised):
            program = Program("graph", ic)
            ic.reinstall(program.id, wasm)
            program.call("fill", "(9)")
            program.call("befriend", "(1, 2)")
            found.append(exported(read_state(FlatImage(program.memory()), wasm, signature("graph"))))
    assert found[0] == found[1]
    assert len(found[0][0]["accounts"]["$map"]) == 9


@given(
    st.lists(st.tuples(st.sampled_from(["put", "take"]), st.integers(0, 20)), max_size=80),
    st.integers(1, 6),
)
def test_entries_wait_on_disk_as_they_do_in_memory(steps: list[tuple[str, int]], in_memory: int) -> None:
    pending, model = Pending(in_memory), dict[tuple[str, int], int]()
    try:
        for i, (what, number_) in enumerate(steps):
            key = ("ü'\"", number_)
            if what == "put":
                word = (1 << 64) - 1 - i
                assert pending.put(key, word, f"[{number_}]") == (key not in model)
                model.setdefault(key, word)
            else:
                assert pending.take(key) == model.pop(key, None)
            assert len(pending) == len(model)
        assert sorted(pending.steps()) == sorted((f"[{key[1]}]", word) for key, word in model.items())
    finally:
        pending.close()
