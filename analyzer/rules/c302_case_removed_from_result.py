"""A variant that the canister returns loses a case."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import CANDID, OUT, SAFE, Rule

RULE = Rule(
    id="C302",
    slug="candid-case-removed-from-result",
    title="A variant that the canister returns loses a case",
    surface=CANDID,
    polarity=OUT,
    edits=("case_removed",),
    verdict=SAFE,
    guide=Kind.CHANGE_VARIANT,
    why="Old clients still know the case and never receive it.",
    reference="Candid specification, Upgrading and Subtyping: Variants",
)
