"""A type inside something mutable changes."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, STABLE, Rule

RULE = Rule(
    id="S506",
    slug="stable-changed-under-var",
    title="A type inside something mutable changes",
    surface=STABLE,
    edits=("type_changed",),
    causes=("mutable",),
    verdict=BREAKING,
    moc="M0170",
    guide=Kind.FIX_BUG,
    why="The type of what can change stays exactly as it is, even where the new one is wider: who still holds the "
    "old type could read what does not fit it.",
    fix=(
        "write a migration: `ctxcheck suggest OLD NEW` writes it, and proves it",
        "keep the type",
    ),
    reference="Motoko manual, Data persistence: Compatibility; moc 2.2 --stable-compatible",
)
