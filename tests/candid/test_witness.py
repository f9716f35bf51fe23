"""The value that shows a change, example by example."""

from __future__ import annotations

import time

import pytest

from analyzer import compare_candid
from analyzer.candid.parse import parse_candid
from analyzer.candid.witness import Loss, Witness, Witnesses
from analyzer.errors import ParseError
from analyzer.model import Step, Verdict
from tests.shared import recorded

TREE = "type T = variant { leaf : nat; node : record { T; T } };"
ENDLESS = "type R = record { again : R };"


def witness(old: str, new: str, *path: Step, results: bool = True, loss: Loss | None = None) -> Witness | None:
    """Return the witness for the method m. old, new: its type, behind the definitions that it needs."""
    sides = []
    for text in (old, new):
        definitions, end, signature = text.rpartition(";(")
        sides.append(parse_candid(f"{definitions}{end[:1]} service : {{ m : {end[1:]}{signature} }}"))
    return Witnesses(sides[0], sides[1]).find("m", results=results, path=path, loss=loss)


@pytest.mark.parametrize(
    ("old", "new", "text", "error"),
    [
        pytest.param("() -> (variant { a; b })", "() -> (variant { a; b; c : nat })", "(variant { c = 0 })", "expected variant { a; b }, found the case with id 99", id="an old client cannot read a new case"),
        pytest.param("() -> (record { a : nat; b : text })", "() -> (record { a : nat })", "(record { a = 0 })", "expected the field b : text, found a record without it", id="a field that old clients need is gone"),
        pytest.param("() -> (vec nat16)", "() -> (vec nat8)", '(blob "\\00")', "expected nat16, found a value of type nat8", id="a vector needs one element to show it"),
        pytest.param("() -> (nat)", "() -> (opt nat)", "(null)", "expected nat, found a value of type opt nat", id="opt came around a result"),
        pytest.param("() -> (func (nat) -> ())", "() -> (func (text) -> ())", '(func "aaaaa-aa".m)', "expected func (nat) -> ()", id="a reference of another type"),
        pytest.param(f"{TREE}() -> (T)", "type T = variant { leaf : nat; node : record { T; T }; x : vec T };() -> (T)", "(variant { x = vec {} })", "the case with id 120", id="a recursive type ends as soon as it can"),
        pytest.param("() -> (nat, text)", "() -> (nat)", "(0)", "expected 2 or more values, the last of type text, found 1", id="a result is gone"),
    ],
)  # fmt: skip
def test_the_smallest_value_that_old_clients_cannot_read(old: str, new: str, text: str, error: str) -> None:
    found = witness(old, new)
    assert found is not None
    assert (found.loss, found.text, found.read) == (Loss.REFUSED, text, None)
    assert found.error is not None
    assert error in found.error


@pytest.mark.parametrize(
    ("old", "new", "loss", "text", "read"),
    [
        pytest.param("(opt nat) -> ()", "(opt text) -> ()", Loss.NULLED, "(opt 0)", "(null)", id="another type under opt"),
        pytest.param("(opt variant { a; b }) -> ()", "(opt variant { a }) -> ()", Loss.NULLED, "(opt variant { b })", "(null)", id="a case that is gone, under opt"),
        pytest.param("(record { a : nat; b : text }) -> ()", "(record { a : nat }) -> ()", Loss.DROPPED, '(record { a = 0; b = "" })', "(record { a = 0 })", id="a field that nobody reads"),
        pytest.param("(nat, text) -> ()", "(nat) -> ()", Loss.DROPPED, '(0, "")', "(0)", id="an argument that nobody reads"),
        pytest.param("(nat) -> ()", "(reserved) -> ()", Loss.DROPPED, "(0)", "(null)", id="reserved"),
    ],
)  # fmt: skip
def test_the_smallest_value_that_is_lost(old: str, new: str, loss: Loss, text: str, read: str) -> None:
    found = witness(old, new, results=False)
    assert found is not None
    assert (found.loss, found.text, found.read, found.error) == (loss, text, read, None)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("(nat) -> ()", "(int) -> ()", id="a subtype"),
        pytest.param("(nat) -> ()", "(opt nat) -> ()", id="a value that comes under opt"),
        pytest.param(f"{ENDLESS}(vec R) -> ()", "(vec text) -> ()", id="the only value is the empty vector"),
        pytest.param(f"{ENDLESS}(R) -> ()", "(text) -> ()", id="there is no value"),
        pytest.param("(variant { a; gone : empty }) -> ()", "(variant { a }) -> ()", id="a case that nobody can send"),
        pytest.param("(vec opt nat) -> () query", "(vec opt nat) -> ()", id="another mode"),
    ],
)
def test_no_value_shows_it(old: str, new: str) -> None:
    assert witness(old, new, results=False) is None


RESULT, ARGUMENT = Step("result", None, 0), Step("argument", None, 0)


@pytest.mark.parametrize(
    ("old", "new", "path", "text"),
    [
        pytest.param("() -> (variant { a })", "() -> (variant { a; b; c; d })", (RESULT, Step("case", "d")), "(variant { d })", id="of three new cases the one in question"),
        pytest.param("() -> (record { x : nat; y : nat })", "() -> (record { x : text; y : vec text })", (RESULT, Step("field", "y")), '(record { x = ""; y = vec {} })', id="a field"),
        pytest.param("() -> (opt vec variant { a })", "() -> (opt vec variant { a; b; c })", (RESULT, Step("option"), Step("element"), Step("case", "c")), "(opt vec { variant { c } })", id="through opt and vec"),
        pytest.param("() -> (nat, variant { a })", "() -> (nat, variant { a; b })", (Step("result", None, 1), Step("case", "b")), "(0, variant { b })", id="the second result"),
        pytest.param("() -> (variant { a : opt nat; b : opt nat })", "() -> (variant { a : opt text; b : opt text })", (RESULT, Step("case", "b"), Step("option")), '(variant { b = opt "" })', id="a value that is nulled in the second case"),
    ],
)  # fmt: skip
def test_the_value_shows_the_edit_at_the_path(old: str, new: str, path: tuple[Step, ...], text: str) -> None:
    found = witness(old, new, *path)
    assert found is not None
    assert found.text == text


def test_the_loss_that_is_asked_for_is_found() -> None:
    types = "(record { a : opt nat; b : text; c : nat }) -> ()", "(record { a : opt text; c : nat }) -> ()"
    for loss, read in ((Loss.NULLED, "(record { a = null; c = 0 })"), (Loss.DROPPED, "(record { a = null; c = 0 })")):
        found = witness(*types, results=False, loss=loss)
        assert found is not None
        assert (found.loss, found.read) == (loss, read)
    assert witness(*types, results=False, loss=Loss.REFUSED) is None


def test_a_type_with_large_values_alone_has_no_witness_and_takes_no_time() -> None:
    doubled = "".join(f"type D{i} = record {{ D{i + 1}; D{i + 1} }};" for i in range(60)) + "type D60 = nat;"
    started = time.perf_counter()
    assert witness(f"{doubled}(D0) -> ()", "(text) -> ()", results=False) is None
    assert time.perf_counter() - started < 2


def test_every_broken_value_of_a_real_pair_is_shown() -> None:
    """Where all old clients break in an argument or a result, a value proves it."""
    shown = 0
    for case in recorded("candid-real")[::5]:
        try:
            report = compare_candid(case["old"], case["new"])
        except ParseError:
            continue
        witnesses = Witnesses(parse_candid(case["old"]), parse_candid(case["new"]))
        for edit in report.edits:
            for o in edit.occurrences:
                inside = [step.kind for step in o.path]
                if o.verdict != Verdict.BREAKING or len(o.clients) < 3 or o.root == "(init)" or not inside:
                    continue
                found = witnesses.find(o.root, results=inside[0] == "result", path=o.path)
                assert found is not None, (case["name"], o.root, o.path)
                assert found.loss == Loss.REFUSED
                shown += 1
    assert shown > 20
