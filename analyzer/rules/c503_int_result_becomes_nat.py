"""A result of type int becomes nat."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, CANDID, OUT, Rule

RULE = Rule(
    id="C503",
    slug="candid-int-result-becomes-nat",
    title="A result of type int becomes nat",
    surface=CANDID,
    polarity=OUT,
    edits=("type_changed",),
    causes=("nat-as-int",),
    verdict=BREAKING,
    clients=("js",),
    guide=Kind.CHANGE_SIGNATURE,
    why='Rust and Motoko clients read a natural number as an integer. agent-js throws "type on the wire nat, expect '
    'type int".',
    fix=("keep `int`",),
    reference="Candid specification, Upgrading and Subtyping: Primitive Types; measured with @icp-sdk/core 6.1.0",
)
