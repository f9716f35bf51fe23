"""A variant that the canister returns gains a case."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, CANDID, OUT, Rule

RULE = Rule(
    id="C305",
    slug="candid-case-added-to-result",
    title="A variant that the canister returns gains a case",
    surface=CANDID,
    polarity=OUT,
    edits=("case_added",),
    verdict=BREAKING,
    guide=Kind.ADD_CASE,
    why="An old client that receives the new case cannot decode the reply, and the call fails for that client. The "
    "cases that it knows still arrive.",
    fix=(
        (
            "return `opt` the variant: old clients then read null for cases that they do not know; decide this before "
            "the first release, the change to `opt` itself is breaking"
        ),
        "return the new case from a new method, and map it to an old one in the present method",
    ),
    note="The same case is safe in an argument (C301) and in stored data that cannot change (S110).",
    reference="Candid specification, Upgrading and Subtyping: Variants",
)
