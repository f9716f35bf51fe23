"""What a rule is: one kind of difference, in one direction, with its verdict and everything that is said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from analyzer.model import ALL_CLIENTS, Polarity, Surface, Verdict

if TYPE_CHECKING:
    from analyzer.rules.guide import Kind, Promise

STABLE, CANDID = Surface.STABLE, Surface.CANDID
IN, OUT, STATE = Polarity.IN, Polarity.OUT, Polarity.STATE
SAFE, LOSSY, UNDECIDED, BREAKING = Verdict.SAFE, Verdict.LOSSY, Verdict.UNDECIDED, Verdict.BREAKING


class Rule(NamedTuple):
    """One rule.

    What it is: id, slug, title. What it covers, all of which must hold: surface, edits (kinds of edit), verdict,
    polarity (None: each), causes (of the walk's, None: each but INSTALLER), opt_rule (accepted by Candid's special
    rule for opt alone, None: either). What it says: guide (the guide's kind of change), promises (of the guide, that it
    disproves), clients (whose old clients break, where clients do), why, fix (best first), note, moc (the compiler's
    code), reference, since (the set of rules that it came with); effect_tells: whether the sentence that the walk found
    for an occurrence tells more than `why`.
    The relation decides the verdict; a rule that gives another one than the walk found does not match.
    """

    id: str
    slug: str
    title: str
    surface: Surface
    edits: tuple[str, ...]
    verdict: Verdict
    why: str
    reference: str
    polarity: Polarity | None = None
    causes: tuple[str, ...] | None = None
    opt_rule: bool | None = False
    guide: Kind | None = None
    promises: tuple[Promise, ...] = ()
    fix: tuple[str, ...] = ()
    note: str | None = None
    moc: str | None = None
    clients: tuple[str, ...] = ALL_CLIENTS
    effect_tells: bool = False
    since: str = "2026.1"

    @property
    def guide_only(self) -> bool:
        """Whether the guide calls it breaking and the official checkers do not."""
        return self.guide is not None and not self.guide.value.safe and self.verdict in (SAFE, LOSSY)

    @property
    def breaks(self) -> str:
        """Who breaks: `state`, `clients (js)` and so on, `guide`; empty where nobody does."""
        if self.surface == STABLE:
            return "" if self.verdict == SAFE else "state"
        if self.verdict in (BREAKING, UNDECIDED):
            return f"clients ({', '.join(self.clients)})"
        return "guide" if self.guide_only else ""
