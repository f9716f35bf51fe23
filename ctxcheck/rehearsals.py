"""Plans are rehearsed before they are shown: on the newest sound backup, for a plan itself changes nothing."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import click

from analyzer.errors import SourceError
from ctxcheck.paint import show
from ctxcheck.progress import Progress
from ctxcheck.rehearsing import newest_state, scenario_of
from migrator.plan.build import CannotUpgrade
from migrator.plan.proven import proven
from migrator.rehearsal.evidence import evidence
from migrator.rehearsal.rehearse import rehearse, upgrade_of
from migrator.rehearsal.text import rehearsal_lines

if TYPE_CHECKING:
    from pathlib import Path

    from migrator.plan.file import SavedPlan
    from migrator.plan.model import Proof

_SKIP = "--no-rehearse --reason TEXT plans it all the same, and the proof line says so"


class Evidenced(NamedTuple):
    """What a rehearsal adds to a plan."""

    proof: Proof
    evidence: bytes


def rehearsed(saved: SavedPlan, project: Path, *, required: bool) -> dict[str, Evidenced]:
    """Rehearse each canister of a plan; return what those prove that are accepted, by name.

    required: whether the plan may only run once rehearsed. Raises CannotUpgrade: a rehearsal is refused, or something
    does not hold. What cannot be rehearsed is told, and proves nothing.
    """
    found: dict[str, Evidenced] = {}
    scenario = scenario_of(project)
    for target in saved.plan.targets:
        try:
            state = newest_state(project, target, saved.plan.network.url)
        except SourceError as error:
            asked = "; it has to be before it runs" if required else ""
            click.echo(f"{target.name}: not rehearsed{asked}: {error.what}", err=True)
            click.echo(f"  {error.hint}", err=True)
            continue
        with Progress(f"rehearsing {target.name}"):
            rehearsal = rehearse(state, upgrade_of(saved, target), scenario=scenario)
        outcome, why = rehearsal.found.outcome, rehearsal.found.why
        if outcome in ("refused", "failed"):
            show(partial(rehearsal_lines, rehearsal, proven(saved).changes))
            said = rehearsal.found.said
            what = said.message if said is not None else why
            how = "was refused" if outcome == "refused" else "failed"
            msg = f"the rehearsal of {target.name} {how}: {what}"
            raise CannotUpgrade(msg, hint=_SKIP)
        if rehearsal.proof is None:
            click.echo(f"{target.name}: not rehearsed: {why}", err=True)
            continue
        click.echo(f"{target.name}: rehearsed on {rehearsal.proof}", err=True)
        proof = target.proof._replace(rehearsed=rehearsal.proof, compared=rehearsal.compared)
        found[target.name] = Evidenced(proof, evidence(rehearsal))
    return found
