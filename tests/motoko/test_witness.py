"""A stored value that shows a break: as small as can be, of the old type and not of the new one."""

from __future__ import annotations

import pytest

from analyzer import compare_stable
from analyzer.model import Verdict


@pytest.mark.parametrize(
    ("old", "new", "value"),
    [
        pytest.param("{a : Nat}", "{a : Nat; b : ?Nat}", "{a = 0}", id="a field is missing"),
        pytest.param("{a : Nat; b : ?Nat}", "{a : Nat}", "{a = 0; b = null}", id="a field is lost"),
        pytest.param("[{a : Nat}]", "[{a : Text}]", "[{a = 0}]", id="inside an array"),
        pytest.param("?{a : Nat}", "?{a : Text}", "?{a = 0}", id="inside an option"),
        pytest.param("(Nat, ?(Nat, Int))", "(Nat, ?(Nat, Nat))", "(0, ?(0, -1))", id="inside tuples"),
        pytest.param("Int", "Nat", "-1", id="a number that is no natural one"),
        pytest.param("?Nat", "Nat", "null", id="null"),
        pytest.param("?Nat", "?Text", "?0", id="null would fit, so it is no null"),
        pytest.param("{#a; #b : {#c; #d}}", "{#a; #b : {#c}}", "#b(#d)", id="the case that is gone"),
        pytest.param("{#a : Nat; #b}", "{#a : Text; #b}", "#a(0)", id="the case that holds something else"),
        pytest.param("[var {#a}]", "[var {#a; #b}]", "[var #a]", id="what can change stays as it is"),
        pytest.param("{var a : Nat}", "{var a : Int}", "{var a = 0}", id="a field that can change"),
        pytest.param("Nat64", "Nat", "(0 : Nat64)", id="a width of number"),
        pytest.param("Char", "Nat32", "'a'", id="a character"),
        pytest.param("Blob", "Text", '("" : Blob)', id="a blob"),
        pytest.param("Principal", "Text", 'Principal.fromText("aaaaa-aa")', id="a principal"),
        pytest.param("{#leaf; #node : {l : T; v : Nat}}", "{#leaf; #node : {l : T; v : Text}}", "#node({l = #leaf; v = 0})", id="a tree"),
        pytest.param("shared Nat -> async ()", "shared Text -> async ()", "(a function)", id="a function"),
    ],
)  # fmt: skip
def test_the_smallest_value(old: str, new: str, value: str) -> None:
    texts = (f"type T = {text}; actor {{stable x : T}};" for text in (old, new))
    report = compare_stable(*texts)
    shown = [o.witness for edit in report.edits for o in edit.occurrences if o.verdict == Verdict.BREAKING]
    assert [w.value for w in shown if w is not None] == [f"stored x = {value}"]


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        pytest.param("stable x : [Nat]", "", ("stored x = [0]", "it would be discarded"), id="a variable is gone"),
        pytest.param("stable x : None", "stable x : Nat", None, id="a type without a value: nothing breaks"),
        pytest.param("stable x : {type T = Nat}", "stable x : {type T = Int}", None, id="no value shows a type field"),
        pytest.param(f"stable x : {'?' * 60}Nat", f"stable x : {'?' * 60}Text", None, id="too deep to be shown"),
    ],
)
def test_values_of_variables(old: str, new: str, shown: tuple[str, str] | None) -> None:
    report = compare_stable(f"actor {{{old}}};", f"actor {{{new}}};")
    witnesses = [o.witness for edit in report.edits for o in edit.occurrences if o.verdict == Verdict.BREAKING]
    assert witnesses == ([] if shown is None and not report.codes else [shown])


def test_wide_and_nested_types_take_no_time() -> None:
    lines = "".join(f"type A{i} = {{a : A{i + 1}; b : A{i + 1}}};" for i in range(60))
    texts = (f"{lines} type A60 = {leaf}; actor {{stable x : A0}};" for leaf in ("Nat", "Text"))
    (edit,) = compare_stable(*texts).edits
    assert [o.witness for o in edit.occurrences] == [None]
