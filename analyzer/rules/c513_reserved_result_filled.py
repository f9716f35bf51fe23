"""What was reserved in a result gets a type."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import CANDID, OUT, SAFE, Rule

RULE = Rule(
    id="C513",
    slug="candid-reserved-result-filled",
    title="What was reserved in a result gets a type",
    surface=CANDID,
    polarity=OUT,
    edits=("type_changed",),
    causes=("reserved",),
    verdict=SAFE,
    guide=Kind.CHANGE_SIGNATURE,
    why="Old clients take anything there and look at nothing.",
    reference="Candid specification, Upgrading and Subtyping: Primitive Types: reserved",
)
