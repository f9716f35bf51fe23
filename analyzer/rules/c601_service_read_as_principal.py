"""A service arrives where a principal is expected."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, CANDID, Rule

RULE = Rule(
    id="C601",
    slug="candid-service-read-as-principal",
    title="A service arrives where a principal is expected",
    surface=CANDID,
    edits=("type_changed",),
    causes=("service-as-principal",),
    verdict=BREAKING,
    clients=("js", "motoko"),
    guide=Kind.CHANGE_SIGNATURE,
    why="candid 0.10.32 and later accept it, with `--service-is-principal` so does ctxcheck. agent-js and the "
    "Motoko runtime do not, and throw.",
    fix=("keep the type",),
    reference="Candid specification, Upgrading and Subtyping: Services; measured with @icp-sdk/core 6.1.0",
)
