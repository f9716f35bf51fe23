"""A result of type nat becomes int."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, CANDID, OUT, Rule

RULE = Rule(
    id="C502",
    slug="candid-nat-result-becomes-int",
    title="A result of type nat becomes int",
    surface=CANDID,
    polarity=OUT,
    edits=("type_changed",),
    causes=("int-as-nat",),
    verdict=BREAKING,
    guide=Kind.CHANGE_SIGNATURE,
    why="Old clients expect a natural number, and an integer may be negative: no client decodes it.",
    fix=(
        "keep `nat`",
        "return `int` from a new method",
    ),
    reference="Candid specification, Upgrading and Subtyping: Primitive Types",
)
