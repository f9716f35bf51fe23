"""What a migration consists of: a few kinds of Motoko expressions. Types are nodes of the universe, named when printed.

Whatever an expression is made from is a path, as text: `x.owner`, `old.files`. Paths may be written twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

Expression: TypeAlias = "Word | Call | Record | Items | Switch | If | Function | Some | Tag | Typed | Marked"


@dataclass(frozen=True, slots=True)
class Word:
    """A path, a literal, or the name of a function."""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A call. function: its name, of a module or of the migration. types: its type arguments, nodes."""

    function: str
    arguments: tuple[Expression, ...]
    types: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A field of a record with its value."""

    name: str
    value: Expression
    mutable: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """A record. base: the path of one whose other fields it takes over, or None."""

    entries: tuple[Entry, ...]
    base: str | None = None


@dataclass(frozen=True, slots=True)
class Items:
    """A tuple `(`, an array `[` or a mutable array `[var `."""

    opening: str
    values: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """A case of a switch. pattern: without its variable. variable: what the payload is called, None: there is none."""

    pattern: str
    variable: str | None
    value: Expression


@dataclass(frozen=True, slots=True)
class Switch:
    """What a value becomes, case by case. subject: a path or a call."""

    subject: Expression
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class If:
    """condition: as text; it is made of paths, signs and literals."""

    condition: str
    then: Expression
    otherwise: Expression


@dataclass(frozen=True, slots=True)
class Function:
    """A function without a name. parameters: those that its body does not mention are printed as `_`."""

    parameters: tuple[str, ...]
    body: Expression


@dataclass(frozen=True, slots=True)
class Some:
    """An option that is there."""

    value: Expression


@dataclass(frozen=True, slots=True)
class Tag:
    """A variant's case. value: None for a unit."""

    name: str
    value: Expression | None


@dataclass(frozen=True, slots=True)
class Typed:
    """A value with its type, where nothing around it says which. method: a field of it that is meant, or None."""

    value: Expression
    type: int
    method: str | None = None


@dataclass(frozen=True, slots=True)
class Marked:
    """A value that a person has to look at. note: why, one clause."""

    value: Expression
    note: str


@dataclass(frozen=True, slots=True)
class Converter:
    """A function of the migration: `func NAME(PARAMETER : OLD) : NEW = BODY`."""

    name: str
    parameter: str
    old: int
    new: int
    body: Expression


def inside(value: Expression) -> tuple[Expression, ...]:
    """Return what an expression is directly made of."""
    match value:
        case Call(_, arguments, _):
            return arguments
        case Record(entries, _):
            return tuple(entry.value for entry in entries)
        case Items(_, values):
            return values
        case Switch(subject, cases):
            return subject, *(case.value for case in cases)
        case If(_, then, otherwise):
            return then, otherwise
        case Function(_, body):
            return (body,)
        case Some(part) | Tag(_, part) | Typed(part, _, _) | Marked(part, _):
            return () if part is None else (part,)
    return ()


def parts_of(value: Expression) -> Iterator[Expression]:
    """Yield an expression and all that it is made of."""
    todo = [value]
    while todo:
        one = todo.pop()
        yield one
        todo += inside(one)
