"""A case has another name."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, CANDID, Rule

RULE = Rule(
    id="C304",
    slug="candid-case-renamed",
    title="A case has another name",
    surface=CANDID,
    edits=("case_renamed",),
    opt_rule=None,
    verdict=BREAKING,
    guide=Kind.CHANGE_VARIANT,
    why="A case travels under the hash of its name: who writes the one is not understood by who reads the other.",
    fix=("keep the name",),
    reference="Candid specification, Upgrading and Subtyping: Variants",
)
