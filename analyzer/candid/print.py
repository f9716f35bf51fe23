"""Candid types as text: shortened for reports, or a whole interface that reads back as the same types."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from analyzer.candid.types import Kind

if TYPE_CHECKING:
    from analyzer.candid.types import CandidInterface

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_RESERVED = frozenset(
    [
        "null",
        "vec",
        "record",
        "variant",
        "func",
        "service",
        "oneway",
        "query",
        "composite_query",
        "blob",
        "type",
        "import",
        "opt",
        "principal",
        "true",
        "false",
    ]
)


def quoted(text: str) -> str:
    """Return a text literal."""
    out = [c if c.isprintable() and c not in '"\\' else f"\\{c}" if c in '"\\' else f"\\u{{{ord(c):x}}}" for c in text]
    return f'"{"".join(out)}"'


def name_text(name: str) -> str:
    """Return a label as Candid writes it: bare where that is possible."""
    return name if _NAME.match(name) and name not in _RESERVED else quoted(name)


def type_text(interface: CandidInterface, node: int, limit: int = 120) -> str:
    """Return a type on one line, names kept as names; behind `limit` characters it ends with an ellipsis."""
    out: list[str] = []
    length = 0
    todo: list[str | int] = [node]
    while todo:
        item = todo.pop()
        parts: list[str | int] = [item] if isinstance(item, str) else _parts(interface, item)
        if len(parts) == 1 and isinstance(parts[0], str):
            out.append(parts[0])
            length += len(parts[0])
            if length > limit:
                return "".join(out)[: limit - 1] + "…"
        else:
            todo += reversed(parts)
    return "".join(out)


def interface_text(interface: CandidInterface) -> str:
    """Return a text that parses to the same types."""
    no_limit = 1 << 62
    lines = [f"type {name} = {type_text(interface, node, no_limit)};" for name, node in interface.definitions.items()]
    if interface.service >= 0:
        init = "" if interface.init is None else f"{_tuple_text(interface, interface.init)} -> "
        lines.append(f"service : {init}{type_text(interface, interface.main, no_limit).removeprefix('service ')}")
    return "\n".join(lines) + "\n"


def _tuple_text(interface: CandidInterface, nodes: tuple[int, ...]) -> str:
    return f"({', '.join(type_text(interface, node, 1 << 62) for node in nodes)})"


def _parts(interface: CandidInterface, node: int) -> list[str | int]:
    """Return what a type is written as: text, and types that are still to be written."""
    table = interface.table
    kind, labels, children = table.kinds[node], table.labels[node], table.children[node]
    if kind <= Kind.PRINCIPAL:
        return [Kind(kind).name.lower()]
    if kind == Kind.NAME:
        return [labels[0]]
    if kind == Kind.OPT:
        return ["opt ", children[0]]
    if kind == Kind.VEC:
        blob = table.kinds[children[0]] == Kind.NAT8 and table.spans[children[0]] == table.spans[node]
        return ["blob"] if blob else ["vec ", children[0]]
    if kind == Kind.FUNC:
        mode, count = labels
        written = [*_listed(children[:count]), " -> ", *_listed(children[count:]), f" {mode}" if mode else ""]
        return ["func ", *written]
    parts: list[str | int] = [f"{Kind(kind).name.lower()} {{"]
    counted = labels == tuple(range(len(labels))) and all(name is None for name in table.names[node])
    tuple_like = kind == Kind.RECORD and counted
    for i, (label, name, child) in enumerate(zip(labels, table.names[node], children, strict=True)):
        parts.append("; " if i else " ")
        if kind == Kind.SERVICE:
            parts += [name_text(label), " : ", *(_method(interface, child))]
        elif tuple_like:
            parts.append(child)
        else:
            parts.append(name_text(name) if name is not None else str(label))
            if kind == Kind.RECORD or table.kinds[child] != Kind.NULL:
                parts += [" : ", child]
    return [*parts, " }" if labels else "}"]


def _method(interface: CandidInterface, node: int) -> list[str | int]:
    parts = _parts(interface, node)
    return parts[1:] if parts[0] == "func " else parts


def _listed(nodes: tuple[int, ...]) -> list[str | int]:
    parts: list[str | int] = ["("]
    for i, node in enumerate(nodes):
        parts += [", ", node] if i else [node]
    return [*parts, ")"]
