"""A variant that the canister takes loses a case."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, CANDID, IN, Rule

RULE = Rule(
    id="C303",
    slug="candid-case-removed-from-argument",
    title="A variant that the canister takes loses a case",
    surface=CANDID,
    polarity=IN,
    edits=("case_removed",),
    verdict=BREAKING,
    guide=Kind.CHANGE_VARIANT,
    why="An old client that sends the case cannot be understood: the call traps.",
    fix=("keep the case and reject it with a sentence that helps",),
    reference="Candid specification, Upgrading and Subtyping: Variants",
)
