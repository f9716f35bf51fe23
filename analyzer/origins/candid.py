"""A Candid interface beside the Motoko program that it was made of: methods first, then what their types consist of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from analyzer.candid.types import Kind as CandidKind
from analyzer.candid.types import label_id
from analyzer.motoko.types import Kind
from analyzer.origins.written import MAX_NAMES, Found, Pairs, Written, declared, followed, one_of, types_by_name

if TYPE_CHECKING:
    from analyzer.candid.types import CandidInterface
    from analyzer.motoko.source.declarations import Declaration
    from analyzer.motoko.source.program import Named, Program, Scope
    from analyzer.table import Span

_STAMP = re.compile(r"_[0-9]+\Z")  # moc numbers types that have the name of another one
_SAME = {
    CandidKind.RECORD: (Kind.OBJECT, Kind.TUPLE),
    CandidKind.VARIANT: (Kind.VARIANT,),
    CandidKind.OPT: (Kind.OPTION,),
    CandidKind.VEC: (Kind.ARRAY,),
    CandidKind.FUNC: (Kind.FUNC,),
    CandidKind.SERVICE: (Kind.OBJECT,),
}


def candid_origins(interface: CandidInterface, program: Program) -> Found:
    """Return where the parts of an interface are written. Raises SourceError, ParseError: of the program itself."""
    return _Walk(interface, program).found


def _label(name: str) -> int:
    """Return the id that a field of Motoko has in Candid: `_1_` is the number 1, `text_` the keyword `text`."""
    if re.fullmatch(r"_[0-9]+_", name):
        return int(name[1:-1])
    return label_id(name.removesuffix("_"))


class _Walk:
    def __init__(self, interface: CandidInterface, program: Program) -> None:
        self.interface = interface
        self.table = interface.table
        self.found = Found()
        self._pairs = Pairs()
        actor = program.actor()
        if actor is None or interface.service < 0:
            return
        outer, unit = actor
        inner = outer.within(unit)
        self.found.note(interface.main_span, outer.file, unit.span)
        shown = {d.name: d for d in unit.inside if "public" in d.marks and d.name is not None}
        node = interface.heads[interface.service]
        names, children, members = self.table.labels[node], self.table.children[node], self.table.members[node]
        for name, child, member in zip(names, children, members, strict=True):
            declaration = shown.get(name) or shown.get(f"{name}_")
            if declaration is not None and declaration.kind in ("function", "let"):
                self.found.note(member, outer.file, declaration.span)
                self._method(interface.heads[child], declaration, inner)
        self._run()
        self._by_name(types_by_name(program))

    def _method(self, node: int, declaration: Declaration, scope: Scope) -> None:
        """Pair the arguments and results of a method, as far as the program says them."""
        if self.table.kinds[node] != CandidKind.FUNC or declaration.kind != "function":
            return
        self.found.note(self.table.spans[node], scope.file, declaration.span)
        count = self.table.labels[node][1]
        children, members = self.table.children[node], self.table.members[node]
        if declaration.arguments is not None and len(declaration.arguments) == count:
            for child, span, argument in zip(children[:count], members[:count], declaration.arguments, strict=True):
                self.found.note(span, scope.file, argument.span)
                self._pairs.add(child, Written(scope, argument.node, {}))
        if declaration.node < 0:
            return
        _, result = followed(Written(scope, declaration.node, {}))
        if result.kind != Kind.ASYNC:
            return
        result = result.children[0]
        results = result.children if result.kind == Kind.TUPLE and len(children) != count + 1 else [result]
        if len(results) == len(children) - count:
            for child, span, written in zip(children[count:], members[count:], results, strict=True):
                self.found.note_type(span, written)
                self._pairs.add(child, written)

    def _by_name(self, known: dict[str, list[Named]]) -> None:
        """Take for what no method leads to the one declaration that has its name and looks like it."""
        for name, node in self.interface.definitions.items():
            span = self.interface.definition_spans[name]
            if span in self.found:
                continue
            named = known.get(name) or known.get(_STAMP.sub("", name), [])
            alike = [n for n in named if self._labels(declared(n)) == self._own_labels(node)]
            if len(alike) == 1:
                written = declared(alike[0])
                self.found.note(span, written.scope.file, alike[0].declaration.span)
                self._pairs.add(node, written)
                self._run()

    def _own_labels(self, node: int) -> object:
        kind = self.table.kinds[node]
        labelled = kind in (CandidKind.RECORD, CandidKind.VARIANT)
        return _SAME.get(CandidKind(kind), (Kind.NAME,))[0], set(self.table.labels[node]) if labelled else set()

    def _labels(self, written: Written) -> object:
        labelled = written.kind in (Kind.OBJECT, Kind.VARIANT)
        return written.kind, set(self._parts(written)) if labelled else set()

    def _run(self) -> None:
        for node, written in self._pairs:
            self._pair(node, written)

    def _pair(self, node: int, written: Written) -> None:
        table, found = self.table, self.found
        top = table.spans[node]
        passed, last = followed(written)
        for _ in range(MAX_NAMES):
            if table.kinds[node] != CandidKind.NAME:
                break
            name = table.labels[node][0]
            node = table.children[node][0]
            alias = table.kinds[node] == CandidKind.NAME
            named = one_of(passed, (name, _STAMP.sub("", name)), last=not alias)
            if named is not None:
                found.note(self.interface.definition_spans[name], named.scope.file, named.declaration.span)
        if last.kind in _SAME.get(CandidKind(table.kinds[node]), ()):
            found.note_type(table.spans[node], last)
            self._inside(node, last)
        found.note_type(top, written)

    def _inside(self, node: int, written: Written) -> None:
        """Pair the parts of two types of which one may be made of the other."""
        kind = self.table.kinds[node]
        labels, children, members = self.table.labels[node], self.table.children[node], self.table.members[node]
        if kind in (CandidKind.RECORD, CandidKind.VARIANT):
            known = self._parts(written)
            for label, child, span in zip(labels, children, members, strict=True):
                if label in known:
                    part, where = known[label]
                    self.found.note(span, written.scope.file, where)
                    self._pairs.add(child, part)
        elif kind == CandidKind.SERVICE:
            names = written.table.labels[written.node][1:]
            methods = dict(zip(names, zip(written.children, written.members, strict=True), strict=True))
            for name, child, span in zip(labels, children, members, strict=True):
                if name in methods:
                    self.found.note(span, written.scope.file, methods[name][1])
                    self._pairs.add(child, methods[name][0])
        elif len(children) == len(written.children):
            for child, part in zip(children, written.children, strict=True):
                self._pairs.add(child, part)

    def _parts(self, written: Written) -> dict[int, tuple[Written, Span]]:
        """Return the fields or cases of a type by the ids that they have in Candid."""
        labels: list[int] = []
        if written.kind == Kind.TUPLE:
            labels = list(range(len(written.children)))
        elif written.kind == Kind.OBJECT:
            labels = [_label(name) for name in written.table.labels[written.node][1:]]
        else:
            labels = [_label(name) for name in written.table.labels[written.node]]
        return dict(zip(labels, zip(written.children, written.members, strict=True), strict=True))
