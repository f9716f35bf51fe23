"""The words of a comparison, as data: edits with occurrences, and the report that carries them.

Nothing here prints, and nothing nests deeper than report -> edit -> occurrence. What never changes is a NamedTuple
where it can be: Python makes such a class, its instances and their hashes several times as fast as a frozen dataclass.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from analyzer.errors import Place
    from analyzer.policy.accepted import Accepted

RULES_VERSION = "2026.1"
ALL_CLIENTS = ("js", "motoko", "rust")  # whose behaviour is known
MAX_PATH = 64  # steps that a path keeps; the middle of a longer one is counted


class Surface(StrEnum):
    """What an interface is looked at for."""

    STABLE = "stable"  # the data kept across an upgrade
    CANDID = "candid"  # what clients see


class Polarity(StrEnum):
    """Who writes the value that a type describes, and who reads it."""

    IN = "in"  # old clients write, the new canister reads
    OUT = "out"  # the new canister writes, old clients read
    STATE = "state"  # the old program wrote, the new program reads


class Verdict(StrEnum):
    """Of an occurrence, from best to worst."""

    SAFE = "safe"
    LOSSY = "lossy"  # accepted officially, but a value is dropped, reset or silently null
    UNDECIDED = "undecided"  # cannot be proven: blocks like breaking
    BREAKING = "breaking"


RANK = {verdict: rank for rank, verdict in enumerate(Verdict)}


def worst(verdicts: list[Verdict]) -> Verdict:
    """Return the worst of some verdicts; of none, safe."""
    return max(verdicts, key=RANK.__getitem__, default=Verdict.SAFE)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path into a type.

    kind: variable, method, init, argument, result, field, case, element, option, item (of a tuple), pointer (weak),
    parameter, type, migration, elided (`index` steps are left out, `name` is their digest). name: as the text calls
    it. index: position.
    """

    kind: str
    name: str | None = None
    index: int | None = None


def step_key(step: Step) -> str:
    """Return a step as text that no other step has, for digests."""
    name = "" if step.name is None else step.name
    index = "" if step.index is None else step.index
    return f"{step.kind}:{index}:{len(name)}:{name};"


class Location(NamedTuple):
    """Where a part of an interface stands. end_line and end_column are those behind its last code point."""

    start: Place
    end_line: int
    end_column: int
    role: str = "source"  # or "generated": read from a section or written by a compiler


class Side(NamedTuple):
    """One side of an edit. type: the type as text, shortened; None where this side has no such part.

    locations: where the part stands, or, of a part that is not there, the nearest part around it; what a person wrote
    comes first, what was generated from it after that.
    """

    type: str | None
    locations: tuple[Location, ...]


class Witness(NamedTuple):
    """A value that shows what a change does, proven. value: as text, on one line. outcome: what becomes of it."""

    value: str
    outcome: str


@dataclass(slots=True)
class Occurrence:
    """An edit as one root meets it; the unit of verdicts, exit codes and acceptance."""

    surface: Surface
    polarity: Polarity
    root: str
    path: tuple[Step, ...]
    rule: str | None
    verdict: Verdict
    breaks: tuple[str, ...]  # of `state`, `clients`, `guide`
    clients: tuple[str, ...]  # of `js`, `motoko`, `rust`: whose old clients break
    effect: str  # one sentence: what happens
    opt_rule: bool  # accepted through candid's special rule for opt alone
    code: str | None  # moc's code for it
    more: int  # further ways from the same root to the same edit
    fingerprint: str
    blocked_by: tuple[str, ...] = ()  # of `state`, `clients`, `guide`, under the policy of the report
    # How the witness is found, None once it was or if there is none; and the one that was found.
    show: Callable[[], Witness | None] | None = field(default=None, repr=False, compare=False)
    found: Witness | None = field(default=None, repr=False, compare=False)
    accepted: Accepted | None = None  # the decision that lets it pass
    note: str | None = None  # what the gate found about it

    @property
    def witness(self) -> Witness | None:
        """A value that shows what happens, None where none does. It is looked for when it is first asked for."""
        if self.show is not None:
            self.found, self.show = self.show(), None
        return self.found


@dataclass(slots=True)
class Edit:
    """One difference between a pair of types, with both sides and everything it does.

    label: name of the field, case, method, variable; renamed_to: its new name. owner: the named type that it is in,
    None where it is in none.
    """

    id: str
    surface: Surface
    kind: str
    label: str | None
    old: Side
    new: Side
    occurrences: list[Occurrence]
    renamed_to: str | None = None
    owner: str | None = None

    @property
    def verdict(self) -> Verdict:
        """The worst of the occurrences."""
        return worst([o.verdict for o in self.occurrences])


@dataclass(slots=True)
class Report:
    """The comparison of one surface.

    compatible: the official checker's answer, None: undecided. codes: moc's codes of the relation (stable). verdict:
    ours, never better than `compatible`. notes: sentences about the whole, e.g. which answer the official checker owes
    to an artefact. omitted: occurrences that were counted and not kept.
    """

    surface: Surface
    compatible: bool | None
    codes: list[str]
    verdict: Verdict
    edits: list[Edit]
    profile: str | None = None
    notes: list[str] = field(default_factory=list)
    omitted: int = 0
