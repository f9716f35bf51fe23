"""What the canister takes is required now."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, CANDID, IN, Rule

RULE = Rule(
    id="C509",
    slug="candid-argument-no-longer-optional",
    title="What the canister takes is required now",
    surface=CANDID,
    polarity=IN,
    edits=("opt_removed",),
    verdict=BREAKING,
    guide=Kind.CHANGE_SIGNATURE,
    why="Old clients send an option, which is another type, even when it holds a value.",
    fix=("keep `opt` and reject null",),
    reference="Candid specification, Upgrading and Subtyping: Options",
)
