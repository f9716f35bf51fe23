"""What may pass: the findings of a comparison under a project's decisions, and the changes that it has accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from analyzer.model import Surface, Verdict
from analyzer.policy.config import Config, Level, is_newer, may_be_lowered
from analyzer.policy.levels import Policy, blocked_by, may_be_accepted
from analyzer.rules import find, is_lint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from analyzer.compare.versions import Canister, ChangeSet
    from analyzer.model import Occurrence
    from analyzer.policy.accepted import Accepted


CONFIG = "config"  # what blocks because a project says so


class Callers(NamedTuple):
    """The calls of one method in the repository. places: `file:line`. unchanged: those in files that did not change."""

    places: Sequence[str]
    unchanged: Sequence[str]


class Gate(NamedTuple):
    """What decides. policy: what blocks where a canister has none of its own; overrules: it holds for those too.

    today: on which accepted changes count. callers: finds the calls of a method, for canisters whose clients are all in
    the repository; None where the repository is not looked at, and then such a canister is like any other.
    """

    config: Config
    policy: Policy
    accepted: Sequence[Accepted]
    today: date
    overrules: bool = False
    callers: Callable[[str], Callers] | None = None


class Judged(NamedTuple):
    """What the gate says beside `blocked_by`.

    unused: accepted changes that nothing matches. expired: those whose last day has passed.
    """

    unused: list[Accepted]
    expired: list[Accepted]


def judge(changes: ChangeSet, gate: Gate) -> Judged:
    """Set `blocked_by`, `accepted` and `note` of each occurrence, and take out what a project has turned off."""
    known = {entry.fingerprint: entry for entry in gate.accepted}
    met: set[str] = set()
    for canister in changes.canisters:
        own = gate.config.of(canister.name)
        policy = gate.policy if gate.overrules or own.policy is None else own.policy
        for edit in canister.edits:
            for occurrence in edit.occurrences:
                occurrence.blocked_by = _levelled(occurrence, policy, gate.config)
                if occurrence.blocked_by and own.in_repo:
                    _in_repo(occurrence, gate)
                entry = known.get(occurrence.fingerprint)
                if entry is not None:
                    met.add(entry.fingerprint)
                    if not entry.expired(gate.today) and may_be_accepted(occurrence):
                        occurrence.accepted, occurrence.blocked_by = entry, ()
        _take_out(canister, gate.config)
    expired = [entry for entry in gate.accepted if entry.expired(gate.today)]
    # What a lint found is not looked for by a comparison, nor the other way round.
    mine = [entry for entry in gate.accepted if is_lint(entry.rule) == changes.linted]
    unused = [entry for entry in mine if entry.fingerprint not in met and entry not in expired]
    return Judged(unused, expired)


def _levelled(occurrence: Occurrence, policy: Policy, config: Config) -> tuple[str, ...]:
    """Return what an occurrence is blocked by under a policy and the levels of rules."""
    found = blocked_by(occurrence, policy)
    level = _level(occurrence, config)
    if level == Level.BLOCK:
        return found or blocked_by(occurrence, Policy.GUIDE) or (CONFIG,)
    return () if level is not None else found


def _level(occurrence: Occurrence, config: Config) -> Level | None:
    """Return the level that a project gives an occurrence; None: that of the policy."""
    if occurrence.rule is None:
        return None
    level = config.levels.get(occurrence.rule)
    if level == Level.BLOCK:
        return level
    if not may_be_lowered(occurrence.surface, occurrence.verdict):
        return None
    if level is None and config.rules is not None:
        rule = find(occurrence.rule)
        return Level.WARN if rule is not None and is_newer(rule, config.rules) else None
    return level


def _in_repo(occurrence: Occurrence, gate: Gate) -> None:
    """Let a change of a method pass where each file that calls it changes too; its calls are listed."""
    if occurrence.surface != Surface.CANDID or occurrence.verdict == Verdict.UNDECIDED or gate.callers is None:
        return
    if not occurrence.root:
        return
    calls = gate.callers(occurrence.root)
    if calls.unchanged:
        occurrence.note = f"called in files that do not change: {_listed(calls.unchanged)}"
        return
    occurrence.blocked_by = ()
    occurrence.note = f"in-repo: each call changes with it: {_listed(calls.places)}"
    if not calls.places:
        occurrence.note = "in-repo: nothing in this repository calls it by its name"


def _listed(places: Sequence[str], shown: int = 5) -> str:
    more = f" and {len(places) - shown} more" if len(places) > shown else ""
    return f"{', '.join(places[:shown])}{more}"


def _take_out(canister: Canister, config: Config) -> None:
    """Take out the occurrences of rules that are off, and leave a note of how many they were."""
    for report in canister.surfaces:
        counts: dict[str, int] = {}
        for edit in report.edits:
            kept = []
            for occurrence in edit.occurrences:
                if occurrence.rule is not None and _level(occurrence, config) == Level.OFF:
                    counts[occurrence.rule] = counts.get(occurrence.rule, 0) + 1
                else:
                    kept.append(occurrence)
            edit.occurrences[:] = kept
        report.edits[:] = [edit for edit in report.edits if edit.occurrences]
        for rule, count in sorted(counts.items()):
            report.notes.append(f"{rule} is off in {config.label}: {count} not shown")
