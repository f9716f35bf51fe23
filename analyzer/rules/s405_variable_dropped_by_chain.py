"""A migration of the chain drops a variable."""

from __future__ import annotations

from analyzer.rules.guide import Promise
from analyzer.rules.rule import LOSSY, STABLE, Rule

RULE = Rule(
    id="S405",
    slug="stable-variable-dropped-by-chain",
    title="A migration of the chain drops a variable",
    surface=STABLE,
    edits=("variable_consumed",),
    causes=("chain",),
    verdict=LOSSY,
    promises=(Promise.NO_DATA_LOSS,),
    why="The migration consumes the variable and does not produce it: its data is gone afterwards.",
    fix=(
        "produce the variable again",
        "accept the change, if the data is no longer wanted",
    ),
    effect_tells=True,
    reference="Motoko manual, Data persistence: Enhanced migration",
)
