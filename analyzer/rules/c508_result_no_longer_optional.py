"""What the canister returns is always there."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import CANDID, OUT, SAFE, Rule

RULE = Rule(
    id="C508",
    slug="candid-result-no-longer-optional",
    title="What the canister returns is always there",
    surface=CANDID,
    polarity=OUT,
    edits=("opt_removed",),
    verdict=SAFE,
    guide=Kind.CHANGE_SIGNATURE,
    why="A plain value is read as an option that holds it.",
    reference="Candid specification, Upgrading and Subtyping: Options",
)
