"""Under `opt`, a value that some clients cannot read."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import CANDID, LOSSY, Rule

RULE = Rule(
    id="C515",
    slug="candid-throws-under-opt",
    title="Under `opt`, a value that some clients cannot read",
    surface=CANDID,
    edits=("type_changed",),
    causes=("nat-as-int", "service-as-principal"),
    verdict=LOSSY,
    guide=Kind.CHANGE_SIGNATURE,
    why="The official checkers accept the change. A client that does not read such a value reads null: agent-js "
    "does so for a natural number where it expects an integer.",
    fix=("keep the type",),
    reference="Candid specification, Upgrading and Subtyping: Options; measured with @icp-sdk/core 6.1.0",
)
