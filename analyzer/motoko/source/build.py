"""What the parser does at each production of `motoko.lark`: declarations as data, their types into a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from analyzer.motoko.build import Builder
from analyzer.motoko.names import Member
from analyzer.motoko.source.declarations import Declaration, Imported

if TYPE_CHECKING:
    from typing import Any

    from analyzer.motoko.types import StableSignature
    from analyzer.table import Span


class _Head(NamedTuple):
    """What stands before the braces of a block."""

    kind: str
    marks: frozenset[str]
    span: Span
    name: str | None = None
    parenthetical: Span | None = None


class _Function(NamedTuple):
    """What stands before a function's result."""

    name: str | None
    arguments: tuple[Member, ...] | None
    span: Span
    sort: str = "local"


class _Blank(NamedTuple):
    """Something that was blanked out."""

    span: Span


class SourceBuilder(Builder):
    """Collects what one file declares; types are built as those of a signature are."""

    def __init__(self, signature: StableSignature) -> None:
        super().__init__(signature)
        self.declarations: list[Declaration] = []
        self.path_ends: dict[int, int] = {}

    # -- the file

    def empty_file(self, _values: list[Any], _start: int, _end: int) -> None:
        pass

    def file(self, values: list[Any], _start: int, _end: int) -> None:
        self.declarations = values[0]

    def file_with_unit(self, values: list[Any], _start: int, _end: int) -> None:
        self.declarations = [*values[0], values[1]]

    def plain(self, values: list[Any], _start: int, _end: int) -> Declaration:
        declaration: Declaration = values[0]
        return declaration

    def modified(self, values: list[Any], _start: int, _end: int) -> Declaration:
        declaration: Declaration = values[1]
        declaration.marks |= frozenset(values[0])
        return declaration

    def last(self, values: list[Any], _start: int, _end: int) -> Any:  # noqa: ANN401
        return values[-1]

    # -- modifiers

    def public(self, _values: list[Any], _start: int, _end: int) -> str:
        return "public"

    def private(self, _values: list[Any], _start: int, _end: int) -> str:
        return "private"

    def system(self, _values: list[Any], _start: int, _end: int) -> str:
        return "system"

    def stable(self, _values: list[Any], _start: int, _end: int) -> str:
        return "stable"

    def transient(self, _values: list[Any], _start: int, _end: int) -> str:
        return "transient"

    # -- names

    def path(self, values: list[Any], start: int, end: int) -> str:
        self.path_ends[start] = end
        name: str = values[0]
        return name

    def dotted(self, values: list[Any], start: int, end: int) -> str:
        self.path_ends[start] = end
        return f"{values[0]}.{values[1]}"

    # -- what other files bring

    def import_module(self, values: list[Any], start: int, end: int) -> Declaration:
        return Declaration("import", values[0], (start, end), path=values[1][1:-1])

    def import_pattern(self, values: list[Any], start: int, end: int) -> Declaration:
        return Declaration("import", None, (start, end), path=values[-1][1:-1])

    def import_items(self, values: list[Any], start: int, end: int) -> Declaration:
        imported = tuple([item for item in values[0] if item is not None])
        return Declaration("import", None, (start, end), path=values[1][1:-1], imported=imported)

    def import_value(self, _values: list[Any], _start: int, _end: int) -> None:
        return None

    def import_type(self, values: list[Any], _start: int, _end: int) -> Imported:
        return Imported(values[-1], values[0])

    # -- types and variables

    def type_declaration(self, values: list[Any], start: int, end: int) -> Declaration:
        return Declaration("type", values[0], (start, end), node=values[1])

    def type_declaration_with_params(self, values: list[Any], start: int, end: int) -> Declaration:
        params = tuple([member.name for member in values[1].members])
        return Declaration("type", values[0], (start, end), node=values[2], params=params)

    def _named(self, kind: str, name: str, start: int, value: Any = None, node: int = -1) -> Declaration:  # noqa: ANN401
        """Return a variable, shown from its keyword to the end of its type, or else of its name."""
        if node >= 0:
            end = self.table.spans[node][1]
        else:
            text = self.signature.sources.texts[0]
            end = text.find(name, start + len(kind)) + len(name)
        return Declaration(kind, name, (start, end), node=node, value=None if value is None else value.span)

    def let(self, values: list[Any], start: int, end: int) -> Declaration:
        return self._named("let", values[0], start, self._blank(values[1], end))

    def let_typed(self, values: list[Any], start: int, end: int) -> Declaration:
        return self._named("let", values[0], start, self._blank(values[2], end), values[1])

    def let_migrated(self, values: list[Any], start: int, _end: int) -> Declaration:
        return self._named("let", values[0], start, None, values[1])

    def let_pattern(self, values: list[Any], start: int, _end: int) -> Declaration:
        return Declaration("pattern", None, (start, start + 3 + len(values[0])))

    def variable(self, values: list[Any], start: int, end: int) -> Declaration:
        return self._named("var", values[0], start, self._blank(values[1], end))

    def variable_typed(self, values: list[Any], start: int, end: int) -> Declaration:
        return self._named("var", values[0], start, self._blank(values[2], end), values[1])

    def variable_migrated(self, values: list[Any], start: int, _end: int) -> Declaration:
        return self._named("var", values[0], start, None, values[1])

    @staticmethod
    def _blank(value: str, end: int) -> _Blank:
        return _Blank((end - len(value), end))

    # -- functions

    def argument(self, values: list[Any], start: int, end: int) -> Member:
        return Member(values[0], values[1], (start, end))

    def unread_arguments(self, _values: list[Any], _start: int, _end: int) -> None:
        return None

    def anonymous(self, values: list[Any], start: int, end: int) -> _Function:
        return self._head_of(None, values[0], (start, end))

    def anonymous_generic(self, values: list[Any], start: int, end: int) -> _Function:
        return self._head_of(None, values[1], (start, end))

    def named_function(self, values: list[Any], start: int, end: int) -> _Function:
        return self._head_of(values[0], values[1], (start, end))

    def generic_function_named(self, values: list[Any], start: int, end: int) -> _Function:
        return self._head_of(values[0], values[2], (start, end))

    @staticmethod
    def _head_of(name: str | None, arguments: list[Member] | None, span: Span) -> _Function:
        return _Function(name, None if arguments is None else tuple(arguments), span)

    def sorted_head(self, values: list[Any], _start: int, _end: int) -> _Function:
        function: _Function = values[1]
        return function._replace(sort=values[0])

    def untyped(self, _values: list[Any], _start: int, _end: int) -> int:
        return -1

    def typed(self, values: list[Any], _start: int, _end: int) -> int:
        node: int = values[0]
        return node

    def function(self, values: list[Any], _start: int, _end: int) -> Declaration:
        head, node = values
        end = self.table.spans[node][1] if node >= 0 else head.span[1]
        marks = frozenset() if head.sort == "local" else frozenset((head.sort,))
        return Declaration("function", head.name, (head.span[0], end), marks, node, arguments=head.arguments)

    # -- blocks

    def module_block(self, _values: list[Any], start: int, end: int) -> _Head:
        return _Head("module", frozenset(), (start, end))

    def object_block(self, _values: list[Any], start: int, end: int) -> _Head:
        return _Head("object", frozenset(), (start, end))

    def actor_block(self, _values: list[Any], start: int, end: int) -> _Head:
        return _Head("actor", frozenset(), (start, end))

    def persistent_actor(self, _values: list[Any], start: int, end: int) -> _Head:
        return _Head("actor", frozenset(("persistent",)), (start, end))

    def actor_class(self, _values: list[Any], start: int, end: int) -> _Head:
        return _Head("actor", frozenset(("class",)), (start, end))

    def persistent_actor_class(self, _values: list[Any], start: int, end: int) -> _Head:
        return _Head("actor", frozenset(("persistent", "class")), (start, end))

    def head(self, values: list[Any], _start: int, end: int) -> _Head:
        found: _Head = values[0]
        return found._replace(span=(found.span[0], end))

    def named_head(self, values: list[Any], _start: int, end: int) -> _Head:
        found: _Head = values[0]
        return found._replace(span=(found.span[0], end), name=values[1])

    def migrating_head(self, values: list[Any], start: int, end: int) -> _Head:
        found: _Head = values[1]
        parenthetical = (start, start + len(values[0]))
        return found._replace(span=(found.span[0], end), parenthetical=parenthetical)

    def migrating_named_head(self, values: list[Any], start: int, end: int) -> _Head:
        return self.migrating_head(values, start, end)._replace(name=values[2])

    def class_block(self, values: list[Any], start: int, _end: int) -> tuple[Span, list[Declaration]]:
        return (start, start + len(values[0])), values[1]

    def block(self, values: list[Any], _start: int, _end: int) -> Declaration:
        head, body = values
        value, inside = body if isinstance(body, tuple) else (None, body)
        return Declaration(
            head.kind, head.name, head.span, head.marks, value=value, inside=inside, parenthetical=head.parenthetical
        )

    # -- what is only counted

    def class_anonymous(self, _values: list[Any], start: int, end: int) -> Declaration:
        return Declaration("class", None, (start, end))

    def class_named(self, values: list[Any], start: int, end: int) -> Declaration:
        return Declaration("class", values[0], (start, end - len(values[1])))

    def include(self, _values: list[Any], start: int, end: int) -> Declaration:
        return Declaration("include", None, (start, end))

    def mixin(self, _values: list[Any], start: int, end: int) -> Declaration:
        return Declaration("mixin", None, (start, end))

    def expression(self, _values: list[Any], start: int, end: int) -> Declaration:
        return Declaration("expression", None, (start, end))
