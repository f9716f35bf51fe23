"""A stable variable has no written type and a first value that gives it a narrow one."""

from __future__ import annotations

from analyzer.rules.rule import SAFE, STABLE, Rule

RULE = Rule(
    id="S803",
    slug="stable-initialiser-inferred",
    title="A stable variable has no written type and a first value that gives it a narrow one",
    surface=STABLE,
    edits=("initialiser_inferred",),
    verdict=SAFE,
    effect_tells=True,
    why="Nothing is lost now. The type follows from the first value: who changes that, e.g. 0 to -1 or null "
    "to ?1, changes what is stored, and the upgrade is refused.",
    fix=("write the type: `var count : Nat = 0`",),
    reference="Motoko manual, Data persistence: Compatibility",
)
