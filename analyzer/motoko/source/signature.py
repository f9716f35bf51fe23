"""The stable signature of a program, made without a compiler: only where nothing about it is in doubt.

What is stored has to be said in the text itself, by a type or by a plain value; everything that only a type checker
knows is a reason to say nothing. That the program compiles is taken for granted.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

from analyzer.motoko.types import PRIMITIVES, Kind
from analyzer.text import shortened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.motoko.source.declarations import Declaration
    from analyzer.motoko.source.program import Named, Program, Scope
    from analyzer.table import Span

MAX_TYPES = 20_000  # named ones
_KNOWN = PRIMITIVES | {"Any", "None"}
_STORED = frozenset(("let", "var"))
_DECIMAL = r"[0-9](?:_?[0-9])*"
# Of a value without a type: what it is, and nothing else. `+1` is an Int.
_PLAIN = [
    (re.compile(rf"{_DECIMAL}|0x[0-9a-fA-F](?:_?[0-9a-fA-F])*"), "Nat"),
    (re.compile(rf"[+-](?:{_DECIMAL}|0x[0-9a-fA-F](?:_?[0-9a-fA-F])*)"), "Int"),
    (re.compile(rf"[+-]?{_DECIMAL}(?:\.{_DECIMAL}(?:[eE][+-]?{_DECIMAL})?|[eE][+-]?{_DECIMAL})"), "Float"),
    (re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL), "Text"),
    (re.compile(r"'(?:[^'\\]|\\.[^']*)'"), "Char"),
    (re.compile(r"true|false"), "Bool"),
    (re.compile(r"null"), "Null"),
]
# A variable whose value is one of these is none to the compiler, or is of a type of its own.
_NO_DATA = re.compile(r"[(\s]*(?:func|shared|query|composite|object|module|actor|class|async)\b")
_STATEMENT = re.compile(
    r"(?:ignore|assert|debug|if|do|for|while|loop|switch|try|label)\b|[A-Za-z_][A-Za-z0-9_.]*\s*(?:<[^;]*>\s*)?\("
)


class Doubt(Exception):
    """What a program keeps cannot be told without a compiler. where: file:line:column of the reason, or the file."""

    def __init__(self, why: str, where: str) -> None:
        super().__init__(f"{where}: {why}")


def signature_text(program: Program) -> str:
    """Return the `.most` text of a program. Raises Doubt; SourceError, ParseError: of the program's own file."""
    actor = program.actor()
    if actor is None:
        why = "there is no actor"
        raise Doubt(why, str(program.main))
    scope, unit = actor
    return _Writer(scope, unit).text()


class _Writer:
    def __init__(self, outer: Scope, unit: Declaration) -> None:
        self.outer = outer
        self.unit = unit
        self.inner = outer.within(unit)
        self._names: dict[int, str] = {}  # of declarations, by their identity
        self._wanted: list[tuple[str, Named]] = []

    def text(self) -> str:
        self._refuse_what_adds()
        fields = [self._field(declaration) for declaration in self._stored()]
        lines = [self._definition(name, named) for name, named in self._wanted]  # it grows as it is read
        return "\n".join(["// Version: 1.0.0", *lines, "actor {", *fields, "};"]) + "\n"

    def _doubt(self, scope: Scope, span: Span, why: str) -> NoReturn:
        place = scope.file.sources.place(span[0])
        raise Doubt(why, f"{place.source}:{place.line}:{place.column}")

    def _refuse_what_adds(self) -> None:
        """Refuse what changes the signature from outside of the declarations."""
        unit, outer = self.unit, self.outer
        for declaration in outer.declarations:
            if declaration is not unit and declaration.kind != "import":
                self._doubt(outer, declaration.span, "only imports stand before an actor")
        if unit.parenthetical is not None:
            self._doubt(outer, unit.parenthetical, "there may be a migration")
        if unit.value is not None and outer.file.text[unit.value[0]] == "<":
            self._doubt(outer, unit.value, "the actor class has type parameters")
        for declaration in unit.inside:
            if declaration.kind in ("include", "mixin"):
                self._doubt(outer, declaration.span, "what a mixin brings is not read")
            if declaration.kind == "expression" and not _STATEMENT.match(outer.file.text, declaration.span[0]):
                self._doubt(outer, declaration.span, "this is not understood")

    def _stored(self) -> Iterator[Declaration]:
        for declaration in self.unit.inside:
            marks, kind = declaration.marks, declaration.kind
            if "transient" in marks or kind not in ("let", "var", "pattern", "object"):
                continue
            if "persistent" not in self.unit.marks and "stable" not in marks:
                why = "the actor is not `persistent`, and it is not said whether this is `stable` or `transient`"
                self._doubt(self.outer, declaration.span, why)
            if kind not in _STORED:
                what = "pattern" if kind == "pattern" else "object"
                self._doubt(self.outer, declaration.span, f"what this {what} keeps is not written")
            if "public" in marks:
                self._doubt(self.outer, declaration.span, "what is public may be a function")
            yield declaration

    def _field(self, declaration: Declaration) -> str:
        name, value = declaration.name, declaration.value
        if value is None:
            self._doubt(self.outer, declaration.span, f'the migrations give "{shortened(name or "")}" its value')
        text = self.outer.file.text[value[0] : value[1]]
        if _NO_DATA.match(text):
            self._doubt(self.outer, value, "this may be no data")
        if declaration.node >= 0:
            written = self._type(self.inner, declaration.node, frozenset())
        else:
            plain = next((kind for pattern, kind in _PLAIN if pattern.fullmatch(text)), None)
            if plain is None:
                why = f'"{shortened(name or "")}" has no type and no plain value'
                self._doubt(self.outer, declaration.span, why)
            written = plain
        return f"stable {'var ' if declaration.kind == 'var' else ''}{name} : {written};"

    def _definition(self, name: str, named: Named) -> str:
        scope, declaration = named
        start = scope.file.table.spans[declaration.node][0]
        params = ""
        if declaration.params:
            if "<:" in scope.file.text[declaration.span[0] : start]:
                self._doubt(scope, declaration.span, "a type parameter has a bound")
            params = f"<{', '.join(declaration.params)}>"
        return f"type {name}{params} = {self._type(scope, declaration.node, frozenset(declaration.params))};"

    def _type(self, scope: Scope, root: int, params: frozenset[str]) -> str:
        """Return a type as it is written, each name replaced by that of its definition."""
        file = scope.file
        table = file.table
        instead: dict[int, str] = {}
        todo, seen = [root], {root}
        while todo:
            node = todo.pop()
            kind, span = table.kinds[node], table.spans[node]
            if kind == Kind.NAME:
                name = table.labels[node][0]
                instead[span[0]] = name if name in params else self._name(scope, name, span)
            elif kind in (Kind.AND, Kind.OR):
                self._doubt(scope, span, "`and` and `or` between types are computed by the compiler")
            elif kind == Kind.TYPE or (kind == Kind.FUNC and table.labels[node][2] >= 0):
                self._doubt(scope, span, "this type has parameters or types of its own")
            new = [child for child in table.children[node] if child not in seen]
            seen.update(new)
            todo += new
        begin, end = table.spans[root]
        parts, at = [], begin
        for start, name in sorted(instead.items()):
            parts += [file.text[at:start], name]
            at = file.path_ends[start]
        return "".join([*parts, file.text[at:end]])

    def _name(self, scope: Scope, name: str, span: Span) -> str:
        if name in _KNOWN and not scope.hides(name):
            return name
        named = scope.find(name)
        if named is None:
            self._doubt(scope, span, f'the type "{shortened(name)}" is not known')
        key = id(named.declaration)
        if key not in self._names:
            if len(self._names) == MAX_TYPES:
                self._doubt(scope, span, f"there are more than {MAX_TYPES:,} types")
            self._names[key] = f"{named.declaration.name}__{len(self._names) + 1}"
            self._wanted.append((self._names[key], named))
        return self._names[key]
