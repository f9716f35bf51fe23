"""May a value of type `a` be read as type `b`? Candid spec, "Upgrading and Subtyping"; candid 0.10.20 to 0.10.35.

`sound` is the relation of the spec. `official` is the answer of candid's `service_compatible`, which differs from it
where its set of assumed pairs keeps pairs that were proven under an assumption that then failed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from analyzer.candid.types import OMITTABLE, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.candid.pair import Pair

BUDGET = (
    4_000_000  # pairs that `official` looks at before it gives up: some seconds; the official checker hangs there too
)

_MISSING = (-1, -1)


def sound(pair: Pair, *, opt_rule: bool = True, service_is_principal: bool = False) -> bool:
    """Answer new service <: old service as the spec defines it: the greatest relation closed under its rules.

    opt_rule: whether the last rule for `opt` (anything reads as `opt t`, as null where it does not fit) counts as yes;
    dfx and icp-cli say no.
    """
    goal = (pair.new_service, pair.old_service)
    return holds(pair, goal, opt_rule=opt_rule, service_is_principal=service_is_principal).holds is True


class Answer(NamedTuple):
    """holds: None where the limit was reached. asked: pairs that were looked at."""

    holds: bool | None
    asked: int


def holds(
    pair: Pair,
    goal: tuple[int, int],
    *,
    opt_rule: bool = True,
    service_is_principal: bool = False,
    limit: int | None = None,
) -> Answer:
    """Answer a <: b for any two nodes, as `sound` does for the services.

    Every rule is a conjunction, so one pass over the reachable pairs decides.
    """
    kinds, children, heads = pair.kinds, pair.children, pair.heads
    size = len(kinds)
    seen: set[int] = set()
    todo = [goal]
    while todo:
        a, b = todo.pop()
        a, b = heads[a], heads[b]
        key = a * size + b
        if key in seen:
            continue
        seen.add(key)
        if limit is not None and len(seen) > limit:
            return Answer(None, len(seen))
        ka, kb = kinds[a], kinds[b]
        if kb == Kind.OPT:
            if opt_rule or ka in (Kind.NULL, Kind.EMPTY):
                continue
            inner = children[b][0]
            if ka == Kind.OPT:
                todo.append((children[a][0], inner))
            elif kinds[heads[inner]] in OMITTABLE:
                return Answer(holds=False, asked=len(seen))
            else:
                todo.append((a, inner))
        elif ka == kb and Kind.PRINCIPAL < ka < Kind.NAME:
            goals = list(members(pair, a, b))
            if _MISSING in goals:
                return Answer(holds=False, asked=len(seen))
            todo += goals
        elif not leaf(ka, kb, service_is_principal=service_is_principal):
            return Answer(holds=False, asked=len(seen))
    return Answer(holds=True, asked=len(seen))


def leaf(ka: int, kb: int, *, service_is_principal: bool) -> bool:
    """Answer for two kinds of which the types inside do not matter; `kb` is not OPT."""
    return (
        (ka == kb and ka <= Kind.PRINCIPAL)
        or kb == Kind.RESERVED
        or ka == Kind.EMPTY
        or (ka == Kind.NAT and kb == Kind.INT)
        or (service_is_principal and ka == Kind.SERVICE and kb == Kind.PRINCIPAL)
    )


def members(pair: Pair, a: int, b: int) -> Iterator[tuple[int, int]]:
    """Yield the pairs that two vectors, records, variants, functions or services rest on, in the official order.

    (-1, -1) stands for a part that is missing or that differs beyond repair.
    """
    kinds, labels, children, heads = pair.kinds, pair.labels, pair.children, pair.heads
    kind = kinds[a]
    if kind == Kind.VEC:
        yield children[a][0], children[b][0]
    elif kind == Kind.RECORD:
        have = dict(zip(labels[a], children[a], strict=True))
        for label, child in zip(labels[b], children[b], strict=True):
            mine = have.get(label)
            if mine is not None:
                yield mine, child
            elif kinds[heads[child]] not in OMITTABLE:
                yield _MISSING
    elif kind == Kind.VARIANT:
        have = dict(zip(labels[b], children[b], strict=True))
        for label, child in zip(labels[a], children[a], strict=True):
            other = have.get(label)
            yield _MISSING if other is None else (child, other)
    elif kind == Kind.FUNC:
        (mode_a, count_a), (mode_b, count_b) = labels[a], labels[b]
        if mode_a != mode_b:
            yield _MISSING
        ca, cb = children[a], children[b]
        yield from _tuple(pair, cb[:count_b], ca[:count_a])
        yield from _tuple(pair, ca[count_a:], cb[count_b:])
    else:
        have = dict(zip(labels[a], children[a], strict=True))
        for label, child in zip(labels[b], children[b], strict=True):
            mine = have.get(label)
            yield _MISSING if mine is None else (mine, child)


def _tuple(pair: Pair, written: tuple[int, ...], read: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """Yield the pairs of an argument or result list: records with the ids 0, 1, 2 ..."""
    yield from zip(written, read, strict=False)
    for missing in read[len(written) :]:
        if pair.kinds[pair.heads[missing]] not in OMITTABLE:
            yield _MISSING


def official(pair: Pair, *, opt_rule: bool = True, service_is_principal: bool = False) -> bool | None:
    """Answer as candid's `service_compatible` does, assumption by assumption; None: not within the budget.

    The order of the questions is candid's, for the set of assumed pairs is one for the whole run: a failed question
    takes back its own pair alone. opt_rule False is `OptReport::Error`, what dfx and icp-cli ask for.
    """
    if sound(pair, opt_rule=opt_rule, service_is_principal=service_is_principal):
        return True  # what is left behind can only turn a no into a yes
    if _MISSING in members(pair, pair.new_service, pair.old_service):
        return False  # and no assumption stands for a method that is not there
    return _Official(pair, opt_rule=opt_rule, service_is_principal=service_is_principal).run()


class _Official:
    """candid's `subtype_` with its recursion on a stack of our own: what is to be done once an answer is there."""

    def __init__(self, pair: Pair, *, opt_rule: bool, service_is_principal: bool) -> None:
        self.pair = pair
        self.opt_rule = opt_rule
        self.service_is_principal = service_is_principal
        self.assumed: set[int] = set()
        self.stack: list[_Frame] = []

    def run(self) -> bool | None:
        goal: tuple[int, int] | None = (self.pair.new_main, self.pair.old_main)
        holds = False
        for _ in range(BUDGET):
            if goal is not None:
                goal, holds = self._ask(*goal)
            elif self.stack:
                goal, holds = self._answer(holds=holds)
            else:
                return holds
        return None

    def _ask(self, a: int, b: int) -> tuple[tuple[int, int] | None, bool]:
        """Return the next question and, where there is none, the answer to this one."""
        pair = self.pair
        ka, kb = pair.kinds[a], pair.kinds[b]
        shape_a, shape_b = pair.shapes[a], pair.shapes[b]
        if shape_a == shape_b:
            return None, True
        if Kind.NAME in (ka, kb):
            key = shape_a * len(pair.kinds) + shape_b
            if key in self.assumed:
                return None, True
            self.assumed.add(key)
            self.stack.append(_Frame(assumption=key))
            return ((pair.heads[a], b) if ka == Kind.NAME else (a, pair.heads[b])), False
        if kb == Kind.OPT and ka not in (Kind.NULL, Kind.EMPTY):
            inner = pair.children[b][0]
            if ka == Kind.OPT:
                self.stack.append(_Frame(otherwise=(a, inner)))
                return (pair.children[a][0], inner), False
            self.stack.append(_Frame(plain=inner))
            return (a, inner), False
        if ka == kb and ka > Kind.PRINCIPAL:
            self.stack.append(_Frame(parts=members(pair, a, b)))
            return None, True
        return None, kb == Kind.OPT or leaf(ka, kb, service_is_principal=self.service_is_principal)

    def _answer(self, *, holds: bool) -> tuple[tuple[int, int] | None, bool]:
        """Return what follows from the answer to the question that was asked last."""
        frame = self.stack[-1]
        if frame.parts is not None:
            part = next(frame.parts, None) if holds else None
            if part is not None and part != _MISSING:
                return part, holds
            self.stack.pop()
            return None, holds and part is None
        self.stack.pop()
        if frame.assumption is not None:
            if not holds:
                self.assumed.discard(frame.assumption)
            return None, holds
        if frame.otherwise is not None:
            if holds:
                return None, True
            self.stack.append(_Frame(plain=frame.otherwise[1]))
            return frame.otherwise, False
        plain = self.pair.kinds[self.pair.heads[frame.plain]] not in OMITTABLE
        return None, (holds and plain) or self.opt_rule


class _Frame(NamedTuple):
    """What waits for an answer; one of these.

    parts: the questions of a conjunction that are left. assumption: the pair that a failure takes back. otherwise: for
    `opt s` and `opt t`, the question that follows a failure: `opt s` and `t`. plain: the `t` of an `opt t` that a type
    was asked against.
    """

    parts: Iterator[tuple[int, int]] | None = None
    assumption: int | None = None
    otherwise: tuple[int, int] | None = None
    plain: int = -1


def equal(pair: Pair) -> bool:
    """Answer as `service_equal` (`didc check --strict`): the same structure, init arguments included."""
    kinds, labels, children, heads = pair.kinds, pair.labels, pair.children, pair.heads
    old_init, new_init = pair.old.init, pair.new.init
    if (old_init is None) != (new_init is None) or len(old_init or ()) != len(new_init or ()):
        return False
    todo = [(n, o + pair.offset) for n, o in zip(new_init or (), old_init or (), strict=True)]
    todo.append((pair.new_service, pair.old_service))
    seen: set[int] = set()
    while todo:
        a, b = todo.pop()
        a, b = heads[a], heads[b]
        key = a * len(kinds) + b
        if key in seen:
            continue
        seen.add(key)
        if kinds[a] != kinds[b] or labels[a] != labels[b] or len(children[a]) != len(children[b]):
            return False
        todo += zip(children[a], children[b], strict=True)
    return True
