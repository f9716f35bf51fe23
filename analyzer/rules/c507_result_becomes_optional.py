"""What the canister returns becomes optional."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, CANDID, OUT, Rule

RULE = Rule(
    id="C507",
    slug="candid-result-becomes-optional",
    title="What the canister returns becomes optional",
    surface=CANDID,
    polarity=OUT,
    edits=("opt_added",),
    verdict=BREAKING,
    guide=Kind.CHANGE_SIGNATURE,
    why="Old clients expect a plain value: an option is another type, even when it holds one.",
    fix=("return the option from a new method",),
    reference="Candid specification, Upgrading and Subtyping: Options",
)
