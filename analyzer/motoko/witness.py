"""A stored value that shows what a change does: of the old type, and not of the new one.

The value's own type is as narrow as it gets: `#paused` has the type `{#paused}`, and null has the type Null. It is a
witness where that type is a stable subtype of the old type and none of the new one: the relation itself is the proof.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from analyzer.motoko.relation import Relation
from analyzer.motoko.types import Kind
from analyzer.motoko.universe import Undecided

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.model import Step
    from analyzer.motoko.universe import Universe

MAX_LEVELS = 40  # of a value that is still shown
MAX_SIZE = 200  # parts of one
MAX_SHOWN = 240  # characters
_TRIED = 12  # values for one place

# The smallest value of each primitive type, and one that is not also of a narrower type.
_LITERALS: dict[str, tuple[str, ...]] = {
    "Null": ("null",),
    "Bool": ("false",),
    "Nat": ("0",),
    "Int": ("0", "-1"),
    "Float": ("0.0",),
    "Float32": ("0.0",),
    "Char": ("'a'",),
    "Text": ('""',),
    "Blob": ('("" : Blob)',),
    "Principal": ('Principal.fromText("aaaaa-aa")',),
    "Region": ("(a region)",),
}


class Made(NamedTuple):
    """A value: how it is written, the node of its narrowest type, and of how many parts it consists."""

    text: str
    type: int
    size: int


class Values:
    """Values of the types of one universe."""

    def __init__(self, universe: Universe) -> None:
        self.universe = universe
        self._stable = Relation(universe, stable=True)
        self._known: dict[int, Made | None] = {}

    def witness(self, old: int, new: int, path: tuple[Step, ...]) -> str | None:
        """Return a value of the type `old`, as text, that is none of the type `new`; None where none was found.

        path: from the variable to what changed: the value then shows that place.
        """
        try:
            for made in self._along(old, path, 0):
                fits = self._stable.subtype(made.type, old) and not self._stable.subtype(made.type, new)
                if fits and len(made.text) <= MAX_SHOWN:
                    return made.text
        except Undecided:
            pass
        return None

    def telling(self, node: int) -> str | None:
        """Return a small value of a type that holds something, as text; None where it has none, or none is shown."""
        try:
            made = list(self._ends(self.universe.expand(node), 0))
        except Undecided:
            return None
        shown = [one.text for one in made if len(one.text) <= MAX_SHOWN]
        return shown[-1] if shown else None

    # -- along the path of an occurrence

    def _along(self, node: int, path: tuple[Step, ...], level: int) -> Iterator[Made]:
        """Yield values that lead along a path as far as the type has it, and vary at its end."""
        universe = self.universe
        node = universe.expand(node)
        step = path[0] if path else None
        kind = universe.kinds[node]
        if step is None or level > MAX_LEVELS:
            yield from self._ends(node, level)
        elif step.kind == "option" and kind == Kind.OPTION:
            for made in self._along(universe.children[node][0], path[1:], level + 1):
                yield self._option(made)
        elif step.kind == "element" and kind == Kind.ARRAY:
            yield from self._array(node, path, level)
        elif step.kind == "case" and kind == Kind.VARIANT and step.name in universe.labels[node]:
            child = universe.children[node][universe.labels[node].index(step.name)]
            for made in self._along(child, path[1:], level + 1):
                yield self._case(str(step.name), made)
        elif step.kind == "item" and kind == Kind.TUPLE and (step.index or 0) < len(universe.children[node]):
            yield from self._parts(node, step.index or 0, path, level)
        elif step.kind == "field" and kind == Kind.OBJECT and step.name in universe.labels[node][1:]:
            yield from self._parts(node, universe.labels[node].index(step.name) - 1, path, level)
        else:
            yield from self._ends(node, level)

    def _array(self, node: int, path: tuple[Step, ...], level: int) -> Iterator[Made]:
        universe = self.universe
        (child,) = universe.children[node]
        mutable = universe.kinds[child] == Kind.VAR
        for made in self._along(universe.children[child][0] if mutable else child, path[1:], level + 1):
            if mutable:  # what can change has the type that was declared
                yield Made(f"[var {made.text}]", node, made.size + 1)
            else:
                yield Made(f"[{made.text}]", universe.add(Kind.ARRAY, (), (made.type,)), made.size + 1)

    def _parts(self, node: int, index: int, path: tuple[Step, ...], level: int) -> Iterator[Made]:
        universe = self.universe
        child = universe.children[node][index]
        mutable = universe.kinds[child] == Kind.VAR
        for made in self._along(universe.children[child][0] if mutable else child, path[1:], level + 1):
            whole = self._whole(node, level, {index: made})
            if whole is not None:
                yield whole

    def _ends(self, node: int, level: int) -> Iterator[Made]:
        """Yield the smallest value of a type, and others that say more of it."""
        universe = self.universe
        kind = universe.kinds[node]
        least = self._least(node, level)
        if least is not None:
            yield least
        if kind == Kind.PRIM:
            for text in _LITERALS.get(universe.labels[node][0], ())[1:]:
                yield Made(text, node, 1)
        elif kind == Kind.OPTION:
            inner = self._least(universe.children[node][0], level + 1)
            if inner is not None:
                yield self._option(inner)
        elif kind == Kind.ARRAY and universe.kinds[universe.children[node][0]] != Kind.VAR:
            inner = self._least(universe.children[node][0], level + 1)
            if inner is not None:
                yield Made(f"[{inner.text}]", universe.add(Kind.ARRAY, (), (inner.type,)), inner.size + 1)
        elif kind == Kind.VARIANT:
            for tag, child in list(zip(universe.labels[node], universe.children[node], strict=True))[:_TRIED]:
                payload = self._least(child, level + 1)
                if payload is not None:
                    yield self._case(tag, payload)

    # -- the smallest values

    def _least(self, node: int, level: int) -> Made | None:
        """Return the smallest value of a type that is not inside a value of that type itself."""
        node = self.universe.expand(node)
        if node not in self._known and level <= MAX_LEVELS:
            self._known[node] = None
            self._known[node] = self._smallest(node, level)
        return self._known.get(node)

    def _smallest(self, node: int, level: int) -> Made | None:
        universe = self.universe
        kind = universe.kinds[node]
        if kind == Kind.PRIM:
            return self._primitive(node)
        if kind == Kind.OPTION:
            return Made("null", universe.add(Kind.PRIM, ("Null",), ()), 1)
        if kind == Kind.ARRAY:
            if universe.kinds[universe.children[node][0]] == Kind.VAR:
                return Made("[var]", node, 1)
            return Made("[]", universe.add(Kind.ARRAY, (), (universe.add(Kind.NONE, (), ()),)), 1)
        if kind == Kind.VARIANT:
            return self._least_case(node, level)
        if kind in (Kind.TUPLE, Kind.OBJECT) and (kind == Kind.TUPLE or universe.labels[node][0] == "object"):
            return self._whole(node, level, {})
        texts = {Kind.FUNC: "(a function)", Kind.OBJECT: "(an actor)", Kind.ANY: "(anything)", Kind.WEAK: "(a pointer)"}
        return Made(texts[Kind(kind)], node, 1) if kind in texts else None

    def _primitive(self, node: int) -> Made:
        universe = self.universe
        name = universe.labels[node][0]
        literals = _LITERALS.get(name)
        if literals is None:
            return Made(f"(0 : {name})", node, 1)
        if name == "Int":  # a literal that is a Nat too
            return Made("0", universe.add(Kind.PRIM, ("Nat",), ()), 1)
        return Made(literals[0], node, 1)

    def _least_case(self, node: int, level: int) -> Made | None:
        universe = self.universe
        best: Made | None = None
        for tag, child in list(zip(universe.labels[node], universe.children[node], strict=True))[:_TRIED]:
            payload = self._least(child, level + 1)
            if payload is not None and (best is None or payload.size + 1 < best.size):
                best = self._case(tag, payload)
                if best.size <= 2:  # noqa: PLR2004 - a tag alone is the smallest there is
                    break
        return best

    def _whole(self, node: int, level: int, given: dict[int, Made]) -> Made | None:
        """Return a record or a tuple of which some parts are given and the others are the smallest."""
        universe = self.universe
        names = universe.labels[node][1:] if universe.kinds[node] == Kind.OBJECT else None
        shown: list[str] = []
        types: list[int] = []
        size = 1
        for i, child in enumerate(universe.children[node]):
            kind = universe.kinds[child]
            if kind == Kind.TYPE:
                types.append(child)
                continue
            inner = universe.children[child][0] if kind == Kind.VAR else child
            made = given.get(i) or self._least(inner, level + 1)
            if made is None:
                return None
            var = "var " if kind == Kind.VAR else ""
            shown.append(made.text if names is None else f"{var}{names[i]} = {made.text}")
            types.append(child if kind == Kind.VAR else made.type)
            size += made.size
            if size > MAX_SIZE:
                return None
        text = f"({', '.join(shown)})" if names is None else f"{{{'; '.join(shown)}}}"
        return Made(text, universe.add(universe.kinds[node], universe.labels[node], tuple(types)), size)

    def _option(self, inner: Made) -> Made:
        text = f"?({inner.text})" if inner.text.startswith(("?", "-", "#")) else f"?{inner.text}"
        return Made(text, self.universe.add(Kind.OPTION, (), (inner.type,)), inner.size + 1)

    def _case(self, tag: str, payload: Made) -> Made:
        text = f"#{tag}" if payload.text == "()" else f"#{tag}({payload.text})"
        made = self.universe.add(Kind.VARIANT, (tag,), (payload.type,))
        return Made(text, made, payload.size + 1)
