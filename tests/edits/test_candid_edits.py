"""Each kind of edit: what it is called, who breaks, and where it is met."""

from __future__ import annotations

import pytest

from analyzer import compare_candid
from analyzer.edits.candid import CandidEdits
from analyzer.errors import ParseError
from analyzer.model import Report, Verdict
from analyzer.report.words import path_text, who_breaks
from tests.proof.agreement import SURFACES, pair_of
from tests.proof.service import large_service

SAFE, LOSSY, UNDECIDED, BREAKING = Verdict
ALL = "clients (js, motoko, rust)"


def met(report: Report) -> list[tuple[str, str, str, str]]:
    """Return (kind, path, verdict, who breaks) of each occurrence, in the order of the report."""
    return [
        # What the guide alone calls breaking stands in a table of its own: tests/rules/test_guide.py.
        (edit.kind, path_text(o.root, o.path, " > "), o.verdict.value, who_breaks(o).removesuffix("guide"))
        for edit in report.edits
        for o in edit.occurrences
    ]


# A type T in a result and in an argument: `old` and `new` are what T was and is.
@pytest.mark.parametrize(
    ("old", "new", "result", "argument"),
    [
        pytest.param("nat", "text", ("type_changed", "", BREAKING, ALL), ("type_changed", "", BREAKING, ALL), id="another type"),
        pytest.param("nat", "int", ("type_changed", "", BREAKING, ALL), ("type_changed", "", SAFE, ""), id="widened"),
        pytest.param("int", "nat", ("type_changed", "", BREAKING, "clients (js)"), ("type_changed", "", BREAKING, ALL), id="narrowed: agent-js reads no nat as int"),
        pytest.param("nat", "opt nat", ("opt_added", "", BREAKING, ALL), ("opt_added", "", SAFE, ""), id="wrapped in opt"),
        pytest.param("opt nat", "nat", ("opt_removed", "", SAFE, ""), ("opt_removed", "", BREAKING, ALL), id="opt taken away"),
        pytest.param("opt nat", "opt text", ("type_changed", " > ?", LOSSY, ""), ("type_changed", " > ?", LOSSY, ""), id="another type under opt"),
        pytest.param("opt nat", "text", ("type_changed", "", LOSSY, ""), ("opt_removed", "", BREAKING, ALL), id="the special rule"),
        pytest.param("record { a : nat }", "record { a : nat; b : text }", ("field_added", " > b", SAFE, ""), ("field_added", " > b", BREAKING, ALL), id="a required field more"),
        pytest.param("record { a : nat }", "record { a : nat; b : opt text }", ("field_added", " > b", SAFE, ""), ("field_added", " > b", SAFE, ""), id="an optional field more"),
        pytest.param("record { a : nat; b : text }", "record { a : nat }", ("field_removed", " > b", BREAKING, ALL), ("field_removed", " > b", LOSSY, ""), id="a required field less"),
        pytest.param("record { a : nat; b : opt text }", "record { a : nat }", ("field_removed", " > b", LOSSY, ""), ("field_removed", " > b", LOSSY, ""), id="an optional field less"),
        pytest.param("record { a : nat; b : null }", "record { a : nat }", ("field_removed", " > b", BREAKING, "clients (js)"), ("field_removed", " > b", LOSSY, ""), id="a null field less: agent-js throws"),
        pytest.param("record { nat; opt nat }", "record { nat }", ("field_removed", " > 1", BREAKING, "clients (js)"), ("field_removed", " > 1", LOSSY, ""), id="a tuple gets shorter: agent-js throws"),
        pytest.param("record { a : nat }", "record { b : nat }", ("field_renamed", " > a", BREAKING, ALL), ("field_renamed", " > b", BREAKING, ALL), id="a field renamed"),
        pytest.param("record { a : opt nat }", "record { b : opt nat }", ("field_renamed", " > a", LOSSY, ""), ("field_renamed", " > a", LOSSY, ""), id="an optional field renamed"),
        pytest.param("record { a : nat }", "record { 97 : nat }", ("field_renamed", " > a", SAFE, ""), ("field_renamed", " > a", SAFE, ""), id="a name becomes its id"),
        pytest.param("variant { a }", "variant { a; b }", ("case_added", " > #b", BREAKING, ALL), ("case_added", " > #b", SAFE, ""), id="a case more"),
        pytest.param("variant { a; b }", "variant { a }", ("case_removed", " > #b", SAFE, ""), ("case_removed", " > #b", BREAKING, ALL), id="a case less"),
        pytest.param("opt variant { a }", "opt variant { a; b }", ("case_added", " > ? > #b", LOSSY, ""), ("case_added", " > ? > #b", SAFE, ""), id="a case more under opt"),
        pytest.param("func () -> ()", "func () -> () query", ("mode_changed", "", BREAKING, ALL), ("mode_changed", "", BREAKING, ALL), id="a reference to another kind of function"),
        pytest.param("text", "reserved", ("type_changed", "", BREAKING, ALL), ("type_changed", "", LOSSY, ""), id="retired"),
        pytest.param("service { a : () -> () }", "service { a : () -> (); b : () -> () }", ("method_added", " > method b", SAFE, ""), ("method_added", " > method b", BREAKING, ALL), id="a service that is passed has a method more"),
        pytest.param("service { a : () -> (); b : () -> () }", "service { a : () -> () }", ("method_removed", " > method b", BREAKING, ALL), ("method_removed", " > method b", SAFE, ""), id="a method less"),
    ],
)  # fmt: skip
def test_what_a_type_change_does(old: str, new: str, result: tuple[str, ...], argument: tuple[str, ...]) -> None:
    shapes = (
        ("m > result 0", "service : { m : () -> (T) }", result),
        ("m > arg 0", "service : { m : (T) -> () }", argument),
    )
    for root, shape, (kind, path, verdict, breaks) in shapes:
        report = compare_candid(shape.replace("T", old), shape.replace("T", new))
        assert met(report) == [(kind, root + path, verdict, breaks)]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param("", "n : () -> ()", ("method_added", "n", SAFE, ""), id="a method more"),
        pytest.param("n : () -> ()", "", ("method_removed", "n", BREAKING, ALL), id="a method less"),
        pytest.param("n : () -> (nat)", "k : () -> (nat)", ("method_renamed", "n", BREAKING, ALL), id="a method renamed"),
        pytest.param("n : () -> ()", "n : () -> () query", ("mode_changed", "n", BREAKING, ALL), id="an update becomes a query"),
        pytest.param("n : () -> ()", "n : (nat) -> ()", ("argument_added", "n > arg 0", BREAKING, ALL), id="an argument more"),
        pytest.param("n : () -> ()", "n : (opt nat) -> ()", ("argument_added", "n > arg 0", SAFE, ""), id="an optional argument more"),
        pytest.param("n : (nat) -> ()", "n : () -> ()", ("argument_removed", "n > arg 0", LOSSY, ""), id="an argument less"),
        pytest.param("n : () -> ()", "n : () -> (nat)", ("result_added", "n > result 0", SAFE, ""), id="a result more"),
        pytest.param("n : () -> (nat)", "n : () -> ()", ("result_removed", "n > result 0", BREAKING, ALL), id="a result less"),
        pytest.param("n : () -> (opt nat)", "n : () -> ()", ("result_removed", "n > result 0", BREAKING, "clients (js)"), id="an optional result less: agent-js throws"),
    ],
)  # fmt: skip
def test_what_a_method_change_does(old: str, new: str, expected: tuple[str, ...]) -> None:
    report = compare_candid(f"service : {{ {old} }}", f"service : {{ {new} }}")
    assert met(report) == [expected]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("type A = nat; service : { m : (A) -> () }", "type B = nat; service : { m : (B) -> () }", id="a type renamed"),
        pytest.param("type A = nat; service : { m : (A) -> () }", "service : { m : (nat) -> () }", id="an alias taken away"),
        pytest.param("service : { a : () -> (); b : () -> () }", "service : { b : () -> (); a : () -> () }", id="methods in another order"),
        pytest.param("service : { m : (record { a : nat; b : text }) -> () }", "service : { m : (record { b : text; a : nat }) -> () }", id="fields in another order"),
        pytest.param("type L = opt record { nat; L }; service : { m : (L) -> () }", "type L = opt record { nat; opt record { nat; L } }; service : { m : (L) -> () }", id="unrolled"),
        pytest.param("type L = vec L; service : { m : () -> (L) }", "type A = vec B; type B = vec A; service : { m : () -> (B) }", id="tied another way"),
        pytest.param("service : { m : (nat) -> () }", "// c\nservice s : { m : (amount : nat) -> () /* d */; };", id="comments and argument names"),
        pytest.param("service : { m : (blob) -> () }", "service : { m : (vec nat8) -> () }", id="blob written out"),
    ],
)  # fmt: skip
def test_what_is_no_change(old: str, new: str) -> None:
    for profile in ("didc", "dfx", "strict"):
        report = compare_candid(old, new, profile=profile)
        assert (report.compatible, report.verdict, report.edits) == (True, SAFE, [])


def test_one_edit_is_one_edit_however_often_it_is_met() -> None:
    text = "type S = variant { %s }; service : { a : () -> (S); b : (vec S) -> (); c : () -> (opt record { s : S; t : S }) }"
    (edit,) = compare_candid(text % "x", text % "x; y").edits
    assert [(path_text(o.root, o.path, " > "), o.verdict, o.more) for o in edit.occurrences] == [
        ("a > result 0 > #y", BREAKING, 0),
        ("c > result 0 > ? > s > #y", LOSSY, 1),
        ("b > arg 0 > [] > #y", SAFE, 0),
    ]


def test_the_constructor_is_told_and_breaks_no_client() -> None:
    report = compare_candid("service : (nat) -> { m : () -> () }", "service : (text, nat) -> { m : () -> () }")
    assert met(report) == [
        ("type_changed", "(init) > arg 0", "safe", ""),
        ("argument_added", "(init) > arg 1", "safe", ""),
    ]
    assert compare_candid("service : (nat) -> {}", "service : (text) -> {}", profile="strict").verdict == BREAKING


def test_the_dfx_profile_turns_exactly_the_special_rule_into_a_break() -> None:
    old = "service : { a : () -> (opt nat); b : (nat) -> () }"
    new = "service : { a : () -> (opt text); b : () -> () }"
    assert met(compare_candid(old, new, profile="dfx")) == [
        ("type_changed", "a > result 0 > ?", "breaking", "clients"),
        ("argument_removed", "b > arg 0", "lossy", ""),
    ]


def test_a_fingerprint_belongs_to_the_types_not_to_names_of_types_or_lines() -> None:
    first = compare_candid("type A = nat; service : { m : () -> (A) }", "service : { m : () -> (text) }")
    second = compare_candid("service : { m : () -> (nat) }", "\n\ntype T = text; service : { m : () -> (T) }")
    third = compare_candid("service : { m : () -> (nat) }", "service : { m : () -> (blob) }")
    prints = [r.edits[0].occurrences[0].fingerprint for r in (first, second, third)]
    assert prints[0] == prints[1] != prints[2]
    assert len(prints[0]) == 64


def reports(pairs: list[tuple[str, str]]) -> list[Report | str]:
    found: list[Report | str] = []
    for old, new in pairs:
        try:
            found.append(compare_candid(old, new))
        except ParseError as error:
            found.append(str(error))
    return found


def test_what_is_equal_need_not_be_walked(monkeypatch: pytest.MonkeyPatch) -> None:
    random = (pair_of(SURFACES["candid"], 11, number) for number in range(400))
    pairs = [(pair.old_text, pair.new_text) for pair in random] + [large_service(20_000), large_service(20_000, seed=1)]
    passed_over = reports(pairs)
    monkeypatch.setattr(CandidEdits, "_alike_below", lambda *_: False)
    assert reports(pairs) == passed_over


def test_a_label_written_in_another_way_is_found_below_equal_types() -> None:
    inner = "type T = record {{ {0} : nat }}; service : {{ m : () -> (record {{ a : vec T }}) }}"
    report = compare_candid(inner.format("foo"), inner.format("5097222"))
    assert met(report) == [("field_renamed", "m > result 0 > a > [] > foo", "safe", "")]
