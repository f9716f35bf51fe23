"""Two stable signatures in, one report out."""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from analyzer.edits.assemble import Language, assemble, explained
from analyzer.edits.stable import StableEdits
from analyzer.edits.stable_types import source_name
from analyzer.edits.walk import Finding, Met, Part
from analyzer.errors import ParseError
from analyzer.model import Polarity, Report, Surface, Verdict, Witness, worst
from analyzer.motoko.compatible import LOSES_DATA, NO_CHAIN, Compatibility
from analyzer.motoko.parse import parse_stable
from analyzer.motoko.print import type_text
from analyzer.text import Owners, locations

if TYPE_CHECKING:
    from analyzer.model import Edit, Location, Occurrence
    from analyzer.motoko.compatible import Variable
    from analyzer.motoko.types import StableField, StableSignature
    from analyzer.motoko.witness import Values

MAX_WITNESSES = 500  # values that are looked for in one report


MISTAKE = (
    "moc accepts this only because it takes any two weak types for equal once it has seen a pair of them; "
    "the values do not fit all the same"
)


def compare_stable(old: str, new: str) -> Report:
    """Compare two `.most` texts and say whether the program of `new` may take over what that of `old` left.

    The answer is that of `moc --stable-compatible` (moc 2.2). Raises ParseError, whose `side` is "old" or "new".
    """
    sides = []
    for side, text in (("old", old), ("new", new)):
        try:
            sides.append(parse_stable(text, side))
        except ParseError as error:
            error.side = side
            raise
    return compare_signatures(sides[0], sides[1])


def compare_signatures(old: StableSignature, new: StableSignature, *, canister: str = "") -> Report:
    """Compare two signatures that are read already; see `compare_stable`. canister: its name, part of fingerprints."""
    compatibility = Compatibility(old, new)
    walk = StableEdits(compatibility)
    met, omitted = walk.met()
    mistaken = {v.name for v in compatibility.variables if not v.proven}
    met = [_with_moc(one, mistaken) for one in explained(met + _whole(compatibility), Surface.STABLE)]

    def text(node: int, _is_old: bool) -> str:  # noqa: FBT001 - the protocol of Language
        return type_text(compatibility.universe, node)

    def places(span: tuple[int, int], is_old: bool) -> tuple[Location, ...]:  # noqa: FBT001
        return locations((old if is_old else new).sources, span)

    owners = [Owners((source_name(d.name), d.span) for d in side.definitions) for side in (old, new)]

    def owner(span: tuple[int, int], is_old: bool) -> str | None:  # noqa: FBT001
        return owners[0 if is_old else 1].of(span)

    edits = assemble(met, Language(Surface.STABLE, text, places, owner, walk.digests), canister)
    _show(compatibility, edits)
    notes = [f"{omitted:,} more variables meet edits that are listed here under other variables"] if omitted else []
    if mistaken:
        notes.append(MISTAKE)
    return Report(
        Surface.STABLE,
        compatibility.compatible,
        compatibility.codes,
        worst([e.verdict for e in edits]),
        edits,
        None,
        notes,
        omitted,
    )


def _with_moc(met: Met, mistaken: set[str]) -> Met:
    """Return what was met with what moc says of it. mistaken: the variables that it accepts by mistake."""
    finding = met.finding
    if finding.code is None:
        return met
    if met.root in mistaken:
        finding = finding._replace(effect=f"{finding.effect}; moc misses that", code=None)
    else:
        finding = finding._replace(effect=f"{finding.effect}; moc refuses that ({finding.code})")
    return Met(met.root, finding, met.path, met.more, met.rule)


def _whole(compatibility: Compatibility) -> list[Met]:
    """Return what is said of the signature as a whole."""
    old, new = compatibility.old, compatibility.new
    parts = Part(None, old.span), Part(None, new.span)

    def finding(kind: str, verdict: Verdict, effect: str, code: str | None = None) -> Met:
        breaks = ("state",) if verdict == Verdict.BREAKING else ()
        return Met("", Finding(kind, *parts, None, None, Polarity.STATE, verdict, effect, breaks=breaks, code=code), ())

    met = []
    if NO_CHAIN in compatibility.codes:
        effect = "the old program has a chain of migrations and the new one has none"
        met.append(finding("chain_removed", Verdict.BREAKING, effect, NO_CHAIN))
    if compatibility.unsure:
        met.append(finding("types_unsure", Verdict.UNDECIDED, compatibility.unsure))
    if not new.sorted_halves:
        effect = (
            "the variables that it takes over are not in the order of their names, on which moc mixes up which it needs"
        )
        met.append(finding("halves_unsorted", Verdict.UNDECIDED, effect))
    return met


def _show(compatibility: Compatibility, edits: list[Edit]) -> None:
    """Let each breaking occurrence find a stored value that shows it."""
    found: list[Values] = []  # made for the first that asks
    variables = {variable.name: variable for variable in compatibility.variables}

    def witness(variable: Variable, old: StableField, occurrence: Occurrence) -> Witness | None:
        if not found:
            from analyzer.motoko.witness import Values  # noqa: PLC0415 - most comparisons need no values

            found.append(Values(compatibility.universe))
        return _stored(compatibility, found[0], variable, old, occurrence)

    broken = (o for edit in edits for o in edit.occurrences if o.verdict == Verdict.BREAKING)
    for occurrence in islice(broken, MAX_WITNESSES):
        variable = variables.get(occurrence.root)
        if variable is not None and variable.old is not None:
            occurrence.show = partial(witness, variable, variable.old, occurrence)


def _stored(
    compatibility: Compatibility, values: Values, variable: Variable, old: StableField, occurrence: Occurrence
) -> Witness | None:
    node = compatibility.old_node(old)
    if variable.new is None:
        text = values.telling(node)
        return None if text is None else Witness(f"stored {old.name} = {text}", "it would be discarded")
    text = values.witness(node, variable.new.node, occurrence.path)
    if text is None:
        return None
    outcome = "it would lose a part" if occurrence.code == LOSES_DATA else "it is no value of the new type"
    return Witness(f"stored {old.name} = {text}", outcome)
