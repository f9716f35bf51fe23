"""Two Candid interfaces in, one report out."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal, get_args

from analyzer.candid import relation
from analyzer.candid.pair import Pair
from analyzer.candid.parse import parse_candid
from analyzer.candid.print import type_text
from analyzer.compare.messages import Messages
from analyzer.edits.assemble import Language, assemble, explained
from analyzer.edits.candid import CandidEdits
from analyzer.edits.walk import Finding, Met, Part
from analyzer.errors import ParseError, UsageError
from analyzer.model import ALL_CLIENTS, Polarity, Report, Step, Surface, Verdict, worst
from analyzer.text import Owners, locations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyzer.candid.types import CandidInterface
    from analyzer.model import Edit, Location

Profile = Literal["didc", "dfx", "strict"]
PROFILES: tuple[str, ...] = get_args(Profile)

_SHOWN_WARNINGS = 5

ARTEFACT = (
    "the official checker answers yes only because it keeps pairs that it proved under an assumption that then failed; "
    "with its methods in another order it answers no"
)

_MESSAGES = (("argument", Polarity.IN), ("result", Polarity.OUT))
UNKNOWN = "the official answer was not found within its step budget"
UNEXPLAINED = "the official checkers refuse this; why is not known to ctxcheck"


def compare_candid(old: str, new: str, *, profile: Profile = "didc", service_is_principal: bool = False) -> Report:
    """Compare two Candid texts and say whether `new` may take the place of `old` under the clients of `old`.

    profile: which official answer `compatible` gives. didc: `didc check`, mops. dfx: dfx and icp-cli, which refuse what
    the special rule for opt alone accepts. strict: `didc check --strict`, equality. service_is_principal: candid
    0.10.32 and later take a service for a principal. Imports are not followed: the verdict is then undecided at best.
    Raises ParseError, whose `side` is "old" or "new".
    """
    if profile not in PROFILES:
        msg = f"there is no profile {profile!r}"
        raise UsageError(msg, hint=f"profiles are {', '.join(PROFILES)}")
    sides = []
    # The official checkers read the new text first.
    for side, text in (("new", new), ("old", old)):
        try:
            sides.append(parse_candid(text, side))
        except ParseError as error:
            error.side = side
            raise
    return compare_interfaces(sides[1], sides[0], profile=profile, service_is_principal=service_is_principal)


def compare_interfaces(
    old: CandidInterface,
    new: CandidInterface,
    *,
    profile: str = "didc",
    service_is_principal: bool = False,
    clients: Sequence[str] = ALL_CLIENTS,
    canister: str = "",
) -> Report:
    """Compare two interfaces that are read already; see `compare_candid`.

    clients: whose old clients count, where they differ. canister: its name, part of fingerprints.
    """
    pair = Pair(old, new)
    if profile == "strict":
        compatible: bool | None = relation.equal(pair)
        proven = compatible
    else:
        how = {"opt_rule": profile == "didc", "service_is_principal": service_is_principal}
        proven = relation.sound(pair, **how)
        compatible = proven or relation.official(pair, **how)
    walk = CandidEdits(pair, service_is_principal=service_is_principal)
    met, omitted = walk.met()
    met += _unread(old, "old") + _unread(new, "new")
    if compatible is None:
        met.append(_whole(old, new, "answer_unknown", Verdict.UNDECIDED, UNKNOWN))
    met = explained(met, Surface.CANDID)
    met = [replace_finding(m, _under(profile, _for(clients, m.finding))) for m in met]
    shift = pair.offset

    def text(node: int, is_old: bool) -> str:  # noqa: FBT001 - the protocol of Language
        return type_text(old, node - shift) if is_old else type_text(new, node)

    def places(span: tuple[int, int], is_old: bool) -> tuple[Location, ...]:  # noqa: FBT001
        return locations((old if is_old else new).sources, span)

    owners = Owners(old.definition_spans.items()), Owners(new.definition_spans.items())

    def owner(span: tuple[int, int], is_old: bool) -> str | None:  # noqa: FBT001
        return owners[0 if is_old else 1].of(span)

    if proven is False and not omitted and all(m.finding.verdict != Verdict.BREAKING for m in met):
        # A no in which no difference was found to break anything: a no is never lost.
        met.append(_whole(old, new, "unexplained", Verdict.BREAKING, UNEXPLAINED))
    edits = assemble(met, Language(Surface.CANDID, text, places, owner, walk.digests), canister)
    _show(old, new, edits)
    verdict = worst([e.verdict for e in edits])
    notes = [_located(side, at, what) for side in (old, new) for at, what in side.warnings[:_SHOWN_WARNINGS]]
    if compatible and not proven:
        notes.append(ARTEFACT)
    if omitted:
        notes.append(f"{omitted:,} more methods meet edits that are listed here under other methods")
    return Report(Surface.CANDID, compatible, [], verdict, edits, profile, notes, omitted)


def _whole(old: CandidInterface, new: CandidInterface, kind: str, verdict: Verdict, effect: str) -> Met:
    """Return what is said of the interface as a whole."""
    parts = Part(None, old.main_span), Part(None, new.main_span)
    breaking = verdict == Verdict.BREAKING
    breaks, clients = (("clients",), ALL_CLIENTS) if breaking else ((), ())
    finding = Finding(kind, *parts, None, None, Polarity.OUT, verdict, effect, breaks=breaks, clients=clients)
    return Met("", finding, ())


def _located(interface: CandidInterface, offset: int, what: str) -> str:
    place = interface.sources.place(offset)
    return f"{place.source}:{place.line}:{place.column}: {what}"


def replace_finding(met: Met, finding: Finding) -> Met:
    """Return what was met with another finding."""
    return met if finding is met.finding else Met(met.root, finding, met.path, met.more, met.rule)


def _for(clients: Sequence[str], finding: Finding) -> Finding:
    """Return a finding as it counts for some kinds of clients."""
    if len(clients) == len(ALL_CLIENTS) or not finding.clients:
        return finding
    met_by = tuple(client for client in finding.clients if client in clients)
    if met_by or finding.otherwise is None:
        return finding._replace(clients=met_by)
    return finding._replace(clients=(), breaks=(), verdict=finding.otherwise)


def _under(profile: str, finding: Finding) -> Finding:
    """Return a finding as a profile judges it."""
    stricter = profile == "strict" or (profile == "dfx" and finding.opt_rule)
    same_label = finding.kind.endswith("_renamed") and finding.verdict == Verdict.SAFE
    if not stricter or same_label or finding.verdict in (Verdict.BREAKING, Verdict.UNDECIDED):
        return finding
    return finding._replace(verdict=Verdict.BREAKING, breaks=("clients",))


def _unread(interface: CandidInterface, side: str) -> list[Met]:
    """Return an undecided finding for each import that was not followed."""
    return [
        Met(
            f'import "{path}"',
            Finding(
                "import_unread",
                Part(None, span if side == "old" else (0, 0)),
                Part(None, span if side == "new" else (0, 0)),
                path,
                Step("import", path),
                Polarity.OUT,
                Verdict.UNDECIDED,
                f"the {side} text imports it and it was not read",
            ),
            (),
        )
        for path, span in interface.imports
    ]


def _show(old: CandidInterface, new: CandidInterface, edits: list[Edit]) -> None:
    """Let each occurrence that breaks or loses something find a message that shows it."""
    messages = Messages(old, new)
    for edit in edits:
        for occurrence in edit.occurrences:
            harms = occurrence.verdict in (Verdict.BREAKING, Verdict.LOSSY)
            # Arguments that old clients send, results that they read: not what travels inside a reference.
            if harms and occurrence.path and (occurrence.path[0].kind, occurrence.polarity) in _MESSAGES:
                occurrence.show = partial(messages.witness, occurrence)
