"""May a value of type `a` be read as type `b`? Candid spec, "Upgrading and Subtyping"; candid 0.10.20 to 0.10.35.

`sound` is the relation of the spec. `official` is the answer of candid's `service_compatible`, which differs from it
where its set of assumed pairs keeps pairs that were proven under an assumption that then failed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.candid.types import OMITTABLE, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.candid.pair import Pair

BUDGET = 4_000_000  # pairs that `official` looks at before it gives up: some seconds; the official checker hangs there too

_NAMED, _ALL, _OPT_INNER, _OPT_PLAIN = range(4)
_MISSING = (-1, -1)


def sound(pair: Pair, *, opt_rule: bool = True, service_is_principal: bool = False) -> bool:
    """Answer new service <: old service as the spec defines it: the greatest relation closed under its rules.

    opt_rule: whether the last rule for `opt` (anything reads as `opt t`, as null where it does not fit) counts as yes;
    dfx and icp-cli say no. Every rule is a conjunction, so one pass over the reachable pairs decides.
    """
    kinds, children, heads = pair.kinds, pair.children, pair.heads
    size = len(kinds)
    seen: set[int] = set()
    todo = [(pair.new_service, pair.old_service)]
    while todo:
        a, b = todo.pop()
        a, b = heads[a], heads[b]
        key = a * size + b
        if key in seen:
            continue
        seen.add(key)
        ka, kb = kinds[a], kinds[b]
        if kb == Kind.OPT:
            if opt_rule or ka == Kind.NULL or ka == Kind.EMPTY:
                continue
            inner = children[b][0]
            if ka == Kind.OPT:
                todo.append((children[a][0], inner))
            elif kinds[heads[inner]] in OMITTABLE:
                return False
            else:
                todo.append((a, inner))
        elif ka == kb and ka > Kind.PRINCIPAL:
            goals = list(members(pair, a, b))
            if _MISSING in goals:
                return False
            todo += goals
        elif not leaf(ka, kb, service_is_principal=service_is_principal):
            return False
    return True


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
    kinds, children, heads, shapes = pair.kinds, pair.children, pair.heads, pair.shapes
    size = len(kinds)
    assumed: set[int] = set()
    stack: list[tuple[int, object]] = []
    goal: tuple[int, int] | None = (pair.new_main, pair.old_main)
    holds = False
    for _ in range(BUDGET):
        if goal is not None:
            a, b = goal
            ka, kb = kinds[a], kinds[b]
            goal = None
            if shapes[a] == shapes[b]:
                holds = True
            elif Kind.NAME in (ka, kb):
                key = shapes[a] * size + shapes[b]
                holds = key in assumed
                if not holds:
                    assumed.add(key)
                    stack.append((_NAMED, key))
                    goal = (heads[a], b) if ka == Kind.NAME else (a, heads[b])
            elif kb == Kind.OPT and ka not in (Kind.NULL, Kind.EMPTY):
                inner = children[b][0]
                if ka == Kind.OPT:
                    stack.append((_OPT_INNER, (a, inner)))
                    goal = (children[a][0], inner)
                else:
                    stack.append((_OPT_PLAIN, inner))
                    goal = (a, inner)
            elif ka == kb and ka > Kind.PRINCIPAL:
                stack.append((_ALL, members(pair, a, b)))
                holds = True
            else:
                holds = kb == Kind.OPT or leaf(ka, kb, service_is_principal=service_is_principal)
            continue
        if not stack:
            return holds
        tag, held = stack[-1]
        if tag == _ALL:
            following = next(held, None) if holds else None  # type: ignore[call-overload]
            if following == _MISSING:
                holds = False
            if following is None or following == _MISSING:
                stack.pop()
            else:
                goal = following
            continue
        stack.pop()
        if tag == _NAMED:
            if not holds:
                assumed.discard(held)  # type: ignore[arg-type]
        elif tag == _OPT_INNER:
            if not holds:
                stack.append((_OPT_PLAIN, held[1]))  # type: ignore[index]
                goal = held  # type: ignore[assignment]
        else:
            inner_kind = kinds[heads[held]]  # type: ignore[call-overload]
            holds = (holds and inner_kind not in OMITTABLE) or opt_rule
    return None


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
