"""What moc requires of the types in a signature: bounds, shared and stable types, actor fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.motoko.print import type_text
from analyzer.motoko.relation import Relation
from analyzer.motoko.types import Kind

if TYPE_CHECKING:
    from analyzer.motoko.types import StableField, StableSignature
    from analyzer.motoko.universe import Universe


class Checks:
    """The checks of one signature. They look at every node, also of definitions that nothing uses."""

    def __init__(self, signature: StableSignature, universe: Universe) -> None:
        self.signature = signature
        self.universe = universe
        self._serializable: dict[tuple[int, bool], bool] = {}

    def run(self) -> None:
        """Raise ParseError for the first type that moc refuses."""
        self._acyclic_bounds()
        relation = Relation(self.universe, stable=False)
        table = self.signature.table
        for node in range(len(table)):
            kind = table.kinds[node]
            if kind == Kind.CON and table.children[node]:
                self._arguments(node, relation)
            elif kind == Kind.FUNC and table.labels[node][0] != "local":
                self._shared_function(node)
            elif kind == Kind.ASYNC:
                if not self.serializable(table.children[node][0], mutable=False):
                    self._fail(table.children[node][0], "async takes shared types only", "M0033")
            elif kind == Kind.OBJECT and table.labels[node][0] == "actor":
                self._actor(node)

    def _fail(self, node: int, what: str, code: str) -> None:
        shown = type_text(self.universe, node, 60)
        self.signature.sources.fail(self.signature.table.spans[node][0], f"{what}; this is {shown}", code)

    def _acyclic_bounds(self) -> None:
        table = self.signature.table
        for number, binder in enumerate(self.signature.binders):
            for i, name in enumerate(binder.names):
                at, steps = binder.bounds[i], 0
                while table.kinds[at] == Kind.PARAM and table.labels[at][0] == number:
                    steps += 1
                    if steps > len(binder.names):
                        what = f'the bounds of the type parameter "{name}" lead back to it'
                        self.signature.sources.fail(binder.spans[i][0], what, "M0043")
                    at = binder.bounds[table.labels[at][1]]

    def _arguments(self, node: int, relation: Relation) -> None:
        universe, table = self.universe, self.signature.table
        number, arguments = table.labels[node][0], table.children[node]
        for argument, bound in zip(arguments, universe.bounds[number], strict=True):
            if universe.kinds[bound] == Kind.ANY:
                continue
            if not relation.subtype(argument, universe.substitute(bound, number, arguments)):
                self._fail(
                    argument,
                    f"this type argument is not within its bound {type_text(self.universe, bound, 60)}",
                    "M0046",
                )

    def _shared_function(self, node: int) -> None:
        table = self.signature.table
        count = table.labels[node][4]
        for i, child in enumerate(table.children[node]):
            if not self.serializable(child, mutable=False):
                code, what = ("M0031", "parameter") if i < count else ("M0032", "result")
                self._fail(child, f"a shared function has shared {what} types only", code)

    def _actor(self, node: int) -> None:
        table = self.signature.table
        for name, child in zip(table.labels[node][1:], table.children[node], strict=True):
            head = self.universe.expand(child)
            shared = self.universe.kinds[head] == Kind.FUNC and self.universe.labels[head][0] != "local"
            if not shared and self.universe.kinds[head] != Kind.TYPE:
                self._fail(child, f'the actor field "{name}" is to be a shared function', "M0042")

    def stable_fields(self, fields: list[StableField]) -> None:
        """Raise ParseError for the first variable whose type cannot be stable."""
        for field in fields:
            if not self.serializable(field.node, mutable=True):
                self._fail(field.node, f'the variable "{field.name}" is stable and its type is not', "M0131")

    def serializable(self, root: int, *, mutable: bool) -> bool:
        """Answer whether a type is stable (mutable parts may be in it) or shared (they may not)."""
        universe = self.universe
        key = (universe.shape(root), mutable)
        known = self._serializable.get(key)
        if known is None:
            known = self._serializable[key] = self._look(root, mutable=mutable)
        return known

    def _look(self, root: int, *, mutable: bool) -> bool:
        universe = self.universe
        seen: set[int] = set()
        todo = [root]
        while todo:
            node = todo.pop()
            shape = universe.shape(node)
            if shape in seen or self._serializable.get((shape, mutable)):
                continue
            seen.add(shape)
            node = universe.expand(node)
            kind, labels = universe.kinds[node], universe.labels[node]
            if kind == Kind.PRIM:
                if labels == ("Error",) or (labels == ("Region",) and not mutable):
                    return False
            elif kind in (Kind.WEAK, Kind.VAR):
                if not mutable:
                    return False
                todo.append(universe.children[node][0])
            elif kind in (Kind.ASYNC, Kind.PARAM):
                return False
            elif kind == Kind.OBJECT:
                if labels[0] == "module":
                    return False
                if labels[0] == "object":
                    todo += universe.children[node]
            elif kind == Kind.FUNC:
                if labels[0] == "local":
                    return False
            elif kind != Kind.TYPE:
                todo += universe.children[node]
        # Everything on the way is as good as the root: one failure would have failed the root.
        for shape in seen:
            self._serializable[shape, mutable] = True
        return True
