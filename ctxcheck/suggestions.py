"""What `suggest` does: read both versions, write the migration, prove it with the compiler."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from analyzer.compare.candid import compare_interfaces
from analyzer.compare.stable import compare_signatures
from analyzer.errors import CtxError, ParseError, SourceError, UsageError
from analyzer.interface import Interface
from analyzer.model import Surface, Verdict
from analyzer.sources.arguments import two
from analyzer.sources.cache import open_cache
from analyzer.sources.carried import Edited, Proof, edited, probed, proof
from analyzer.sources.paths import SOURCE, interface_of_named, interfaces
from analyzer.sources.program import program_at, program_of, read_program
from analyzer.suggest.candid import Alternative, alternative
from analyzer.suggest.migration import Suggestion, suggest
from ctxcheck import __version__

if TYPE_CHECKING:
    from analyzer.motoko.types import StableSignature
    from analyzer.sources.arguments import Named
    from analyzer.sources.cache import Cache
    from analyzer.sources.compile import Program
    from analyzer.sources.projects.read import Project
    from migrator.rehearsal.model import Rehearsal


_ELSE = (
    "every variable's type fits as it is, and the upgrade is refused for another reason: `ctxcheck diff` says which; a "
    "chain of migrations that is gone is kept with --enhanced-migration"
)


class Side(NamedTuple):
    """What a version is. program: where it is one. led: False of one whose chain does not lead to what it keeps."""

    interface: Interface
    program: Program | None
    led: bool = True


@dataclass(slots=True)
class Offer:
    """What is suggested for one canister.

    suggestion: None where there is none: refused says why, or kept that what is stored fits as it is, or with the
    migration that the new version has. candid_alone: neither version shows what it stores, so nothing is said of it.
    rehearsal: of the program with the suggestion in it, on a copy of real state, where there is one.
    """

    name: str
    old: str
    new: str
    suggestion: Suggestion | None = None
    edited: Edited | None = None
    proof: Proof | None = None
    candid: Alternative | None = None
    refused: str | None = None
    kept: bool = False
    candid_alone: bool = False
    rehearsal: Rehearsal | None = None

    @property
    def proven(self) -> bool:
        """Whether nothing is missing from it."""
        tried = self.rehearsal is None or self.rehearsal.accepted
        stable = self.kept or self.candid_alone or (self.proof is not None and self.proof.proven and tried)
        return stable and (self.candid is None or self.candid.proven)


def offers(old: str, new: str | None, *, run: bool = False, state: str | None = None) -> list[Offer]:
    """Return what is suggested for each canister of two versions. Raises UsageError, SourceError, ParseError.

    state: the backup or directory that it is tried on; None: the newest backup that fits, if there is one; `none`.
    """
    before, after = two(old, new)
    cache = open_cache(__version__)
    olds = _sides("old", before, cache, run=run)
    news = _sides("new", after, cache, run=run)
    if len(olds) == len(news) == 1:  # two files need not have one name
        (left,), (right,) = olds.values(), news.values()
        found = [_offer(right.interface.name, left, right, before.text, after.text, cache)]
        _rehearse(found[0], left, state)
        return found
    both = sorted(olds.keys() & news.keys())
    if not both:
        msg = f"{before.text} and {after.text} have no canister in common"
        raise UsageError(msg)
    found = [_offer(name, olds[name], news[name], before.text, after.text, cache) for name in both]
    for offer in found:
        _rehearse(offer, olds[offer.name], state)
    return found


def _rehearse(offer: Offer, old: Side, state: str | None) -> None:
    """Try a suggestion that compiles on real state, where there is some. Raises CtxError."""
    proven = offer.proof is not None and offer.proof.proven and offer.edited is not None and offer.edited.own
    if not proven or state == "none" or old.interface.stable is None:
        return
    from ctxcheck.suggestion_rehearsed import state_for, try_suggestion  # noqa: PLC0415 - loads what backups need

    found = state_for(offer.name, old.interface.stable, state)
    offer.rehearsal = None if found is None else try_suggestion(offer, found)


def _sides(side: str, one: Named, cache: Cache | None, *, run: bool) -> dict[str, Side]:
    if not one.is_folder and one.path.suffix == SOURCE:
        name, program = program_at(one.files, one.path, run=run)
        return {name or one.path.stem: _of_program(name or one.path.stem, program, side, cache)}
    if not one.is_folder:
        interface = interface_of_named(side, one, cache)
        return {interface.name: Side(interface, None)}
    if side == "new":
        project = _project(one)
        if project is not None:
            found = {name: program_of(target, project.files, run=run) for name, target in project.targets.items()}
            return {name: _of_program(name, program, side, cache) for name, program in found.items()}
    return {name: Side(found, None) for name, found in interfaces(side, one, cache, run=run).items()}


def _project(one: Named) -> Project | None:
    from analyzer.sources.projects.read import project_above, project_in  # noqa: PLC0415 - most compare files

    return (project_above if one.everything else project_in)(one.files, one.path)


def _of_program(name: str, program: Program, side: str, cache: Cache | None) -> Side:
    interface = Interface(name)
    try:
        read_program(interface, program, set(Surface), cache)
    except ParseError as error:
        error.side = side
        raise
    except SourceError:
        if side == "old" or program.flags.migrations is None:
            raise
        read_program(interface, probed(program), set(Surface), cache)
        return Side(interface, program, led=False)
    return Side(interface, program)


def _breaks(old: StableSignature, new: StableSignature) -> bool:
    """Tell whether the new version does not take over what the old one left. moc's yes is not enough: see S407."""
    return compare_signatures(old, new).verdict in (Verdict.BREAKING, Verdict.UNDECIDED)


def _offer(name: str, old: Side, new: Side, before: str, after: str, cache: Cache | None) -> Offer:
    offer = Offer(name, before, after)
    left, right = old.interface, new.interface
    for surface, untold in (*left.untold.items(), *right.untold.items()):
        if surface == Surface.STABLE:
            offer.refused = f"{untold.why}: {untold.hint}"
    if left.stable is None and right.stable is None and not offer.refused:
        offer.candid_alone = True
    elif left.stable is None or right.stable is None:
        offer.refused = offer.refused or "one of the two versions does not show what it stores"
    else:
        try:
            if not new.led or _breaks(left.stable, right.stable):
                offer.suggestion = suggest(left.stable, right.stable)
            else:
                offer.kept = True
            if offer.suggestion is None and not offer.kept:
                offer.refused = _ELSE
            if offer.suggestion is not None:
                stamp = datetime.now(UTC).strftime("%Y%m%d_%H%M%S")
                offer.edited = edited(new.program, offer.suggestion, left.stable, stamp)
                offer.proof = proof(offer.edited, left.stable, right.stable, cache)
        except CtxError as error:
            offer.refused = str(error) + (f": {error.hint}" if error.hint else "")
    if left.candid is not None and right.candid is not None:
        report = compare_interfaces(left.candid, right.candid, canister=name, profile="didc")
        if not report.compatible:
            offer.candid = alternative(left.candid, right.candid)
    return offer
