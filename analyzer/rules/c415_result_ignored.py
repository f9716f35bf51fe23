"""A result that is sent is skipped."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import CANDID, LOSSY, Rule

RULE = Rule(
    id="C415",
    slug="candid-result-ignored",
    title="A result that is sent is skipped",
    surface=CANDID,
    edits=("result_removed",),
    opt_rule=None,
    verdict=LOSSY,
    guide=Kind.CHANGE_SIGNATURE,
    why="The function still returns it and the new version does not look at it, or the whole function reads as null.",
    reference="Candid specification, Upgrading and Subtyping: Functions",
)
