"""What the migration guide calls safe and breaking, beside what is so, and what blocks under each policy."""

from __future__ import annotations

import pytest

from analyzer.candid.parse import parse_candid
from analyzer.compare.versions import ChangeSet, compare_versions
from analyzer.interface import Interface, Versions
from analyzer.model import Verdict
from analyzer.motoko.parse import parse_stable
from analyzer.policy.levels import Policy, blocked_by
from analyzer.rules import all_rules
from analyzer.rules.examples import example_of
from analyzer.rules.guide import Kind
from tests.rules.docs import blocking_policies
from tests.rules.met import OPTIONS, edits_of_paths, occurrences

SAFE, LOSSY, _, BREAKING = Verdict


def compared(old: str, new: str, policy: Policy = Policy.GUIDE, clients: tuple[str, ...] = ()) -> ChangeSet:
    if old.startswith("actor"):
        sides = [Interface("c", stable=parse_stable(text, "t.most")) for text in (old, new)]
    else:
        sides = [Interface("c", candid=parse_candid(f"service : {{ {text} }}", "t.did")) for text in (old, new)]
    extra = {"clients": clients} if clients else {}
    return compare_versions([Versions("c", sides[0], sides[1])], profile="didc", policy=policy, **extra)  # type: ignore[arg-type]


# Old, new, the verdict, and what it is blocked by under `state`, `wire` and `guide`.
@pytest.mark.parametrize(
    ("old", "new", "verdict", "state", "wire", "guide"),
    [
        pytest.param("", "m : () -> ()", SAFE, "", "", "", id="safe kind, safe: a public function more"),
        pytest.param("m : () -> ()", "m : (opt nat) -> ()", SAFE, "", "", "", id="safe kind, safe: a trailing optional argument more"),
        pytest.param("m : () -> ()", "m : () -> (nat)", SAFE, "", "", "", id="safe kind, safe: a result more"),
        pytest.param("m : (record {}) -> ()", "m : (record { a : opt nat }) -> ()", SAFE, "", "", "", id="safe kind, safe: an optional field more"),
        pytest.param("m : (variant { a }) -> ()", "m : (variant { a; b }) -> ()", SAFE, "", "", "", id="safe kind, safe: a case more in an argument"),
        pytest.param("m : () -> (variant { a })", "m : () -> (variant { a; b })", BREAKING, "", "clients", "clients", id="safe kind, breaking: a case more in a result"),
        pytest.param("m : () -> (opt variant { a })", "m : () -> (opt variant { a; b })", LOSSY, "", "", "", id="safe kind, lossy: a case more under opt"),
        pytest.param("actor {stable x : {}};", "actor {stable x : {a : ?Nat}};", BREAKING, "state", "state", "state", id="safe kind, breaking: an optional field more in stored data"),
        pytest.param("actor {stable x : {#a}};", "actor {stable x : {#a; #b}};", SAFE, "", "", "", id="safe kind, safe: a case more in stored data"),
        pytest.param("actor {stable x : [var {#a}]};", "actor {stable x : [var {#a; #b}]};", BREAKING, "state", "state", "state", id="safe kind, breaking: a case more under var"),
        pytest.param("actor {stable x : Nat};", "actor {stable x : Int};", SAFE, "", "", "", id="a bug fix that infers another type, and fits"),
        pytest.param("actor {stable x : Nat};", "actor {stable x : Float};", BREAKING, "state", "state", "state", id="a bug fix that infers another type, and does not"),
        pytest.param("actor {stable x : {root : Nat}};", "actor {stable x : {root : Nat; size : Nat}};", BREAKING, "state", "state", "state", id="a library update"),
        pytest.param("m : () -> ()", "", BREAKING, "", "clients", "clients", id="breaking kind, breaking: a public function less"),
        pytest.param("m : () -> ()", "m : () -> () query", BREAKING, "", "clients", "clients", id="breaking kind, breaking: another mode"),
        pytest.param("m : (text) -> ()", "m : () -> ()", LOSSY, "", "", "guide", id="breaking kind, lossy: an argument less"),
        pytest.param("m : (nat) -> ()", "m : (int) -> ()", SAFE, "", "", "guide", id="breaking kind, safe: a wider argument"),
        pytest.param("m : (nat) -> ()", "m : (opt nat) -> ()", SAFE, "", "", "guide", id="breaking kind, safe: an argument becomes optional"),
        pytest.param("m : () -> (opt nat)", "m : () -> (nat)", SAFE, "", "", "guide", id="breaking kind, safe: a result is always there"),
        pytest.param("m : () -> (opt nat)", "m : () -> (opt text)", LOSSY, "", "", "guide", id="breaking kind, lossy: another type under opt"),
        pytest.param("m : () -> (record {})", "m : () -> (record { a : nat })", SAFE, "", "", "guide", id="breaking kind, safe: a required field more in a result"),
        pytest.param("m : (record {}) -> ()", "m : (record { a : nat }) -> ()", BREAKING, "", "clients", "clients", id="breaking kind, breaking: a required field more in an argument"),
        pytest.param("m : (record { a : nat }) -> ()", "m : (record {}) -> ()", LOSSY, "", "", "guide", id="breaking kind, lossy: a field less in an argument"),
        pytest.param("m : () -> (record { a : nat })", "m : () -> (record {})", BREAKING, "", "clients", "clients", id="breaking kind, breaking: a field less in a result"),
        pytest.param("m : () -> (record { a : opt nat })", "m : () -> (record { b : opt nat })", LOSSY, "", "", "guide", id="breaking kind, lossy: an optional field renamed"),
        pytest.param("m : () -> (record { a : nat })", "m : () -> (record { 97 : nat })", SAFE, "", "", "", id="no change: a name written as its id"),
        pytest.param("m : () -> (variant { a; b })", "m : () -> (variant { a })", SAFE, "", "", "guide", id="breaking kind, safe: a case less in a result"),
        pytest.param("m : (variant { a; b }) -> ()", "m : (variant { a }) -> ()", BREAKING, "", "clients", "clients", id="breaking kind, breaking: a case less in an argument"),
        pytest.param("actor {stable x : {a : Nat}};", "actor {stable x : {}};", BREAKING, "state", "state", "state", id="breaking kind, breaking: a field less in stored data"),
        pytest.param("actor {stable x : Any};", "actor {stable x : Any};", LOSSY, "state", "state", "state", id="a promise of the guide: nothing is lost"),
    ],
)  # fmt: skip
def test_what_blocks(old: str, new: str, verdict: Verdict, state: str, wire: str, guide: str) -> None:
    for policy, expected in zip(Policy, (state, wire, guide), strict=True):
        changes = compared(old, new, policy)
        assert changes.verdict == verdict
        assert {who for one in changes.occurrences for who in one.blocked_by} == ({expected} if expected else set())
        assert changes.blocked == bool(expected)


@pytest.mark.parametrize(
    ("old", "new", "clients", "verdict"),
    [
        pytest.param("m : () -> (int)", "m : () -> (nat)", ("js",), BREAKING, id="agent-js throws"),
        pytest.param("m : () -> (int)", "m : () -> (nat)", ("rust", "motoko"), SAFE, id="the others read it"),
        pytest.param("m : () -> (nat, opt nat)", "m : () -> (nat)", ("rust",), LOSSY, id="the others read null"),
        pytest.param("m : () -> (nat)", "m : () -> (text)", ("rust",), BREAKING, id="nobody reads it"),
    ],
)
def test_whose_clients_count(old: str, new: str, clients: tuple[str, ...], verdict: Verdict) -> None:
    changes = compared(old, new, clients=clients)
    assert changes.verdict == verdict
    broken = {client for one in changes.occurrences for client in one.clients}
    assert broken == (set(clients) if verdict == BREAKING else set())


@pytest.mark.parametrize("kind", list(Kind), ids=lambda kind: kind.name.lower())
def test_what_the_guide_says_is_told_for_both_surfaces(kind: Kind) -> None:
    assert kind.value.stable
    assert kind.value.candid


def test_the_guide_has_five_safe_and_five_breaking_kinds() -> None:
    assert sorted(kind.value.safe for kind in Kind) == [False] * 5 + [True] * 5


@pytest.mark.parametrize("policy", list(Policy))
def test_the_table_of_the_docs_is_what_blocks(policy: Policy) -> None:
    for rule in all_rules():
        example = example_of(rule)
        if example is None:
            continue
        edits = edits_of_paths(rule.surface, example.old, example.new, **OPTIONS.get(rule.id, {}))
        of_rule = [one for one in occurrences(edits) if one.rule == rule.id]
        assert all(bool(blocked_by(one, policy)) == (policy in blocking_policies(rule)) for one in of_rule), rule.id
