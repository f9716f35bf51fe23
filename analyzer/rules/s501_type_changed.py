"""A type in stable memory becomes another one."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, STABLE, Rule

RULE = Rule(
    id="S501",
    slug="stable-type-changed",
    title="A type in stable memory becomes another one",
    surface=STABLE,
    edits=("type_changed",),
    causes=("mismatch", "null-as-option"),
    verdict=BREAKING,
    moc="M0170",
    guide=Kind.FIX_BUG,
    why="Stored values are of the old type, and nothing converts them: no width of number into another, no text "
    "into a blob, no library's map into another one.",
    fix=(
        "write a migration: `ctxcheck suggest OLD NEW` writes it, and proves it",
        "keep the type, and put the new data in a variable of its own",
    ),
    note="An update of a library, or an inferred type that an initialiser changed, does this without a word in your "
    "own code. Between Char and Nat32, and between () and Null, the runtime up to moc 2.2.0 accepts the change "
    "and misreads the memory.",
    reference="Motoko manual, Data persistence: Compatibility; moc 2.2 --stable-compatible",
)
