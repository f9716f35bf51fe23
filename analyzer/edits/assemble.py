"""What the walk met, as edits: one for each difference in the text, with an occurrence for each root that meets it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from analyzer.model import RANK, Edit, Occurrence, Side, Surface, Verdict, step_key
from analyzer.rules import GENERAL, explain
from grammars.digest import sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from analyzer.edits.walk import Finding, Met, Part
    from analyzer.model import Location

FINGERPRINT_VERSION = "ctxcheck-fingerprint/1"


class Language(NamedTuple):
    """What a surface knows about its own types.

    text: a type, shortened; locations: where a span stands; owner: the named type that a span is in, None where it is
    in none; all take whether the old side is meant. digests: the structure that a root has on each side, "" where it is
    not there.
    """

    surface: Surface
    text: Callable[[int, bool], str]
    locations: Callable[[tuple[int, int], bool], tuple[Location, ...]]
    owner: Callable[[tuple[int, int], bool], str | None]
    digests: Callable[[str], tuple[str, str]]


def explained(met: list[Met], surface: Surface) -> list[Met]:
    """Find the rule of each, by what the walk found, before a profile or a choice of clients judges it otherwise."""
    for one in met:
        found = one.finding
        one.rule = explain(surface, found.kind, found.polarity, found.verdict, found.cause, opt_rule=found.opt_rule)
    return met


def assemble(met: Iterable[Met], language: Language, canister: str) -> list[Edit]:
    """Return the edits, worst first, then in the order of roots and paths."""
    grouped: dict[object, tuple[Finding, list[Occurrence]]] = {}
    digests: dict[str, tuple[str, str]] = {}
    for one in met:
        if one.root not in digests:
            digests[one.root] = language.digests(one.root)
        _, occurrences = grouped.setdefault(one.finding.key, (one.finding, []))
        occurrences.append(_occurrence(one, language.surface, canister, digests[one.root]))
    edits = [_edit(finding, occurrences, language) for finding, occurrences in grouped.values()]
    return sorted(edits, key=_order)


def _occurrence(met: Met, surface: Surface, canister: str, digests: tuple[str, str]) -> Occurrence:
    finding = met.finding
    rule = general_rule(surface, finding.verdict) if met.rule is None else met.rule.id
    breaks = finding.breaks
    if met.rule is not None and met.rule.guide_only and not breaks:
        breaks = ("guide",)
    return Occurrence(
        surface=surface,
        polarity=finding.polarity,
        root=met.root,
        path=met.path,
        rule=rule,
        verdict=finding.verdict,
        breaks=breaks,
        clients=finding.clients,
        effect=finding.effect,
        opt_rule=finding.opt_rule,
        code=finding.code,
        more=met.more,
        fingerprint=fingerprint(
            canister, rule or "", finding.kind, surface, finding.polarity, met.root, *map(step_key, met.path), *digests
        ),
    )


def general_rule(surface: Surface, verdict: Verdict) -> str | None:
    """Return the rule of what no rule explains: what is safe has none."""
    return None if verdict == Verdict.SAFE else GENERAL[surface]


def fingerprint(*parts: str) -> str:
    """Return SHA-256 (hex) over a version tag and the parts, each with its length in bytes before it."""
    sha = sha256()
    for part in (FINGERPRINT_VERSION, *parts):
        data = part.encode("utf-8", "surrogatepass")
        sha.update(b"%d:" % len(data) + data)
    return sha.hexdigest()


def digest_of_all(digests: Iterable[str]) -> str:
    """Return one digest for the types that a root stands for, "" where it stands for none."""
    parts = list(digests)
    return fingerprint(*parts) if parts else ""


def _edit(finding: Finding, occurrences: list[Occurrence], language: Language) -> Edit:
    occurrences.sort(key=lambda o: (-RANK[o.verdict], o.root, len(o.path)))
    name = fingerprint("edit", *sorted(o.fingerprint for o in occurrences))[:12]
    old, new = _side(finding.old, language, old=True), _side(finding.new, language, old=False)
    is_old = finding.new.node is None
    owner = language.owner((finding.old if is_old else finding.new).span, is_old)
    return Edit(name, language.surface, finding.kind, finding.label, old, new, occurrences, finding.renamed_to, owner)


def _side(part: Part, language: Language, *, old: bool) -> Side:
    text = None if part.node is None else language.text(part.node, old)
    return Side(text, language.locations(part.span, old))


def _order(edit: Edit) -> tuple[int, str, int, list[str]]:
    first = edit.occurrences[0]
    return -RANK[edit.verdict], first.root, len(first.path), [step_key(s) for s in first.path]
