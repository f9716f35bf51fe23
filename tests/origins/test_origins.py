"""What a compiler made of a program stands, in reports, where a person wrote it."""

from __future__ import annotations

from functools import cache
from pathlib import PurePath

import pytest

from analyzer.candid.parse import parse_candid
from analyzer.compare.candid import compare_interfaces
from analyzer.compare.stable import compare_signatures
from analyzer.errors import SourceError
from analyzer.motoko.parse import parse_stable
from analyzer.motoko.source.program import Program
from analyzer.origins.candid import candid_origins
from analyzer.origins.stable import stable_origins
from tests.shared import ROOT

KINDS = (".mo", ".most", ".did")
REGISTRY = ROOT / "fixtures" / "context_registry"


def texts(version: str) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in (REGISTRY / version).iterdir() if path.suffix in KINDS}


def reading(files: dict[str, str]) -> Program:
    def read(path: PurePath) -> str:
        if str(path) not in files:
            msg = "there is no such file"
            raise SourceError(msg, where=str(path))
        return files[str(path)]

    return Program(PurePath("main.mo"), read, str)


@cache
def pieces(version: str) -> tuple[set[str], set[str]]:
    """Return what the places of a version's signature and of its interface show: `file: the words`."""
    files = texts(version)
    program = reading(files)
    most = next(text for name, text in files.items() if name.endswith(".most"))
    did = next(text for name, text in files.items() if name.endswith(".did"))
    signature, interface = parse_stable(most), parse_candid(did)
    found = []
    for origins in (stable_origins(signature, program), candid_origins(interface, program)):
        places = origins._places.values()
        found.append({f"{file.sources.labels[0]}: {file.sources.slice(span)}" for file, span in places})
    return found[0], found[1]


STABLE = [
    pytest.param("main.mo: var nextSeasonId : SeasonId", id="a variable"),
    pytest.param("main.mo: let seasons : Map.Map<SeasonId, Season>", id="a variable of a package's type"),
    pytest.param("Types.mo: name : Text", id="a field"),
    pytest.param("Types.mo: #archived", id="a case"),
    pytest.param("main.mo: type Season = Types.Season", id="an alias"),
    pytest.param("main.mo: persistent actor ContextRegistry", id="the actor"),
]
CANDID = [
    pytest.param("main.mo: getSeason(id : SeasonId) : async ?Season", id="a method"),
    pytest.param("main.mo: id : SeasonId", id="an argument"),
    pytest.param("main.mo: ?Season", id="a result"),
    pytest.param("Types.mo: name : Text", id="a field"),
    pytest.param("Types.mo: #notFound : Text", id="a case"),
    pytest.param("main.mo: #ok : SeasonId", id="a case that the method itself writes"),
    pytest.param("main.mo: (Principal, Role)", id="a tuple, which is a record in Candid"),
]


@pytest.mark.parametrize("words", STABLE)
def test_a_signature_is_found_in_the_program(words: str) -> None:
    assert words in pieces("v01_first")[0]


@pytest.mark.parametrize("words", CANDID)
def test_an_interface_is_found_in_the_program(words: str) -> None:
    assert words in pieces("v01_first")[1]


@pytest.mark.parametrize(
    ("version", "place"),
    [
        ("v03_optional_field", "Types.mo:20:5"),
        ("v05_case_in_mutable_map", "Types.mo:5:62"),
        ("v08_required_field", "Types.mo:27:5"),
    ],
)
def test_a_change_stands_in_the_source_first_and_then_in_what_was_generated(version: str, place: str) -> None:
    sides = []
    for name in ("v01_first", version):
        files = texts(name)
        program = reading(files)
        signature = parse_stable(next(text for name, text in files.items() if name.endswith(".most")), "x.most")
        interface = parse_candid(next(text for name, text in files.items() if name.endswith(".did")), "x.did")
        signature.sources.role = interface.sources.role = "generated"
        signature.sources.origin = stable_origins(signature, program).location
        interface.sources.origin = candid_origins(interface, program).location
        sides.append((signature, interface))
    (old, before), (new, after) = sides
    for edits, label in (
        (compare_signatures(old, new).edits, "x.most"),
        (compare_interfaces(before, after).edits, "x.did"),
    ):
        written, generated = edits[0].new.locations
        assert f"{written.start.source}:{written.start.line}:{written.start.column}" == place
        assert (written.role, generated.role, generated.start.source) == ("source", "generated", label)


def test_a_pair_that_is_the_same_asks_for_no_place() -> None:
    files = texts("v01_first")
    most = next(text for name, text in files.items() if name.endswith(".most"))
    old, new = parse_stable(most), parse_stable(most)

    def origin(_span: tuple[int, int]) -> None:
        pytest.fail("nobody needs the source")

    old.sources.origin = new.sources.origin = origin
    assert compare_signatures(old, new).edits == []


TYPES = "module { public type R = { a : Nat; b : [R] }; public type Box<T> = { value : T } }"


@pytest.mark.parametrize(
    ("program", "most", "words"),
    [
        pytest.param(
            "persistent actor { var x : T.Box<T.R> = 1 }",
            "type R = {a : Nat; b : [R]}; actor { stable var x : {value : R} };",
            {"types.mo: a : Nat", "types.mo: value : T", "types.mo: b : [R]"},
            id="through an import, with arguments",
        ),
        pytest.param(
            "persistent actor { let x = f() }",
            "type R__12 = {a : Nat; b : [R__12]}; actor { stable x : R__12 };",
            {"main.mo: let x", "types.mo: a : Nat"},
            id="by name where nothing is annotated",
        ),
        pytest.param(
            "persistent actor { type R = { a : Nat; b : [R] }; let x = f() }",
            "type R = {a : Nat; b : [R]}; actor { stable x : R };",
            {"main.mo: let x"},
            id="two of one name that look alike are neither",
        ),
        pytest.param(
            "persistent actor { let x : { c : Nat } = f() }",
            "actor { stable x : {d : Nat} };",
            {"main.mo: { c : Nat }"},
            id="what is of another shape is not followed",
        ),
        pytest.param("module {}", "actor { stable x : Nat };", set(), id="no actor"),
    ],
)
def test_what_corresponds(program: str, most: str, words: set[str]) -> None:
    files = {"main.mo": f'import T "types"; {program}', "types.mo": TYPES}
    origins = stable_origins(parse_stable(most), reading(files))
    found = {f"{file.sources.labels[0]}: {file.sources.slice(span)}" for file, span in origins._places.values()}
    assert words <= found
    if not any("types.mo" in one for one in words):
        assert not any("types.mo" in one for one in found)
