"""Damaged and hostile images and modules: a typed error or other values, within bounds of time and memory."""

from __future__ import annotations

import time
import tracemalloc
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING

import pytest

from analyzer.heap.code import Code
from analyzer.heap.decode import Decoder
from analyzer.heap.diff import compare
from analyzer.heap.errors import HeapError, LayoutError, RootError, WordError
from analyzer.heap.export import Export
from analyzer.heap.image import FlatImage, PiecedImage
from analyzer.heap.layout import BIG, FIRST_MARKED, LIFECYCLE, METADATA, NULL, ROPE, TEXT, heap_hash
from analyzer.heap.measure import Sizes
from analyzer.heap.objects import Objects
from analyzer.heap.roots import find_roots
from analyzer.heap.state import State, read_record, read_state
from replica import Replica
from tests.heap.canister import Program, document, module, signature, state_of
from tests.heap.reached import reached

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from analyzer.errors import CtxError

HEAP = 0x500000  # where objects begin
SECONDS = 30  # for one image of a few megabytes, on a busy machine
MEMORY = 200_000_000  # bytes


@pytest.fixture(scope="module")
def ic() -> Iterator[Replica]:
    with Replica() as network:
        yield network


@pytest.fixture(scope="module")
def images(ic: Replica) -> dict[str, bytes]:
    found = {}
    for name, call in (("kinds", None), ("containers", "(0, 40)"), ("graph", "(12)")):
        program = Program(name, ic)
        if call is not None:
            program.call("fill", call)
        found[name] = program.memory()
    return found


def _read_all(state: State, other: State | None = None) -> None:
    """Do with a state whatever the commands do."""
    for _ in Export(state).document():
        pass
    sizes = Sizes(state.image)
    for variable in state.variables:
        sizes.add(variable.word)
    compare(state, state if other is None else other)


def _put(image: bytearray, index: int, value: int) -> None:
    image[index * 8 : index * 8 + 8] = (value & (1 << 64) - 1).to_bytes(8, "little")


@pytest.mark.parametrize("name", ["kinds", "containers", "graph"])
@pytest.mark.parametrize("seed", range(4))
def test_any_damage_ends_in_a_typed_error_or_in_other_values(images: dict[str, bytes], name: str, seed: int) -> None:
    random, good = Random(f"{name} {seed}"), images[name]
    whole = state_of(name, good)
    used = [start + i for start, size in reached(whole).items() for i in range(size)]
    outcomes = set()
    for _ in range(25):
        image = bytearray(good)
        for _ in range(random.choice([1, 1, 2, 8])):
            at = random.choice(used)
            old = int.from_bytes(good[at * 8 : at * 8 + 8], "little")
            new = random.choice([
                old ^ 1 << random.randrange(64),
                random.choice(used) * 8 - 1,  # a pointer to somewhere else
                at * 8 - 1,  # to itself
                old + random.choice([-8, 8, 1, -1]),
                random.getrandbits(64),
                random.choice([0, NULL, (1 << 62) + 2, FIRST_MARKED, ROPE, TEXT, 1 << 40]),
            ])  # fmt: skip
            _put(image, at, new)
        begun = time.monotonic()
        try:
            _read_all(state_of(name, bytes(image)), whole)
            outcomes.add("read")
        except HeapError as error:
            outcomes.add(type(error).__name__)
        assert time.monotonic() - begun < SECONDS
    assert outcomes <= {"read", "WordError", "LayoutError", "TooMuch", "RootError"}


@pytest.mark.parametrize("seed", range(3))
def test_a_damaged_module_ends_in_a_typed_error_or_in_other_roots(images: dict[str, bytes], seed: int) -> None:
    random, good = Random(seed), module("kinds")
    for _ in range(12):
        code = bytearray(good)
        for _ in range(random.choice([1, 20, 400])):
            code[random.randrange(8, len(code))] = random.randrange(256)
        if random.random() < 0.3:
            del code[random.randrange(len(code)) :]
        begun = time.monotonic()
        with suppress(HeapError):
            _read_all(read_state(FlatImage(images["kinds"]), bytes(code), signature("kinds")))
        assert time.monotonic() - begun < SECONDS


# -- what somebody would make on purpose


def _record_box(objects: Objects, state: State, name: str, field: str) -> int:
    """Return the number of the word that a mutable field of a variable is kept in."""
    variable = state.variable(name)
    assert variable is not None
    (box,) = objects.fields(variable.word, (heap_hash(field),))
    return objects.follow(box) + 2


def _endless_queue(image: bytearray, state: State, objects: Objects) -> None:
    node = objects.unwrapped(objects.image.words[_record_box(objects, state, "queue", "front")])
    assert node is not None
    (link,) = objects.fields(node, (heap_hash("next"),))
    _put(image, objects.follow(link) + 2, node)
    _put(image, _record_box(objects, state, "queue", "size"), (1 << 60) * 4 + 2)


def _ring_queue(image: bytearray, state: State, objects: Objects) -> None:
    _endless_queue(image, state, objects)
    _put(image, _record_box(objects, state, "queue", "size"), 100_000 * 4 + 2)


def _endless_list(image: bytearray, state: State, _objects: Objects) -> None:
    variable = state.variable("pureList")
    assert variable is not None
    index = Objects(state.image).follow(variable.word)
    _put(image, index + 4, variable.word)


def _endless_tree(image: bytearray, state: State, objects: Objects) -> None:
    variable = state.variable("tree")
    assert variable is not None
    payload = objects.follow(objects.case(variable.word)[1])
    _put(image, payload + 4, variable.word)


def _endless_trie(image: bytearray, state: State, objects: Objects) -> None:
    variable = state.variable("trie")
    assert variable is not None
    _, payload = objects.case(variable.word)
    index = objects.follow(payload)
    layout = objects.layout(objects.image.words[index + 2])
    for side in ("left", "right"):
        _put(image, index + layout[heap_hash(side)], variable.word)


def _long_array(image: bytearray, state: State, objects: Objects) -> None:
    box = _record_box(objects, state, "table", "table")
    _put(image, objects.follow(objects.image.words[box]) + 2, 1 << 58)


def _blocks_that_are_one(image: bytearray, state: State, objects: Objects) -> None:
    """Make a list whose blocks all are one array as long as the memory allows."""
    blocks = objects.follow(objects.image.words[_record_box(objects, state, "list", "blocks")])
    first = objects.image.words[blocks + 3 + 2]
    count = objects.image.words[blocks + 2]
    room = (len(image) - 8 * 64) // 8 - blocks - 3
    _put(image, blocks + 2, min(room, 1_000_000))
    for i in range(min(room, 1_000_000)):
        _put(image, blocks + 3 + i, first)
    _put(image, _record_box(objects, state, "list", "blockIndex"), (count + 100_000) * 4 + 2)


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(_endless_queue, id="a queue that leads back to itself and says it is endless"),
        pytest.param(_ring_queue, id="a queue that leads back to itself"),
        pytest.param(_endless_list, id="a list that leads back to itself"),
        pytest.param(_endless_tree, id="a tree that is its own branch"),
        pytest.param(_endless_trie, id="a trie that is both of its own branches"),
        pytest.param(_long_array, id="an array of more elements than there is memory"),
        pytest.param(_blocks_that_are_one, id="a list whose blocks all are the same"),
    ],
)
def test_what_never_ends_is_told_in_time(images: dict[str, bytes], harm: Callable[..., None]) -> None:
    good = state_of("containers", images["containers"])
    image = bytearray(images["containers"])
    harm(image, good, Objects(good.image))
    begun = time.monotonic()
    tracemalloc.start()
    try:
        with pytest.raises(HeapError):
            _read_all(state_of("containers", bytes(image)), good)
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()
    assert time.monotonic() - begun < 2 * SECONDS  # memory is watched, which takes its time


def _shared_dag(levels: int) -> tuple[bytes, State]:
    """Return an image whose one tree is 2^levels leaves that are all the same."""
    with Replica() as network:
        program = Program("graph", network)
        program.call("fill", "(2)")
        image = bytearray(program.memory())
    state = state_of("graph", bytes(image))
    objects = Objects(state.image)
    tree = state.variable("tree")
    assert tree is not None
    root = objects.follow(tree.word)
    node = objects.follow(objects.image.words[root + 3])
    layout = objects.layout(objects.image.words[node + 2])
    free = len(image) // 8 - levels * 16
    below = objects.image.words[node + layout[heap_hash("left")]]
    for i in range(levels):
        at = free + i * 16
        for k, value in enumerate([objects.image.words[node], at * 8 - 1, objects.image.words[node + 2]]):
            _put(image, at + k, value)
        for label, value in (("left", below), ("right", below), ("value", 2)):
            _put(image, at + layout[heap_hash(label)], value)
        case = at + 8
        for k, value in enumerate([23, case * 8 - 1, heap_hash("node"), at * 8 - 1]):
            _put(image, case + k, value)
        below = case * 8 - 1
    _put(image, root + 3, (free + (levels - 1) * 16) * 8 - 1)
    return bytes(image), state


@pytest.mark.parametrize("levels", [24, 200])
def test_a_value_that_unfolds_without_an_end_is_refused(levels: int) -> None:
    image, _ = _shared_dag(levels)
    state = state_of("graph", image)
    begun = time.monotonic()
    with pytest.raises(HeapError, match=r"many times the size|nested deeper"):
        _read_all(state)
    assert time.monotonic() - begun < 2 * SECONDS


def test_long_texts_and_numbers_that_are_used_often_are_not_held_at_once(images: dict[str, bytes]) -> None:
    """Make all elements of an array of 40 rows one text of 3 MB, which is read by reference each time."""
    good = state_of("containers", images["containers"])
    objects = Objects(good.image)
    image = bytearray(images["containers"])
    place, size = len(image) // 8, 3_000_000
    image += bytes(50 * 65_536)
    for k, value in enumerate([TEXT, place * 8 - 1, size]):
        _put(image, place + k, value)
    image[(place + 3) * 8 : (place + 3) * 8 + size] = b"x" * size
    variable = good.variable("list")
    assert variable is not None
    for part in Decoder(good.image).parts(variable.shape, variable.word):
        row = objects.follow(part.word)
        layout = objects.layout(objects.image.words[row + 2])
        _put(image, row + layout[heap_hash("name")], place * 8 - 1)
    state = state_of("containers", bytes(image))
    tracemalloc.start()
    try:
        total = sum(len(piece) for piece in Export(state).document())
        assert total > 40 * size
        assert tracemalloc.get_traced_memory()[1] < 12 * size
    finally:
        tracemalloc.stop()


def _changed(good: bytes, address: int, value: int) -> bytes:
    image = bytearray(good)
    _put(image, address // 8, value)
    return bytes(image)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        pytest.param(
            lambda image: image[:65_536], LayoutError, "too small", id="a memory without room for the metadata"
        ),
        pytest.param(lambda image: image[:-1], LayoutError, "no memory of WebAssembly", id="a memory that was cut"),
        pytest.param(lambda _: b"", LayoutError, "no memory of WebAssembly", id="no bytes"),
        pytest.param(
            lambda image: _changed(image, METADATA, 5), LayoutError, "not of a Motoko program", id="no fingerprint"
        ),
        pytest.param(
            lambda image: _changed(image, METADATA + 0x80, 2), LayoutError, "layout version 2", id="a later layout"
        ),
        pytest.param(
            lambda image: _changed(image, LIFECYCLE, 12), LayoutError, "being stabilised", id="within a stabilisation"
        ),
        pytest.param(
            lambda image: image[:HEAP] + bytes(len(image) - HEAP),
            HeapError,
            "expected|outside",
            id="a heap that is all zeros",
        ),
    ],
)
def test_an_image_of_another_kind_is_refused(
    images: dict[str, bytes], change: Callable[[bytes], bytes], error: type[CtxError], words: str
) -> None:
    with pytest.raises(error, match=words) as found:
        _read_all(state_of("kinds", change(images["kinds"])))
    assert found.value.exit_code == 3


def test_an_image_of_another_module_is_refused(images: dict[str, bytes]) -> None:
    with pytest.raises(HeapError):
        _read_all(read_state(FlatImage(images["kinds"]), module("containers"), signature("containers")))
    with pytest.raises(LayoutError, match="are not those of the module's types"):
        read_state(FlatImage(images["kinds"]), module("kinds"), signature("graph"))
    with pytest.raises(LayoutError, match="not from within an upgrade"):
        read_record(FlatImage(images["kinds"]), signature("kinds"))


@pytest.mark.parametrize(
    "code", [b"", b"\0asm\1\0\0\0", b"\0asm\1\0\0\0\x0a\xff\xff\xff\xff\x0f", b"\0asm\1\0\0\0\1\5\xff\xff\xff\xff\x0f"]
)
def test_code_that_is_no_program_is_refused(code: bytes) -> None:
    with pytest.raises(RootError):
        find_roots(Code(code))


def test_a_source_that_is_shorter_than_it_says_is_refused(images: dict[str, bytes]) -> None:
    class Short:
        size = len(images["kinds"])

        def read(self, offset: int, size: int) -> bytes:
            return images["kinds"][: HEAP + 8][offset : offset + size]

    with pytest.raises(HeapError):
        _read_all(read_state(PiecedImage(Short()), module("kinds"), signature("kinds")))


def test_a_number_with_more_limbs_than_memory_is_refused(images: dict[str, bytes]) -> None:
    state = state_of("kinds", images["kinds"])
    huge = state.variable("huge")
    assert huge is not None
    index = Objects(state.image).expect(huge.word, BIG)
    for used in (1 << 31, 1 << 20):
        broken = state_of("kinds", _changed(images["kinds"], (index + 2) * 8, used))
        with pytest.raises((WordError, HeapError)):
            document(broken)


def test_a_weak_reference_that_leads_outside_is_told(images: dict[str, bytes]) -> None:
    state = state_of("kinds", images["kinds"])
    weak = state.variable("weakToShared")
    assert weak is not None
    index = Objects(state.image).follow(weak.word)
    with pytest.raises(WordError, match="outside of the image"):
        _read_all(state_of("kinds", _changed(images["kinds"], (index + 2) * 8, (1 << 40) - 1)))
