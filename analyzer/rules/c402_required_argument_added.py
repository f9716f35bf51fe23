"""A method takes one more argument, which is required."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, CANDID, Rule

RULE = Rule(
    id="C402",
    slug="candid-required-argument-added",
    title="A method takes one more argument, which is required",
    surface=CANDID,
    edits=("argument_added",),
    verdict=BREAKING,
    guide=Kind.CHANGE_SIGNATURE,
    why="Old clients do not send it. The arguments cannot be decoded and the call traps.",
    fix=(
        "make the argument optional: `opt T`, behind all others",
        "take it in a new method",
    ),
    reference="Candid specification, Upgrading and Subtyping: Functions",
)
