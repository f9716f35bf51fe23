"""Every rule on every example: each falls under its own rule, its near miss does not, and none overlap."""

from __future__ import annotations

import inspect
import json
import re
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import analyzer.rules
from analyzer.model import Polarity, Surface, Verdict
from analyzer.report.words import who_breaks
from analyzer.rules import all_rules, entry_of, is_lint, rules
from analyzer.rules.examples import NO_EXAMPLE, example_of
from tests.rules.met import OPTIONS, edits_of_paths, occurrences, rules_met

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

    from analyzer.rules.rule import Rule

RULES = [pytest.param(rule, id=f"{rule.id} {rule.slug}") for rule in all_rules()]
EXAMPLES = [pytest.param(rule, id=f"{rule.id} {rule.slug}") for rule in all_rules() if rule.id not in NO_EXAMPLE]
NOT_ALONE = {"S703": "the types that are too large are different too", "C905": "a large difference is what takes long"}


@pytest.mark.parametrize("rule", EXAMPLES)
def test_the_example_falls_under_the_rule_and_the_near_miss_does_not(rule: Rule) -> None:
    example = example_of(rule)
    assert example is not None
    options = OPTIONS.get(rule.id, {})
    met = rules_met(edits_of_paths(rule.surface, example.old, example.new, **options))
    assert rule.id in met
    assert met == [rule.id] or rule.id in NOT_ALONE
    assert rule.id not in rules_met(edits_of_paths(rule.surface, example.old, example.miss, **options))


@pytest.mark.parametrize("rule", EXAMPLES)
def test_who_breaks_is_what_the_rule_says(rule: Rule) -> None:
    example = example_of(rule)
    assert example is not None
    edits = edits_of_paths(rule.surface, example.old, example.new, **OPTIONS.get(rule.id, {}))
    for one in occurrences(edits):
        if one.rule == rule.id and rule.verdict != Verdict.UNDECIDED:
            assert who_breaks(one) == rule.breaks


@pytest.mark.parametrize("rule", EXAMPLES)
def test_a_version_is_no_change_to_itself(rule: Rule) -> None:
    example = example_of(rule)
    assert example is not None
    # What is said of one version, whatever the other is.
    standing = {"S403", "S702", "S703", "C904", *(one.id for one in all_rules() if is_lint(one.id))}
    # A program with a migration does not take over from itself: it would migrate once more.
    migrates = rule.id in ("S404", "S406")
    for path in (example.old,) if migrates else (example.old, example.new, example.miss):
        assert set(rules_met(edits_of_paths(rule.surface, path, path))) <= standing


def test_all_rules_on_all_examples(snapshot: SnapshotAssertion) -> None:
    matrix = {}
    for rule in all_rules():
        example = example_of(rule)
        if example is not None:
            options = OPTIONS.get(rule.id, {})
            matrix[f"{rule.id} {rule.slug}"] = {
                "example": rules_met(edits_of_paths(rule.surface, example.old, example.new, **options)),
                "near miss": rules_met(edits_of_paths(rule.surface, example.old, example.miss, **options)),
                "backwards": rules_met(edits_of_paths(rule.surface, example.new, example.old, **options)),
            }
    assert json.dumps(matrix, indent=1) == snapshot


@pytest.mark.parametrize("surface", list(Surface))
def test_at_most_one_rule_covers_whatever_the_walk_may_find(surface: Surface) -> None:
    there = rules(surface)
    edits = {edit for rule in there for edit in rule.edits}
    causes = {cause for rule in there for cause in rule.causes or ()} | {""}
    for found in product(edits, Polarity, Verdict, causes, (False, True)):
        edit, polarity, verdict, cause, opt_rule = found
        covering = [r.id for r in map(entry_of, there) if r.covers(edit, polarity, verdict, cause, opt_rule=opt_rule)]
        assert len(covering) <= 1, (found, covering)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_complete_and_named_after_its_file(rule: Rule) -> None:
    letter = {Surface.STABLE: "S", Surface.CANDID: "C"}[rule.surface]
    assert re.fullmatch(rf"{letter}\d{{3}}", rule.id)
    assert rule.slug.startswith(f"{rule.surface}-")
    name = rule.slug.removeprefix(f"{rule.surface}-").replace("-", "_")
    module = import_module(f"analyzer.rules.{rule.id.lower()}_{name}")
    assert inspect.getdoc(module) == f"{rule.title}."
    for text in (rule.title, rule.why, *rule.fix, rule.note or "", rule.reference):
        assert text == text.strip()
        assert "  " not in text
    assert rule.why.endswith(".")
    if rule.verdict in (Verdict.BREAKING, Verdict.UNDECIDED):
        assert rule.fix


def test_ids_and_names_are_unique() -> None:
    rules = all_rules()
    assert len({rule.id for rule in rules}) == len({rule.slug for rule in rules}) == len(rules)


def test_no_example_is_left_over() -> None:
    assert analyzer.rules.__file__ is not None
    folders = {path.name for path in (Path(analyzer.rules.__file__).parents[2] / "fixtures" / "rules").iterdir()}
    assert folders == {rule.id for rule in all_rules()} - NO_EXAMPLE
