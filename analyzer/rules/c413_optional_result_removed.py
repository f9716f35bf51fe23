"""A method returns one result less, which could be null."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, CANDID, Rule

RULE = Rule(
    id="C413",
    slug="candid-optional-result-removed",
    title="A method returns one result less, which could be null",
    surface=CANDID,
    edits=("result_removed",),
    causes=("results",),
    verdict=BREAKING,
    clients=("js",),
    guide=Kind.CHANGE_SIGNATURE,
    why='Rust and Motoko clients read null. agent-js counts the results and throws "Wrong number of return values".'
    'Rust and Motoko clients read null. agent-js counts the results and throws "Wrong number of return values".',
    fix=("keep the result and return null",),
    reference="Candid specification, Upgrading and Subtyping: Functions; measured with @icp-sdk/core 6.1.0",
)
