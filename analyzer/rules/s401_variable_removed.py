"""A stable variable is gone."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, STABLE, Rule

RULE = Rule(
    id="S401",
    slug="stable-variable-removed",
    title="A stable variable is gone",
    surface=STABLE,
    edits=("variable_removed",),
    verdict=BREAKING,
    moc="M0169",
    guide=Kind.REMOVE_FIELD,
    why="Its data would be discarded.",
    fix=(
        "keep the variable",
        "drop it in a migration, where it is seen: `ctxcheck suggest OLD NEW` writes it",
    ),
    note="`transient`, or a lost `persistent`, takes a variable out of stable memory too.",
    reference="Motoko manual, Data persistence: Compatibility; moc 2.2 --stable-compatible",
)
