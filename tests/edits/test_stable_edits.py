"""Each kind of edit of what is kept: what it is called, what moc calls it, and where it is met."""

from __future__ import annotations

import pytest

from analyzer import compare_stable
from analyzer.model import Report, Verdict
from analyzer.report.words import path_text

SAFE, LOSSY, UNDECIDED, BREAKING = Verdict


def met(report: Report) -> list[tuple[str, str, str, str | None]]:
    """Return (kind, path, verdict, moc's code) of each occurrence, in the order of the report."""
    return [
        (edit.kind, path_text(o.root, o.path, " > "), o.verdict.value, o.code)
        for edit in report.edits
        for o in edit.occurrences
    ]


# The type of a variable v.
@pytest.mark.parametrize(
    ("old", "new", "kind", "path", "verdict", "code"),
    [
        pytest.param("Nat", "Int", "type_changed", "v", SAFE, None, id="Nat becomes Int"),
        pytest.param("Int", "Nat", "type_changed", "v", BREAKING, "M0170", id="Int becomes Nat"),
        pytest.param("Nat", "Nat64", "type_changed", "v", BREAKING, "M0170", id="another width"),
        pytest.param("Text", "Blob", "type_changed", "v", BREAKING, "M0170", id="Text and Blob"),
        pytest.param("Nat", "?Nat", "opt_added", "v", BREAKING, "M0170", id="a value becomes optional"),
        pytest.param("?Nat", "Nat", "opt_removed", "v", BREAKING, "M0170", id="an option becomes a value"),
        pytest.param("Null", "?Nat", "type_changed", "v", SAFE, None, id="Null fits an option"),
        pytest.param("Nat", "Any", "type_changed", "v", BREAKING, "M0216", id="a value becomes Any"),
        pytest.param("None", "Nat", "type_changed", "v", SAFE, None, id="there is no value of None"),
        pytest.param("{a : Nat}", "{a : Nat; b : ?Text}", "field_added", "v > b", BREAKING, "M0170", id="an optional field more: the guide calls it safe"),
        pytest.param("{a : Nat; b : Text}", "{a : Nat}", "field_removed", "v > b", BREAKING, "M0216", id="a field less"),
        pytest.param("{a : Nat}", "{b : Nat}", "field_renamed", "v > a", BREAKING, "M0170", id="a field renamed"),
        pytest.param("{a : Nat}", "{var a : Nat}", "mutability_changed", "v > a", BREAKING, "M0170", id="a field becomes mutable"),
        pytest.param("{var a : Nat}", "{var a : Int}", "type_changed", "v > a", BREAKING, "M0170", id="what is mutable keeps its type"),
        pytest.param("{#a}", "{#a; #b}", "case_added", "v > #b", SAFE, None, id="a case more"),
        pytest.param("{#a; #b}", "{#a}", "case_removed", "v > #b", BREAKING, "M0170", id="a case less"),
        pytest.param("{var x : {#a}}", "{var x : {#a; #b}}", "case_added", "v > x > #b", BREAKING, "M0170", id="a case more under something mutable"),
        pytest.param("[Nat]", "[var Nat]", "mutability_changed", "v", BREAKING, "M0170", id="an array becomes mutable"),
        pytest.param("[var Nat]", "[var Int]", "type_changed", "v > []", BREAKING, "M0170", id="elements of a mutable array"),
        pytest.param("(Nat, Text)", "(Nat, Text, Nat)", "item_added", "v > .2", BREAKING, "M0170", id="a longer tuple"),
        pytest.param("(Nat, Text)", "(Nat, Blob)", "type_changed", "v > .1", BREAKING, "M0170", id="an item of a tuple"),
        pytest.param("shared Nat -> ()", "shared query Nat -> async ()", "mode_changed", "v", BREAKING, "M0170", id="a stored function of another kind"),
        pytest.param("shared Int -> ()", "shared Nat -> ()", "type_changed", "v > arg 0", SAFE, None, id="a stored function takes less"),
        pytest.param("shared Nat -> ()", "shared Int -> ()", "type_changed", "v > arg 0", BREAKING, "M0170", id="a stored function cannot take more"),
        pytest.param("shared {a : Nat} -> ()", "shared {a : Nat; b : Nat} -> ()", "field_added", "v > arg 0 > b", BREAKING, "M0216", id="loss in an argument"),
        pytest.param("actor {a : () -> ()}", "actor {}", "method_removed", "v > method a", BREAKING, "M0216", id="a stored actor reference loses a method"),
        pytest.param("weak Nat", "weak Text", "type_changed", "v > weak", BREAKING, "M0170", id="behind a weak reference"),
    ],
)  # fmt: skip
def test_what_a_type_change_does(old: str, new: str, kind: str, path: str, verdict: str, code: str | None) -> None:
    report = compare_stable(f"actor {{ stable v : {old} }}", f"actor {{ stable v : {new} }}")
    told = code if verdict == BREAKING else None
    # A variable of type Any is told for itself: it is reset at every upgrade.
    assert [one for one in met(report) if one[0] != "variable_any"] == [(kind, path, verdict, told)]
    assert report.codes == ([] if code is None else [code])


@pytest.mark.parametrize(
    ("old", "new", "expected", "codes"),
    [
        pytest.param("actor {}", "actor {stable v : Nat}", [("variable_added", "v", SAFE, None)], [], id="a variable more"),
        pytest.param("actor {stable v : Nat}", "actor {}", [("variable_removed", "v", BREAKING, "M0169")], ["M0169"], id="a variable less"),
        pytest.param("actor {stable v : Nat}", "actor {stable w : Nat}", [("variable_renamed", "v", BREAKING, "M0169")], ["M0169"], id="a variable renamed"),
        pytest.param("actor {stable v : Nat}", "actor {stable var v : Nat}", [], [], id="var or not does not matter"),
        pytest.param("actor {stable v : Any}", "actor {stable v : Any}", [("variable_any", "v", LOSSY, None)], [], id="Any is reset"),
        pytest.param("actor {stable v : Nat}", "actor ({in v : Nat}, {stable w : Nat})", [("variable_consumed", "v", LOSSY, None)], [], id="an inline migration consumes it"),
        pytest.param("actor {}", "actor ({in v : Nat}, {})", [("variable_missing", "v", BREAKING, "M0263")], ["M0263"], id="a migration misses it"),
        pytest.param("actor {stable a : Nat; stable b : Nat}", "actor ({stable b : Nat; stable a : Nat}, {})", [("halves_unsorted", "", UNDECIDED, None)], [], id="an unsorted half"),
        pytest.param('{"1" : {} -> {a : Nat}} actor {stable a : Nat}', "actor {stable a : Nat}", [("chain_removed", "", BREAKING, "M0255")], ["M0255"], id="a chain goes"),
        pytest.param('{"1" : {} -> {a : Nat}} actor {stable a : Nat}', '{"1" : {} -> {a : Nat}} actor {stable a : Nat; stable b : Nat}', [("variable_added", "b", BREAKING, None)], [], id="a chain gains a variable and no step"),
        pytest.param('{"1" : {} -> {a : Nat}} actor {stable a : Nat}', '{"1" : {} -> {a : Nat}; "2" : {a : Nat} -> {}} actor {}', [("variable_consumed", "a", LOSSY, None)], [], id="a step drops a variable"),
    ],
)  # fmt: skip
def test_what_a_variable_does(
    old: str, new: str, expected: list[tuple[str, str, str, str | None]], codes: list[str]
) -> None:
    report = compare_stable(old, new)
    assert (met(report), report.codes) == (expected, codes)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("type A = Nat; actor {stable v : A}", "type B__12 = Nat; actor {stable v : B__12}", id="a type renamed"),
        pytest.param("type A = Nat; actor {stable v : A}", "actor {stable v : Nat}", id="an alias taken away"),
        pytest.param("type L = ?(Nat, L); actor {stable v : L}", "type L = ?(Nat, ?(Nat, L)); actor {stable v : L}", id="unrolled"),
        pytest.param("type L = ?(Nat, L); actor {stable v : L}", "type L<A> = ?(A, L<A>); actor {stable v : L<Nat>}", id="a parameter"),
        pytest.param("type P<A> = {a : Nat}; actor {stable v : P<Nat>}", "type P<A> = {a : Nat}; actor {stable v : P<Text>}", id="a parameter that is not used"),
        pytest.param("actor {stable v : {a : Nat; b : Text}}", "// c\nactor {stable v : {b : Text; a : Nat}} anything", id="order, comments, what follows"),
    ],
)  # fmt: skip
def test_what_is_no_change(old: str, new: str) -> None:
    report = compare_stable(old, new)
    assert (report.compatible, report.verdict, report.edits) == (True, SAFE, [])


def test_moc_takes_weak_types_for_equal_and_ctxcheck_does_not() -> None:
    report = compare_stable("actor {stable v : (weak Nat, weak Nat8)}", "actor {stable v : (weak Nat, weak Text)}")
    assert (report.compatible, report.codes, report.verdict) == (True, [], BREAKING)
    (edit,) = report.edits
    assert edit.occurrences[0].effect.endswith("moc misses that")
    assert any("weak" in note for note in report.notes)
