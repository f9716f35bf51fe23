"""An argument of type nat becomes int."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import CANDID, IN, SAFE, Rule

RULE = Rule(
    id="C501",
    slug="candid-nat-taken-as-int",
    title="An argument of type nat becomes int",
    surface=CANDID,
    polarity=IN,
    edits=("type_changed",),
    causes=("nat-as-int",),
    verdict=SAFE,
    guide=Kind.CHANGE_SIGNATURE,
    why="Each natural number is an integer, and all clients' encodings of it are read.",
    reference="Candid specification, Upgrading and Subtyping: Primitive Types",
)
