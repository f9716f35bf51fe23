"""The official answers: recorded by the official checkers, and rule by rule in the order of the specification."""

from __future__ import annotations

from collections import Counter

import pytest

from analyzer import ParseError, compare_candid
from analyzer.model import Verdict
from tests.shared import recorded

YES, NO = True, False


@pytest.mark.parametrize("name", ["candid", "candid-real"])
@pytest.mark.parametrize(
    ("field", "how"),
    [
        ("expected", {}),
        ("expected_dfx", {"profile": "dfx"}),
        ("expected_0_10_32", {"service_is_principal": True}),
    ],
)
def test_recorded_cases(name: str, field: str, how: dict[str, object]) -> None:
    wrong, seen = [], Counter[str]()
    for case in recorded(name):
        expected = case.get(field)
        if expected is None:
            continue
        try:
            answer = compare_candid(case["old"], case["new"], **how).compatible  # type: ignore[arg-type]
            got = {True: "compatible", False: "incompatible", None: "undecided"}[answer]
        except ParseError as error:
            got = f"invalid-{error.side}"
        seen[got] += 1
        if got != expected:
            wrong.append((case["name"], expected, got))
    assert wrong == []
    if name == "candid":
        assert seen["compatible"] > 100
        assert seen["incompatible"] > 100


# old type, new type, and whether each may replace the other as a result (new <: old) and as an argument (old <: new).
@pytest.mark.parametrize(
    ("old", "new", "result", "argument"),
    [
        pytest.param("nat", "nat", YES, YES, id="the same"),
        pytest.param("int", "nat", YES, NO, id="nat <: int"),
        pytest.param("nat64", "nat", NO, NO, id="no other numbers relate"),
        pytest.param("text", "vec nat8", NO, NO, id="text and blob are unrelated"),
        pytest.param("blob", "vec nat8", YES, YES, id="blob is vec nat8"),
        pytest.param("reserved", "text", YES, NO, id="anything <: reserved"),
        pytest.param("text", "empty", YES, NO, id="empty <: anything"),
        pytest.param("vec int", "vec nat", YES, NO, id="vectors by element"),
        pytest.param("opt nat", "nat", YES, NO, id="t <: opt t"),
        pytest.param("opt nat", "null", YES, NO, id="null <: opt t"),
        pytest.param("opt nat", "text", YES, NO, id="the special rule: anything <: opt t"),
        pytest.param("opt nat", "opt text", YES, YES, id="the special rule, both ways"),
        pytest.param("record { a : nat }", "record { a : nat; b : nat }", YES, NO, id="a field more"),
        pytest.param("record { a : nat }", "record { a : nat; b : opt nat }", YES, YES, id="an optional field more"),
        pytest.param("record { a : nat }", "record { 97 : nat }", YES, YES, id="labels are ids"),
        pytest.param("record { nat; text }", "record { 0 : nat; 1 : text }", YES, YES, id="tuples are records"),
        pytest.param("variant { a; b }", "variant { a }", YES, NO, id="a case less"),
        pytest.param("func () -> ()", "func () -> () query", NO, NO, id="modes must be equal"),
        pytest.param("func (nat) -> ()", "func () -> ()", YES, NO, id="an argument less"),
        pytest.param("func (nat) -> ()", "func (int) -> ()", YES, NO, id="arguments are contravariant"),
        pytest.param("func () -> (int)", "func () -> (nat, text)", YES, NO, id="results are covariant"),
        pytest.param("service { a : () -> () }", "service { a : () -> (); b : () -> () }", YES, NO, id="a method more"),
        pytest.param("principal", "service {}", NO, NO, id="service and principal, before candid 0.10.32"),
    ],
)
def test_rules(old: str, new: str, *, result: bool, argument: bool) -> None:
    def ask(shape: str) -> bool | None:
        return compare_candid(shape.replace("T", old), shape.replace("T", new)).compatible

    assert (ask("service : { m : () -> (T) }"), ask("service : { m : (T) -> () }")) == (result, argument)


@pytest.mark.parametrize(
    ("profile", "principal", "old", "new", "expected"),
    [
        pytest.param("dfx", False, "opt nat", "opt text", NO, id="dfx refuses the special rule"),
        pytest.param("dfx", False, "opt nat", "nat", YES, id="dfx takes t <: opt t"),
        pytest.param("dfx", False, "opt opt nat", "nat", NO, id="but not t <: opt opt t"),
        pytest.param("didc", True, "principal", "service {}", YES, id="service <: principal, from candid 0.10.32"),
        pytest.param("strict", False, "record { a : nat }", "record { 97 : nat }", YES, id="strict is about structure"),
        pytest.param("strict", False, "opt nat", "nat", NO, id="strict is equality"),
    ],
)
def test_profiles(profile: str, old: str, new: str, *, principal: bool, expected: bool) -> None:
    texts = (f"service : {{ m : () -> ({t}) }}" for t in (old, new))
    assert compare_candid(*texts, profile=profile, service_is_principal=principal).compatible is expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("service : {}", "service : (nat) -> {}", NO),
        ("service : (int) -> {}", "service : (nat) -> {}", NO),
        ("service : (nat) -> {}", "type N = nat; service : (N) -> {}", YES),
    ],
)
def test_strict_looks_at_init_arguments_and_the_others_do_not(old: str, new: str, *, expected: bool) -> None:
    assert compare_candid(old, new, profile="strict").compatible is expected
    assert compare_candid(old, new).compatible is YES


NEW = "type C = vec A; type A = record { 0 : C; 1 : nat }; service : { %s : () -> (opt A); b : () -> (C) }"
OLD = "type D = vec B; type B = record { 0 : D; 1 : text }; service : { %s : () -> (opt B); b : () -> (D) }"


@pytest.mark.parametrize(
    ("method", "official"),
    [pytest.param("a", YES, id="asked before b: the assumption stays"), pytest.param("z", NO, id="asked after b")],
)
def test_a_yes_through_the_checkers_memo_is_told_and_is_never_ours(method: str, *, official: bool) -> None:
    report = compare_candid(OLD % method, NEW % method)
    assert (report.compatible, report.verdict) == (official, Verdict.BREAKING)
    assert bool(report.notes) is official


def test_an_answer_beyond_the_budget_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    levels = "".join(f"type P{i} = record {{ 0 : opt P{i + 1}; 1 : opt P{i + 1}; 2 : %s }};" for i in range(60))
    text = levels + "type P60 = nat; service : { m : () -> (P0) }"
    monkeypatch.setattr("analyzer.candid.relation.BUDGET", 10_000)
    report = compare_candid(text % (("nat",) * 60), text % (("text",) * 60))
    assert report.compatible is None
    assert report.verdict == Verdict.BREAKING  # the sound relation says no by itself


def test_unread_imports_leave_the_verdict_undecided() -> None:
    report = compare_candid('import "a.did"; service : {}', "service : {}")
    assert (report.compatible, report.verdict) == (True, Verdict.UNDECIDED)


def test_argument_names_that_candid_parser_0_4_refuses_are_told() -> None:
    report = compare_candid("service : { m : (x : nat, x : nat) -> () }", "service : { m : (nat, nat) -> () }")
    assert (report.compatible, report.verdict) == (True, Verdict.SAFE)
    assert report.notes == ['old:1:27: the name "x" is there twice: candid_parser 0.4 and later refuse that']
