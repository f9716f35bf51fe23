"""A method returns one more result."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import CANDID, SAFE, Rule

RULE = Rule(
    id="C411",
    slug="candid-result-added",
    title="A method returns one more result",
    surface=CANDID,
    edits=("result_added",),
    verdict=SAFE,
    guide=Kind.ADD_OPTIONAL_FIELD,
    why="Old clients skip results behind those that they know.",
    reference="Candid specification, Upgrading and Subtyping: Functions",
)
