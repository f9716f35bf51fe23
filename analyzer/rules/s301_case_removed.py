"""A variant kept in stable memory loses a case."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, STABLE, Rule

RULE = Rule(
    id="S301",
    slug="stable-case-removed",
    title="A variant kept in stable memory loses a case",
    surface=STABLE,
    edits=("case_removed",),
    verdict=BREAKING,
    moc="M0170",
    guide=Kind.CHANGE_VARIANT,
    why="A stored value may be that case.",
    fix=(
        "keep the case",
        "map it to another one in a migration: `ctxcheck suggest OLD NEW` writes it",
    ),
    reference="Motoko manual, Data persistence: Compatibility; moc 2.2 --stable-compatible",
)
