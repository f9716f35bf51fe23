"""The chain of migrations is gone."""

from __future__ import annotations

from analyzer.rules.guide import Promise
from analyzer.rules.rule import BREAKING, STABLE, Rule

RULE = Rule(
    id="S701",
    slug="stable-chain-removed",
    title="The chain of migrations is gone",
    surface=STABLE,
    edits=("chain_removed",),
    verdict=BREAKING,
    moc="M0255",
    promises=(Promise.AUTOMATIC_MIGRATION,),
    why="A program that was upgraded by a chain of migrations records where in it it stands. One without a chain "
    "cannot go on from there.",
    fix=("compile with `--enhanced-migration` and keep the migrations",),
    reference="Motoko manual, Data persistence: Enhanced migration",
)
