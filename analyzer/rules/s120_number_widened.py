"""A Nat in stable memory becomes an Int."""

from __future__ import annotations

from analyzer.rules.guide import Kind, Promise
from analyzer.rules.rule import SAFE, STABLE, Rule

RULE = Rule(
    id="S120",
    slug="stable-number-widened",
    title="A Nat in stable memory becomes an Int",
    surface=STABLE,
    edits=("type_changed",),
    causes=("widened",),
    verdict=SAFE,
    guide=Kind.FIX_BUG,
    promises=(Promise.BUILT_IN_ROLLBACK,),
    why="Each natural number is an integer.",
    note="It cannot be taken back: Int to Nat is refused (S502).",
    reference="Motoko manual, Data persistence: Compatibility; moc 2.2 --stable-compatible",
)
