"""Values as they are written, fitted to types: candid's `annotate_type` as the parser calls it, in two loops.

The first loop goes from the outside in and says of each value which types it must have; the second goes from the
inside out and makes the values. A value may have several types, one after the other: `(1 : nat)` at `int` is a nat,
then an int.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from analyzer.candid.print import name_text, type_text
from analyzer.candid.types import OMITTABLE, Kind
from analyzer.candid.values.build import Form, Written
from analyzer.candid.values.float32 import single
from analyzer.candid.values.model import RESERVED, Case, Some

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyzer.candid.types import CandidInterface
    from analyzer.candid.values.model import Value

_SHOWN = 60  # characters of a type in an error
_BITS = {
    Kind.NAT8: (0, 8),
    Kind.NAT16: (0, 16),
    Kind.NAT32: (0, 32),
    Kind.NAT64: (0, 64),
    Kind.INT8: (1, 7),
    Kind.INT16: (1, 15),
    Kind.INT32: (1, 31),
    Kind.INT64: (1, 63),
}
_KINDS: dict[Form, tuple[Kind, ...]] = {
    Form.NULL: (Kind.NULL,),
    Form.BOOL: (Kind.BOOL,),
    Form.NUMBER: (Kind.NAT, Kind.INT, *_BITS),
    Form.FLOAT: (Kind.FLOAT64, Kind.FLOAT32),
    Form.TEXT: (Kind.TEXT,),
    Form.BLOB: (Kind.VEC,),
    Form.OPT: (Kind.OPT,),
    Form.VEC: (Kind.VEC,),
    Form.RECORD: (Kind.RECORD,),
    Form.VARIANT: (Kind.VARIANT,),
    Form.PRINCIPAL: (Kind.PRINCIPAL,),
    Form.SERVICE: (Kind.SERVICE,),
    Form.FUNC: (Kind.FUNC,),
}


class Goal(NamedTuple):
    """A type that a value must have."""

    interface: CandidInterface
    node: int

    @property
    def kind(self) -> int:
        """Its kind, names followed."""
        return self.interface.table.kinds[self.head]

    @property
    def head(self) -> int:
        """Its node, names followed."""
        return self.interface.heads[self.node]

    def child(self, index: int) -> Goal:
        """Return a type in it."""
        return Goal(self.interface, self.interface.table.children[self.head][index])

    def __str__(self) -> str:
        return type_text(self.interface, self.node, _SHOWN)


Goals = tuple[Goal, ...]


def fit(written: Written, interface: CandidInterface, types: Sequence[int]) -> list[Value]:
    """Return the values at their types; interface and types: see `parse_values`. Raises ParseError."""
    fitter = _Fitter(written)
    if len(written.roots) > len(types):
        fitter.fail(written.roots[len(types)], f"{len(written.roots)} values for {len(types)} types")
    goals = [Goal(interface, node) for node in types]
    for root, goal in zip(written.roots, goals, strict=False):
        fitter.inherited[root] = (goal,)
    values = fitter.run()
    given: list[Value] = [values[root] for root in written.roots]
    for position, goal in enumerate(goals[len(given) :], len(given)):
        if goal.kind not in OMITTABLE:
            at = sum(map(len, written.interface.sources.texts))
            written.interface.sources.fail(at, f"value {position} of type {goal} is missing", "type")
        given.append(RESERVED if goal.kind == Kind.RESERVED else None)
    return given


class _Fitter:
    def __init__(self, written: Written) -> None:
        self.written = written
        self.inherited: dict[int, Goals] = {}
        # How each value is made: what kind it has in the end, its key where it is a case, and of its children those
        # that are kept, with their keys.
        self._made: list[Any] = [None] * len(written.forms)

    def fail(self, node: int, what: str, hint: str | None = None) -> NoReturn:
        """Raise a ParseError at a value."""
        self.written.interface.sources.fail(self.written.spans[node][0], what, "type", hint=hint)

    def run(self) -> list[Value]:
        written = self.written
        for node in range(len(written.forms) - 1, -1, -1):
            annotations = written.annotations.get(node, ())
            goals = (*[Goal(written.interface, a) for a in annotations], *self.inherited.pop(node, ()))
            self._made[node] = self._outside_in(node, goals) if goals else _Const(None)
        values: list[Value] = []
        for made in self._made:
            values.append(made.value(values))
        return values

    def _outside_in(self, node: int, goals: Goals) -> _Const | _Opt | _Vec | _Record | _Variant:
        """Check a value against its types and hand on the types of its children."""
        form = self.written.forms[node]
        met: list[Goal] = []
        for position, goal in enumerate(goals):
            if goal.kind == Kind.RESERVED:
                return self._reserved(node, goals[position:])
            if form == Form.NULL and goal.kind == Kind.OPT:
                return self._nothing(node, goals[position:])
            if goal.kind not in _KINDS[form] or (met and not self._goes_on(met[-1], goal)):
                self._refuse(node, goal)
            met.append(goal)
        if form == Form.OPT:
            (child,) = self.written.children[node]
            self.inherited[child] = tuple([goal.child(0) for goal in goals])
            return _Opt(child)
        if form == Form.VEC:
            return self._vec(node, goals)
        if form == Form.RECORD:
            return self._record(node, goals)
        if form == Form.VARIANT:
            return self._variant(node, goals)
        return _Const(self._atom(node, goals))

    def _goes_on(self, before: Goal, goal: Goal) -> bool:
        kinds = before.kind, goal.kind
        numbers = (*_KINDS[Form.NUMBER], *_KINDS[Form.FLOAT])
        return kinds[0] not in numbers or kinds[0] == kinds[1] or kinds == (Kind.NAT, Kind.INT)

    def _refuse(self, node: int, goal: Goal) -> NoReturn:
        form = self.written.forms[node]
        hint = None
        if form == Form.NUMBER and goal.kind in _KINDS[Form.FLOAT]:
            hint = "a float is written with a point: 1.0"
        elif goal.kind == Kind.OPT:
            hint = "a value of an opt type is written with opt in front, or it is null"
        self.fail(node, f"this {form.name.lower()} is no value of type {goal}", hint)

    def _reserved(self, node: int, goals: Goals) -> _Const:
        kinds = {goal.kind for goal in goals}
        if kinds - {Kind.RESERVED, Kind.OPT} or (Kind.OPT in kinds and goals[-1].kind == Kind.RESERVED):
            self._refuse(node, goals[-1])
        return _Const(None if goals[-1].kind == Kind.OPT else RESERVED)

    def _nothing(self, node: int, goals: Goals) -> _Const:
        for goal in goals:
            if goal.kind not in (Kind.OPT, Kind.RESERVED):
                self._refuse(node, goal)
        return _Const(RESERVED if goals[-1].kind == Kind.RESERVED else None)

    def _atom(self, node: int, goals: Goals) -> Any:  # noqa: ANN401
        form, atom = self.written.forms[node], self.written.atoms[node]
        for goal in goals:
            if form == Form.NUMBER:
                signed, bits = _BITS.get(Kind(goal.kind), (1, 0))
                least = -(1 << bits) if signed else 0
                fits = atom >= 0 or goal.kind != Kind.NAT if not bits else least <= atom < 1 << bits
                if not fits:
                    self.fail(node, f"this number is no {goal}")
            elif form == Form.BLOB and goal.child(0).kind != Kind.NAT8:
                self._refuse(node, goal)
            elif goal.kind == Kind.FLOAT32:
                atom = single(atom)
        return atom

    def _vec(self, node: int, goals: Goals) -> _Vec:
        children = self.written.children[node]
        inner = tuple([goal.child(0) for goal in goals])
        for child in children:
            self.inherited[child] = inner
        return _Vec(children, blob=inner[-1].kind == Kind.NAT8)

    def _members(self, goal: Goal) -> dict[int, tuple[str | int, Goal]]:
        table = goal.interface.table
        return {
            label: (label if name is None else name, Goal(goal.interface, child))
            for label, name, child in zip(
                table.labels[goal.head], table.names[goal.head], table.children[goal.head], strict=True
            )
        }

    def _record(self, node: int, goals: Goals) -> _Record:
        written = self.written
        given = {number: c for (number, _), c in zip(written.labels[node], written.children[node], strict=True)}
        fields: dict[str | int, int | None] = {}
        absent: dict[str | int, Value] = {}
        types: dict[int, list[Goal]] = {}
        for goal in goals:
            fields.clear()
            members = self._members(goal)
            for label, (key, inner) in members.items():
                child = given.get(label)
                if child is None and inner.kind not in OMITTABLE:
                    name = name_text(key) if isinstance(key, str) else str(key)
                    self.fail(node, f"the field {name} of type {inner} is missing")
                types.setdefault(label, []).append(inner)
                fields[key] = child
                absent[key] = RESERVED if inner.kind == Kind.RESERVED else None
            given = {label: child for label, child in given.items() if label in members}  # others are dropped
        for label, child in given.items():
            self.inherited[child] = tuple(types[label])
        return _Record(fields, absent)

    def _variant(self, node: int, goals: Goals) -> _Variant:
        ((number, name),), (child,) = self.written.labels[node], self.written.children[node]
        inner: list[Goal] = []
        key: str | int = number
        for goal in goals:
            members = self._members(goal)
            if number not in members:
                shown = str(number) if name is None else name_text(name)
                self.fail(node, f"the case {shown} is not in {goal}")
            key, one = members[number]
            inner.append(one)
        self.inherited[child] = tuple(inner)
        return _Variant(key, child)


class _Const(NamedTuple):
    content: Value

    def value(self, _values: list[Value]) -> Value:
        return self.content


class _Opt(NamedTuple):
    child: int

    def value(self, values: list[Value]) -> Value:
        return Some(values[self.child])


class _Vec(NamedTuple):
    children: tuple[int, ...]
    blob: bool

    def value(self, values: list[Value]) -> Value:
        items: list[Any] = [values[child] for child in self.children]
        return bytes(items) if self.blob else items


class _Record(NamedTuple):
    fields: dict[str | int, int | None]
    absent: dict[str | int, Value]

    def value(self, values: list[Value]) -> Value:
        return {key: self.absent[key] if child is None else values[child] for key, child in self.fields.items()}


class _Variant(NamedTuple):
    key: str | int
    child: int

    def value(self, values: list[Value]) -> Value:
        return Case(self.key, values[self.child])


def infer(written: Written) -> list[int]:
    """Return the type of each value as candid's `value_ty` infers it; new nodes go into the table of `written`."""
    table = written.interface.table
    types: list[int] = []
    for node, form in enumerate(written.forms):
        if node in written.annotations:
            types.append(written.annotations[node][-1])
            continue
        children = tuple([types[c] for c in written.children[node]])
        spans = tuple([(0, 0)] * len(children))
        kind = Kind.FLOAT64 if form == Form.FLOAT else Kind.INT if form == Form.NUMBER else _KINDS[form][0]
        if form in (Form.RECORD, Form.VARIANT):
            ids = tuple([number for number, _ in written.labels[node]])
            added = table.add(kind, ids, children, (0, 0), spans, tuple([name for _, name in written.labels[node]]))
        elif form == Form.FUNC:
            added = table.add(kind, ("", 0))
        elif form == Form.BLOB:
            added = table.add(kind, (), (table.add(Kind.NAT8),), (0, 0), ((0, 0),))
        elif form == Form.VEC:
            added = table.add(kind, (), (children[0] if children else table.add(Kind.EMPTY),), (0, 0), ((0, 0),))
        else:
            added = table.add(kind, (), children, (0, 0), spans)
        types.append(added)
    written.interface.heads = list(range(len(table)))
    return [types[root] for root in written.roots]
