"""What was null becomes an option, or the other way round."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import CANDID, SAFE, Rule

RULE = Rule(
    id="C514",
    slug="candid-null-read-as-option",
    title="What was null becomes an option, or the other way round",
    surface=CANDID,
    edits=("type_changed",),
    causes=("null-as-opt",),
    verdict=SAFE,
    guide=Kind.CHANGE_SIGNATURE,
    why="null is a value of each option.",
    reference="Candid specification, Upgrading and Subtyping: Options",
)
