"""What is read from a memory is what the canister itself says: every type at its edges, containers, objects."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings

from analyzer.candid.methods import method_of
from analyzer.candid.values import encode
from analyzer.heap.decode import Decoder
from analyzer.heap.errors import HeapError
from analyzer.heap.export import Export
from analyzer.heap.image import FlatImage, PiecedImage
from analyzer.heap.path import find
from analyzer.heap.render import Brief
from analyzer.heap.state import read_record, read_state
from replica import Replica
from tests.heap.canister import Program, document, exported, interface, module, signature, state_of
from tests.heap.model import everything, expected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.heap.state import State


@pytest.fixture(scope="module")
def ic() -> Iterator[Replica]:
    with Replica() as network:
        yield network


@pytest.fixture(scope="module")
def kinds(ic: Replica) -> Program:
    return Program("kinds", ic)


@pytest.fixture(scope="module")
def filled(ic: Replica) -> Program:
    program = Program("containers", ic)
    program.call("fill", "(0, 1_000)")
    return program


# -- types

BIG = 2**300 + 12_345


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        pytest.param("zero", 0, id="the smallest Nat"),
        pytest.param("largestCompact", str(2**61 - 1), id="the largest Nat that fits into a word"),
        pytest.param("smallestBig", str(2**61), id="the smallest Nat that does not"),
        pytest.param("huge", str(BIG), id="a Nat of six limbs"),
        pytest.param("lowestCompact", str(-(2**61)), id="the lowest Int that fits into a word"),
        pytest.param("highestNegativeBig", str(-(2**61) - 1), id="the highest Int that is too low for a word"),
        pytest.param("deepNegative", str(-(3**200)), id="an Int of many limbs below zero"),
        pytest.param("nat8", 255, id="Nat8"),
        pytest.param("nat16", 65_535, id="Nat16"),
        pytest.param("nat32", 2**32 - 1, id="Nat32"),
        pytest.param("nat64", str(2**64 - 1), id="Nat64, boxed"),
        pytest.param("nat64Compact", str(2**60 - 1), id="the largest Nat64 that fits into a word"),
        pytest.param("nat64Boxed", str(2**60), id="the smallest Nat64 that does not"),
        pytest.param("int8", -128, id="Int8"),
        pytest.param("int16", -(2**15), id="Int16"),
        pytest.param("int32", -(2**31), id="Int32"),
        pytest.param("int64", str(-(2**63)), id="Int64, boxed"),
        pytest.param("int64Compact", str(-(2**59)), id="the lowest Int64 that fits into a word"),
        pytest.param("float", 1.5, id="Float"),
        pytest.param("negativeZero", "-0.0", id="the zero below zero keeps its sign"),
        pytest.param("notANumber", "NaN", id="NaN, which JSON has not"),
        pytest.param("infinity", "Infinity", id="infinity, which JSON has not"),
        pytest.param("yes", True, id="true"),
        pytest.param("no", False, id="false"),
        pytest.param("char", "A", id="Char"),
        pytest.param("emoji", "\U0001f600", id="Char beyond 16 bits"),
        pytest.param("unit", None, id="()"),
        pytest.param("nothing", None, id="Null"),
        pytest.param("any", {"$any": None}, id="Any is not read"),
        pytest.param("text", 'grüß "dich" \\ \0', id="Text with what needs escapes"),
        pytest.param("blob", {"$blob": "AP8Q"}, id="Blob"),
        pytest.param("none", [], id="null of an option"),
        pytest.param("some", [7], id="an option has no box"),
        pytest.param("someNull", [[]], id="an option of null has one"),
        pytest.param("someSome", [[7]], id="an option of an option"),
        pytest.param("three", [[[False]]], id="three options around false"),
        pytest.param("threeNull", [[[]]], id="three options, the innermost null"),
        pytest.param("optionOfNull", [None], id="an option of Null"),
        pytest.param("optionOfUnit", [None], id="an option of ()"),
        pytest.param("emptyRecord", {}, id="a record without fields"),
        pytest.param("record", {"a": 1, "b": {"c": "x"}}, id="a record in a record"),
        pytest.param("mutableRecord", {"count": 3, "name": "n"}, id="a record with a var field"),
        pytest.param("wide", {"a": 1}, id="a record that holds more than its type says"),
        pytest.param("tuple", [1, "two", True], id="a tuple"),
        pytest.param("array", [1, 2, 3], id="an array"),
        pytest.param("emptyArray", [], id="an array without elements"),
        pytest.param("mutableArray", [4, 5], id="a mutable array"),
        pytest.param("nested", [[[1], []], []], id="arrays in mutable arrays in arrays"),
        pytest.param("variant", {"#off": 3}, id="a variant"),
        pytest.param("variantUnit", "#on", id="a variant that carries nothing"),
        pytest.param("variantHash", {"#_7_": "seven"}, id="a tag that Candid would take for a number"),
        pytest.param(
            "pair", {"first": 1, "second": {"first": "t", "second": [True]}}, id="a type with parameters, twice"
        ),
        pytest.param(
            "swap",
            {"value": 1, "other": [{"value": "a", "other": [{"value": 2, "other": []}]}]},
            id="a type that swaps its parameters each time",
        ),
    ],
)
def test_every_type_is_read(kinds: Program, variable: str, value: object) -> None:
    found = kinds.values()[variable]
    assert found == value
    assert type(found) is type(value)


def test_principals_actors_and_functions_are_those_of_the_canister(kinds: Program) -> None:
    values = kinds.values()
    assert values["self"] == kinds.id
    assert values["me"] == {"$actor": kinds.id}
    assert values["callback"] == {"$function": [kinds.id, "get"]}
    assert values["region"]["pages"] == 2


def test_objects_that_are_one_stay_one(kinds: Program) -> None:
    values, objects = exported(kinds.state())
    by_id = {one["$id"]: one["value"] for one in objects}
    assert values["shared1"] == values["shared2"] == values["weakToShared"]["$weak"]
    assert by_id[values["shared1"]["$ref"]] == {"count": 1}
    assert values["sharing"] == {"one": values["sharedArray"], "two": values["sharedArray"]}
    ring = values["ring"]
    assert by_id[ring["$ref"]] == {"name": "first", "next": [{"name": "second", "next": [ring]}]}


def test_a_text_of_many_parts_and_deep_values_are_read_whole(ic: Replica) -> None:
    program = Program("kinds", ic)
    parts = [f"part {i} ü" for i in range(3_000)]
    listed = "; ".join(f'"{part}"' for part in parts)
    program.call("lengthen", f"(vec {{ {listed} }}, 3_000)")
    values, objects = exported(program.state())
    assert values["rope"] == "".join(parts)
    assert values["chain"] == list(range(2_999, -1, -1))
    by_id = {one["$id"]: one["value"] for one in objects}
    at, depth = values["deep"], 0
    while at != "#end":
        if "$ref" in at:
            at = by_id[at["$ref"]]
            continue
        assert at["#more"]["here"] == 2_999 - depth
        at, depth = at["#more"]["below"], depth + 1
    assert depth == 3_000


@given(value=everything())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_put_by_a_call_comes_back_from_the_image(kinds: Program, value: dict[str | int, Any]) -> None:
    known = interface("kinds")
    put = method_of(known, "put")
    assert put is not None
    kinds.send("put", encode(known, put.arguments, [value]))
    state = kinds.state()
    variable = state.variable("everything")
    assert variable is not None
    (returned,) = kinds.call("got")
    assert document(state)["variables"]["everything"]["value"] == expected(variable.shape, returned)
    assert document(state)["variables"]["everything"]["value"] == [expected(variable.shape.children[0], value)]


# -- containers

LISTED = {
    "map": "mapEntries",
    "names": "nameEntries",
    "set": "setValues",
    "list": "listValues",
    "queue": "queueValues",
    "stack": "stackValues",
    "pureMap": "pureMapEntries",
    "pureSet": "pureSetValues",
    "pureList": "pureListValues",
    "pureQueue": "pureQueueValues",
}


def _as_queried(program: Program, state: State, name: str) -> tuple[Any, Any]:
    """Return what the image holds of a container, and what a query returns of it."""
    variable = state.variable(name)
    assert variable is not None
    container = Decoder(state.image).container(variable.shape)
    assert container is not None
    (listed,) = program.call(LISTED[name])
    value = document(state)["variables"][name]["value"]
    if container.key is not None and container.value is not None:
        return value["$map"], [[expected(container.key, e[0]), expected(container.value, e[1])] for e in listed]
    only = container.key or container.value
    assert only is not None
    return value, [expected(only, one) for one in listed]


@pytest.mark.parametrize("name", LISTED)
def test_containers_hold_what_queries_return_in_their_order(filled: Program, name: str) -> None:
    found, returned = _as_queried(filled, filled.state(), name)
    assert len(found) == 1_000
    assert found == returned


def test_containers_of_containers_and_of_older_libraries_are_read(filled: Program) -> None:
    values = filled.values()
    (listed,) = filled.call("nestedEntries")
    assert values["nested"] == {"$map": [[e[0], {"$map": [[p[0], p[1]] for p in e[1]]}] for e in listed]}
    tens = {str(i): i for i in range(0, 1_000, 10)}
    assert dict(values["trie"]["$map"]) == tens
    assert values["tree"]["$map"] == sorted([i * 7_919 % 1_000, str(i)] for i in range(0, 1_000, 10))
    assert values["table"]["count"] == 100
    assert {name: i for chain in values["table"]["table"] for name, i in chain} == tens
    assert sorted(values["heap"]["heap"]) == list(range(1_000))


def test_containers_follow_a_model_through_random_changes(ic: Replica) -> None:
    program, random = Program("containers", ic), Random(7)
    model: dict[int, str] = {}
    for _ in range(60):
        key = random.randrange(40)
        what = random.choice(["add", "add", "change", "remove"])
        program.call(what, f'({key}, "new {key}")' if what == "change" else f"({key})")
        if what == "remove":
            model.pop(key, None)
        else:
            model[key] = f"new {key}" if what == "change" else f"name {key}"
    entries = program.values()["map"]["$map"]
    assert {key: row["name"] for key, row in entries} == model
    assert [key for key, _ in entries] == sorted(model)


# -- objects that can be changed in place


def test_aliases_and_cycles_of_rows_are_kept_apart_from_equal_rows(ic: Replica) -> None:
    program = Program("graph", ic)
    program.call("fill", "(7)")
    program.call("befriend", "(1, 2)")
    program.call("befriend", "(2, 1)")
    values, objects = exported(program.state())
    by_id = {one["$id"]: one["value"] for one in objects}
    rows = dict(values["accounts"]["$map"])
    assert [rows[i] for i in (0, 3, 6)] == values["recent"]
    one = by_id[rows[1]["$ref"]]
    assert one["friend"] == [rows[2]]
    assert by_id[rows[2]["$ref"]]["friend"] == [rows[1]]
    assert rows[4] == {"balance": 4, "friend": [], "id": 4, "log": []}
    (seen,) = values["view"]
    assert by_id[seen["$ref"]] == {"balance": 2}  # the same object, seen as of a type with fewer fields
    assert str(seen["$ref"]).split(".")[0] == str(rows[2]["$ref"])
    program.call("copyRecent")
    values, _ = exported(program.state())
    assert dict(values["accounts"]["$map"])[0] == values["recent"][0]  # equal, and two objects: neither is a reference
    assert "$ref" not in values["recent"][0]


# -- the same image, otherwise


def test_it_does_not_matter_what_the_garbage_collector_moved(ic: Replica) -> None:
    program = Program("containers", ic)
    program.call("fill", "(0, 200)")
    before = document(program.state())
    for _ in range(3):
        program.call("fill", "(0, 200)")  # the same keys and much garbage
        program.call("useAll")
    after = document(program.state())
    for name in ("map", "names", "set", "pureMap", "pureSet"):
        assert after["variables"][name] == before["variables"][name]


def test_an_image_in_pieces_reads_like_one_in_one_piece(filled: Program) -> None:
    memory = filled.memory()

    class Source:
        size = len(memory)

        def read(self, offset: int, size: int) -> bytes:
            return memory[offset : offset + size]

    state = read_state(PiecedImage(Source()), module("containers"), signature("containers"))
    assert "".join(Export(state).document()) == "".join(Export(filled.state()).document())


def test_the_code_says_the_same_as_the_program_within_an_upgrade(filled: Program, kinds: Program) -> None:
    for program in (filled, kinds):
        live = program.state()
        within = read_record(FlatImage(program.within_upgrade()), signature(program.name))
        assert exported(within) == exported(live)


def test_a_preupgrade_hook_is_told_of_and_changes_what_the_upgrade_takes(ic: Replica) -> None:
    program = Program("hooked", ic)
    live = program.state()
    assert live.hooked
    assert "preupgrade" in live.notes[0]
    assert exported(live)[0]["a"] == 8
    assert exported(read_record(FlatImage(program.within_upgrade()), signature("hooked")))[0]["a"] == 1_008
    assert not state_of("kinds", Program("kinds", ic).memory()).hooked


# -- what the runtime lets pass, and the check of every word does not


def test_an_upgrade_that_the_runtime_misreads_is_found(ic: Replica) -> None:
    program = Program("holes", ic)
    program.upgrade("misread")  # the runtime takes it
    state = program.state()
    decoder = Decoder(state.image)
    for name, wrong in (("letter", "expected Nat32"), ("unit", "expected Nat")):
        variable = state.variable(name)
        assert variable is not None
        with pytest.raises(HeapError, match=wrong):
            decoder.value(variable.shape, variable.word)
    number = state.variable("number")
    assert number is not None
    assert decoder.value(number.shape, number.word) == 65


# -- paths


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param("map[42].name", '"name 42"', id="a field of an entry"),
        pytest.param("map[42].status#closed", None, id="the content of another tag is not there"),
        pytest.param("map[43].status#closed", "43", id="the content of a tag"),
        pytest.param('names["17"]', "17", id="a key that is a text"),
        pytest.param("list[999].id", "999", id="an element of a list"),
        pytest.param("list[1000]", None, id="an element behind the end"),
        pytest.param("map[40].note?", '"noted"', id="into an option"),
        pytest.param("map[41].note?", None, id="into null"),
        pytest.param("map[42].tags[1]", '"common"', id="an element of an array"),
        pytest.param('nested["20"][3]', '"23"', id="an entry of a map of maps"),
        pytest.param("queue[0]", '"0"', id="the first of a queue"),
        pytest.param("nothing", None, id="a variable that is not there"),
        pytest.param("map..name", None, id="no path"),
        pytest.param("map[42", None, id="a bracket that is left open"),
    ],
)
def test_a_path_leads_to_a_value(filled: Program, path: str, text: str | None) -> None:
    state = filled.state()
    decoder = Decoder(state.image)
    if text is None:
        with pytest.raises(Exception, match=r"there is no|has no|no step") as error:
            find(state, decoder, path)
        assert error.value.exit_code == 2  # type: ignore[attr-defined]
        return
    place = find(state, decoder, path)
    assert Brief(decoder.container).of(place.shape, decoder.value(place.shape, place.word)) == text
