"""The migration consumes a variable."""

from __future__ import annotations

from analyzer.rules.guide import Promise
from analyzer.rules.rule import LOSSY, STABLE, Rule

RULE = Rule(
    id="S404",
    slug="stable-variable-consumed",
    title="The migration consumes a variable",
    surface=STABLE,
    edits=("variable_consumed",),
    causes=("prepost",),
    verdict=LOSSY,
    promises=(Promise.NO_DATA_LOSS,),
    why="The migration function takes the old value. Whether it gives it back, changed or not, the signature alone "
    "does not tell: a variable that is not produced starts anew.",
    fix=(
        (
            "compile the new version: without the warnings M0206 and M0207 every consumed variable is produced again "
            "or gone on purpose"
        ),
        "accept the change",
    ),
    effect_tells=True,
    reference="Motoko manual, Data persistence: Explicit migration",
)
