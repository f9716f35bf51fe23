"""Something in stable memory becomes Any."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, STABLE, Rule

RULE = Rule(
    id="S505",
    slug="stable-dropped-to-any",
    title="Something in stable memory becomes Any",
    surface=STABLE,
    edits=("type_changed",),
    causes=("to-any",),
    verdict=BREAKING,
    moc="M0216",
    guide=Kind.FIX_BUG,
    why="Nothing can be read from an Any: the stored value would be dropped.",
    fix=(
        "keep the type",
        "drop it in a migration, where it is seen: `ctxcheck suggest OLD NEW` writes it",
    ),
    reference="Motoko manual, Data persistence: Compatibility; moc 2.2 --stable-compatible",
)
