"""A variant under `opt` that the canister returns gains a case."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import CANDID, LOSSY, OUT, Rule

RULE = Rule(
    id="C306",
    slug="candid-case-added-under-opt",
    title="A variant under `opt` that the canister returns gains a case",
    surface=CANDID,
    polarity=OUT,
    edits=("case_added",),
    opt_rule=True,
    verdict=LOSSY,
    guide=Kind.ADD_CASE,
    why="An old client reads null when it receives the new case; it cannot tell that from no value at all. didc "
    "warns, dfx and icp-cli refuse it.",
    fix=('make sure that old clients take null for "unknown", and accept the change',),
    reference="Candid specification, Upgrading and Subtyping: Options",
)
