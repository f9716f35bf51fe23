"""Give every name in a signature its meaning: a parameter in scope, a definition, a primitive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.motoko.types import PRIMITIVES, Binder, Definition, Kind
from analyzer.text import shortened

if TYPE_CHECKING:
    from analyzer.motoko.build import Builder
    from analyzer.motoko.types import StableSignature

_TOP = {"Any": Kind.ANY, "None": Kind.NONE}
Scope = dict[str, tuple[int, int]]  # parameter -> (binder, index)


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
        scope = _scope(i, binders[i])
        for node in (*binders[i].bounds, definition.node):
            walk.run(node, scope)
    roots = [m.node for m in (*builder.pre, *builder.post)] + [m.node for m in builder.migrations]
    for root in roots:
        walk.run(root, {})


def _scope(number: int, binder: Binder) -> Scope:
    return {name: (number, i) for i, name in enumerate(binder.names)}


class _Walk:
    """One pass over the nodes of a type, with the parameters in scope."""

    def __init__(self, signature: StableSignature, numbers: dict[str, int], moved: dict[int, int]) -> None:
        self.signature = signature
        self.numbers = numbers
        self.moved = moved

    def run(self, root: int, scope: Scope) -> None:
        table = self.signature.table
        kinds, labels, children = table.kinds, table.labels, table.children
        # Of a type field, the parameters outside of it may not be used.
        todo: list[tuple[int, Scope, frozenset[str]]] = [(root, scope, frozenset())]
        while todo:
            node, names, barred = todo.pop()
            kind = kinds[node]
            if kind == Kind.NAME:
                self._name(node, names, barred)
            elif kind == Kind.FUNC:
                sort, promises, binder, count, arguments = labels[node]
                if binder >= 0:
                    binder = self.moved[binder]
                    labels[node] = (sort, promises, binder, count, arguments)
                    names = names | _scope(binder, self.signature.binders[binder])
                    barred -= frozenset(self.signature.binders[binder].names)
                    todo += [(bound, names, barred) for bound in self.signature.binders[binder].bounds]
            elif kind == Kind.TYPE:
                barred = frozenset(names)
                binder, count = labels[node]
                if binder >= 0:
                    binder = self.moved[binder]
                    labels[node] = (binder, count)
                    names = names | _scope(binder, self.signature.binders[binder])
                    barred -= frozenset(self.signature.binders[binder].names)
                    todo += [(bound, names, barred) for bound in self.signature.binders[binder].bounds]
            for child in children[node]:
                todo.append((child, names, barred))

    def _name(self, node: int, scope: Scope, barred: frozenset[str]) -> None:
        table, sources = self.signature.table, self.signature.sources
        name, given = table.labels[node][0], len(table.children[node])
        needed = 0
        if name in scope:
            if name in barred:
                what = f'a type field cannot use the type parameter "{shortened(name)}" from around it'
                sources.fail(table.spans[node][0], what, "M0137")
            table.kinds[node], table.labels[node] = Kind.PARAM, scope[name]
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
