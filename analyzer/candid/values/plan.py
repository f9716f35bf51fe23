"""How a value of one type is read as one of another: Candid spec, "Coercion", a rule for each pair of kinds."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple

from analyzer.candid.pair import Pair
from analyzer.candid.relation import holds
from analyzer.candid.types import OMITTABLE, Kind
from analyzer.candid.values.budget import MAX_PAIRS
from analyzer.candid.values.errors import DecodeError
from analyzer.candid.values.model import RESERVED

if TYPE_CHECKING:
    from analyzer.candid.types import CandidInterface
    from analyzer.candid.values.model import Value

AS_IS = -1  # instead of an expected type: read at the type on the wire
MAX_SUBTYPING = 1_000_000  # pairs that the references of one message may ask the subtype relation about

Key = tuple[int, int]  # a type on the wire, an expected type


class Rule(Enum):
    """What is done with a value."""

    PRIMITIVE = auto()
    NOTHING = auto()  # null and reserved at `opt`: there are no bytes, it reads as null
    DROP = auto()  # read at `reserved`
    NULL = auto()  # read at `opt reserved`: the rule for other types does not reach what null is a value of
    OPT = auto()  # `opt` at `opt`
    WRAP = auto()  # another type at `opt`
    VEC = auto()
    RECORD = auto()
    VARIANT = auto()
    FUNC = auto()
    SERVICE = auto()
    PRINCIPAL = auto()  # a principal, or a service at `principal`
    FUTURE = auto()
    NEVER = auto()  # the type on the wire has no values
    MISMATCH = auto()


class Plan(NamedTuple):
    """A rule, the pairs that it rests on, and what it needs besides.

    keys: of a record, where each field of the wire goes (None: nowhere); of a variant, the label of each case of the
    wire (None: the reader does not know it). absent: what the fields of a record that the wire lacks read as. lacks:
    key and type of a field that must be there and is not.
    """

    rule: Rule
    children: tuple[Key, ...] = ()
    keys: tuple[str | int | None, ...] = ()
    absent: dict[str | int, Value] | None = None
    lacks: tuple[str | int, int] | None = None


class Planner:
    """Plans for the types of one message (`wire`) at those of an interface (`expected`)."""

    def __init__(self, wire: CandidInterface, expected: CandidInterface | None, endless: set[int]) -> None:
        self.wire = wire
        self.expected = expected
        self.endless = endless
        self._plans: dict[Key, Plan] = {}
        self._pair: Pair | None = None
        self._subtypes: dict[Key, bool] = {}
        self._asked = 0

    def plan(self, key: Key, at: int) -> Plan:
        """Return the plan for a pair. at: where the message is, for the error that there are too many."""
        known = self._plans.get(key)
        if known is None:
            if len(self._plans) > MAX_PAIRS:
                raise DecodeError(at, "types that combine in more ways than a decoder follows")
            known = self._plans[key] = self._as_is(key[0]) if key[1] == AS_IS else self._at(*key)
        return known

    def _as_is(self, node: int) -> Plan:
        table = self.wire.table
        kind, children = table.kinds[node], tuple([(c, AS_IS) for c in table.children[node]])
        if kind == Kind.EMPTY or node in self.endless:
            return Plan(Rule.NEVER)
        if kind not in _COMPOSITE:
            return Plan(_SIMPLE.get(Kind(kind), Rule.PRIMITIVE))
        absent: dict[str | int, Value] | None = {} if kind == Kind.RECORD else None
        return Plan(_COMPOSITE[Kind(kind)], children, table.labels[node], absent)

    def _at(self, node: int, goal: int) -> Plan:
        assert self.expected is not None  # noqa: S101 - only AS_IS is asked for without expected types
        wire, expected = self.wire.table, self.expected.table
        kw, ke = wire.kinds[node], expected.kinds[goal]
        if ke == Kind.RESERVED:
            return Plan(Rule.DROP, ((node, AS_IS),))
        if ke == Kind.OPT:
            return self._at_opt(node, self.expected.heads[expected.children[goal][0]])
        if kw == Kind.EMPTY or node in self.endless:
            return Plan(Rule.NEVER)
        if kw == ke or (kw == Kind.NAT and ke == Kind.INT):
            if kw < Kind.PRINCIPAL:
                return Plan(Rule.PRIMITIVE)
            if kw == Kind.VEC:
                return Plan(Rule.VEC, ((wire.children[node][0], self.expected.heads[expected.children[goal][0]]),))
            if kw == Kind.RECORD:
                return self._record(node, goal)
            if kw == Kind.VARIANT:
                return self._variant(node, goal)
            if kw == Kind.PRINCIPAL or self._is_subtype(node, goal):
                return Plan(_SIMPLE[Kind(kw)])
        if kw == Kind.SERVICE and ke == Kind.PRINCIPAL:
            return Plan(Rule.PRINCIPAL)
        return Plan(Rule.MISMATCH)

    def _at_opt(self, node: int, inner: int) -> Plan:
        """Return the plan of a type at `opt`. inner: what is expected below it."""
        assert self.expected is not None  # noqa: S101
        kind = self.wire.table.kinds[node]
        if kind in (Kind.NULL, Kind.RESERVED):
            return Plan(Rule.NOTHING)
        if kind == Kind.OPT:
            return Plan(Rule.OPT, ((self.wire.table.children[node][0], inner),))
        if self.expected.table.kinds[inner] == Kind.RESERVED:
            return Plan(Rule.NULL, ((node, AS_IS),))
        return Plan(Rule.WRAP, ((node, inner),))

    def _goals(self, goal: int) -> dict[int, tuple[str | int, int]]:
        """Return the key and the type of each field or case of an expected type, by id."""
        assert self.expected is not None  # noqa: S101
        table, heads = self.expected.table, self.expected.heads
        return {
            label: (label if name is None else name, heads[child])
            for label, name, child in zip(table.labels[goal], table.names[goal], table.children[goal], strict=True)
        }

    def _record(self, node: int, goal: int) -> Plan:
        assert self.expected is not None  # noqa: S101
        table = self.wire.table
        goals = self._goals(goal)
        have = set(table.labels[node])
        absent: dict[str | int, Value] = {}
        for label, (key, child) in goals.items():
            kind = self.expected.table.kinds[child]
            if label not in have and kind not in OMITTABLE:
                return Plan(Rule.MISMATCH, lacks=(key, child))
            absent[key] = RESERVED if kind == Kind.RESERVED else None
        keys: list[str | int | None] = []
        children: list[Key] = []
        for label, child in zip(table.labels[node], table.children[node], strict=True):
            met = goals.get(label)
            keys.append(None if met is None else met[0])
            children.append((child, AS_IS if met is None else met[1]))
        return Plan(Rule.RECORD, tuple(children), tuple(keys), absent)

    def _variant(self, node: int, goal: int) -> Plan:
        table = self.wire.table
        goals = self._goals(goal)
        met = [goals.get(label, (None, AS_IS)) for label in table.labels[node]]
        children = tuple([(child, at) for child, (_, at) in zip(table.children[node], met, strict=True)])
        return Plan(Rule.VARIANT, children, tuple([key for key, _ in met]))

    def _is_subtype(self, node: int, goal: int) -> bool:
        assert self.expected is not None  # noqa: S101
        if self._pair is None:
            self._pair = Pair(old=self.expected, new=self.wire)
        known = self._subtypes.get((node, goal))
        if known is None:
            answer = holds(
                self._pair,
                (node, goal + self._pair.offset),
                service_is_principal=True,
                limit=MAX_SUBTYPING - self._asked,
            )
            if answer.holds is None:
                raise DecodeError(0, "references whose types take too long to compare")
            self._asked += answer.asked
            known = self._subtypes[node, goal] = answer.holds
        return known


_COMPOSITE = {Kind.OPT: Rule.OPT, Kind.VEC: Rule.VEC, Kind.RECORD: Rule.RECORD, Kind.VARIANT: Rule.VARIANT}
_SIMPLE = {
    Kind.FUNC: Rule.FUNC,
    Kind.SERVICE: Rule.SERVICE,
    Kind.PRINCIPAL: Rule.PRINCIPAL,
    Kind.FUTURE: Rule.FUTURE,
}
