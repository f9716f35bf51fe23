"""A method returns one result less, which is required."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, CANDID, Rule

RULE = Rule(
    id="C414",
    slug="candid-result-removed",
    title="A method returns one result less, which is required",
    surface=CANDID,
    edits=("result_removed",),
    causes=("required",),
    verdict=BREAKING,
    guide=Kind.CHANGE_SIGNATURE,
    why="Old clients need the result: the reply cannot be decoded.",
    fix=(
        "keep the result",
        "return less from a new method",
    ),
    reference="Candid specification, Upgrading and Subtyping: Functions",
)
