"""Give every name in a signature its meaning: a parameter in scope, a definition, a primitive."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from analyzer.motoko.types import PRIMITIVES, Binder, Definition, Kind
from analyzer.motoko.universe import binder_of, with_binder
from analyzer.text import shortened

if TYPE_CHECKING:
    from analyzer.motoko.build import Builder
    from analyzer.motoko.types import StableSignature

_TOP = {"Any": Kind.ANY, "None": Kind.NONE}


def resolve(signature: StableSignature, builder: Builder) -> None:
    """Turn NAME nodes into what they mean; binders of definitions come first, number for number. Raises ParseError."""
    numbers: dict[str, int] = {}
    for raw in builder.definitions:
        if raw.name in numbers:
            signature.sources.fail(raw.span[0], f'the type "{shortened(raw.name)}" is defined twice', "M0051")
        numbers[raw.name] = len(numbers)
    own = {raw.binder: i for i, raw in enumerate(builder.definitions) if raw.binder >= 0}
    count = len(builder.definitions)
    moved = {}
    binders = [Binder((), [], ()) for _ in range(count)]
    for i, binder in enumerate(builder.binders):
        if i in own:
            binders[own[i]] = binder
            moved[i] = own[i]
        else:
            moved[i] = len(binders)
            binders.append(binder)
    signature.binders = binders
    signature.definitions = [Definition(raw.name, raw.node, raw.span) for raw in builder.definitions]
    walk = _Walk(signature, numbers, moved)
    for i, definition in enumerate(signature.definitions):
        scope = _NOTHING._replace(names=_parameters(i, binders[i]))
        for node in (*binders[i].bounds, definition.node):
            walk.run(node, scope)
    roots = [m.node for m in (*builder.pre, *builder.post)] + [m.node for m in builder.migrations]
    for root in roots:
        walk.run(root, _NOTHING)


def _parameters(number: int, binder: Binder) -> dict[str, tuple[int, int]]:
    return {name: (number, i) for i, name in enumerate(binder.names)}


class _Scope(NamedTuple):
    """What is in scope. barred: parameters that may not be used here, being outside of a type field around it.

    future: the binder that an `async` belongs to, or one of the marks below.
    """

    names: dict[str, tuple[int, int]]  # parameter -> (binder, index)
    barred: frozenset[str]
    future: int


_TOP_LEVEL, _SHARED, _BARRED = -1, -2, -3  # no function around; a shared one, which names no scope; one not to be used
_NOTHING = _Scope({}, frozenset(), _TOP_LEVEL)


class _Walk:
    """One pass over the nodes of a type, with what is in scope."""

    def __init__(self, signature: StableSignature, numbers: dict[str, int], moved: dict[int, int]) -> None:
        self.signature = signature
        self.numbers = numbers
        self.moved = moved

    def run(self, root: int, scope: _Scope) -> None:
        table = self.signature.table
        kinds, labels, children = table.kinds, table.labels, table.children
        todo = [(root, scope)]
        while todo:
            node, scope = todo.pop()
            kind = kinds[node]
            if kind == Kind.NAME:
                self._name(node, scope)
            elif kind == Kind.ASYNC:
                if scope.future == _BARRED:
                    what = "a type field cannot use the scope of the function around it, to which this async belongs"
                    self.signature.sources.fail(table.spans[node][0], what, "M0137")
                labels[node] = (labels[node][0], max(scope.future, -1))
            elif kind in (Kind.FUNC, Kind.TYPE):
                scope = self._entered(node, scope)
                binder = binder_of(kind, labels[node])
                if binder >= 0:
                    todo += [(bound, scope) for bound in reversed(self.signature.binders[binder].bounds)]
            todo += [(child, scope) for child in reversed(children[node])]

    def _entered(self, node: int, scope: _Scope) -> _Scope:
        """Return what is in scope inside a function or a type field, whose binder gets its final number."""
        table = self.signature.table
        kind, labels = table.kinds[node], table.labels[node]
        names, barred, future = scope
        if kind == Kind.TYPE:
            barred = frozenset(names)
            future = _BARRED if future != _TOP_LEVEL else _TOP_LEVEL
        elif labels[0] != "local":
            future = _SHARED
        binder = binder_of(kind, labels)
        if binder >= 0:
            number = self.moved[binder]
            table.labels[node] = with_binder(kind, labels, number)
            own = self.signature.binders[number]
            names = names | _parameters(number, own)
            barred = barred.difference(own.names)
            if own.scoped:
                future = number
        return _Scope(names, barred, future)

    def _name(self, node: int, scope: _Scope) -> None:
        table, sources = self.signature.table, self.signature.sources
        name, given = table.labels[node][0], len(table.children[node])
        needed = 0
        if name in scope.names:
            if name in scope.barred:
                what = f'a type field cannot use the type parameter "{shortened(name)}" from around it'
                sources.fail(table.spans[node][0], what, "M0137")
            table.kinds[node], table.labels[node] = Kind.PARAM, scope.names[name]
        elif name in self.numbers:
            number = self.numbers[name]
            needed = len(self.signature.binders[number].names)
            table.kinds[node], table.labels[node] = Kind.CON, (number,)
        elif name in _TOP:
            table.kinds[node], table.labels[node] = _TOP[name], ()
        elif name in PRIMITIVES:
            table.kinds[node], table.labels[node] = Kind.PRIM, (name,)
        else:
            what = f'the type "{shortened(name)}" is not defined'
            sources.fail(table.spans[node][0], what, "M0029", hint=self._nearest(name))
        if given != needed:
            what = f'"{shortened(name)}" takes {needed} type argument{"" if needed == 1 else "s"}, not {given}'
            sources.fail(table.spans[node][0], what, "M0045")

    def _nearest(self, name: str) -> str | None:
        from difflib import get_close_matches  # noqa: PLC0415 - only errors need it

        close = get_close_matches(name, [*list(self.numbers)[:2000], *PRIMITIVES], 1)
        return f'the nearest type is "{close[0]}"' if close else None
