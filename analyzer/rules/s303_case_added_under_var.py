"""A variant inside something mutable gains a case."""

from __future__ import annotations

from analyzer.rules.guide import Kind, Promise
from analyzer.rules.rule import BREAKING, STABLE, Rule

RULE = Rule(
    id="S303",
    slug="stable-case-added-under-var",
    title="A variant inside something mutable gains a case",
    surface=STABLE,
    edits=("case_added",),
    causes=("mutable",),
    verdict=BREAKING,
    moc="M0170",
    guide=Kind.ADD_CASE,
    promises=(Promise.AUTOMATIC_MIGRATION,),
    why="The type of what can change stays exactly as it is: who still holds the old type could read a case that it "
    "does not know. Map, List and Queue of mo:core have `var` inside.",
    fix=(
        "write a migration: `ctxcheck suggest OLD NEW` writes it, and proves it",
        "keep such values in a pure map or list (mo:core/pure), where cases may be added",
    ),
    reference="Motoko manual, Data persistence: Compatibility; moc 2.2 --stable-compatible",
)
