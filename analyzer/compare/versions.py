"""Two versions of a project in, one change set out: each canister, each surface."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from analyzer.compare.candid import compare_interfaces
from analyzer.edits.assemble import fingerprint, general_rule
from analyzer.model import ALL_CLIENTS, Edit, Occurrence, Polarity, Report, Side, Surface, Verdict, worst
from analyzer.policy.levels import Policy, apply
from analyzer.rules import explain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from analyzer.interface import Interface, Versions


class Own(NamedTuple):
    """What holds for one canister. profile, clients: as in `compare_interfaces`."""

    profile: str
    clients: Sequence[str]


@dataclass(slots=True, eq=False)
class Canister:
    """One canister. old, new: None where a version does not have it. surfaces: in the order stable, candid.

    against: what the old version is, where a canister is compared with several.
    """

    name: str
    old: Interface | None
    new: Interface | None
    surfaces: list[Report] = field(default_factory=list)
    against: str | None = None

    @property
    def edits(self) -> list[Edit]:
        """Edits of all surfaces, surfaces in their order."""
        return [edit for report in self.surfaces for edit in report.edits]


@dataclass(slots=True, eq=False)
class ChangeSet:
    """All occurrences of one comparison. profile: whose Candid answer counts. policy: what blocks.

    linted: nothing was compared; one version was looked at.
    """

    canisters: list[Canister]
    profile: str
    policy: Policy = Policy.GUIDE
    linted: bool = False

    @property
    def edits(self) -> list[Edit]:
        """Edits of all canisters."""
        return [edit for canister in self.canisters for edit in canister.edits]

    @property
    def verdict(self) -> Verdict:
        """The worst of all surfaces."""
        return worst([report.verdict for canister in self.canisters for report in canister.surfaces])

    @property
    def occurrences(self) -> list[Occurrence]:
        """Occurrences of all edits."""
        return [occurrence for edit in self.edits for occurrence in edit.occurrences]

    @property
    def blocked(self) -> bool:
        """Whether the change may not pass under the policy."""
        return any(occurrence.blocked_by for occurrence in self.occurrences)


def compare_versions(
    versions: Iterable[Versions],
    *,
    profile: str,
    surfaces: Sequence[Surface] = tuple(Surface),
    service_is_principal: bool = False,
    clients: Sequence[str] = ALL_CLIENTS,
    policy: Policy = Policy.GUIDE,
    own: Callable[[str], Own] | None = None,
) -> ChangeSet:
    """Compare the versions of each canister. surfaces: which to look at. policy: what blocks.

    profile, service_is_principal, clients: as in `compare_interfaces`. own: what holds for a canister instead.
    """
    canisters = []
    for pair in versions:
        name, old, new = pair.name, pair.old, pair.new
        canister = Canister(name, old, new, against=pair.against)
        chosen = Own(profile, clients) if own is None else own(name)
        judge = partial(compare_interfaces, service_is_principal=service_is_principal, **chosen._asdict())
        for surface in surfaces if pair.surfaces is None else pair.surfaces:
            report = _surface(name, surface, old, new, judge)
            if report is not None:
                if surface == Surface.CANDID:
                    report.profile = chosen.profile  # also where there was nothing to compare
                canister.surfaces.append(report)
        if canister.surfaces:
            canisters.append(canister)
    changes = ChangeSet(canisters, profile, policy)
    apply(policy, changes.occurrences)
    return changes


def _surface(
    name: str,
    surface: Surface,
    old: Interface | None,
    new: Interface | None,
    judge: Callable[..., Report],
) -> Report | None:
    old_part, new_part = (
        None if side is None else side.candid if surface == Surface.CANDID else side.stable for side in (old, new)
    )
    untold = [side.untold[surface] for side in (old, new) if side is not None and surface in side.untold]
    if old_part is None and new_part is None and not untold:
        return None
    if old is None or new is None:
        return _one_version(name, surface, added=old is None)
    if untold:
        effect = " and ".join(dict.fromkeys(part.why for part in untold)) + f": {untold[0].hint}"
        return _whole(name, surface, "part_missing", Verdict.UNDECIDED, effect)
    if old_part is None or new_part is None:
        return _one_side(name, surface, "old" if old_part is None else "new")
    if surface == Surface.CANDID:
        assert old.candid is not None and new.candid is not None  # noqa: S101, PT018 - checked above
        return judge(old.candid, new.candid, canister=name)
    from analyzer.compare.stable import compare_signatures  # noqa: PLC0415 - a Candid diff does without it

    assert old.stable is not None and new.stable is not None  # noqa: S101, PT018 - checked above
    return compare_signatures(old.stable, new.stable, canister=name)


def _one_version(name: str, surface: Surface, *, added: bool) -> Report:
    """Return the report on a canister that only one version has."""
    if added:
        kind, verdict, effect = "canister_added", Verdict.SAFE, "the canister is new: there is nothing to keep"
    else:
        kind, verdict = "canister_removed", Verdict.UNDECIDED
        effect = "the canister is gone: nothing here shows what becomes of its data and its clients"
    return _whole(name, surface, kind, verdict, effect)


def _one_side(name: str, surface: Surface, missing: str) -> Report:
    """Return the report on a part that only one side shows: it is undecided, never skipped."""
    suffix = ".did" if surface == Surface.CANDID else ".most"
    effect = f"the {missing} version shows no {surface} part: put {name}{suffix} beside the others"
    return _whole(name, surface, "part_missing", Verdict.UNDECIDED, effect)


def _whole(name: str, surface: Surface, kind: str, verdict: Verdict, effect: str) -> Report:
    polarity = Polarity.STATE if surface == Surface.STABLE else Polarity.OUT
    rule = explain(surface, kind, polarity, verdict, "", opt_rule=False)
    rule_id = general_rule(surface, verdict) if rule is None else rule.id
    key = fingerprint(name, rule_id or "", kind, surface, polarity, "")
    occurrence = Occurrence(
        surface, polarity, "", (), rule_id, verdict, (), (), effect, opt_rule=False, code=None, more=0, fingerprint=key
    )
    nothing = Side(None, ())
    edit = Edit(fingerprint("edit", key)[:12], surface, kind, name, nothing, nothing, [occurrence])
    return Report(surface, None, [], verdict, [edit])
