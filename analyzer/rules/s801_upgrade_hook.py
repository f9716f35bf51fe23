"""A program has a hook that runs at each upgrade."""

from __future__ import annotations

from analyzer.rules.guide import Promise
from analyzer.rules.rule import LOSSY, STABLE, Rule

RULE = Rule(
    id="S801",
    slug="stable-upgrade-hook",
    title="A program has a hook that runs at each upgrade",
    surface=STABLE,
    edits=("upgrade_hook",),
    verdict=LOSSY,
    effect_tells=True,
    promises=(Promise.NO_HOOKS,),
    why="Enhanced orthogonal persistence needs no hook. A preupgrade that traps, or that needs more "
    "instructions than an upgrade has, stops every further upgrade; a postupgrade that traps undoes the "
    "one that it is part of.",
    fix=(
        "keep the data in stable variables, and take the hook out",
        "set timers in a `transient` variable instead: it is made anew when a version starts",
    ),
    note="A hook that is meant to stay is accepted: `ctxcheck accept --lint FINGERPRINT --reason TEXT`.",
    reference="Motoko manual, Data persistence: Preupgrade and postupgrade system methods",
)
