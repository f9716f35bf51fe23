"""The files of one program, and what a name means in each of them.

Only files that are imported by a relative path are read; what a package brings is unknown here.
"""

from __future__ import annotations

import posixpath
from pathlib import PurePath, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from analyzer.errors import ParseError, SourceError
from analyzer.motoko.source.declarations import SourceFile
from analyzer.motoko.source.parse import parse_source
from analyzer.table import TypeTable
from analyzer.text import MAX_TEXT, Sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from analyzer.motoko.source.declarations import Declaration

MAX_FILES = 500
_VALUES = frozenset(("let", "var", "object", "function", "class"))


class Named(NamedTuple):
    """A type declaration and the scope that it stands in."""

    scope: Scope
    declaration: Declaration


class Scope:
    """What the declarations of one block name; `parent` is the block around it, None of a whole file."""

    def __init__(
        self, program: Program, path: PurePath, file: SourceFile, declarations: list[Declaration], parent: Scope | None
    ) -> None:
        self.program = program
        self.path = path
        self.file = file
        self.parent = parent
        self.declarations = declarations
        self.types: dict[str, Declaration | None] = {}  # None: there are several, or what it is is not known
        self.blocks: dict[str, Declaration | None] = {}  # what `M` in `M.T` may be: a module or an import
        self.unclear = False  # patterns may name anything
        self._inner: dict[int, Scope] = {}
        for declaration in declarations:
            self._add(declaration)

    def _add(self, declaration: Declaration) -> None:
        kind, name = declaration.kind, declaration.name
        if kind in ("pattern", "include"):
            self.unclear = True
        for imported in declaration.imported:
            self.types[imported.name] = None if imported.name in self.types else declaration
        if name is None:
            return
        if kind in ("type", "class"):
            self.types[name] = declaration if kind == "type" and name not in self.types else None
        if kind in ("module", "import"):
            self.blocks[name] = None if name in self.blocks else declaration
        elif kind in _VALUES:
            self.blocks[name] = None

    def within(self, block: Declaration) -> Scope:
        """Return the scope inside a module or actor of this one."""
        key = id(block)
        if key not in self._inner:
            self._inner[key] = Scope(self.program, self.path, self.file, block.inside, self)
        return self._inner[key]

    def hides(self, name: str) -> bool:
        """Tell whether a type name is declared here or around here, whatever as."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.types:
                return True
            scope = scope.parent
        return False

    def find(self, name: str) -> Named | None:
        """Return the type that a name means here, dotted or not; None: a primitive one, or not known."""
        *modules, last = name.split(".")
        scope: Scope | None = self
        if not modules:
            while scope is not None and last not in scope.types:
                scope = scope.parent
            return None if scope is None else scope.own(last)
        while scope is not None and modules[0] not in scope.blocks:
            if scope.unclear:
                return None
            scope = scope.parent
        if scope is None:
            return None
        scope = scope.module(modules[0], public=False)
        for module in modules[1:]:
            scope = None if scope is None else scope.module(module, public=True)
        found = None if scope is None else scope.own(last)
        return found if found is not None and "public" in found.declaration.marks else None

    def own(self, name: str) -> Named | None:
        """Return a type that this block itself declares or imports."""
        declaration = self.types.get(name)
        if declaration is None or declaration.kind == "type":
            return None if declaration is None else Named(self, declaration)
        scope = self.program.imported(self.path, declaration.path)
        original = next(i.original for i in declaration.imported if i.name == name)
        found = None if scope is None else scope.own(original)
        return found if found is not None and "public" in found.declaration.marks else None

    def module(self, name: str, *, public: bool) -> Scope | None:
        """Return the inside of a module that this block declares or imports. public: only if others may name it."""
        block = self.blocks.get(name)
        if block is None or (public and "public" not in block.marks):
            return None
        return self.within(block) if block.kind == "module" else self.program.imported(self.path, block.path)


class Program:
    """One program. read: the text of a file; raises SourceError. label: how reports call a file."""

    def __init__(self, main: PurePath, read: Callable[[PurePath], str], label: Callable[[PurePath], str]) -> None:
        self.main = main
        self._read = read
        self._label = label
        self._scopes: dict[str, Scope | None] = {}
        self._left = MAX_TEXT

    def whole(self, path: PurePath) -> Scope:
        """Return what a file declares. Raises SourceError, ParseError."""
        text = self._read(path)
        self._left -= len(text)
        file = parse_source(text, self._label(path))
        return Scope(self, path, file, file.declarations, None)

    def actor(self) -> tuple[Scope, Declaration] | None:
        """Return what stands around the program's actor, and the actor. Raises SourceError, ParseError."""
        key = str(self.main)
        scope = self._scopes.get(key)
        if scope is None:
            scope = self._scopes[key] = self.whole(self.main)
        unit = scope.file.unit
        return None if unit is None or unit.kind != "actor" else (scope, unit)

    def imported(self, importing: PurePath, path: str) -> Scope | None:
        """Return the inside of the module that a file imports; None where it is none, or was not read."""
        found = [scope for wanted in _candidates(importing, path) if (scope := self._known(wanted)) is not None]
        unit = found[0].file.unit if len(found) == 1 else None  # of two the compiler's version decides
        return None if unit is None or unit.kind != "module" else found[0].within(unit)

    def _known(self, path: PurePath) -> Scope | None:
        """Return what a file declares: nothing where it cannot be read as a program. None: there is no such file."""
        key = str(path)
        if key not in self._scopes:
            try:
                self._scopes[key] = self.whole(path) if self._may_read() else self._empty(path)
            except SourceError:
                self._scopes[key] = None
            except ParseError:
                self._scopes[key] = self._empty(path)  # this reader is an approximate one
        return self._scopes[key]

    def _may_read(self) -> bool:
        return len(self._scopes) < MAX_FILES and self._left > 0

    def _empty(self, path: PurePath) -> Scope:
        return Scope(self, path, SourceFile(Sources(), TypeTable()), [], None)

    def scopes(self) -> Iterator[Scope]:
        """Yield every block that declares types, in all files that the program imports, its own first."""
        main = self.actor()
        todo = [] if main is None else [main[0]]
        seen = set(map(id, todo))
        for scope in todo:  # it grows as it is read
            yield scope
            for declaration in scope.declarations:
                inner = None
                if declaration.kind == "import":
                    inner = self.imported(scope.path, declaration.path)
                elif declaration.kind in ("module", "actor"):
                    inner = scope.within(declaration)
                if inner is not None and id(inner) not in seen:
                    seen.add(id(inner))
                    todo.append(inner)
                    # An imported module's own file imports further ones.
                    if inner.parent is not None and id(inner.parent) not in seen:
                        seen.add(id(inner.parent))
                        todo.append(inner.parent)


def _candidates(importing: PurePath, path: str) -> Iterator[PurePath]:
    """Yield where an imported file may be: beside the one that imports it. Packages and canisters have a colon."""
    if ":" in path or path.startswith("/") or "\\" in path or not path:
        return
    base = posixpath.normpath((PurePosixPath(importing.parent.as_posix()) / path).as_posix())
    if base.endswith(".mo"):
        yield PurePath(base)
    elif not PurePosixPath(base).suffix:
        yield PurePath(f"{base}.mo")
        yield PurePath(base, "lib.mo")
