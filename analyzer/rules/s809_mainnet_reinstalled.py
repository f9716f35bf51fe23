"""A script reinstalls a canister on mainnet."""

from __future__ import annotations

from analyzer.rules.guide import Promise
from analyzer.rules.rule import LOSSY, STABLE, Rule

RULE = Rule(
    id="S809",
    slug="stable-mainnet-reinstalled",
    title="A script reinstalls a canister on mainnet",
    surface=STABLE,
    edits=("mainnet_reinstalled",),
    verdict=LOSSY,
    effect_tells=True,
    promises=(Promise.NO_DATA_LOSS,),
    why="Reinstalling drops all that a canister holds, stable memory too, and cannot be undone but from a snapshot.",
    fix=(
        "use `--mode upgrade`",
        "where data is meant to go, do it by hand, after a backup",
    ),
    reference="dfx canister install; icp canister install; interface specification, install_code",
)
