"""What a rehearsal is told to do, and what it finds: `ctxcheck.rehearsal/1`.

Plain data, as JSON between the processes and for who asks for it. Bytes are hex, principals text, sizes bytes, times
milliseconds unless said otherwise.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

SCHEMA: Literal["ctxcheck.rehearsal/1"] = "ctxcheck.rehearsal/1"
EMBEDDED = "embedded replica"

Expects: TypeAlias = Literal["reply", "reject", "value", "same", "kept"]
# accepted: all holds. refused: the runtime does not do the upgrade. failed: it does, and something does not hold.
# undecided: the rehearsal came to no end, or to none that proves anything.
Outcome: TypeAlias = Literal["accepted", "refused", "failed", "undecided"]
# same; kept: a list that has more; gone: there is no such method any more; rejected; unreadable: by old clients;
# missing: entries of a list; differs: another value; silent: rejected before too, in the same words.
Fate: TypeAlias = Literal["same", "kept", "gone", "rejected", "unreadable", "missing", "differs", "silent"]
HOLDS: tuple[Fate, ...] = ("same", "kept", "silent")
_ALLOWED: tuple[Fate, ...] = ("differs", "missing")  # of a query that may differ; one that traps or is gone never may


class Call(NamedTuple):
    """A call. argument: Candid. caller: a principal, None: the one who upgrades. value: the reply expected, Candid."""

    name: str
    method: str
    kind: Literal["query", "update"]
    argument: str
    caller: str | None = None
    expects: Expects = "reply"
    value: str | None = None


class Job(NamedTuple):
    """What is to be rehearsed. Files are paths.

    state: a snapshot as icp-cli keeps one, None: `old` is installed with `old_argument`. candid: the old interface, a
    file, None: it is not known. caller: who upgrades, one of the controllers. canister: the id that the trial has.
    before: calls of the old version that make its state. asked: before and after the upgrade, by the old interface.
    after: calls of the new version. may_differ: queries whose replies may change. timers: seconds for which they ring
    after the upgrade, 0: not at all. memory_limit: of the main memory, bytes, 0: none, None: that of a new canister.
    script: a file of Python with functions `before` and `after`.
    """

    canister: str | None
    controllers: tuple[str, ...]
    caller: str
    state: str | None
    old: str | None
    old_argument: str
    new: str
    argument: str
    keep: bool
    candid: str | None
    new_candid: str | None
    before: tuple[Call, ...]
    asked: tuple[Call, ...]
    after: tuple[Call, ...]
    may_differ: tuple[str, ...]
    timers: int
    memory_limit: int | None
    script: str | None


class Said(NamedTuple):
    """How the runtime says no. code: such as IC0503. during: what was done."""

    code: str
    message: str
    during: str


class Query(NamedTuple):
    """A query of the old interface, before and after. before, after: replies in short. fuel: the larger of the two."""

    name: str
    fate: Fate
    words: str
    fuel: int
    may_differ: bool = False

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong with it."""
        return self.fate in HOLDS or (self.may_differ and self.fate in _ALLOWED)


class Held(NamedTuple):
    """A call of a scenario or a check of a plan, and whether what it says holds. when: `before` or `after`."""

    name: str
    when: Literal["before", "after"]
    holds: bool
    words: str


class Changed(NamedTuple):
    """A value that is not what it was. change: `lost`, `changed`, `added` or `unknown`. expected: why it may be."""

    change: str
    path: str
    old: str | None
    new: str | None
    expected: str | None


class Values(NamedTuple):
    """The stable variables before and after. why: they could not be compared. shown: the first differences."""

    why: str | None
    compared: int = 0
    kept: bool = False
    summary: str = ""
    shown: tuple[Changed, ...] = ()


class Sizes(NamedTuple):
    """Bytes of the main memory and of stable memory. timer: ns from then until it rings, None: it is not armed."""

    memory: int
    stable: int
    timer: int | None


class Spent(NamedTuple):
    """Times. loaded: state put in place. compiled: the new module, which the network does too. upgraded: itself."""

    loaded: int = 0
    compiled: int = 0
    upgraded: int = 0
    whole: int = 0


class Back(NamedTuple):
    """The way back: whether what was before is there again, and in words."""

    holds: bool
    words: str


class Found(NamedTuple):
    """What a trial found, on whatever engine. fuel: of the upgrade. limit: instructions that it may take.

    logs: of the upgrade and what came after it. left: calls to other canisters that were not let out.
    """

    outcome: Outcome
    why: str | None
    said: Said | None
    spent: Spent
    fuel: int
    limit: int
    before: Sizes | None
    after: Sizes | None
    logs: tuple[str, ...]
    left: tuple[str, ...]
    queries: tuple[Query, ...]
    unasked: tuple[str, ...]
    held: tuple[Held, ...]
    values: Values | None
    back: Back | None


class Rehearsal(NamedTuple):
    """A rehearsal. engine: what it ran on. state: what with, in words. module: SHA-256 of the new one, hex."""

    schema: Literal["ctxcheck.rehearsal/1"]
    name: str
    engine: str
    state: str
    real: bool
    old_module: str
    module: str
    found: Found

    @property
    def accepted(self) -> bool:
        """Whether all holds."""
        return self.found.outcome == "accepted"

    @property
    def compared(self) -> int | None:
        """How many values were compared; None: they could not be."""
        values = self.found.values
        return None if values is None or values.why is not None else values.compared

    @property
    def proof(self) -> str | None:
        """The words for the proof line; None: it proves nothing."""
        if not self.accepted or not self.real:
            return None
        seen = any(one.fate in HOLDS for one in self.found.queries) or self.compared is not None
        lacking = "" if seen else ", NOTHING of what it keeps could be looked at"
        return f"{self.engine}, {self.state}, {self.found.spent.whole / 1000:.1f} s{lacking}"


def nothing(outcome: Outcome, why: str | None, *, said: Said | None = None) -> Found:
    """Return what a trial found that came to no end."""
    return Found(outcome, why, said, Spent(), 0, 0, None, None, (), (), (), (), (), None, None)
