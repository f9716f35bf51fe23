"""Motoko types as a flat table, and what a stable signature consists of."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analyzer.table import Span, TypeTable
    from analyzer.text import Sources


class Kind(IntEnum):
    """What a node is. Names follow the text; NAME, AND and OR are gone once a signature is resolved."""

    PRIM = 0  # labels: (name,)
    ANY = auto()  # labels: () where it is written, COMPUTED where `or` results in it
    NONE = auto()  # likewise, of `and`
    OPTION = auto()  # one child
    WEAK = auto()  # one child
    ARRAY = auto()  # one child, a VAR where the array is mutable
    VAR = auto()  # one child: a mutable field's or array's type
    TUPLE = auto()
    OBJECT = auto()  # labels: (sort, *fields ascending); a type field x is called "type x"
    VARIANT = auto()  # labels: tags ascending
    FUNC = auto()  # labels: (sort, promises, binder or -1, type parameters, arguments); children: arguments, results
    ASYNC = auto()  # labels: ("async" or "async*", binder whose scope it belongs to or -1); one child
    TYPE = auto()  # a type field: labels (binder or -1, type parameters); one child, the body
    PARAM = auto()  # labels: (binder, index)
    CON = auto()  # a reference to a definition: labels (definition,); children: type arguments
    NAME = auto()  # an unresolved name: labels (name,); children: type arguments
    AND = auto()
    OR = auto()


COMPUTED = ("computed",)  # moc compares such an `Any` before it unfolds what it is compared with
COMPUTED_ITEM = ("computed", "item")  # the same, with a name before it: `(x : Nat or Text)`

PRIMITIVES = frozenset(
    [
        "Null",
        "Bool",
        "Nat",
        "Nat8",
        "Nat16",
        "Nat32",
        "Nat64",
        "Int",
        "Int8",
        "Int16",
        "Int32",
        "Int64",
        "Float",
        "Float32",
        "Char",
        "Text",
        "Blob",
        "Error",
        "Principal",
        "Region",
    ]
)


@dataclass(slots=True)
class Binder:
    """Type parameters with one scope: those of a definition, a type field or a local function.

    names: of the parameters. bounds: a node each. spans: where each stands. span: from `<` to `>`. scoped: whether it
    also binds the scope of the `async` inside it, as a local function does that is `<system>` or returns an `async`.
    """

    names: tuple[str, ...]
    bounds: list[int]
    spans: tuple[Span, ...]
    span: Span = (0, 0)
    scoped: bool = False


@dataclass(slots=True)
class Definition:
    """A `type` line. binder: number of its parameters' binder, which is its own number. node: its body."""

    name: str
    node: int
    span: Span


@dataclass(frozen=True, slots=True)
class StableField:
    """A stable variable. node: its type without the outer `var`. required: `in`, or needed by a migration chain."""

    name: str
    node: int
    mutable: bool
    required: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of a chain: what it consumes and what it produces."""

    label: str
    domain: tuple[StableField, ...]
    range: tuple[StableField, ...]
    span: Span


@dataclass(slots=True)
class StableSignature:
    """What a version keeps.

    form: `single`, `prepost` (an inline migration) or `chain`. post: the variables that the version leaves behind, by
    name. before: of a prepost, the variables that it takes over, by name. chain: by label. binders: those of the
    definitions come first, number for number. sorted_halves: False where a prepost lists its variables out of order, on
    which moc pairs the `in` marks with the wrong names. unsure: why types could not be computed, or None.
    """

    table: TypeTable
    sources: Sources
    form: str = "single"
    definitions: list[Definition] = field(default_factory=list)
    binders: list[Binder] = field(default_factory=list)
    post: list[StableField] = field(default_factory=list)
    before: list[StableField] = field(default_factory=list)
    chain: list[Migration] = field(default_factory=list)
    span: Span = (0, 0)
    sorted_halves: bool = True
    unsure: str | None = None
