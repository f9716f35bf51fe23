"""What a plan says: `ctxcheck.plan/1`. Plain data; bytes are named by their SHA-256 and stand behind it in the file.

Times are ns since epoch, sizes bytes, principals text. Cycles are text, since they may have 128 bits.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

SCHEMA: Literal["ctxcheck.plan/1"] = "ctxcheck.plan/1"

Digest: TypeAlias = str  # SHA-256 in hex
Yes: TypeAlias = Literal["no", "yes"]


class Network(NamedTuple):
    """Where the canisters are. root_key: hex of the point (96 bytes), what all that is certified is checked with."""

    name: str
    url: str
    root_key: str
    local: bool


class Section(NamedTuple):
    """A part of an interface: its bytes, and where they are from: `certified`, `module` or a file."""

    content: Digest
    origin: str


class OldSide(NamedTuple):
    """What runs, certified. certificate: CBOR; None: this network issues none. hidden: sections not shown to us.

    settings: as text by name, without the controllers. version: the canister's, for information: it counts each call.
    """

    time: int
    certificate: Digest | None
    module_hash: Digest
    installed: int | None
    controllers: tuple[str, ...]
    settings: dict[str, str]
    version: int | None
    sections: dict[str, Section]
    hidden: tuple[str, ...]

    @property
    def is_certified(self) -> bool:
        """Whether all of it is proven, and nothing was added by hand."""
        from_network = all(section.origin == "certified" for section in self.sections.values())
        return self.certificate is not None and from_network and not self.hidden


class NewSide(NamedTuple):
    """What is to run: the bytes that are sent, compressed or not; the network calls them by this hash too."""

    module: Digest
    size: int
    keep: bool
    argument: Digest
    argument_text: str | None


class Letting(NamedTuple):
    """That a change was accepted: who, why, when, until when (days)."""

    by: str
    reason: str
    on: str
    until: str | None


class Change(NamedTuple):
    """One occurrence. guide: the guide calls it breaking. blocked_by: for whose sake it blocks, unless accepted."""

    fingerprint: str
    surface: Literal["stable", "candid"]
    rule: str | None
    verdict: Literal["safe", "lossy", "undecided", "breaking"]
    guide: bool
    path: str
    effect: str
    blocked_by: tuple[str, ...]
    accepted: Letting | None


class Build(NamedTuple):
    """Where the new module is from. commit: of git; dirty: with changes that are not committed."""

    source: str
    commit: str | None
    dirty: bool | None
    compiler: str | None
    reproduced: str | None


class Precheck(NamedTuple):
    """Something that can go wrong, looked at when the plan was made. id: `G1` (the guide's), `F8` (network.md 5).

    outcome: `pass`; `warn`; `refuse`: it may not run so; `unknown`: nobody can tell, which is no pass; `later`: a step
    catches it.
    """

    id: str
    title: str
    outcome: Literal["pass", "warn", "refuse", "unknown", "later"]
    words: str


class Check(NamedTuple):
    """A call that shows that the new version works.

    expects: that it replies, the same as before, a value, or a list in which what was listed before is still there.
    """

    name: str
    kind: Literal["query", "update"]
    method: str
    argument: Digest
    expects: Literal["reply", "same", "value", "kept"]
    value: Digest | None


class Budget(NamedTuple):
    """What it takes. needed: cycles that must be there with the snapshot; have: there were when it was planned.

    snapshot_size: bytes that a snapshot takes. slots: snapshots that may still be taken. downtime: seconds, estimated.
    monthly: cycles that keeping the snapshot costs in a month of 30 days.
    """

    needed: str
    have: str
    snapshot_size: int
    slots: int
    downtime: int
    monthly: str


class Rollback(NamedTuple):
    """When it is undone by itself. after_start: while nothing was written (`unchanged`), always, or never.

    timers: after a load the timer is what it is: say so (`report`), or put the old module on itself (`rearm`).
    """

    after_start: Literal["unchanged", "always", "never"]
    timers: Literal["report", "rearm"]


class Backup(NamedTuple):
    """What is kept. snapshot: downloaded before the upgrade, after it, or not. keep: snapshots of ours on the chain."""

    files: Yes
    data: Yes
    snapshot: Literal["before", "after", "no"]
    keep: int


class Proof(NamedTuple):
    """How far it is proven. rehearsed: on which engine and state. compared: how many values.

    skipped: why it was not rehearsed, where somebody said so. evidence: what the rehearsal found, without values.
    """

    types: bool
    rehearsed: str | None
    compared: int | None
    skipped: str | None = None
    evidence: Digest | None = None


class Target(NamedTuple):
    """One canister. after: names of those that go before it.

    rehearse, state_compare: whether the plan may run only once rehearsed; whether the values are to be compared.
    """

    name: str
    canister: str
    after: tuple[str, ...]
    old: OldSide
    new: NewSide
    profile: str
    changes: tuple[Change, ...]
    build: Build
    prechecks: tuple[Precheck, ...]
    checks: tuple[Check, ...]
    budget: Budget
    rollback: Rollback
    backup: Backup
    rehearse: Yes
    state_compare: Yes
    proof: Proof


class Approvers(NamedTuple):
    """Who may approve, and how many have to. auto_approve: `safe`: none where every change is safe and certified."""

    allowed: tuple[str, ...]
    needed: int
    auto_approve: Literal["never", "safe"]


class Plan(NamedTuple):
    """The whole. tool: version of ctxcheck. message: the user's sentence. sender: who is to run it.

    rules: version of the rules. blobs: SHA-256 of the bytes behind it, in their order, with their sizes.
    """

    schema: Literal["ctxcheck.plan/1"]
    tool: str
    created: int
    expires: int
    message: str
    network: Network
    sender: str
    rules: str
    policy: Literal["state", "wire", "guide"]
    targets: tuple[Target, ...]
    approvers: Approvers
    blobs: dict[str, int]
