"""A variant under `opt` that the canister takes loses a case."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import CANDID, IN, LOSSY, Rule

RULE = Rule(
    id="C307",
    slug="candid-case-removed-under-opt",
    title="A variant under `opt` that the canister takes loses a case",
    surface=CANDID,
    polarity=IN,
    edits=("case_removed",),
    opt_rule=True,
    verdict=LOSSY,
    guide=Kind.CHANGE_VARIANT,
    why="When an old client sends the case, the new version reads null.",
    fix=("keep the case and reject it with a sentence that helps",),
    reference="Candid specification, Upgrading and Subtyping: Options",
)
