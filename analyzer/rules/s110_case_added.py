"""A variant kept in stable memory gains a case."""

from __future__ import annotations

from analyzer.rules.guide import Kind, Promise
from analyzer.rules.rule import SAFE, STABLE, Rule

RULE = Rule(
    id="S110",
    slug="stable-case-added",
    title="A variant kept in stable memory gains a case",
    surface=STABLE,
    edits=("case_added",),
    verdict=SAFE,
    guide=Kind.ADD_CASE,
    promises=(Promise.BUILT_IN_ROLLBACK,),
    why="No stored value is the new case, and all others are read as before.",
    note="Under `var` and in `[var ]` the type must stay as it is: S303.",
    reference="Motoko manual, Data persistence: Compatibility; moc 2.2 --stable-compatible",
)
