"""A canister is compiled with classical persistence."""

from __future__ import annotations

from analyzer.rules.guide import Promise
from analyzer.rules.rule import LOSSY, STABLE, Rule

RULE = Rule(
    id="S804",
    slug="stable-persistence-classical",
    title="A canister is compiled with classical persistence",
    surface=STABLE,
    edits=("persistence_classical",),
    verdict=LOSSY,
    effect_tells=True,
    promises=(Promise.NO_DATA_LOSS,),
    why="Nothing checks an upgrade then: what does not fit its new type reads as null, and the variable "
    "starts anew. All data is written out and read back at each upgrade, which may take more instructions"
    " than there are.",
    fix=("compile with `--enhanced-orthogonal-persistence`; moc 2 has nothing else",),
    note="Rehearse that upgrade: it is the one that cannot be taken back.",
    reference="Motoko manual, Classical persistence",
)
