"""What the canister takes becomes optional."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import CANDID, IN, SAFE, Rule

RULE = Rule(
    id="C506",
    slug="candid-argument-becomes-optional",
    title="What the canister takes becomes optional",
    surface=CANDID,
    polarity=IN,
    edits=("opt_added",),
    verdict=SAFE,
    guide=Kind.CHANGE_SIGNATURE,
    why="A plain value is read as an option that holds it.",
    reference="Candid specification, Upgrading and Subtyping: Options",
)
