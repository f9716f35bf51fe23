"""The migration from what one version keeps to what another one does."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from analyzer.motoko.print import type_text
from analyzer.motoko.relation import Relation
from analyzer.motoko.types import Kind
from analyzer.motoko.universe import Undecided, Universe
from analyzer.suggest.containers import KNOWN, Containers, containers
from analyzer.suggest.convert import Conversion, Loss, TooLarge
from analyzer.suggest.layout import CHECK, Layout
from analyzer.suggest.tree import Call, Entry, Marked, Record, Typed, Word, parts_of
from analyzer.suggest.types import Types

if TYPE_CHECKING:
    from collections.abc import Iterable

    from analyzer.motoko.types import StableSignature
    from analyzer.suggest.tree import Converter, Expression

_CORE = re.compile(r"(?<![\w.#\"])([A-Z]\w*)\.(?=[a-z])")
_PLACES = {c.module: c.path for c in KNOWN.values()}


class Variable(NamedTuple):
    """What becomes of a variable. what: kept, converted, renamed, dropped, new. old, new: its types, shortened."""

    name: str
    what: str
    old: str | None
    new: str | None


@dataclass(slots=True)
class Suggestion:
    """A migration. form: `inline`, of `(with migration = ...)`, or `step`, the next file of a chain.

    module: its text. taken, made: names of the variables that it consumes and produces. checks: what a person has to
    look at, as the text marks it. variables: all of both versions, by name. losses: what of the stored data is left
    behind. notes: about the whole. skeleton: an actor that keeps what the new version keeps, for a compiler, where
    there is no program.
    """

    form: str
    module: str
    taken: tuple[str, ...]
    made: tuple[str, ...]
    checks: tuple[str, ...]
    losses: tuple[Loss, ...] = ()
    notes: tuple[str, ...] = ()
    variables: tuple[Variable, ...] = ()
    skeleton: str = field(default="", repr=False)

    @property
    def function(self) -> str:
        """What the migration's function is called: moc wants this name in a chain."""
        return "run" if self.form == "inline" else "migration"


def suggest(old: StableSignature, new: StableSignature) -> Suggestion | None:
    """Return the migration from `old` to what `new` keeps in the end; None where none is needed.

    A migration that `new` has already is not looked at. It is a step of a chain where `old` or `new` has one. Raises
    TooLarge.
    """
    try:
        return _Migration(old, new).suggestion()
    except (Undecided, RecursionError) as why:
        msg = f"no migration can be written: {why}" if isinstance(why, Undecided) else "its types are nested too deeply"
        raise TooLarge(msg, hint="split the types, or write the migration by hand") from None


class _Migration:
    def __init__(self, old: StableSignature, new: StableSignature) -> None:
        self.form = "step" if "chain" in (old.form, new.form) else "inline"
        self.universe = Universe(new, old, containers())
        self.relation = Relation(self.universe, stable=True)
        self.containers = Containers(self.universe, self.relation)
        self.conversion = Conversion(self.universe, self.relation, self.containers)
        shift = self.universe.offsets[1]
        self.old = {f.name: f.node + shift for f in old.post}
        self.new = {f.name: f.node for f in new.post}
        self.fields = new.post
        first, last = self.universe.binder_offsets[1:3]
        self.old_binders = range(first, last)

    def suggestion(self) -> Suggestion | None:
        gone = {name: node for name, node in self.old.items() if name not in self.new}
        come = {name: node for name, node in self.new.items() if name not in self.old}
        renamed = self.conversion.renamed(gone, come)
        entries: list[Entry] = []
        taken: dict[str, int] = {}
        made: dict[str, int] = {}
        for name, node in self.new.items():
            source = name if name in self.old else renamed.get(name)
            if source is None:
                if self.form == "step":  # in a chain nothing else gives a variable its first value
                    made[name] = node
                    entries.append(Entry(name, self._first(name, node)))
                continue
            if source == name and self.relation.official(self.old[name], node):
                continue
            taken[source], made[name] = self.old[source], node
            value = self.conversion.variable(source, self.old[source], node, f"old.{source}")
            entries.append(Entry(name, value if source == name else Marked(value, f"taken for `{source}`, renamed")))
        for name, node in gone.items():
            if name not in taken:
                taken[name] = node
                self.conversion.losses.append(Loss(name, "the variable is dropped, with all that it holds"))
        if not taken and not made:
            return None
        return self._printed(dict(sorted(taken.items())), made, entries, [n for n in gone if n not in renamed.values()])

    def _first(self, name: str, node: int) -> Expression:
        if self.universe.labels[self.universe.expand(node)] == () and self.relation.subtype(self._null(), node):
            return Word("null")
        return self.conversion.default(node, f"the first value of `{name}`")

    def _null(self) -> int:
        return self.universe.add(Kind.PRIM, ("Null",), ())

    def _printed(
        self, taken: dict[str, int], made: dict[str, int], entries: list[Entry], dropped: list[str]
    ) -> Suggestion:
        conversion = self.conversion
        converters = sorted(conversion.converters.values(), key=lambda one: one.name)
        self._tell_of_recursion(converters)
        types = Types(self.universe, self.relation, self.containers, self.old_binders)
        mentioned = [*taken.values(), *made.values()]
        for one in converters:
            mentioned += [one.old, one.new]
        values = [*(one.body for one in converters), *(e.value for e in entries)]
        mentioned += [node for value in values for node in types_in(value)]
        types.mention(mentioned)
        definitions = types.lines()
        layout = Layout(types.text)
        body: list[str] = []
        for one in converters:
            head = f"  func {one.name}({one.parameter} : {types.text(one.old)}) : {types.text(one.new)} = "
            body.append(_function(layout, one.body, head))
        domain = (
            "{" + "; ".join(f" {name} : {types.text(node)}" for name, node in taken.items()) + " }" if taken else "{}"
        )
        result = (
            "{" + "; ".join(f" {name} : {types.text(node)}" for name, node in made.items()) + " }" if made else "{}"
        )
        function = "run" if self.form == "inline" else "migration"
        record = Record(tuple(entries))
        parameter = "old" if any("old." in layout.text(e.value, "", 0) for e in entries) else "_old"
        head = f"  public func {function}({parameter} : {domain}) : {result} = "
        if len(head) > _WIDE:
            domain, result = (_fields(side, types) for side in (taken, made))
            head = f"  public func {function}({parameter} : {domain}) : {result} = "
        drops = "".join(
            f"  // {CHECK}`{name}` is consumed and not produced: all that it holds is dropped\n" for name in dropped
        )
        body.append(drops + _function(layout, record, head))
        text = "\n\n".join(part for part in ("\n".join(_indented(definitions)), *body) if part)
        lines = self._imports(text, types)
        says = [
            f"/// {CHECK}left behind: {one.where}: {one.what}" for one in conversion.losses if one.where not in dropped
        ]
        says += [f"/// {CHECK}{note}" for note in conversion.notes]
        module = "".join(f"{line}\n" for line in [*lines, *says, "module {"]) + text + "\n};\n"
        checks = tuple(dict.fromkeys(re.findall(rf"{CHECK}(.*?)(?: \*/|\n)", module)))
        return Suggestion(
            self.form,
            module,
            tuple(taken),
            tuple(made),
            checks,
            tuple(conversion.losses),
            (*conversion.notes,),
            self._variables(types, taken, made, entries),
            self._skeleton(),
        )

    def _tell_of_recursion(self, converters: list[Converter]) -> None:
        calls = {one.name: _calls(one.body) for one in converters}
        mutable = {one.name for one in converters if self._is_mutable(one.old)}
        for one in converters:
            reached: set[str] = set()
            todo = list(calls[one.name])
            while todo:
                name = todo.pop()
                if name in calls and name not in reached:
                    reached.add(name)
                    todo += calls[name]
            if one.name in reached:
                told = f"`{one.name}` calls itself for each level of a value: rehearse it on one as deep as yours"
                ends = "; a value that leads back to itself would never end" if reached & mutable else ""
                self.conversion.notes.append(told + ends)

    def _is_mutable(self, node: int) -> bool:
        universe = self.universe
        node = universe.expand(node)
        inside = universe.children[node] if universe.kinds[node] != Kind.OPTION else ()
        return any(universe.kinds[child] == Kind.VAR for child in inside)

    def _variables(
        self, types: Types, taken: dict[str, int], made: dict[str, int], entries: list[Entry]
    ) -> tuple[Variable, ...]:
        sources = {e.name: source for e in entries if (source := _renamed_from(e)) is not None}
        found = []
        for name in sorted(self.old.keys() | self.new.keys()):
            old, new = self.old.get(name), self.new.get(name)
            texts = [None if n is None else type_text(self.universe, types.shown(n), _SHOWN) for n in (old, new)]
            if old is None:
                what = "renamed" if name in sources else "new"
                if name in sources:
                    texts[0] = (
                        f"{sources[name]} : {type_text(self.universe, types.shown(self.old[sources[name]]), _SHOWN)}"
                    )
            elif new is None:
                what = "dropped"
                if name in sources.values():
                    continue
            else:
                what = "converted" if name in taken and name in made else "kept"
            found.append(Variable(name, what, *texts))
        return tuple(found)

    def _imports(self, text: str, types: Types) -> list[str]:
        modules = {c.module for c in types.imported} | set(_CORE.findall(text))
        found = [f'import {name} "{_PLACES.get(name, f"mo:core/{name}")}";' for name in sorted(modules)]
        return [*found, ""] if found else []

    def _skeleton(self) -> str:
        """Return an actor with the new version's variables; `loop {}` has any type, and is never run."""
        types = Types(self.universe, self.relation, self.containers, self.old_binders)
        types.mention(f.node for f in self.fields)
        lines = [f"  {line}" for line in types.lines()]
        value = " = loop {}" if self.form == "inline" else ""
        lines += [f"  {'var' if f.mutable else 'let'} {f.name} : {types.text(f.node)}{value};" for f in self.fields]
        text = "\n".join(lines)
        return "\n".join([*self._imports(text, types), "persistent actor {", text, "};"]) + "\n"


_WIDE = 110
_SHOWN = 80  # characters of a type


def _renamed_from(entry: Entry) -> str | None:
    match entry.value:
        case Marked(_, note) if note.startswith("taken for `"):
            return note.split("`")[1]
    return None


def _on_one_line(side: dict[str, int], types: Types) -> str:
    return f"{{ {'; '.join(f'{name} : {types.text(node)}' for name, node in side.items())} }}" if side else "{}"


def _fields(side: dict[str, int], types: Types) -> str:
    if not side:
        return "{}"
    return "{\n" + "".join(f"    {name} : {types.text(node)};\n" for name, node in side.items()) + "  }"


def _function(layout: Layout, body: Expression, head: str) -> str:
    return f"{head}{layout.text(body, '  ', len(head.rpartition(chr(10))[2]) + 1)};"


def _indented(lines: Iterable[str]) -> Iterable[str]:
    return (f"  {line}" for line in lines)


def _calls(value: Expression) -> set[str]:
    return {one.function for one in parts_of(value) if isinstance(one, Call)}


def types_in(value: Expression) -> list[int]:
    """Return the types that an expression names."""
    found: list[int] = []
    for one in parts_of(value):
        if isinstance(one, Call):
            found += one.types
        elif isinstance(one, Typed):
            found.append(one.type)
    return found
