"""A timer is not set again after an upgrade."""

from __future__ import annotations

from analyzer.rules.rule import LOSSY, STABLE, Rule

RULE = Rule(
    id="S802",
    slug="stable-timer-lost",
    title="A timer is not set again after an upgrade",
    surface=STABLE,
    edits=("timer_lost",),
    verdict=LOSSY,
    effect_tells=True,
    why="The system removes all timers of a canister at an upgrade. What set one runs again only where the "
    "start of a version leads there: a transient variable, a statement of the actor, postupgrade.",
    fix=("set it in a transient variable: `transient let _clock = Timer.recurringTimer<system>(...)`",),
    reference="Motoko manual, Timers; interface specification, global timer",
)
