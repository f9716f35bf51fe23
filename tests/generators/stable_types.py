"""Random Motoko types that may be stored, over a set of definitions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.generators.tree import Tree

if TYPE_CHECKING:
    from random import Random

SHARED_PRIMS = (
    *(
        "Nat",
        "Nat",
        "Int",
        "Int",
        "Text",
        "Bool",
        "Null",
        "Nat8",
        "Nat16",
        "Nat32",
        "Nat64",
        "Int8",
        "Int16",
        "Int32",
        "Int64",
    ),
    *("Float", "Float32", "Char", "Blob", "Principal", "Any", "None"),
)
PRIMS = (*SHARED_PRIMS, "Region")
LABELS = ("a", "b", "c", "d", "id", "owner", "size", "root", "Nat", "_x", "x_1", "prim", "stable_")
TAGS = ("a", "b", "c", "leaf", "node", "ok", "err", "Nat", "_1")
METHODS = ("get", "put", "a", "b")
SORTS = ("shared", "shared query", "shared composite query")
DEFINITIONS = ("T", "U", "List", "Tree__343959595", "Map__806007384", "R__1", "State", "Id")
PARAMETERS = ("A", "B", "K")
BOUNDS = {"Int": ("Nat", "Int", "None"), "Any": ("Text", "Nat", "Any"), "Null": ("Null", "None")}


@dataclass(frozen=True, slots=True)
class Definition:
    """A name that types can refer to. bounds: of its parameters, None for no bound. shared: its values can be sent."""

    name: str
    bounds: tuple[str | None, ...]
    shared: bool
    alias: bool


class TypeWriter:
    """Makes types over definitions whose names, parameters and sorts are drawn first."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        names = rng.sample(DEFINITIONS, rng.choice((0, 1, 2, 2, 3, 4, 5)))
        self._known = [
            Definition(
                name,
                tuple(rng.choice((None, None, None, None, *BOUNDS)) for _ in range(rng.choice((0, 0, 0, 1, 1, 2)))),
                shared=rng.random() < 0.4,
                alias=rng.random() < 0.15,
            )
            for name in names
        ]

    def definitions(self) -> tuple[Tree, ...]:
        """Return all definitions, in any order. Every reference to them is productive and none is expansive."""
        found = [self._definition(index, known) for index, known in enumerate(self._known)]
        if self._rng.random() < 0.02:
            found.append(Tree("def", "Nat", (Tree("params"), Tree("prim", self._rng.choice(("Int", "Text", "Bool"))))))
        return tuple(self._rng.sample(found, len(found)))

    def type(self, depth: int, *, shared: bool = False, own: tuple[str, ...] | None = None) -> Tree:
        """Return a type.

        shared: its values can be sent. own: the parameters of the definition it stands in, None outside of one.
        """
        rng = self._rng
        referable = [known for known in self._known if known.shared or not shared]
        deep = int(depth > 0)
        kind = rng.choices(
            ("prim", "ref", "own", "opt", "array", "tuple", "object", "variant", "func", "actor", "combined", "local"),
            (
                26,
                20 * bool(referable),
                12 * bool(own),
                *(w * deep for w in (12, 8, 8, 14, 13, 5, 3, 1)),
                9 * deep * (not shared),
            ),
        )[0]
        match kind:
            case "prim":
                return Tree("prim", rng.choice(SHARED_PRIMS if shared else PRIMS))
            case "ref":
                return self._ref(rng.choice(referable), depth, shared=shared, own=own)
            case "own":
                return Tree("ref", rng.choice(own or ()))
            case "opt" | "array":
                return Tree(kind, "", (self.type(depth - 1, shared=shared, own=own),))
            case "combined":
                sort = rng.choice(("prim", "opt", "array", "tuple", "object", "variant"))
                return Tree(rng.choice(("and", "or")), "", (self._closed(sort), self._closed(sort)))
            case "local":
                return Tree(rng.choice(("vararray", "weak")), "", (self.type(depth - 1, own=own),))
            case _:
                return self._composite(kind, depth, shared=shared, own=own)

    def _closed(self, sort: str) -> Tree:
        """Return an operand of `and` and `or`: small, without names, and of the same sort as the other one."""
        rng = self._rng
        prims = [Tree("prim", rng.choice(("Nat", "Int", "Nat", "Text", "Null"))) for _ in range(2)]
        match sort:
            case "prim":
                return prims[0]
            case "tuple":
                return Tree(sort, "", tuple(prims))
            case "object" | "variant":
                member = "val" if sort == "object" else "case"
                labels = rng.sample(("a", "b", "c"), rng.randint(1, 2))
                return Tree(
                    sort, "", tuple(Tree(member, label, (prim,)) for label, prim in zip(labels, prims, strict=False))
                )
            case _:
                return Tree(sort, "", (prims[0],))

    def func(self, depth: int) -> Tree:
        """Return a shared function."""
        rng = self._rng
        sort = rng.choice(("shared", *SORTS))
        arguments = self._args(depth)
        return Tree(
            "func", sort, (arguments, Tree("oneway") if sort == "shared" and rng.random() < 0.3 else self._args(depth))
        )

    def _composite(self, kind: str, depth: int, *, shared: bool, own: tuple[str, ...] | None) -> Tree:
        rng = self._rng
        match kind:
            case "tuple":
                count = rng.choice((0, 2, 2, 3))
                return Tree("tuple", "", tuple(self.type(depth - 1, shared=shared, own=own) for _ in range(count)))
            case "object":
                labels = rng.sample(LABELS, rng.randint(0, 4))
                return Tree("object", "", tuple(self._field(label, depth, shared=shared, own=own) for label in labels))
            case "variant":
                labels = rng.sample(TAGS, rng.choice((0, 1, 2, 2, 3, 4)))
                payloads = [
                    () if rng.random() < 0.4 else (self.type(depth - 1, shared=shared, own=own),) for _ in labels
                ]
                return Tree(
                    "variant", "", tuple(Tree("case", label, p) for label, p in zip(labels, payloads, strict=True))
                )
            case "func":
                return self.func(depth - 1)
            case _:
                labels = rng.sample(METHODS, rng.randint(0, 3))
                return Tree("actor", "", tuple(Tree("method", label, (self.func(depth - 1),)) for label in labels))

    def _field(self, label: str, depth: int, *, shared: bool, own: tuple[str, ...] | None) -> Tree:
        rng = self._rng
        if not shared and rng.random() < 0.06:
            parameter = rng.choice(("", "P"))
            params = Tree("params", "", (Tree("bind", parameter),) if parameter else ())
            body = Tree("array", "", (Tree("ref", parameter),)) if parameter else self.type(depth - 1, own=())
            return Tree("typefield", label, (params, body))
        kind = "var" if not shared and rng.random() < 0.3 else "val"
        return Tree(kind, label, (self.type(depth - 1, shared=shared, own=own),))

    def _args(self, depth: int) -> Tree:
        rng = self._rng
        # A parameter of the definition is not known to be shared: it cannot be sent.
        types = [self.type(min(depth, 1), shared=True, own=()) for _ in range(rng.choice((0, 1, 1, 2)))]
        names = rng.choice((("", "", ""), ("", "", ""), ("x", "y", "z")))
        return Tree("args", "", tuple(Tree("item", name, (t,)) for name, t in zip(names, types, strict=False)))

    def _ref(self, known: Definition, depth: int, *, shared: bool, own: tuple[str, ...] | None) -> Tree:
        """Return a reference. In a definition, an argument is a parameter itself or holds none: nothing can expand."""
        rng = self._rng
        arguments = []
        for bound in known.bounds:
            if bound is not None:
                arguments.append(Tree("prim", rng.choice(BOUNDS[bound])))
            elif own and rng.random() < 0.7:
                arguments.append(Tree("ref", rng.choice(own)))
            else:
                arguments.append(self.type(min(depth - 1, 1), shared=shared, own=None if own is None else ()))
        return Tree("ref", known.name, tuple(arguments))

    def _definition(self, index: int, known: Definition) -> Tree:
        own = PARAMETERS[: len(known.bounds)]
        params = (
            Tree("bind", name, () if bound is None else (Tree("prim", bound),))
            for name, bound in zip(own, known.bounds, strict=True)
        )
        return Tree("def", known.name, (Tree("params", "", tuple(params)), self._definition_body(index, known, own)))

    def _definition_body(self, index: int, known: Definition, own: tuple[str, ...]) -> Tree:
        rng = self._rng
        if known.alias:
            # Of names drawn earlier only: aliases never go in a circle.
            goals = [other for other in self._known[:index] if other.shared or not known.shared]
            if goals:
                return self._ref(rng.choice(goals), 1, shared=known.shared, own=own)
        kind = rng.choice(
            ("object", "object", "object", "variant", "variant", "variant", "opt", "array", "tuple", "prim")
        )
        match kind:
            case "prim":
                return Tree("prim", rng.choice(SHARED_PRIMS))
            case "opt" | "array":
                return Tree(kind, "", (self.type(2, shared=known.shared, own=own),))
            case _:
                return self._composite(kind, 3, shared=known.shared, own=own)
