"""What a stored value becomes: for each pair of types the best conversion that never traps.

What fits is passed through. What does not is rebuilt part by part; where only a person can know what belongs there, the
plainest value is taken and marked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from analyzer.errors import CtxError
from analyzer.motoko.relation import Relation
from analyzer.motoko.types import PRIMITIVES, Kind
from analyzer.suggest import primitives
from analyzer.suggest.defaults import Defaults
from analyzer.suggest.tree import (
    Call,
    Case,
    Converter,
    Entry,
    Function,
    Items,
    Marked,
    Record,
    Some,
    Switch,
    Tag,
    Word,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from analyzer.motoko.universe import Universe
    from analyzer.suggest.containers import Containers, Found
    from analyzer.suggest.tree import Expression

MAX_LEVELS = 40  # of what stands inside one another in one function
MAX_CONVERTERS = 400  # functions of one migration
MAX_COMPARED = 10_000  # pairs of parts that are gone and parts that are new, to recognise renamed ones
_DEFAULT, _WRITE = ": choose a value", ": write it"  # how the notes on values end that have nothing of what was kept
_VARIABLES = ("x", "y", "z", "u", "v", "w")
_KEYWORDS = frozenset(
    (
        *("actor", "and", "assert", "async", "await", "break", "case", "catch", "class", "composite", "continue"),
        *("debug", "debug_show", "do", "else", "false", "finally", "flexible", "for", "from_candid", "func", "if"),
        *("ignore", "implicit", "import", "in", "include", "label", "let", "loop", "mixin", "module", "not", "null"),
        *("object", "or", "persistent", "private", "public", "query", "return", "shared", "stable", "switch", "system"),
        *("throw", "to_candid", "transient", "true", "try", "type", "var", "weak", "while", "with"),
    )
)
_TAKEN = {*_KEYWORDS, "old", "run", "migration", "i", *_VARIABLES} | {
    f"{v}{n}" for v in "xi" for n in range(MAX_LEVELS + 2)
}


class TooLarge(CtxError):
    """The types are too deep or too many for a migration that anyone would read."""

    exit_code = 5


class Loss(NamedTuple):
    """Stored data that a migration leaves behind. where: the part. what: one clause."""

    where: str
    what: str


class Conversion:
    """The conversions of one migration. converters: the functions that it takes, by pairs of types.

    notes: what is to be known of the whole. losses: what is left behind.
    """

    def __init__(self, universe: Universe, relation: Relation, containers: Containers) -> None:
        self.universe = universe
        self.containers = containers
        self.relation = relation
        self._loose = Relation(universe, stable=False)
        self.defaults = Defaults(universe, containers)
        self.converters: dict[tuple[int, int], Converter] = {}
        self.notes: list[str] = []
        self.losses: list[Loss] = []
        self._names: dict[tuple[int, int], str] = {}
        self._waiting: list[tuple[tuple[int, int], int, int]] = []
        self._lifting: set[tuple[int, int]] = set()
        self._where = ""

    def variable(self, name: str, old: int, new: int, path: str) -> Expression:
        """Return what a variable becomes, and make the functions that it takes."""
        self._where = name
        made = self.value(old, new, path, 0)
        while self._waiting:
            key, before, after = self._waiting.pop(0)
            called = self._names[key]
            self._where = _base(self.universe, after) or _base(self.universe, before) or name
            body = self._parts(self.universe.expand(before), self.universe.expand(after), "x", 1)
            self.converters[key] = Converter(called, "x", before, after, body)
        return made

    # -- one pair of types

    def value(self, old: int, new: int, path: str, level: int) -> Expression:
        """Return a value of the type `old`, found at a path, as one of the type `new`. Raises TooLarge, Undecided."""
        if level > MAX_LEVELS:
            msg = f"types are nested more than {MAX_LEVELS} levels deep here"
            raise TooLarge(msg, where=self._where, hint="give the inner ones names")
        universe = self.universe
        if self.relation.subtype(old, new):
            return Word(path)
        before, after = universe.expand(old), universe.expand(new)
        if universe.kinds[after] == Kind.ANY:
            self._lose("its value is not kept as type Any: such a variable is reset at every upgrade")
            return Word(path)
        mapped = self._container(before, after, path, level)
        if mapped is not None:
            return mapped
        named = universe.kinds[old] == Kind.CON or universe.kinds[new] == Kind.CON
        composite = (Kind.OBJECT, Kind.VARIANT, Kind.TUPLE, Kind.OPTION, Kind.ARRAY)
        if named and universe.kinds[before] in composite and self._recurses_or_reads(before, after):
            return Call(self._converter(old, new), (Word(path),))
        return self._parts(before, after, path, level)

    def _recurses_or_reads(self, old: int, new: int) -> bool:
        """Tell whether a pair of named types is worth a function: one part alone, converted in place, is not."""
        kinds = self.universe.kinds
        return not (kinds[old] != kinds[new] and kinds[new] == Kind.OPTION and kinds[old] == Kind.PRIM)

    def _converter(self, old: int, new: int) -> str:
        universe = self.universe
        key = universe.shape(old), universe.shape(new)
        if key not in self._names:
            if len(self._names) >= MAX_CONVERTERS:
                msg = f"a migration of these types takes more than {MAX_CONVERTERS} functions"
                raise TooLarge(msg, where=self._where)
            base = _base(universe, new) or _base(universe, old) or "convert"
            self._names[key] = _free(base[:1].lower() + base[1:], {*_TAKEN, *self._names.values()})
            self._waiting.append((key, old, new))
        return self._names[key]

    def _parts(self, old: int, new: int, path: str, level: int) -> Expression:
        universe = self.universe
        kinds = universe.kinds
        before, after = kinds[old], kinds[new]
        same: dict[int, Callable[[int, int, str, int], Expression]] = {
            Kind.OBJECT: self._object,
            Kind.VARIANT: self._variant,
            Kind.TUPLE: self._tuple,
            Kind.ARRAY: self._array,
            Kind.OPTION: self._option,
        }
        if before == Kind.VARIANT and not universe.labels[old]:
            return Switch(Word(path), ())
        if before == after and before in same:
            return same[before](old, new, path, level)
        if before == after == Kind.PRIM:
            made = primitives.converted(universe.labels[old][0], universe.labels[new][0], path)
            if made is not None:
                return made
        if after == Kind.OPTION and before != Kind.ANY:
            return self._lifted(old, new, path, level)
        if before == Kind.OPTION:
            return self._unwrapped(old, new, path, level)
        special = self._special(old, new, path)
        return special if special is not None else self.default(new, self._unlike(old))

    def _lifted(self, old: int, new: int, path: str, level: int) -> Expression:
        """Return a value as an option of what it becomes; null where that is nothing of what was kept."""
        universe = self.universe
        key = universe.shape(old), universe.shape(new)
        known = len(self.notes)
        if key not in self._lifting:  # an option of itself, `type U = ?U`, holds nothing but nulls
            self._lifting.add(key)
            inner = self.value(old, universe.children[new][0], path, level + 1)
            self._lifting.discard(key)
            if not _is_default(inner):
                return Some(inner)
        del self.notes[known:]
        return self._nothing(old)

    def _special(self, old: int, new: int, path: str) -> Expression | None:
        """Return what is known of a few pairs of different kinds."""
        universe = self.universe
        names = [universe.labels[n][0] if universe.kinds[n] == Kind.PRIM else None for n in (old, new)]
        if names[0] == "Blob" and self._is_bytes(new):
            mutable = universe.kinds[universe.children[new][0]] == Kind.VAR
            return Call("Blob.toVarArray" if mutable else "Blob.toArray", (Word(path),))
        if names[1] == "Blob" and self._is_bytes(old):
            mutable = universe.kinds[universe.children[old][0]] == Kind.VAR
            return Call("Blob.fromVarArray" if mutable else "Blob.fromArray", (Word(path),))
        if names[1] == "Principal" and self._is_actor(old):
            return Call("Principal.fromActor", (Word(path),))
        if names[0] == "Principal" and self._is_actor(new):
            text = Call("Principal.toText", (Word(path),))
            return Marked(Call("actor ", (text,)), "that this canister has these methods, nobody checks")
        return None

    def _is_actor(self, node: int) -> bool:
        return self.universe.kinds[node] == Kind.OBJECT and self.universe.labels[node][0] == "actor"

    def _is_bytes(self, node: int) -> bool:
        universe = self.universe
        if universe.kinds[node] != Kind.ARRAY:
            return False
        (element,) = universe.children[node]
        if universe.kinds[element] == Kind.VAR:
            (element,) = universe.children[element]
        element = universe.expand(element)
        return universe.kinds[element] == Kind.PRIM and universe.labels[element][0] == "Nat8"

    # -- records

    def _object(self, old: int, new: int, path: str, level: int) -> Expression:
        universe = self.universe
        sorts = universe.labels[old][0], universe.labels[new][0]
        if sorts == ("actor", "actor"):
            text = Call("Principal.toText", (Call("Principal.fromActor", (Word(path),)),))
            return Marked(Call("actor ", (text,)), "that this canister has these methods, nobody checks")
        if sorts != ("object", "object"):
            return self.default(new, self._unlike(old))
        mine, theirs = _members(universe, old), _members(universe, new)
        if any(universe.kinds[node] == Kind.TYPE for node in theirs.values()):
            return self.default(new, "a record with type fields")
        taken = self._pairs(mine, theirs)
        return self._record(mine, theirs, taken, path, level)

    def _record(
        self, mine: dict[str, int], theirs: dict[str, int], taken: dict[str, str], path: str, level: int
    ) -> Expression:
        entries: list[Entry] = []
        kept: list[str] = []
        for name, node in theirs.items():
            source = taken.get(name)
            mutable, inner = self._inner(node)
            if source is None:
                entries.append(Entry(name, self._fresh(name, inner), mutable))
                continue
            was_mutable, was = self._inner(mine[source])
            value = self.value(was, inner, f"{path}.{source}", level + 1)
            if source != name:
                value = Marked(value, f"taken for `{source}`, renamed")
            entries.append(Entry(name, value, mutable))
            if value == Word(f"{path}.{name}") and not mutable and not was_mutable:
                kept.append(name)
        gone = [name for name in mine if name not in taken.values() and self._is_value(mine[name])]
        for name in gone:
            self._lose(f"the field `{name}` is dropped")
        pure = not gone and all(self.universe.kinds[node] not in (Kind.VAR, Kind.TYPE) for node in mine.values())
        if kept and pure and all(name in theirs for name in mine):
            return Record(tuple(e for e in entries if e.name not in kept), path)
        return Record(tuple(entries))

    def _is_value(self, node: int) -> bool:
        return self.universe.kinds[node] != Kind.TYPE

    def _inner(self, node: int) -> tuple[bool, int]:
        mutable = self.universe.kinds[node] == Kind.VAR
        return mutable, self.universe.children[node][0] if mutable else node

    def _pairs(self, mine: dict[str, int], theirs: dict[str, int]) -> dict[str, str]:
        """Return which old part each new one comes from: the one of its name, else one that can only be it."""
        taken = {name: name for name in theirs if name in mine and self._is_value(mine[name])}
        gone = [name for name in mine if name not in theirs and self._is_value(mine[name])]
        come = [name for name in theirs if name not in mine]
        taken.update(self.renamed({n: mine[n] for n in gone}, {n: theirs[n] for n in come}))
        return taken

    def renamed(self, gone: dict[str, int], come: dict[str, int]) -> dict[str, str]:
        """Return by new name the old one that is taken for it: each fits the other and nothing else does."""
        if len(gone) * len(come) > MAX_COMPARED:
            return {}
        fits = [
            (before, after)
            for before, old in gone.items()
            for after, new in come.items()
            if self._tells(old) and self.relation.subtype(self._inner(old)[1], self._inner(new)[1])
        ]
        olds, news = [pair[0] for pair in fits], [pair[1] for pair in fits]
        return {after: before for before, after in fits if olds.count(before) == news.count(after) == 1}

    def _tells(self, node: int) -> bool:
        """Tell whether that one type fits another says anything: null and None fit too much."""
        node = self.universe.expand(self._inner(node)[1])
        kind = self.universe.kinds[node]
        return kind not in (Kind.NONE, Kind.ANY) and self.universe.labels[node] != ("Null",)

    def _fresh(self, name: str, node: int) -> Expression:
        """Return the value of a part that nothing was kept for. An option is null: nobody has to decide that."""
        if self.universe.kinds[self.universe.expand(node)] == Kind.OPTION and self.containers.found(node) is None:
            return Word("null")
        return self.default(node, f"nothing was kept for `{name}`")

    # -- variants, tuples, arrays, options

    def _variant(self, old: int, new: int, path: str, level: int) -> Expression:
        universe = self.universe
        mine = dict(zip(universe.labels[old], universe.children[old], strict=True))
        theirs = dict(zip(universe.labels[new], universe.children[new], strict=True))
        renamed = {before: after for after, before in self._pairs(mine, theirs).items()}
        variable = _variable(level)
        cases: list[Case] = []
        for tag, payload in mine.items():
            after = renamed.get(tag)
            if after is None:
                self._lose(f"the case `#{tag}` is gone")
                instead = self.default(new, f"there is no `#{tag}` any more")
                cases.append(Case(f"#{tag}", None if self._is_unit(payload) else "_", instead))
                continue
            made = self._case(after, payload, theirs[after], variable, level)
            value = Marked(made, f"taken for `#{tag}`, renamed") if after != tag else made
            cases.append(Case(f"#{tag}", None if self._is_unit(payload) else variable, value))
        return Switch(Word(path), tuple(cases))

    def _case(self, tag: str, old: int, new: int, variable: str, level: int) -> Expression:
        if self._is_unit(new):
            if not self._is_unit(old):
                self._lose(f"what `#{tag}` carried is dropped")
            return Tag(tag, None)
        if self._is_unit(old):
            return Tag(tag, self._fresh(f"#{tag}", new))
        return Tag(tag, self.value(old, new, variable, level + 1))

    def _is_unit(self, node: int) -> bool:
        node = self.universe.expand(node)
        return self.universe.kinds[node] == Kind.TUPLE and not self.universe.children[node]

    def _tuple(self, old: int, new: int, path: str, level: int) -> Expression:
        mine, theirs = self.universe.children[old], self.universe.children[new]
        if not mine or not theirs:
            return self.default(new, self._unlike(old))
        values = [
            self.value(a, b, f"{path}.{i}", level + 1) for i, (a, b) in enumerate(zip(mine, theirs, strict=False))
        ]
        values += [self._fresh(f"item {i}", theirs[i]) for i in range(len(mine), len(theirs))]
        for i in range(len(theirs), len(mine)):
            self._lose(f"the item {i} of a tuple is dropped")
        return Items("(", tuple(values))

    def _array(self, old: int, new: int, path: str, level: int) -> Expression:
        (was_mutable, before), (mutable, after) = (self._inner(self.universe.children[n][0]) for n in (old, new))
        if self.relation.equal(before, after) or (
            self.relation.subtype(before, after) and not mutable and not was_mutable
        ):
            return Call("Array.fromVarArray" if was_mutable else "Array.toVarArray", (Word(path),), (after,))
        index = f"i{level}" if level else "i"
        body = self.value(before, after, f"{path}[{index}]", level + 1)
        function = Function((index,), body)
        module = "VarArray.tabulate" if mutable else "Array.tabulate"
        return Call(module, (Word(f"{path}.size()"), function), (after,))

    def _option(self, old: int, new: int, path: str, level: int) -> Expression:
        variable = _variable(level)
        inner = self.value(self.universe.children[old][0], self.universe.children[new][0], variable, level + 1)
        if _is_default(inner):
            return self._nothing(self.universe.expand(self.universe.children[old][0]))
        return Switch(Word(path), (Case("null", None, Word("null")), Case("?", variable, Some(inner))))

    def _unwrapped(self, old: int, new: int, path: str, level: int) -> Expression:
        variable = _variable(level)
        inner = self.value(self.universe.children[old][0], new, variable, level + 1)
        if _is_default(inner):
            return inner
        missing = self.default(new, "where it was null")
        return Switch(Word(path), (Case("?", variable, inner), Case("null", None, missing)))

    # -- containers

    def _container(self, old: int, new: int, path: str, level: int) -> Expression | None:
        before, after = self.containers.found(old), self.containers.found(new)
        if before is None or after is None or before.container != after.container:
            return None
        container = after.container
        if container.keyed and not self.relation.equal(before.arguments[0], after.arguments[0]):
            self._note(
                f"keys of a {container.name} change: its order is kept as it is, so the new keys must be in the order "
                "of the old ones"
            )
            return None
        if not container.maps:
            return None
        return self._mapped(before, after, path, level)

    def _mapped(self, before: Found, after: Found, path: str, level: int) -> Expression:
        variable = _variable(level)
        container = after.container
        body = self.value(before.arguments[-1], after.arguments[-1], variable, level + 1)
        parameters = ("_", variable) if container.keyed else (variable,)
        types = (*before.arguments, after.arguments[-1])
        return Call(f"{container.module}.map", (Word(path), Function(parameters, body)), types)

    # -- what only a person can know

    def default(self, node: int, why: str) -> Expression:
        """Return the plainest value of a type, marked; where there is none, a trap."""
        made = self.defaults.of(node)
        if made is None:
            self._note(f"{self._where}: {why}, and no value of the new type can be made: the migration traps there")
            return Marked(Call("Runtime.trap", (Word('"write this part of the migration"'),)), f"{why}{_WRITE}")
        return Marked(made, f"{why}{_DEFAULT}")

    def _nothing(self, old: int) -> Expression:
        self._lose(f"{self._unlike(old)} cannot be converted")
        return Marked(Word("null"), f"{self._unlike(old)} cannot be converted{_DEFAULT}")

    def _unlike(self, old: int) -> str:
        universe = self.universe
        kind = universe.kinds[old]
        words = {
            Kind.ANY: "of a value of type Any nothing is known",
            Kind.FUNC: "a function",
            Kind.WEAK: "a weak reference",
            Kind.VARIANT: "a variant",
            Kind.TUPLE: "a tuple",
            Kind.ARRAY: "an array",
            Kind.OPTION: "an option",
            Kind.OBJECT: "a record",
        }
        if kind == Kind.PRIM and universe.labels[old][0] in PRIMITIVES:
            return f"a {universe.labels[old][0]}"
        return words.get(Kind(kind), "what was kept")

    def _lose(self, what: str) -> None:
        found = Loss(self._where, what)
        if found not in self.losses:
            self.losses.append(found)

    def _note(self, what: str) -> None:
        if what not in self.notes:
            self.notes.append(what)


def _variable(level: int) -> str:
    return _VARIABLES[level] if level < len(_VARIABLES) else f"x{level}"


def _members(universe: Universe, node: int) -> dict[str, int]:
    return dict(zip(universe.labels[node][1:], universe.children[node], strict=True))


def _base(universe: Universe, node: int) -> str:
    """Return what a person calls a type; "" where it has no name."""
    return bare(universe.names[universe.labels[node][0]]) if universe.kinds[node] == Kind.CON else ""


def bare(name: str) -> str:
    """Return a definition's name without the digits that moc adds."""
    stem, _, digits = name.rpartition("__")
    return stem if stem and digits.isdigit() else name


def _free(name: str, taken: set[str] | frozenset[str]) -> str:
    found, number = name, 2
    while found in taken:
        found, number = f"{name}{number}", number + 1
    return found


def _is_default(value: Expression) -> bool:
    """Tell whether a value has nothing of what was kept."""
    return isinstance(value, Marked) and value.note.endswith((_DEFAULT, _WRITE))
