"""A Null in stable memory becomes an option."""

from __future__ import annotations

from analyzer.rules.guide import Kind, Promise
from analyzer.rules.rule import SAFE, STABLE, Rule

RULE = Rule(
    id="S121",
    slug="stable-null-becomes-option",
    title="A Null in stable memory becomes an option",
    surface=STABLE,
    edits=("type_changed",),
    causes=("null-as-option",),
    verdict=SAFE,
    guide=Kind.FIX_BUG,
    promises=(Promise.BUILT_IN_ROLLBACK,),
    why="null is a value of each option.",
    note="The runtime before moc 0.16.0 trapped here all the same.",
    reference="Motoko manual, Data persistence: Compatibility; moc 2.2 --stable-compatible",
)
