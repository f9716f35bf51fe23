"""What differs between two Candid services, and what old clients notice of it.

The walk asks the questions of `analyzer.candid.relation.sound` and goes on where that one stops: a failed question is a
finding, and under an `opt` a loss, since a value that does not fit is read as null there.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from analyzer.candid.relation import leaf
from analyzer.candid.types import OMITTABLE, Kind
from analyzer.edits.assemble import digest_of_all
from analyzer.edits.flow import Flow, How, accepted, extra, missing, refused, throws, unreadable
from analyzer.edits.renames import renames
from analyzer.edits.walk import Finding, Met, Part, Steps, Walk
from analyzer.model import ALL_CLIENTS, Step, Verdict, worst
from analyzer.structure import Structure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from analyzer.candid.pair import Pair
    from analyzer.table import Span

INIT_ROOT = "(init)"  # in parentheses: a method may well be called init


_THROUGH: dict[int, Step] = {Kind.OPT: Step("option"), Kind.VEC: Step("element")}


class State(NamedTuple):
    """A pair of nodes in the numbering of `Pair`, and how its values travel."""

    old: int
    new: int
    flow: Flow


class _Member(NamedTuple):
    """A field, case or method of one side. id: what it is aligned by."""

    id: Any
    name: str
    named: bool
    node: int
    span: Span


_Expanded = tuple[list[Finding], list[tuple[Steps, State]]]


class CandidEdits:
    """All that differs between the services of a pair. service_is_principal: as in the relation."""

    def __init__(self, pair: Pair, *, service_is_principal: bool = False) -> None:
        self.pair = pair
        self.service_is_principal = service_is_principal
        self._structure: Structure | None = None
        self._old_methods, self._new_methods = (
            dict(zip(pair.labels[service], pair.children[service], strict=True))
            for service in (pair.old_service, pair.new_service)
        )

    def met(self) -> tuple[list[Met], int]:
        """Return what each method, and the service constructor, meets; and how many roots were not listed."""
        pair = self.pair
        findings, following = self._service(State(pair.old_service, pair.new_service, Flow.OUT))
        met = [Met(_root_name(f), f, ()) for f in findings]
        roots = [(steps[0].name or "", state) for steps, state in following]
        init_findings, init_following = self._init()
        met += [Met(INIT_ROOT, f, () if f.step is None else (f.step,)) for f in init_findings]
        # The constructor's arguments are one root of several states: a state without nodes leads to them.
        walk = Walk([*roots, (INIT_ROOT, None)], lambda state: self._expand(state) if state else ([], init_following))
        return met + walk.met(), walk.omitted

    def digests(self, root: str) -> tuple[str, str]:
        """Return the digest of what a root stands for on each side, "" where a side does not have it."""
        old, new = self._root_types(root)
        return digest_of_all(map(self._digest, old)), digest_of_all(map(self._digest, new))

    def _root_types(self, root: str) -> tuple[list[int], list[int]]:
        """Return the nodes that a root stands for, old and new: a method's type, or the constructor's arguments."""
        pair = self.pair
        old, new = self._old_methods.get(root), self._new_methods.get(root)
        if root == INIT_ROOT:
            return [n + pair.offset for n in pair.old.init or ()], list(pair.new.init or ())
        return [] if old is None else [old], [] if new is None else [new]

    def _digest(self, node: int) -> str:
        return self.structure.digest(self._heads[node])

    @property
    def structure(self) -> Structure:
        """Classes of equal types over both interfaces; made when first asked for."""
        if self._structure is None:
            pair = self.pair
            init = [*(pair.new.init or ()), *(n + pair.offset for n in pair.old.init or ())]
            roots = [pair.old_service, pair.new_service, *(self._heads[n] for n in init)]
            self._structure = Structure(roots, self._form)
        return self._structure

    def _form(self, node: int) -> tuple[Any, tuple[int, ...]]:
        pair = self.pair
        return (pair.kinds[node], pair.labels[node]), tuple([self._heads[c] for c in pair.children[node]])

    @cached_property
    def _heads(self) -> list[int]:
        """Those of the pair, but of each primitive type one node for all places: they are two thirds of all nodes."""
        kinds = self.pair.kinds
        first: dict[int, int] = {}
        return [first.setdefault(kinds[h], h) if kinds[h] <= Kind.PRINCIPAL else h for h in self.pair.heads]

    # -- where things stand

    def _span(self, node: int) -> Span:
        pair = self.pair
        return pair.old.table.spans[node - pair.offset] if node >= pair.offset else pair.new.table.spans[node]

    def _whole(self, node: int) -> Part:
        return Part(node, self._span(node))

    def _around(self, node: int) -> Part:
        return Part(None, self._span(node))

    def _members(self, node: int) -> list[_Member]:
        pair = self.pair
        table, own = (pair.old.table, node - pair.offset) if node >= pair.offset else (pair.new.table, node)
        return [
            _Member(label, name if name is not None else str(label), name is not None, child, span)
            for label, name, child, span in zip(
                pair.labels[node], table.names[own], pair.children[node], table.members[own], strict=True
            )
        ]

    def _member_spans(self, node: int) -> tuple[Span, ...]:
        pair = self.pair
        return pair.old.table.members[node - pair.offset] if node >= pair.offset else pair.new.table.members[node]

    # -- the walk

    def _into(self, steps: Steps, old: int, new: int, flow: Flow) -> Iterator[tuple[Steps, State]]:
        """Yield the state of a pair of types, unless they are equal.

        Definitions of one name are compared where they are defined, anything else where it is referred to.
        """
        pair = self.pair
        kinds, labels, children = pair.kinds, pair.labels, pair.children
        while kinds[old] == kinds[new] and (step := _THROUGH.get(kinds[old])) is not None:
            # Straight through, without a state of its own: interfaces are full of `opt` and `vec`.
            steps = (*steps, step)
            flow = flow.inside_opt() if kinds[old] == Kind.OPT else flow
            old, new = children[old][0], children[new][0]
        while kinds[old] == kinds[new] == Kind.NAME and labels[old] == labels[new]:
            old, new = children[old][0], children[new][0]
        old_head, new_head = pair.heads[old], pair.heads[new]
        if kinds[old_head] == kinds[new_head]:
            if kinds[old_head] > Kind.PRINCIPAL and not self._alike_below(old_head, new_head):
                yield steps, State(old_head, new_head, flow)
        else:
            yield steps, State(old, new, flow)

    def _alike_below(self, old: int, new: int) -> bool:
        """Tell whether two types are the same below all names, so that no way from them leads to an edit."""
        classes = self.structure.classes
        return classes[old] == classes[new] and self._one_spelling

    @cached_property
    def _one_spelling(self) -> bool:
        """Whether no label is written in two ways, as `foo` and by its number: such types are equal, and differ."""
        spelled: dict[Any, str | None] = {}
        for table in (self.pair.old.table, self.pair.new.table):
            for kind, labels, names in set(zip(table.kinds, table.labels, table.names, strict=True)):
                if kind in (Kind.RECORD, Kind.VARIANT):
                    for label, name in zip(labels, names, strict=True):
                        if spelled.setdefault(label, name) != name:
                            return False
        return True

    def _expand(self, state: State) -> _Expanded:
        kinds, heads = self.pair.kinds, self.pair.heads
        kind = kinds[heads[state.old]]
        if kind != kinds[heads[state.new]]:
            return self._changed(state)
        return self._by_kind[kind](self, state)

    def _opt(self, state: State) -> _Expanded:
        (old,), (new,) = self.pair.children[state.old], self.pair.children[state.new]
        return [], list(self._into((_THROUGH[Kind.OPT],), old, new, state.flow.inside_opt()))

    def _vec(self, state: State) -> _Expanded:
        (old,), (new,) = self.pair.children[state.old], self.pair.children[state.new]
        return [], list(self._into((_THROUGH[Kind.VEC],), old, new, state.flow))

    def _record(self, state: State) -> _Expanded:
        return self._aligned(state, "field", self._field_gone, self._field_new)

    def _variant(self, state: State) -> _Expanded:
        return self._aligned(state, "case", self._case_gone, self._case_new)

    def _service(self, state: State) -> _Expanded:
        return self._aligned(state, "method", self._method_gone, self._method_new)

    def _aligned(self, state: State, kind: str, on_gone: Any, on_new: Any) -> _Expanded:  # noqa: ANN401
        if self._called(state.old) == self._called(state.new):
            return [], self._alike(state, kind)
        olds = {m.id: m for m in self._members(state.old)}
        news = {m.id: m for m in self._members(state.new)}
        findings: list[Finding] = []
        following: list[tuple[Steps, State]] = []
        for label, old in olds.items():
            new = news.get(label)
            if new is None:
                continue
            following += self._into((Step(kind, old.name),), old.node, new.node, state.flow)
            if old.name != new.name:
                findings.append(self._respelled(state, kind, old, new))
        gone = [m for label, m in olds.items() if label not in news]
        come = [m for label, m in news.items() if label not in olds]
        paired = renames(gone, come, lambda m: self.structure.classes[self._heads[m.node]])
        renamed = {m.id for both in paired for m in both}
        for old, new in paired:
            findings.append(_renamed(kind, old, new, on_gone(state, old), on_new(state, new)))
        findings += [on_gone(state, m) for m in gone if m.id not in renamed]
        findings += [on_new(state, m) for m in come if m.id not in renamed]
        return findings, following

    def _called(self, node: int) -> tuple[Any, ...]:
        """Return the labels of a node's members and how the text calls them."""
        pair = self.pair
        table, own = (pair.old.table, node - pair.offset) if node >= pair.offset else (pair.new.table, node)
        return pair.labels[node], table.names[own]

    def _alike(self, state: State, kind: str) -> list[tuple[Steps, State]]:
        """Return the ways on from two nodes whose members are called the same: most are."""
        pair = self.pair
        kinds, children = pair.kinds, pair.children
        labels, names = self._called(state.old)
        following: list[tuple[Steps, State]] = []
        for label, name, old, new in zip(labels, names, children[state.old], children[state.new], strict=True):
            if kinds[old] != kinds[new] or kinds[old] > Kind.PRINCIPAL:
                step = Step(kind, name if name is not None else str(label))
                following += self._into((step,), old, new, state.flow)
        return following

    def _respelled(self, state: State, kind: str, old: _Member, new: _Member) -> Finding:
        effect = f"{old.name} and {new.name} are the same label, id {old.id}: the wire does not change"
        parts = Part(old.node, old.span), Part(new.node, new.span)
        step = Step(kind, old.name)
        how = How(Verdict.SAFE, effect, "same-id")
        return _found(f"{kind}_renamed", parts, old.name, step, state.flow, how)._replace(renamed_to=new.name)

    def _field_gone(self, state: State, field: _Member) -> Finding:
        how = self._missing(state.flow, field.node) if state.flow.out else extra(state.flow)
        if state.flow.out and how.verdict == Verdict.LOSSY and not how.opt_rule and self._is_tuple(state.old):
            effect = 'agent-js throws: "Tuple mismatch"; other clients read null'
            how = throws(state.flow, effect, "tuple", Verdict.LOSSY)
        return self._gone("field", state, field, how)

    def _field_new(self, state: State, field: _Member) -> Finding:
        how = extra(state.flow) if state.flow.out else self._missing(state.flow, field.node)
        if state.flow.out and self.pair.kinds[self.pair.heads[field.node]] in OMITTABLE:
            how = how._replace(cause="optional")
        return self._come("field", state, field, how)

    def _missing(self, flow: Flow, node: int) -> How:
        return missing(flow, self.pair.kinds[self.pair.heads[node]])

    def _is_tuple(self, record: int) -> bool:
        labels = self.pair.labels[record]
        return labels == tuple(range(len(labels)))

    def _case_gone(self, state: State, case: _Member) -> Finding:
        how = How(Verdict.SAFE, "the new version never sends it")
        if not state.flow.out:
            how = refused(state.flow, "the new version cannot read it when an old client sends it")
        return self._gone("case", state, case, how)

    def _case_new(self, state: State, case: _Member) -> Finding:
        how = How(Verdict.SAFE, "old clients never send it")
        if state.flow.out:
            how = refused(state.flow, "old clients cannot read it when the new version sends it")
        return self._come("case", state, case, how)

    def _method_gone(self, state: State, method: _Member) -> Finding:
        how = How(Verdict.SAFE, "the new version does not call it")
        if state.flow.out:
            how = refused(state.flow, "old clients still call it and are rejected")
        return self._gone("method", state, method, how)

    def _method_new(self, state: State, method: _Member) -> Finding:
        how = How(Verdict.SAFE, "old clients do not call it")
        if not state.flow.out:
            how = refused(state.flow, "the new version calls it, and services that old clients pass do not have it")
        return self._come("method", state, method, how)

    def _gone(self, kind: str, state: State, member: _Member, how: How) -> Finding:
        parts = Part(member.node, member.span), self._around(state.new)
        return _found(f"{kind}_removed", parts, member.name, Step(kind, member.name), state.flow, how)

    def _come(self, kind: str, state: State, member: _Member, how: How) -> Finding:
        parts = self._around(state.old), Part(member.node, member.span)
        return _found(f"{kind}_added", parts, member.name, Step(kind, member.name), state.flow, how)

    # -- functions

    def _func(self, state: State) -> _Expanded:
        pair = self.pair
        findings: list[Finding] = []
        (old_mode, old_count), (new_mode, new_count) = pair.labels[state.old], pair.labels[state.new]
        if old_mode != new_mode:
            effect = f"it was {_mode(old_mode)} and is {_mode(new_mode)}: old clients call it the wrong way"
            parts = self._whole(state.old), self._whole(state.new)
            how = refused(state.flow, effect, _mode_change(old_mode, new_mode))
            findings.append(_found("mode_changed", parts, None, None, state.flow, how))
        following: list[tuple[Steps, State]] = []
        for kind, flow, olds, news in (
            ("argument", state.flow.flipped(), slice(0, old_count), slice(0, new_count)),
            ("result", state.flow, slice(old_count, None), slice(new_count, None)),
        ):
            found, ways = self._positional(kind, flow, self._listed(state.old, olds), self._listed(state.new, news))
            findings += found
            following += ways
        return findings, following

    def _listed(self, node: int, part: slice) -> tuple[Part, list[Part]]:
        parts = [Part(n, s) for n, s in zip(self.pair.children[node], self._member_spans(node), strict=True)]
        return self._around(node), parts[part]

    def _positional(
        self, kind: str, flow: Flow, olds: tuple[Part, list[Part]], news: tuple[Part, list[Part]]
    ) -> _Expanded:
        (old_around, old_parts), (new_around, new_parts) = olds, news
        following: list[tuple[Steps, State]] = []
        for i, (old, new) in enumerate(zip(old_parts, new_parts, strict=False)):
            assert old.node is not None and new.node is not None  # noqa: S101, PT018 - listed parts are there
            following += self._into((Step(kind, None, i),), old.node, new.node, flow)
        findings = []
        common = min(len(old_parts), len(new_parts))
        for i, part in enumerate(old_parts[common:], common):
            assert part.node is not None  # noqa: S101
            how = self._missing(flow, part.node) if flow.out else extra(flow)
            if kind == "result" and flow.out and how.clients != ALL_CLIENTS and not how.opt_rule:
                effect = 'agent-js throws: "Wrong number of return values"; other clients read null'
                how = throws(flow, effect, "results", Verdict.LOSSY)
            step = Step(kind, None, i)
            findings.append(_found(f"{kind}_removed", (part, new_around), str(i), step, flow, how))
        for i, part in enumerate(new_parts[common:], common):
            assert part.node is not None  # noqa: S101
            how = extra(flow) if flow.out else self._missing(flow, part.node)
            step = Step(kind, None, i)
            findings.append(_found(f"{kind}_added", (old_around, part), str(i), step, flow, how))
        return findings, following

    def _init(self) -> _Expanded:
        old, new = self.pair.old, self.pair.new
        olds = [Part(n + self.pair.offset, s) for n, s in zip(old.init or (), old.init_members, strict=True)]
        news = [Part(n, s) for n, s in zip(new.init or (), new.init_members, strict=True)]
        return self._positional(
            "argument", Flow.INIT, (Part(None, old.main_span), olds), (Part(None, new.main_span), news)
        )

    # -- types of different kinds

    def _changed(self, state: State) -> _Expanded:
        pair, flow = self.pair, state.flow
        written, read = (state.new, state.old) if flow.out else (state.old, state.new)
        kw, kr = pair.kinds[pair.heads[written]], pair.kinds[pair.heads[read]]
        kind = "type_changed"
        following: list[tuple[Steps, State]] = []
        if kr == Kind.OPT and kw not in (Kind.NULL, Kind.EMPTY):
            inner = pair.children[pair.heads[read]][0]
            ki = pair.kinds[pair.heads[inner]]
            if ki not in OMITTABLE and (ki == kw or self._leaf(kw, ki)):
                kind = "opt_removed" if flow.out else "opt_added"
                sides = (inner, written) if flow.out else (written, inner)
                following = list(self._into((_THROUGH[Kind.OPT],), *sides, flow.inside_opt()))
                how = accepted(flow, kw, kr)
            else:
                how = unreadable(flow.inside_opt())
        elif kr == Kind.OPT or self._leaf(kw, kr):
            how = accepted(flow, kw, kr)
        else:
            if kw == Kind.OPT:
                kind = "opt_added" if flow.out else "opt_removed"
            how = unreadable(flow, "int-as-nat" if kw == Kind.INT and kr == Kind.NAT else "mismatch")
        parts = self._whole(state.old), self._whole(state.new)
        return [_found(kind, parts, None, None, flow, how)], following

    def _leaf(self, written: int, read: int) -> bool:
        return leaf(written, read, service_is_principal=self.service_is_principal)

    _by_kind: ClassVar[dict[int, Callable[[CandidEdits, State], _Expanded]]] = {
        Kind.OPT: _opt,
        Kind.VEC: _vec,
        Kind.RECORD: _record,
        Kind.VARIANT: _variant,
        Kind.FUNC: _func,
        Kind.SERVICE: _service,
    }


def _found(kind: str, parts: tuple[Part, Part], label: str | None, step: Step | None, flow: Flow, how: How) -> Finding:
    verdict, effect, cause, opt_rule, breaks, clients, otherwise = how
    cause = "init" if flow is Flow.INIT else cause
    return Finding(
        kind, *parts, label, step, flow.polarity, verdict, effect, cause, opt_rule, breaks, clients, otherwise=otherwise
    )


def _mode(mode: str) -> str:
    return {"": "an update", "query": "a query"}.get(mode, mode)


def _root_name(finding: Finding) -> str:
    return finding.label or ""


def _mode_change(old: str, new: str) -> str:
    """Return the cause of a changed mode, by what is rarest in it."""
    for mode in ("oneway", "composite_query"):
        if mode in (old, new):
            return mode
    return "to-query" if new == "query" else "to-update"


def _renamed(kind: str, old: _Member, new: _Member, gone: Finding, come: Finding) -> Finding:
    """Join what was removed and what was added to one finding, as bad as the worse of the two."""
    verdict = worst([gone.verdict, come.verdict])
    worse, other = (gone, come) if gone.verdict == verdict else (come, gone)
    return Finding(
        f"{kind}_renamed",
        Part(old.node, old.span),
        Part(new.node, new.span),
        old.name,
        worse.step,
        gone.polarity,
        verdict,
        f"{old.name} is now called {new.name}: {worse.effect}",
        worse.cause,
        gone.opt_rule or come.opt_rule,
        worse.breaks,
        worse.clients,
        # Where nobody throws on the worse half, the other half counts.
        otherwise=None if worse.otherwise is None else worst([worse.otherwise, other.verdict]),
        renamed_to=new.name,
    )
