"""A rehearsal as lines for a terminal: what came of it first, then what it was done with, then what was looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.model import Verdict
from analyzer.report.block import block_lines
from analyzer.report.drawing import shortened, spread, wrapped
from analyzer.report.words import clean, official, totals
from migrator.plan.words import size
from migrator.rehearsal.causes import causes
from migrator.rehearsal.model import HOLDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from analyzer.compare.versions import ChangeSet
    from analyzer.report.drawing import Drawing, Line
    from migrator.rehearsal.model import Changed, Found, Held, Rehearsal, Sizes

_NAME = 10  # columns of what stands before the words
_SHOWN = 10  # of what is listed
_LEAST, _MOST = 1.3, 2.0  # instructions of the Internet Computer for one of ours (replica.md)
_SECOND = 1_000_000_000
_SMALL = 0.001
_QUERY = 5_000_000_000  # instructions of a query (spec 0.66, "Resource limits")
_OUTCOMES = {
    "accepted": (Verdict.SAFE, "ACCEPTED", "the upgrade is done, and all holds"),
    "refused": (Verdict.BREAKING, "REFUSED", "the runtime does not do this upgrade; nothing is lost by trying"),
    "failed": (Verdict.BREAKING, "FAILED", "the upgrade is done, and not all holds"),
    "undecided": (Verdict.UNDECIDED, "UNDECIDED", "the rehearsal proves nothing"),
}
_CHANGES = {"lost": "breaking", "changed": "lossy", "unknown": "undecided", "added": "safe"}


def rehearsal_lines(rehearsal: Rehearsal, changes: ChangeSet | None, drawing: Drawing) -> Iterator[Line]:
    """Give the lines of a rehearsal. changes: of the two versions, beside which the runtime's words are put."""
    found = rehearsal.found
    verdict, word, says = _OUTCOMES[found.outcome]
    head: Line = [(f"{drawing.mark(verdict)} {word}", verdict), (f"  {drawing.text(clean(rehearsal.name))}", "bold")]
    yield from spread(head, (says, "dim"), drawing, ("  ", ""))
    if found.why is not None:
        yield from wrapped(found.why, drawing, [("  ", "")], [("  ", "")], str(verdict))
    yield from _refusal(found, changes, drawing)
    for name, words in _facts(rehearsal, changes):
        yield from _pair(name, words, drawing)
    yield from _queries(found, drawing)
    yield from _held(found, drawing)
    yield from _values(found, drawing)
    yield from _rest(found, drawing)
    yield from _pair("proof", proof_words(rehearsal), drawing)


def summary(rehearsal: Rehearsal) -> Iterator[tuple[str, str]]:
    """Give what a rehearsal found as names and words: what a page has of it."""
    found = rehearsal.found
    yield from _facts(rehearsal, None)
    yield "queries", _asked(found)
    for when, label in (("before", "prepared"), ("after", "checks")):
        of_it = [one for one in found.held if one.when == when]
        if of_it:
            yield label, _holding(of_it)
    if found.values is not None:
        why = found.values.why
        yield "values", clean(found.values.summary if why is None else f"NOT compared: {why}", 300)
    if found.back is not None:
        yield "way back", clean(found.back.words, 300)
    yield "proof", proof_words(rehearsal)


def proof_words(rehearsal: Rehearsal) -> str:
    """Return how far the upgrade is proven by a rehearsal."""
    compared = f"{rehearsal.compared:,} values compared" if rehearsal.compared else "no values compared"
    if rehearsal.accepted and not rehearsal.real:
        return f"tried on {rehearsal.engine} without real state, which proves little; {compared}"
    rehearsed = (
        f"rehearsed: {rehearsal.proof}" if rehearsal.proof else "not rehearsed: it was tried, and is not accepted"
    )
    return f"{rehearsed}; {compared}"


def _refusal(found: Found, changes: ChangeSet | None, drawing: Drawing) -> Iterator[Line]:
    if found.said is None:
        return
    yield []
    edits = causes(found.said, changes)
    for block in edits:
        yield from block_lines(block, drawing)
    label = "network" if found.said.code != "IC0503" else "runtime"
    lead: Line = [(f"  {label:<{_NAME}}", "bold")]
    yield from wrapped(f"{found.said.code}: {found.said.message}", drawing, lead, [(" " * (_NAME + 2), "")], "breaking")
    if found.said.during != "upgrade":
        return
    if not edits:
        told = "no change of types explains this: it is the program that ends the upgrade"
    elif len(edits) == 1:
        told = "this is said of the change above"
    else:
        told = f"this is said of the {len(edits)} changes above; it does not tell which"
    yield from _pair("cause", told, drawing)
    yield []


def _facts(rehearsal: Rehearsal, changes: ChangeSet | None) -> Iterator[tuple[str, str]]:
    found, spent = rehearsal.found, rehearsal.found.spent
    modules = f"module {rehearsal.old_module[:12]} to {rehearsal.module[:12]}"
    yield "engine", f"{rehearsal.engine}; {modules}"
    yield "state", clean(rehearsal.state, 300)
    if changes is not None:
        for canister in changes.canisters:
            said = [official(one.surface, one.compatible, one.profile) for one in canister.surfaces]
            yield "types", f"{', '.join(said)}; {totals(canister.edits)}"
    if found.limit:
        likely = f"{_number(found.fuel * _LEAST)} to {_number(found.fuel * _MOST)} on the Internet Computer"
        allowed = f"{_share(found)} of the {_number(found.limit)} allowed"
        yield "took", f"{found.fuel:,} instructions here, likely {likely}, {allowed}"
    if spent.whole:
        compiling = f"compiling {spent.compiled:,} ms, " if spent.compiled else ""
        apart = f"{compiling}loading {spent.loaded:,} ms, all of it {spent.whole / 1000:,.1f} s"
        yield "time", f"{spent.upgraded:,} ms; {apart}"
    if found.before is not None:
        yield "memory", _grown(found.before, found.after)
        yield "timer", _timers(found.before, found.after)


def _share(found: Found) -> str:
    share = found.fuel * _MOST / found.limit
    return f"{share:.1%}" if share >= _SMALL else f"less than {_SMALL:.1%}"


def _number(count: float) -> str:
    for unit, name in ((1e9, " G"), (1e6, " M")):
        if count >= unit:
            return f"{count / unit:,.1f}{name}"
    return f"{count:,.0f}"


def _grown(before: Sizes, after: Sizes | None) -> str:
    if after is None:
        return f"{size(before.memory)}, stable {size(before.stable)}"
    return f"{size(before.memory)}, then {size(after.memory)}; stable {size(before.stable)}, then {size(after.stable)}"


def _timers(before: Sizes, after: Sizes | None) -> str:
    def told(one: Sizes) -> str:
        if one.timer is None:
            return "not armed"
        return f"rings in {one.timer / _SECOND:,.0f} s" if one.timer else "would ring now"

    words = told(before)
    if after is None:
        return words
    lost = "; what the old version armed is NOT armed again" if before.timer is not None and after.timer is None else ""
    return f"{words}, after the upgrade {told(after)}{lost}"


def _asked(found: Found) -> str:
    same = sum(one.fate == "same" for one in found.queries)
    return f"{len(found.queries):,} asked before and after, with old clients' types; {same:,} reply the same"


def _holding(calls: Sequence[Held]) -> str:
    good = sum(one.holds for one in calls)
    how = "reply" if calls[0].when == "before" else "hold"
    return f"{good:,} of {len(calls):,} calls {how} as they should"


def _queries(found: Found, drawing: Drawing) -> Iterator[Line]:
    if not found.queries and found.outcome not in ("accepted", "failed"):
        return
    odd = [one for one in found.queries if one.fate != "same"]
    yield from _pair("queries", _asked(found), drawing)
    near = [one.name for one in found.queries if one.fuel * _MOST > _QUERY]
    if near:
        words = f"may take more than the {_number(_QUERY)} instructions that a query has there: {_listed(near)}"
        yield from wrapped(words, drawing, [(" " * (_NAME + 2), "")], [(" " * (_NAME + 2), "")], "lossy")
    for one in odd:
        style = "safe" if one.fate in HOLDS else "dim" if one.holds else "breaking"
        lead: Line = [(f"    {one.fate:<{_NAME}}", style), (f" {clean(one.name)}: ", "bold")]
        allowed = " (it may)" if one.holds and one.fate not in HOLDS else ""
        yield from wrapped(one.words + allowed, drawing, lead, [(" " * (_NAME + 5), "")])
    if found.unasked:
        named = _listed(found.unasked)
        yield from wrapped(
            f"not asked, for they take arguments: {named}",
            drawing,
            [(" " * (_NAME + 2), "")],
            [(" " * (_NAME + 2), "")],
            "dim",
        )


def _held(found: Found, drawing: Drawing) -> Iterator[Line]:
    for when, label in (("before", "prepared"), ("after", "checks")):
        of_it = [one for one in found.held if one.when == when]
        if not of_it:
            continue
        wrong = [one for one in of_it if not one.holds]
        yield from _pair(label, _holding(of_it), drawing)
        for one in wrong[:_SHOWN]:
            lead: Line = [("    ", ""), (f"{clean(one.name)}: ", "bold")]
            yield from wrapped(one.words, drawing, lead, [(" " * (_NAME + 2), "")], "breaking")


def _values(found: Found, drawing: Drawing) -> Iterator[Line]:
    values = found.values
    if values is None:
        return
    if values.why is not None:
        yield from _pair("values", f"NOT compared: {values.why}", drawing, "undecided")
        return
    took = "lossy" if any(one.change == "lost" for one in values.shown) else ""
    yield from _pair("values", values.summary, drawing, took if values.kept else "breaking")
    for one in values.shown[:_SHOWN]:
        yield _changed(one, drawing)
    if len(values.shown) > _SHOWN:
        yield [(f"    and more; all in --format json, up to {len(values.shown)}", "dim")]


def _changed(one: Changed, drawing: Drawing) -> Line:
    style = (
        "lossy" if one.change == "lost" and one.expected else "dim" if one.expected else _CHANGES.get(one.change, "")
    )
    sides = f" {drawing.arrow} ".join(clean(side, 80) for side in (one.old, one.new) if side is not None)
    why = f"  ({clean(one.expected, 80)})" if one.expected else ""
    room = drawing.width - _NAME - 6
    return [
        (f"    {one.change:<{_NAME}} ", style),
        (shortened(drawing.text(f"{clean(one.path, 200)}  {sides}{why}"), room, drawing), ""),
    ]


def _rest(found: Found, drawing: Drawing) -> Iterator[Line]:
    if found.left:
        words = f"{len(found.left)} to other canisters, none let out: {_listed(found.left)}"
        yield from _pair("calls", words, drawing, "lossy")
    logs = [line for line in found.logs if found.said is None or not line.startswith("[TRAP]: ")]  # told above
    for number, line in enumerate(logs[:_SHOWN]):
        yield from _pair("" if number else "logs", line, drawing)
    if len(logs) > _SHOWN:
        yield [(f"{' ' * (_NAME + 2)}and {len(logs) - _SHOWN} more lines", "dim")]
    if found.back is not None:
        yield from _pair("way back", found.back.words, drawing, "" if found.back.holds else "breaking")


def _listed(names: Iterable[str]) -> str:
    found = [clean(one, 60) for one in dict.fromkeys(names)]
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return ", ".join(found[:_SHOWN]) + more


def _pair(name: str, words: str, drawing: Drawing, style: str = "") -> Iterator[Line]:
    yield from wrapped(words, drawing, [(f"  {name:<{_NAME}}", "dim")], [(" " * (_NAME + 2), "")], style)
