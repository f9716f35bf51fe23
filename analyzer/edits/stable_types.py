"""What differs between two types that are kept across an upgrade, and what the upgrade does to it.

The walk asks the questions of `analyzer.motoko.relation` (stable subtyping) and goes on where that one stops.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from analyzer.edits.renames import renames
from analyzer.edits.walk import Finding, Part, Steps
from analyzer.model import Polarity, Step, Verdict
from analyzer.motoko.compatible import LOSES_DATA, NOT_SUBTYPE
from analyzer.motoko.relation import EQUAL, FAIL, SUB, Relation
from analyzer.motoko.types import Kind
from analyzer.structure import Structure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.motoko.compatible import Compatibility
    from analyzer.table import Span

_STAMP = re.compile(r"__\d+$")  # moc tells types of one name apart by a number behind it


def source_name(name: str) -> str:
    """Return a type's name without the number that moc puts behind it."""
    return _STAMP.sub("", name)


class Flow(Enum):
    """How the two sides are to relate."""

    KEEP = "keep"  # an old value becomes a new one
    FLIP = "flip"  # an argument of a stored shared function: the other way round
    EQUAL = "equal"  # part of something mutable: exactly the same


_SINGLE = {Kind.OPTION: "option", Kind.WEAK: "pointer", Kind.ARRAY: "element", Kind.ASYNC: "result"}
_CAUSES = {Flow.FLIP: "stored-function", Flow.EQUAL: "mutable"}  # whatever the change is, this is why it counts so
_FLIPPED = {Flow.KEEP: Flow.FLIP, Flow.FLIP: Flow.KEEP, Flow.EQUAL: Flow.EQUAL}


class State(NamedTuple):
    """A pair of nodes of the universe."""

    old: int
    new: int
    flow: Flow


class _Member(NamedTuple):
    name: str
    node: int
    span: Span


_Expanded = tuple[list[Finding], list[tuple[Steps, State]]]


class StableTypes:
    """The walk over pairs of types of one universe."""

    def __init__(self, compatibility: Compatibility) -> None:
        self.compatibility = compatibility
        self.universe = compatibility.universe
        self._plain = Relation(self.universe, stable=False)
        self._stable = Relation(self.universe, stable=True)
        self._structure: Structure | None = None

    @property
    def structure(self) -> Structure:
        """Classes of equal types over all variables; made when first asked for."""
        if self._structure is None:
            compatibility = self.compatibility
            roots = [
                self.universe.expand(node)
                for v in compatibility.variables
                for node in (
                    *([] if v.old is None else [compatibility.old_node(v.old)]),
                    *([] if v.new is None else [v.new.node]),
                )
            ]
            self._structure = Structure(roots, self._form)
        return self._structure

    def _form(self, node: int) -> tuple[Any, tuple[int, ...]]:
        universe = self.universe
        kind, labels = universe.kinds[node], universe.labels[node]
        if kind == Kind.FUNC:
            labels = (*labels[:2], *labels[3:])  # without the binder's number
        elif kind in (Kind.PARAM, Kind.TYPE):
            labels = labels[1:]
        return (kind, labels), tuple([universe.expand(c) for c in universe.children[node]])

    # -- where things stand

    def _span(self, node: int) -> Span:
        origin, offset = self.universe.origin[node], self.universe.offsets[1]
        if origin >= offset:
            return self.compatibility.old.table.spans[origin - offset]
        return self.compatibility.new.table.spans[origin]

    def _members(self, node: int, first: int = 0) -> list[_Member]:
        """Return the fields or tags of a node; first: how many of its labels are none."""
        origin, offset = self.universe.origin[node], self.universe.offsets[1]
        old = origin >= offset
        table = (self.compatibility.old if old else self.compatibility.new).table
        spans = table.members[origin - offset if old else origin]
        names, children = self.universe.labels[node][first:], self.universe.children[node]
        return [_Member(*member) for member in zip(names, children, spans, strict=True)]

    def _whole(self, node: int) -> Part:
        return Part(node, self._span(node))

    def _around(self, node: int) -> Part:
        return Part(None, self._span(node))

    # -- the walk

    def into(self, steps: Steps, old: int, new: int, flow: Flow) -> Iterator[tuple[Steps, State]]:
        """Yield the state of a pair of types, unless they are the same as written.

        Definitions of one name are compared where they are defined, anything else where it is referred to.
        """
        universe = self.universe
        kinds = universe.kinds
        while kinds[old] == kinds[new] == Kind.CON and self._name(old) == self._name(new):
            old, new = universe.unfold(old), universe.unfold(new)
        if kinds[old] == kinds[new] == Kind.VAR:
            yield from self.into(steps, universe.children[old][0], universe.children[new][0], Flow.EQUAL)
            return
        old_head, new_head = universe.expand(old), universe.expand(new)
        if kinds[old_head] != kinds[new_head]:
            yield steps, State(old, new, flow)
        elif kinds[old_head] == Kind.ANY and self._code(flow, old, new) is None:
            return  # written or computed, it is the same
        elif (
            universe.children[old_head]
            or universe.children[new_head]
            or universe.labels[old_head] != universe.labels[new_head]
        ):
            same_place = kinds[old_head] not in self._by_kind or self._sort(old_head) != self._sort(new_head)
            yield steps, State(old, new, flow) if same_place else State(old_head, new_head, flow)

    def _name(self, node: int) -> str:
        return source_name(self.universe.names[self.universe.labels[node][0]])

    def _sort(self, node: int) -> object:
        return self.universe.labels[node][0] if self.universe.kinds[node] == Kind.OBJECT else None

    def expand(self, state: State) -> _Expanded:
        """Return the edits at a pair of types, and the pairs that it leads to."""
        universe = self.universe
        old, new = universe.expand(state.old), universe.expand(state.new)
        kind = universe.kinds[old]
        if kind == universe.kinds[new] and kind in self._by_kind and self._sort(old) == self._sort(new):
            return self._by_kind[Kind(kind)](self, State(old, new, state.flow))
        return [self._changed(state)], []

    def _code(self, flow: Flow, old: int, new: int) -> str | None:
        """Return moc's code for a pair of types that are compared by themselves, None where they may stand."""
        a, b = (new, old) if flow == Flow.FLIP else (old, new)
        mode = EQUAL if flow == Flow.EQUAL else SUB
        if FAIL in self._plain.rests_on(a, b, mode):
            return NOT_SUBTYPE
        return LOSES_DATA if FAIL in self._stable.rests_on(a, b, mode) else None

    def _part_finding(
        self,
        flow: Flow,
        kind: str,
        parts: tuple[Part, Part],
        label: str | None,
        step: Step | None,
        code: str | None,
        effect: str,
        cause: str = "",
    ) -> Finding:
        cause = cause or _CAUSES.get(flow, "")
        if code is None:
            return Finding(kind, *parts, label, step, Polarity.STATE, Verdict.SAFE, effect, cause)
        where = {
            Flow.KEEP: "",
            Flow.FLIP: " (an argument of a stored function)",
            Flow.EQUAL: " (inside something mutable, whose type must stay exactly as it is)",
        }[flow]
        effect += where
        return Finding(
            kind, *parts, label, step, Polarity.STATE, Verdict.BREAKING, effect, cause, breaks=("state",), code=code
        )

    def _changed(self, state: State) -> Finding:
        universe = self.universe
        old, new = universe.expand(state.old), universe.expand(state.new)
        ko, kn = universe.kinds[old], universe.kinds[new]
        kind = "type_changed"
        if Kind.VAR in (ko, kn):
            kind = "mutability_changed"
        elif kn == Kind.OPTION and ko not in (Kind.NONE, Kind.ANY) and universe.labels[old] != ("Null",):
            kind = "opt_added"
        elif ko == Kind.OPTION and kn != Kind.ANY:
            kind = "opt_removed"
        code = self._code(state.flow, state.old, state.new)
        effect = (
            "every stored value still fits" if code is None else _WHY.get(kind, "stored values are of the old type")
        )
        if code == LOSES_DATA:
            effect = "the stored value would be dropped"
        parts = self._whole(state.old), self._whole(state.new)
        cause = self._change(old, new) if kind == "type_changed" and state.flow not in _CAUSES else ""
        return self._part_finding(state.flow, kind, parts, None, None, code, effect, cause)

    def _change(self, old: int, new: int) -> str:
        """Return the cause of a changed type."""
        universe = self.universe
        labels = universe.labels[old], universe.labels[new]
        if universe.kinds[old] == Kind.NONE:
            return "never-stored"
        if universe.kinds[new] == Kind.ANY:
            return "to-any"
        if labels[0] == ("Null",):
            return "null-as-option"
        return {(("Nat",), ("Int",)): "widened", (("Int",), ("Nat",)): "narrowed"}.get(labels, "mismatch")

    def _single(self, state: State) -> _Expanded:
        universe = self.universe
        (old,), (new,) = universe.children[state.old], universe.children[state.new]
        step = Step(_SINGLE[Kind(universe.kinds[state.old])])
        if universe.labels[state.old] != universe.labels[state.new]:
            return [self._changed(state)], []
        if (universe.kinds[old] == Kind.VAR) != (universe.kinds[new] == Kind.VAR):
            effect = "an array that can change and one that cannot are stored differently"
            parts = self._whole(state.old), self._whole(state.new)
            return [self._part_finding(state.flow, "mutability_changed", parts, None, None, NOT_SUBTYPE, effect)], []
        return [], list(self.into((step,), old, new, state.flow))

    def _tuple(self, state: State) -> _Expanded:
        universe = self.universe
        olds, news = universe.children[state.old], universe.children[state.new]
        following: list[tuple[Steps, State]] = []
        for i, (old, new) in enumerate(zip(olds, news, strict=False)):
            following += self.into((Step("item", None, i),), old, new, state.flow)
        findings = []
        effect = "a stored tuple has the length that it had"
        for i in range(len(news), len(olds)):
            parts = self._whole(olds[i]), self._around(state.new)
            step = Step("item", None, i)
            findings.append(self._part_finding(state.flow, "item_removed", parts, str(i), step, NOT_SUBTYPE, effect))
        for i in range(len(olds), len(news)):
            parts = self._around(state.old), self._whole(news[i])
            step = Step("item", None, i)
            findings.append(self._part_finding(state.flow, "item_added", parts, str(i), step, NOT_SUBTYPE, effect))
        return findings, following

    def _object(self, state: State) -> _Expanded:
        kind = "method" if self._sort(state.old) == "actor" else "field"
        # Which side must have all that the other has: the one that is read as the other's type.
        gone_code = NOT_SUBTYPE if state.flow != Flow.KEEP else LOSES_DATA
        come_code = NOT_SUBTYPE if state.flow != Flow.FLIP else LOSES_DATA
        effects = ("what is stored in it would be dropped", "values that are stored already do not have it")
        if kind == "method":
            effects = ("a stored actor reference would lose it", "a stored actor reference may not have it")
        return self._aligned(state, kind, 1, (gone_code, effects[0]), (come_code, effects[1]))

    def _variant(self, state: State) -> _Expanded:
        gone = (
            (None, "no stored value is read as it")
            if state.flow == Flow.FLIP
            else (NOT_SUBTYPE, "a stored value may be this case")
        )
        come = (None, "no stored value is this case") if state.flow == Flow.KEEP else (NOT_SUBTYPE, "the case is new")
        return self._aligned(state, "case", 0, gone, come)

    def _aligned(
        self, state: State, kind: str, first: int, on_gone: tuple[str | None, str], on_come: tuple[str | None, str]
    ) -> _Expanded:
        olds = {m.name: m for m in self._members(state.old, first)}
        news = {m.name: m for m in self._members(state.new, first)}
        findings: list[Finding] = []
        following: list[tuple[Steps, State]] = []
        universe, flow = self.universe, state.flow
        for name, old in olds.items():
            new = news.get(name)
            if new is None:
                continue
            step = Step(kind, name)
            if (universe.kinds[old.node] == Kind.VAR) != (universe.kinds[new.node] == Kind.VAR):
                parts = Part(old.node, old.span), Part(new.node, new.span)
                effect = "a field that can change and one that cannot are stored differently"
                findings.append(self._part_finding(flow, "mutability_changed", parts, name, step, NOT_SUBTYPE, effect))
            else:
                following += self.into((step,), old.node, new.node, flow)
        gone = [m for name, m in olds.items() if name not in news]
        come = [m for name, m in news.items() if name not in olds]
        paired = renames(gone, come, lambda m: self.structure.classes[universe.expand(m.node)]) if gone and come else []
        renamed = {m.name for pair in paired for m in pair}
        for old, new in paired:
            code, effect = on_gone if on_gone[0] is not None else on_come
            text = f"{old.name} is now called {new.name}: {effect}"
            # A name that goes and one that comes fail together, and the failure that moc names first is M0170.
            worse = NOT_SUBTYPE if NOT_SUBTYPE in (on_gone[0], on_come[0]) else code
            parts = Part(old.node, old.span), Part(new.node, new.span)
            found = self._part_finding(flow, f"{kind}_renamed", parts, old.name, Step(kind, old.name), worse, text)
            findings.append(found._replace(renamed_to=new.name))
        for member in gone:
            if member.name not in renamed:
                parts = Part(member.node, member.span), self._around(state.new)
                step = Step(kind, member.name)
                findings.append(self._part_finding(flow, f"{kind}_removed", parts, member.name, step, *on_gone))
        for member in come:
            if member.name not in renamed:
                parts = self._around(state.old), Part(member.node, member.span)
                step = Step(kind, member.name)
                cause = self._need(member.node) if kind == "field" else ""
                findings.append(self._part_finding(flow, f"{kind}_added", parts, member.name, step, *on_come, cause))
        return findings, following

    def _need(self, node: int) -> str:
        """Return the cause of a new field: whether its type is an option."""
        universe = self.universe
        return "optional" if universe.kinds[universe.expand(node)] == Kind.OPTION else "required"

    def _function(self, state: State) -> _Expanded:
        universe, flow = self.universe, state.flow
        (old_sort, old_promises, _, old_params, old_count) = universe.labels[state.old]
        (new_sort, new_promises, _, new_params, new_count) = universe.labels[state.new]
        olds, news = universe.children[state.old], universe.children[state.new]
        parts = self._whole(state.old), self._whole(state.new)
        findings: list[Finding] = []
        if (old_sort, old_promises) != (new_sort, new_promises):
            effect = "a stored function is called the way it was"
            findings.append(self._part_finding(flow, "mode_changed", parts, None, None, NOT_SUBTYPE, effect))
        if old_params or new_params:
            equal = self._plain.equal(state.old, state.new)
            if equal or findings:
                return findings, []
            effect = "a generic function keeps exactly its type"
            return [self._part_finding(flow, "function_changed", parts, None, None, NOT_SUBTYPE, effect)], []
        following: list[tuple[Steps, State]] = []
        for kind, way, mine, theirs in (
            ("argument", _FLIPPED[flow], olds[:old_count], news[:new_count]),
            ("result", flow, olds[old_count:], news[new_count:]),
        ):
            for i, (old, new) in enumerate(zip(mine, theirs, strict=False)):
                following += self.into((Step(kind, None, i),), old, new, way)
            effect = f"a stored function has the {kind}s that it had"
            for i in range(len(theirs), len(mine)):
                both = self._whole(mine[i]), self._around(state.new)
                step = Step(kind, None, i)
                findings.append(self._part_finding(flow, f"{kind}_removed", both, str(i), step, NOT_SUBTYPE, effect))
            for i in range(len(mine), len(theirs)):
                both = self._around(state.old), self._whole(theirs[i])
                step = Step(kind, None, i)
                findings.append(self._part_finding(flow, f"{kind}_added", both, str(i), step, NOT_SUBTYPE, effect))
        return findings, following

    def _type_field(self, state: State) -> _Expanded:
        if self._plain.equal(state.old, state.new):
            return [], []
        parts = self._whole(state.old), self._whole(state.new)
        effect = "a type inside a stored record keeps exactly its definition"
        return [self._part_finding(state.flow, "type_field_changed", parts, None, None, NOT_SUBTYPE, effect)], []

    _by_kind = {  # noqa: RUF012 - a table of methods, which nothing changes
        **dict.fromkeys(_SINGLE, _single),
        Kind.TUPLE: _tuple,
        Kind.OBJECT: _object,
        Kind.VARIANT: _variant,
        Kind.FUNC: _function,
        Kind.TYPE: _type_field,
    }


_WHY = {
    "opt_added": "stored values are plain values, not options",
    "opt_removed": "stored values are options, and may be null",
    "mutability_changed": "what can change and what cannot are stored differently",
}
