"""How a Candid value travels, and what it means there when two types differ.

What is refused, accepted with a loss, or safe follows the Candid spec, "Upgrading and Subtyping"; what each client then
does was measured (agent-js: @icp-sdk/core 6.1.0).
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from analyzer.candid.types import OMITTABLE, Kind
from analyzer.model import ALL_CLIENTS, Polarity, Verdict

_JS = ("js",)


class Flow(Enum):
    """Who writes a value and who reads it, and whether a value that does not fit is read as null."""

    OUT = "out"
    OUT_OPT = "out, under an opt"
    IN = "in"
    IN_OPT = "in, under an opt"
    INIT = "init"  # who installs the canister writes; clients see nothing of it

    __hash__ = object.__hash__  # each is there once; Python's own asks for the name every time

    @property
    def out(self) -> bool:
        """Whether the new version writes and old clients read."""
        return self in (Flow.OUT, Flow.OUT_OPT)

    @property
    def under_opt(self) -> bool:
        """Whether an `opt` is around."""
        return self in (Flow.OUT_OPT, Flow.IN_OPT)

    def flipped(self) -> Flow:
        """Return the flow of a function's arguments."""
        return _FLIPPED[self]

    def inside_opt(self) -> Flow:
        """Return the flow of what is inside an `opt`."""
        return _INSIDE_OPT[self]

    @property
    def polarity(self) -> Polarity:
        """How reports call it."""
        return Polarity.OUT if self.out else Polarity.IN


_FLIPPED = {
    Flow.OUT: Flow.IN,
    Flow.IN: Flow.OUT,
    Flow.OUT_OPT: Flow.IN_OPT,
    Flow.IN_OPT: Flow.OUT_OPT,
    Flow.INIT: Flow.INIT,
}
_INSIDE_OPT = {
    Flow.OUT: Flow.OUT_OPT,
    Flow.IN: Flow.IN_OPT,
    Flow.OUT_OPT: Flow.OUT_OPT,
    Flow.IN_OPT: Flow.IN_OPT,
    Flow.INIT: Flow.INIT,
}


class How(NamedTuple):
    """What a difference does; as in `Finding`."""

    verdict: Verdict
    effect: str
    cause: str = ""
    opt_rule: bool = False
    breaks: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
    otherwise: Verdict | None = None


INSTALLER_ONLY = How(Verdict.SAFE, "only who installs the canister passes it; clients see nothing of it")
_IGNORED = "old clients still send it; the new version ignores it"


def fits(cause: str) -> How:
    """Return what a difference does that every value survives."""
    return How(Verdict.SAFE, "every value still fits", cause)


def refused(flow: Flow, effect: str, cause: str = "") -> How:
    """Return how a no of the relation counts: under an `opt` the value that does not fit reads as null."""
    if flow is Flow.INIT:
        return INSTALLER_ONLY
    if flow.under_opt:
        effect = f"{effect}; under the opt around it that reads as null"
        return How(Verdict.LOSSY, effect, cause, opt_rule=True)
    return How(Verdict.BREAKING, effect, cause, breaks=("clients",), clients=ALL_CLIENTS)


def unreadable(flow: Flow, cause: str = "") -> How:
    """Return how a value of the wrong type counts."""
    if flow.out:
        return refused(flow, "old clients cannot read what the new version sends", cause)
    return refused(flow, "the new version cannot read what old clients send", cause)


def throws(flow: Flow, effect: str, cause: str, otherwise: Verdict, clients: tuple[str, ...] = _JS) -> How:
    """Return how a yes of the relation counts on which some clients throw all the same.

    otherwise: the verdict for the other clients.
    """
    if flow is Flow.INIT:
        return INSTALLER_ONLY
    if flow.under_opt:
        return How(Verdict.LOSSY, effect, cause)
    return How(Verdict.BREAKING, effect, cause, breaks=("clients",), clients=clients, otherwise=otherwise)


def extra(flow: Flow) -> How:
    """Return what a part does that the writer sends and the reader does not know."""
    if flow is Flow.INIT:
        return INSTALLER_ONLY
    return How(Verdict.SAFE, "old clients ignore it") if flow.out else How(Verdict.LOSSY, _IGNORED)


def missing(flow: Flow, kind: int) -> How:
    """Return what a part of a kind does that the reader knows and the writer does not send."""
    if flow is Flow.INIT:
        return INSTALLER_ONLY
    if kind not in OMITTABLE:
        if flow.out:
            return refused(flow, "old clients need it, and the new version does not send it", "required")
        return refused(flow, "the new version needs it, and old clients do not send it", "required")
    if not flow.out:
        return How(Verdict.SAFE, "old clients do not send it; the new version reads null", "optional")
    if kind == Kind.NULL:
        effect = 'agent-js throws: "Cannot find required field"; other clients read null'
        return throws(flow, effect, "null", Verdict.SAFE)
    return How(Verdict.LOSSY, "old clients read null", "optional")


def accepted(flow: Flow, written: int, read: int) -> How:
    """Return what a yes does between values of two kinds."""
    if flow is Flow.INIT:
        return INSTALLER_ONLY
    if written == Kind.NAT and read == Kind.INT:
        if flow.out:
            effect = 'agent-js throws: "type on the wire nat, expect type int"'
            return throws(flow, effect, "nat-as-int", Verdict.SAFE)
        return fits("nat-as-int")
    if written == Kind.SERVICE and read == Kind.PRINCIPAL:
        effect = "agent-js and the Motoko runtime do not read a service as a principal"
        return throws(flow, effect, "service-as-principal", Verdict.SAFE, ("js", "motoko"))
    if written == Kind.EMPTY:
        return fits("never-sent")
    if read == Kind.RESERVED:
        return (
            How(Verdict.SAFE, "old clients ignore it", "reserved")
            if flow.out
            else How(Verdict.LOSSY, _IGNORED, "reserved")
        )
    return fits("null-as-opt" if written == Kind.NULL else "")
