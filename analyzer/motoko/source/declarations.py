"""What a `.mo` file declares, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from analyzer.motoko.names import Member
    from analyzer.table import Span, TypeTable
    from analyzer.text import Sources


class Imported(NamedTuple):
    """A type that `import { type original }` names, and how the file calls it."""

    name: str
    original: str


@dataclass(slots=True)
class Declaration:
    """One declaration.

    kind: import, type, let, var, pattern, function, class, module, object, actor, include, mixin, expression. name:
    None where it has none. span: what a reader looks for, without value and body. marks: public, stable, transient ...;
    of an actor also persistent and class. node: the type that is written (of a function the result's), -1 where none
    is. params: names of type parameters. value: where the value stands, of a class its parameters. arguments: of a
    function, None where they are patterns. inside: what a block declares. path: of an import. imported: types that it
    brings. parenthetical: where `(with ...)` before an actor stands.
    """

    kind: str
    name: str | None
    span: Span
    marks: frozenset[str] = frozenset()
    node: int = -1
    params: tuple[str, ...] = ()
    value: Span | None = None
    arguments: tuple[Member, ...] | None = None
    inside: list[Declaration] = field(default_factory=list)
    path: str = ""
    imported: tuple[Imported, ...] = ()
    parenthetical: Span | None = None


@dataclass(slots=True, eq=False)
class SourceFile:
    """One `.mo` file. table: the types that are written in it, names unresolved, dotted as written.

    path_ends: where the name of a reference ends, by where it begins; its type arguments come behind it.
    """

    sources: Sources
    table: TypeTable
    declarations: list[Declaration] = field(default_factory=list)
    path_ends: dict[int, int] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The file as it is written."""
        return self.sources.texts[0]

    @property
    def unit(self) -> Declaration | None:
        """The module or actor that the file is, None where it is none."""
        last = self.declarations[-1] if self.declarations else None
        return last if last is not None and last.kind in ("module", "actor") else None
