"""A case under `opt` has another name."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import CANDID, LOSSY, Rule

RULE = Rule(
    id="C308",
    slug="candid-case-renamed-under-opt",
    title="A case under `opt` has another name",
    surface=CANDID,
    edits=("case_renamed",),
    opt_rule=None,
    verdict=LOSSY,
    guide=Kind.CHANGE_VARIANT,
    why="Who reads does not know the name that was written, and under `opt` reads null.",
    fix=("keep the name",),
    reference="Candid specification, Upgrading and Subtyping: Options",
)
