"""A tuple that the canister returns loses an optional part."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, CANDID, OUT, Rule

RULE = Rule(
    id="C208",
    slug="candid-tuple-shortened-in-result",
    title="A tuple that the canister returns loses an optional part",
    surface=CANDID,
    polarity=OUT,
    edits=("field_removed",),
    causes=("tuple",),
    verdict=BREAKING,
    clients=("js",),
    guide=Kind.REMOVE_FIELD,
    why="Rust and Motoko clients read null for the missing part. agent-js counts the parts of a tuple and throws "
    '"Tuple mismatch".',
    fix=("keep the part and return null in it",),
    reference="Candid specification, Upgrading and Subtyping: Records; measured with @icp-sdk/core 6.1.0",
)
