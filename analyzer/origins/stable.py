"""A stable signature beside the program that it was made of: both type graphs are walked together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.edits.stable_types import source_name
from analyzer.motoko.types import Kind
from analyzer.origins.written import MAX_NAMES, Found, Pairs, Written, declared, followed, one_of, types_by_name

if TYPE_CHECKING:
    from analyzer.motoko.source.program import Named, Program
    from analyzer.motoko.types import Definition, StableSignature

_ONE_CHILD = frozenset((Kind.OPTION, Kind.WEAK, Kind.ARRAY, Kind.VAR, Kind.ASYNC))


def stable_origins(signature: StableSignature, program: Program) -> Found:
    """Return where the parts of a signature are written. Raises SourceError, ParseError: of the program itself."""
    return _Walk(signature, program).found


class _Walk:
    def __init__(self, signature: StableSignature, program: Program) -> None:
        self.signature = signature
        self.table = signature.table
        self.found = Found()
        self._pairs = Pairs()
        actor = program.actor()
        if actor is None:
            return
        outer, unit = actor
        inner = outer.within(unit)
        self.found.note(signature.span, outer.file, unit.span)
        variables = {d.name: d for d in unit.inside if d.kind in ("let", "var")}
        for field in (*signature.post, *signature.before):
            declaration = variables.get(field.name)
            if declaration is None:
                continue
            self.found.note(field.span, outer.file, declaration.span)
            # What a migration takes over has the old type, which is written in the migration.
            if declaration.node < 0:
                self.found.note(self.table.spans[field.node], outer.file, declaration.span)
            elif not field.required:
                self._pairs.add(field.node, Written(inner, declaration.node, {}))
        self._run()
        self._by_name(types_by_name(program))

    def _by_name(self, known: dict[str, list[Named]]) -> None:
        """Take for what no annotation leads to the one declaration that has its name and looks like it."""
        for definition in self.signature.definitions:
            if definition.span in self.found:
                continue
            alike = [n for n in known.get(source_name(definition.name), []) if self._alike(definition, n)]
            if len(alike) == 1:
                written = declared(alike[0])
                self.found.note(definition.span, written.scope.file, alike[0].declaration.span)
                self._pairs.add(definition.node, written)
                self._run()

    def _alike(self, definition: Definition, named: Named) -> bool:
        written = declared(named)
        kind = self.table.kinds[definition.node]
        if kind in (Kind.CON, Kind.PRIM):
            return written.kind == Kind.NAME
        if kind in (Kind.OBJECT, Kind.VARIANT):
            labels = written.table.labels[written.node]
            return written.kind == kind and labels == self.table.labels[definition.node]
        return written.kind == kind

    def _run(self) -> None:
        for node, written in self._pairs:
            self._pair(node, written)

    def _pair(self, node: int, written: Written) -> None:
        table, found = self.table, self.found
        top = table.spans[node]
        if table.kinds[node] == Kind.CON and written.kind == Kind.NAME:
            arguments = table.children[node], written.children
            if len(arguments[0]) == len(arguments[1]):
                for child, part in zip(*arguments, strict=True):
                    self._pairs.add(child, part)
        passed, last = followed(written)
        for _ in range(MAX_NAMES):
            if table.kinds[node] != Kind.CON:
                break
            definition = self.signature.definitions[table.labels[node][0]]
            node = definition.node
            alias = table.kinds[node] == Kind.CON
            named = one_of(passed, (source_name(definition.name),), last=not alias)
            if named is not None:
                found.note(definition.span, named.scope.file, named.declaration.span)
        if table.kinds[node] == last.kind:
            found.note_type(table.spans[node], last)
            self._inside(node, last)
        elif table.kinds[node] == Kind.PRIM and last.kind == Kind.NAME and last.name == table.labels[node][0]:
            found.note_type(table.spans[node], last)
        found.note_type(top, written)

    def _inside(self, node: int, written: Written) -> None:
        """Pair the parts of two types of one kind."""
        kind = self.table.kinds[node]
        children, inside = self.table.children[node], written.children
        if kind in (Kind.OBJECT, Kind.VARIANT):
            skip = 1 if kind == Kind.OBJECT else 0
            names = written.table.labels[written.node][skip:]
            known = {name: (child, span) for name, child, span in zip(names, inside, written.members, strict=True)}
            own = zip(self.table.labels[node][skip:], children, self.table.members[node], strict=True)
            for name, child, span in own:
                if name in known:
                    self.found.note(span, written.scope.file, known[name][1])
                    self._pairs.add(child, known[name][0])
        elif len(children) == len(inside) and (kind in _ONE_CHILD or kind in (Kind.TUPLE, Kind.FUNC)):
            for child, part in zip(children, inside, strict=True):
                self._pairs.add(child, part)
