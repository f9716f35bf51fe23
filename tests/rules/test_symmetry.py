"""The rules as a whole: what can happen one way can happen the other, and each direction has its rule.

A gap is allowed where a reason stands beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from analyzer.model import Polarity, Surface
from analyzer.rules import all_rules, is_lint, rules
from analyzer.rules.examples import NO_EXAMPLE, example_of
from tests.rules.met import OPTIONS, edits_of_paths, rules_met

if TYPE_CHECKING:
    from analyzer.rules.rule import Rule

ADDED_ONLY = {
    "canister": "what becomes of a canister that is gone is another question: undecided, not breaking",
}
# Kinds of edit that one surface alone has.
STABLE_ONLY = {
    "variable_added": "clients see no variables",
    "variable_removed": "clients see no variables",
    "variable_renamed": "clients see no variables",
    "variable_any": "clients see no variables",
    "variable_consumed": "clients see no migrations",
    "variable_missing": "clients see no migrations",
    "chain_removed": "clients see no migrations",
    "halves_unsorted": "clients see no migrations",
    "item_added": "Candid's tuples are records: field_added",
    "item_removed": "Candid's tuples are records: field_removed",
    "mutability_changed": "nothing that travels can change",
    "type_field_changed": "types do not travel",
    "function_changed": "Candid has no generic functions",
    **dict.fromkeys(
        (e for r in all_rules() if is_lint(r.id) for e in r.edits), "a lint looks at one version's sources"
    ),
    "types_unsure": "Candid's types are always compared; its official answer may be unknown: answer_unknown",
}
CANDID_ONLY = {
    "answer_unknown": "moc has one answer; its types may be too large: types_unsure",
    "import_unread": "a stable signature imports nothing",
}


def kinds(surface: Surface) -> set[str]:
    return {edit for rule in rules(surface) for edit in rule.edits}


@pytest.mark.parametrize("surface", list(Surface))
def test_what_can_be_added_can_be_removed(surface: Surface) -> None:
    present = kinds(surface)
    for edit in present:
        for one, other in (("_added", "_removed"), ("_removed", "_added")):
            if edit.endswith(one):
                thing = edit.removesuffix(one)
                assert thing + other in present or thing in ADDED_ONLY or edit in ("chain_removed", "variable_missing")


def test_both_surfaces_know_the_same_kinds_of_edit() -> None:
    stable, candid = kinds(Surface.STABLE), kinds(Surface.CANDID)
    assert stable - candid == set(STABLE_ONLY)
    assert candid - stable == set(CANDID_ONLY)


def covered(edit: str) -> set[Polarity]:
    found: set[Polarity] = set()
    for rule in rules(Surface.CANDID):
        if edit in rule.edits and "init" not in (rule.causes or ()) and rule.opt_rule is not True:
            found |= {Polarity.IN, Polarity.OUT} if rule.polarity is None else {rule.polarity}
    return found


ONE_WAY = {
    "canister_added": "it is about the whole",
    "canister_removed": "it is about the whole",
    "part_missing": "it is about the whole",
    "import_unread": "it is about the whole",
    "answer_unknown": "it is about the whole",
}


@pytest.mark.parametrize("edit", sorted(kinds(Surface.CANDID)))
def test_arguments_and_results_both_have_rules(edit: str) -> None:
    assert covered(edit) == ({Polarity.OUT} if edit in ONE_WAY else {Polarity.IN, Polarity.OUT})


@pytest.mark.parametrize("rule", [pytest.param(r, id=r.id) for r in all_rules() if r.id not in NO_EXAMPLE])
def test_the_way_back_is_explained_too(rule: Rule) -> None:
    example = example_of(rule)
    assert example is not None
    back = rules_met(edits_of_paths(rule.surface, example.new, example.old, **OPTIONS.get(rule.id, {})))
    assert not {"S000", "C000", "(none)"} & set(back)
    # A migration, and what a half-written signature says of itself, have no way back that is a change.
    assert back or rule.id in {"S404", "S407", "S702", "S701", "S405", "S406"} or is_lint(rule.id)
