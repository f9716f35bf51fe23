"""The picture: what it shows, what it folds, and that it stays one that can be read."""

from __future__ import annotations

import pytest

from analyzer.compare.versions import ChangeSet, compare_versions
from analyzer.interface import Interface, Versions
from analyzer.model import Surface
from analyzer.motoko.parse import parse_stable
from analyzer.report.html.element import Element, Node
from analyzer.report.html.graph import graph
from analyzer.report.html.picture import picture
from tests.proof.service import large_service
from tests.report.test_reports import of_texts

ROOM = 25


def of_signatures(old: str, new: str) -> ChangeSet:
    sides = [Interface("api", stable=parse_stable(text, f"{side}.most")) for side, text in (("old", old), ("new", new))]
    return compare_versions([Versions("api", sides[0], sides[1])], profile="didc", surfaces=[Surface.STABLE])


def told(compared: ChangeSet) -> list[list[str]]:
    """Return the picture as lines: root, steps between, verdict, change."""
    (canister,) = compared.canisters
    seen = graph(canister, ROOM)
    return [
        ["+".join(root.names), way.via, way.verdict, seen.changes[way.change].edits[0].kind]
        for lane in seen.lanes
        for root in lane.roots
        for way in root.ways
    ]


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        pytest.param(
            "service : { m : (nat) -> () }", "service : { m : (text) -> () }",
            [["m", "", "breaking", "type_changed"]], id="right at the method"),
        pytest.param(
            "service : { m : () -> (record { a : record { b : nat } }) }",
            "service : { m : () -> (record { a : record { b : text } }) }",
            [["m", "result 0 ▸ a", "breaking", "type_changed"]], id="steps between"),
        pytest.param(
            "type T = variant { x }; service : { m : (T) -> (); n : () -> (vec T) }",
            "type T = variant { x; y }; service : { m : (T) -> (); n : () -> (vec T) }",
            [["m", "arg 0", "safe", "case_added"], ["n", "result 0 ▸ []", "breaking", "case_added"]],
            id="one change and two methods"),
        pytest.param(
            "service : { m : (record { aaaaaaaa : record { bbbbbbbb : record { cccccccc : record { d : nat } } } }) -> () }",
            "service : { m : (record { aaaaaaaa : record { bbbbbbbb : record { cccccccc : record { d : text } } } }) -> () }",
            [["m", "arg 0 ▸ 2 more ▸ cccccccc", "breaking", "type_changed"]], id="a long way is folded"),
        pytest.param("service : {}", "service : { m : () -> () }", [["m", "", "safe", "method_added"]], id="added"),
    ],
)  # fmt: skip
def test_ways(old: str, new: str, lines: list[list[str]]) -> None:
    assert sorted(told(of_texts(old, new))) == lines


@pytest.mark.parametrize(
    ("compared", "unchanged"),
    [
        pytest.param(
            of_texts("service : { a : () -> (); b : () -> (); c : () -> () }", "service : { a : () -> (); b : () -> () }"),
            2, id="methods"),
        pytest.param(
            of_signatures("actor { stable var a : Nat; stable var b : Nat };", "actor { stable var a : Int; stable var b : Nat };"),
            1, id="variables"),
    ],
)  # fmt: skip
def test_what_did_not_change_is_counted(compared: ChangeSet, unchanged: int) -> None:
    (lane,) = graph(compared.canisters[0], ROOM).lanes
    assert lane.unchanged == unchanged


def test_where_there_is_too_much_what_is_safe_goes_and_methods_that_meet_the_same_are_one() -> None:
    methods = "; ".join(f"m{i} : () -> (T); n{i} : (T) -> ()" for i in range(60))
    compared = of_texts(
        f"type T = variant {{ x }}; service : {{ {methods} }}",
        f"type T = variant {{ x; y }}; service : {{ {methods} }}",
    )
    ((names, via, verdict, kind),) = told(compared)
    assert (via, verdict, kind) == ("", "breaking", "case_added")
    assert all(name.startswith("m") for name in names.split("+"))


@pytest.mark.parametrize(
    "pair",
    [
        pytest.param(large_service(90_000), id="a large service"),
        pytest.param(
            tuple(
                f"service : {{ {'; '.join(f'm{i} : () -> ({kind})' for i in range(900))} }}" for kind in ("nat", "text")
            ),
            id="nine hundred breaks",
        ),
        pytest.param(
            ("service : {}", f"service : {{ {'; '.join(f'm{i} : () -> ()' for i in range(900))} }}"),
            id="nine hundred methods more",
        ),
    ],
)
def test_it_stays_small(pair: tuple[str, str]) -> None:
    (canister,) = of_texts(*pair).canisters
    seen = graph(canister, ROOM)
    assert len(seen.changes) <= 30
    assert all(len(lane.roots) <= 20 for lane in seen.lanes)
    drawn = picture(canister, 0, set())
    assert drawn is not None
    assert sum(1 for one in within(drawn) if one.tag == "path") < 150


def within(node: Node) -> list[Element]:
    if not isinstance(node, Element):
        return []
    return [node, *(one for child in node.children for one in within(child))]


def test_a_canister_that_is_gone_has_no_picture() -> None:
    compared = compare_versions(
        [Versions("api", of_texts("service : {}", "service : {}").canisters[0].old, None)], profile="didc"
    )
    assert picture(compared.canisters[0], 0, set()) is None
