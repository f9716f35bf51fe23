"""A variant that the canister takes gains a case."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import CANDID, IN, SAFE, Rule

RULE = Rule(
    id="C301",
    slug="candid-case-added-to-argument",
    title="A variant that the canister takes gains a case",
    surface=CANDID,
    polarity=IN,
    edits=("case_added",),
    verdict=SAFE,
    guide=Kind.ADD_CASE,
    why="Old clients never send the new case.",
    reference="Candid specification, Upgrading and Subtyping: Variants",
)
