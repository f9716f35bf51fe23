"""Random Candid interfaces and pairs of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.generators.candid_edits import mutate, spoil_last_field
from tests.generators.candid_faults import spoil
from tests.generators.candid_text import QUOTED, distinct, named, write
from tests.generators.tree import Pair, Tree

if TYPE_CHECKING:
    from random import Random

PRIMS = (
    *("nat", "int", "text", "nat", "text", "nat8", "nat16", "nat32", "nat64", "int8", "int16", "int32", "int64"),
    *("float32", "float64", "bool", "null", "null", "reserved", "empty", "principal", "blob"),
)
NAMES = ("a", "b", "c", "d", "id", "owner", "amount", "ok", "err", "nat", "text", "reserved", "Nat", "_0", "oneway_")
NUMBERS = ("0", "1", "2", "3", "97", "0x61", "1_0", "010", "4294967295", "0xFFFF_FFFF")
LABELS = (*NAMES, *NAMES, *NUMBERS, *QUOTED)
ARGUMENTS = ("", "", "", "", "x", "y", "to", '"a b"', "nat")
METHODS = ("a", "b", "c", "d", "get", "put", "list", "nat", "_m", '"a b"', '""', '"query"', '"é"', '"\\61"')
MODES = ("", "", "query", "composite_query", "oneway")

# Names that definitions take: short ones, odd ones, and names of primitives, which stay primitives in types.
DEFINITIONS = ("A", "B", "C", "D", "Tree", "Result_1", "_T", "text_", "nat", "bool", "float64")
PRIMITIVE_NAMES = {"nat", "bool", "float64"}

INVALID_SHARE = 0.03
LEAK_SHARE = 0.08


class _Writer:
    """Makes the types of one interface, over definitions whose names and sorts were drawn first."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        names = rng.sample(DEFINITIONS, rng.choice((0, 1, 2, 3, 3, 4, 5, 6)))
        self._sorts = {name: rng.choice(("data", "data", "data", "data", "func", "service", "alias")) for name in names}
        # A definition with the name of a primitive can be meant in a method only, where no data is allowed.
        self._sorts |= {name: "func" for name in names if name in PRIMITIVE_NAMES}

    def interface(self) -> Tree:
        rng = self._rng
        definitions = [Tree("def", name, (self._definition(name, sort),)) for name, sort in self._sorts.items()]
        rng.shuffle(definitions)
        main: tuple[Tree, ...] = (self._main_body(),)
        if rng.random() < 0.2:
            main = (self._tuple(2), *main)
        return Tree("file", "", (*definitions, Tree("main", rng.choice(("", "", "", "api", "nat")), main)))

    def type(self, depth: int) -> Tree:
        rng = self._rng
        referable = self._named("data", "func", "service", "alias")
        kind = rng.choices(
            ("prim", "ref", "opt", "vec", "record", "variant", "func", "service"),
            (30, 24 if referable else 0, *((22, 8, 14, 12, 4, 2) if depth else (0,) * 6)),
        )[0]
        match kind:
            case "prim":
                return Tree("prim", rng.choice(PRIMS))
            case "ref":
                return Tree("ref", rng.choice(referable))
            case "opt" | "vec":
                return Tree(kind, "", (self.type(depth - 1),))
            case _:
                return self._composite(kind, depth)

    def _composite(self, kind: str, depth: int) -> Tree:
        rng = self._rng
        match kind:
            case "record":
                labels = distinct(
                    [("" if rng.random() < 0.2 else rng.choice(LABELS)) for _ in range(rng.randint(0, 4))]
                )
                if rng.random() < 0.15:
                    labels = [""] * rng.randint(1, 4)
                return Tree("record", "", tuple(Tree("field", label, (self.type(depth - 1),)) for label in labels))
            case "variant":
                labels = distinct([rng.choice(LABELS) for _ in range(rng.randint(0, 4))])
                return Tree("variant", "", tuple(self._case(label, depth) for label in labels))
            case "func":
                return self._func(depth)
            case _:
                return self._service(depth, rng.randint(0, 2))

    def _case(self, label: str, depth: int) -> Tree:
        return Tree("field", label, () if self._rng.random() < 0.4 else (self.type(depth - 1),))

    def _func(self, depth: int) -> Tree:
        mode = self._rng.choice(MODES)
        results = Tree("tuple") if mode == "oneway" else self._tuple(depth)
        return Tree("func", mode, (self._tuple(depth), results))

    def _tuple(self, depth: int) -> Tree:
        rng = self._rng
        labels = [rng.choice(ARGUMENTS) for _ in range(rng.choice((0, 1, 1, 1, 2, 3)))]
        if len({named(label) for label in labels if label}) < sum(map(bool, labels)):
            # Later parsers refuse two arguments of one name; the one asked here does not. Both must be met.
            labels = labels if rng.random() < 0.1 else [""] * len(labels)
        return Tree("tuple", "", tuple(Tree("arg", label, (self.type(depth - 1),)) for label in labels))

    def _service(self, depth: int, count: int) -> Tree:
        labels = {named(label): label for label in (self._rng.choice(METHODS) for _ in range(count))}
        return Tree("service", "", tuple(Tree("method", label, (self._method(depth),)) for label in labels.values()))

    def _method(self, depth: int) -> Tree:
        functions = [name for name, sort in self._sorts.items() if sort == "func"]
        if functions and self._rng.random() < 0.3:
            return Tree("ref", self._rng.choice(functions))
        return self._func(depth)

    def _main_body(self) -> Tree:
        services = self._named("service")
        if services and self._rng.random() < 0.3:
            return Tree("ref", self._rng.choice(services))
        return self._service(3, self._rng.randint(1, 5))

    def _definition(self, name: str, sort: str) -> Tree:
        match sort:
            case "func":
                return self._func(2)
            case "service":
                return self._service(2, self._rng.randint(0, 3))
            case "alias":
                # Aliases lead to what is no alias, or to an alias drawn earlier: never in a circle.
                names = list(self._sorts)
                earlier = [n for n in names[: names.index(name)] if n not in PRIMITIVE_NAMES]
                goals = [*self._named("data", "func", "service"), *(n for n in earlier if self._sorts[n] == "alias")]
                return Tree("ref", self._rng.choice(goals)) if goals else Tree("prim", self._rng.choice(PRIMS))
            case _:
                kind = self._rng.choice(("opt", "vec", "record", "record", "record", "variant", "variant", "prim"))
                if kind in {"prim", "opt", "vec"}:
                    return Tree(kind, "", (self.type(2),)) if kind != "prim" else Tree(kind, self._rng.choice(PRIMS))
                return self._composite(kind, 3)

    def _named(self, *sorts: str) -> list[str]:
        return [name for name, sort in self._sorts.items() if sort in sorts and name not in PRIMITIVE_NAMES]


def leaking(rng: Random) -> Tree:
    """Return an interface of the shape in which the official checker's memo can keep a pair that is not true.

    Two definitions refer to each other; in one a field that fits comes before one that an edit may spoil. A method that
    meets them under opt, where a failure is forgiven, is checked before or after one that meets them bare.
    """
    wrap = rng.choice(("vec", "opt", "record"))
    inner = Tree("ref", "A")
    around = Tree("record", "", (Tree("field", "0", (inner,)),)) if wrap == "record" else Tree(wrap, "", (inner,))
    shape = rng.choice(("record", "record", "variant"))
    fields = [Tree("field", "0", (Tree("ref", "C"),))]
    fields += [Tree("field", str(i), (Tree("prim", rng.choice(PRIMS)),)) for i in range(1, rng.randint(2, 4))]
    definitions = [Tree("def", "C", (around,)), Tree("def", "A", (Tree(shape, "", tuple(fields)),))]
    rng.shuffle(definitions)
    met: list[Tree] = []
    for label in rng.sample(("a", "b", "c", "d", "e"), rng.randint(2, 4)):
        type_ = Tree("ref", rng.choice("AC"))
        for _ in range(rng.choice((0, 0, 1, 1, 2))):
            type_ = Tree(rng.choice(("opt", "opt", "vec")), "", (type_,))
        place = Tree("tuple", "", (Tree("arg", "", (type_,)),))
        halves = (place, Tree("tuple")) if rng.random() < 0.2 else (Tree("tuple"), place)
        met.append(Tree("method", label, (Tree("func", "", halves),)))
    return Tree("file", "", (*definitions, Tree("main", "", (Tree("service", "", tuple(met)),))))


def pair(rng: Random) -> Pair:
    """Return an interface and an edited one, either of them as the older; in a few of the pairs one is invalid."""
    if rng.random() < LEAK_SHARE:
        old = leaking(rng)
        new = spoil_last_field(rng, old) or old
        new = mutate(rng, new) if rng.random() < 0.3 else new
    else:
        old = _Writer(rng).interface()
        new = mutate(rng, old)
    if rng.random() < 0.3:
        old, new = new, old
    if rng.random() < INVALID_SHARE:
        old = spoil(rng, old)
    if rng.random() < INVALID_SHARE:
        new = spoil(rng, new)
    texts = [write(tree, rng if rng.random() < 0.2 else None) for tree in (old, new)]
    return Pair(old, new, *texts)
