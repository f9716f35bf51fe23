"""Candid types as a flat table (Candid spec, "Types"), and what a whole interface consists of."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analyzer.table import Span, TypeTable
    from analyzer.text import Sources


class Kind(IntEnum):
    """What a node is."""

    NULL = 0
    BOOL = auto()
    NAT = auto()
    NAT8 = auto()
    NAT16 = auto()
    NAT32 = auto()
    NAT64 = auto()
    INT = auto()
    INT8 = auto()
    INT16 = auto()
    INT32 = auto()
    INT64 = auto()
    FLOAT32 = auto()
    FLOAT64 = auto()
    TEXT = auto()
    RESERVED = auto()
    EMPTY = auto()
    PRINCIPAL = auto()  # the last of the primitives
    OPT = auto()  # one child
    VEC = auto()  # one child
    RECORD = auto()  # labels: field ids, ascending
    VARIANT = auto()  # labels: case ids, ascending
    FUNC = auto()  # labels: (modes, number of arguments); children: arguments, then results
    SERVICE = auto()  # labels: method names, ascending by their bytes
    NAME = auto()  # labels: (name,); one child: what the name is defined as
    FUTURE = auto()  # of a later Candid; only messages have it


PRIMITIVES: dict[str, Kind] = {kind.name.lower(): kind for kind in Kind if kind <= Kind.PRINCIPAL}
NAMED_PRIMITIVES: dict[str, Kind] = {n: k for n, k in PRIMITIVES.items() if n not in ("null", "principal")}
OMITTABLE = frozenset((Kind.OPT, Kind.NULL, Kind.RESERVED))  # a missing field of this kind has a value


def label_id(name: str) -> int:
    """Return the 32-bit id of a label: the field hash of the Candid spec over the name's UTF-8 bytes."""
    value = 0
    for byte in name.encode():
        value = (value * 223 + byte) & 0xFFFFFFFF
    return value


@dataclass(slots=True)
class CandidInterface:
    """One service.

    table: all type nodes. heads: for each node the first that is no name, following aliases. definitions: node by name,
    in the order of the text. service: node of the service, None where the text is a library. init: nodes of the
    service constructor's arguments, None where the service is not constructed. imports: files that the text names and
    that were not read, and where. warnings: joined offset and sentence, of what later versions of the official parser
    refuse. sources: the texts.
    """

    table: TypeTable
    sources: Sources
    definitions: dict[str, int] = field(default_factory=dict)
    definition_spans: dict[str, Span] = field(default_factory=dict)
    heads: list[int] = field(default_factory=list)
    service: int = -1
    main: int = -1  # the same as written: a name where the text says `service : Name`
    main_span: Span = (0, 0)
    init: tuple[int, ...] | None = None
    init_members: tuple[Span, ...] = ()
    imports: list[tuple[str, Span]] = field(default_factory=list)
    warnings: list[tuple[int, str]] = field(default_factory=list)
