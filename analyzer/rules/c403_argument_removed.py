"""A method takes one argument less."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import CANDID, LOSSY, Rule

RULE = Rule(
    id="C403",
    slug="candid-argument-removed",
    title="A method takes one argument less",
    surface=CANDID,
    edits=("argument_removed",),
    verdict=LOSSY,
    guide=Kind.CHANGE_SIGNATURE,
    why="Old clients still send it, behind all others. The new version skips it without a word.",
    fix=("keep the argument as long as clients send it, and reject what can no longer be honoured",),
    reference="Candid specification, Upgrading and Subtyping: Functions",
)
