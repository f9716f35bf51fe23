"""Motoko types as text: shortened for reports, or a whole signature that reads back as the same one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.motoko.types import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyzer.motoko.types import StableField, StableSignature

Parts = list["str | int"]
_NO_LIMIT = 1 << 62
_PREFIXES = {Kind.OPTION: "?", Kind.WEAK: "weak ", Kind.VAR: "var "}
_SORTS = {"local": "", "shared": "shared ", "query": "shared query ", "composite": "shared composite query "}


def type_text(signature: StableSignature, node: int, limit: int = 120) -> str:
    """Return a type on one line, names kept as names; behind `limit` characters it ends with an ellipsis."""
    out: list[str] = []
    length = 0
    todo: Parts = [node]
    while todo:
        item = todo.pop()
        if isinstance(item, str):
            out.append(item)
            length += len(item)
            if length > limit:
                return "".join(out)[: limit - 1] + "…"
        else:
            todo += reversed(_parts(signature, item))
    return "".join(out)


def signature_text(signature: StableSignature) -> str:
    """Return a text that parses to the same signature."""
    lines = [
        f"type {d.name}{type_text_params(signature, i)} = {type_text(signature, d.node, _NO_LIMIT)};"
        for i, d in enumerate(signature.definitions)
    ]
    post = _fields(signature, signature.post)
    if signature.form == "single":
        return "\n".join(["// Version: 1.0.0", *lines, f"actor {post};"]) + "\n"
    if signature.form == "prepost":
        before = _fields(signature, signature.before)
        return "\n".join(["// Version: 3.0.0", *lines, f"actor ({before}, {post});"]) + "\n"
    steps = [
        f'"{_escaped(m.label)}" : {_record(signature, m.domain)} -> {_record(signature, m.range)};' for m in signature.chain
    ]
    return "\n".join(["// Version: 4.0.0", *lines, "{", *steps, "}", f"actor {post};"]) + "\n"


def type_text_params(signature: StableSignature, number: int) -> str:
    """Return a definition's type parameters, e.g. `<A, B <: Nat>`."""
    binder = signature.binders[number]
    shown = []
    for name, bound in zip(binder.names, binder.bounds, strict=True):
        any_bound = signature.table.kinds[bound] == Kind.ANY
        shown.append(name if any_bound else f"{name} <: {type_text(signature, bound, _NO_LIMIT)}")
    return f"<{', '.join(shown)}>" if shown else ""


def _escaped(label: str) -> str:
    return "".join(c if c.isprintable() and c not in '"\\' else f"\\u{{{ord(c):x}}}" for c in label)


def _fields(signature: StableSignature, fields: Sequence[StableField]) -> str:
    shown = [
        f"{'in' if f.required else 'stable'} {'var ' if f.mutable else ''}{f.name} : {type_text(signature, f.node, _NO_LIMIT)}"
        for f in fields
    ]
    return "{" + "; ".join(shown) + "}"


def _record(signature: StableSignature, fields: Sequence[StableField]) -> str:
    shown = [f"{'var ' if f.mutable else ''}{f.name} : {type_text(signature, f.node, _NO_LIMIT)}" for f in fields]
    return "{" + "; ".join(shown) + "}"


def _parts(signature: StableSignature, node: int) -> Parts:
    table = signature.table
    kind, labels, children = table.kinds[node], table.labels[node], table.children[node]
    if kind == Kind.PRIM:
        return [labels[0]]
    if kind in (Kind.ANY, Kind.NONE):
        return ["Any" if kind == Kind.ANY else "None"]
    if kind in _PREFIXES:
        return [_PREFIXES[Kind(kind)], *_operand(signature, children[0])]
    if kind == Kind.ARRAY:
        return ["[", children[0], "]"]
    if kind == Kind.TUPLE:
        return ["(", *_listed(children, ", "), ")"]
    if kind == Kind.CON:
        name = signature.definitions[labels[0]].name
        return [name, "<", *_listed(children, ", "), ">"] if children else [name]
    if kind == Kind.PARAM:
        return [signature.binders[labels[0]].names[labels[1]]]
    if kind == Kind.ASYNC:
        return [f"{labels[0]} ", *_operand(signature, children[0])]
    if kind == Kind.FUNC:
        return _function(signature, node)
    if kind == Kind.TYPE:
        return [children[0]]
    if kind == Kind.VARIANT:
        return ["{#}"] if not labels else ["{", *_tags(signature, node), "}"]
    return _object(signature, node)


def _operand(signature: StableSignature, node: int) -> Parts:
    """Return a type as an operand of a prefix: a function or an async needs parentheses there."""
    kind = signature.table.kinds[node]
    return ["(", node, ")"] if kind in (Kind.FUNC, Kind.ASYNC) or _has_sort(signature, node) else [node]


def _has_sort(signature: StableSignature, node: int) -> bool:
    table = signature.table
    return table.kinds[node] == Kind.OBJECT and table.labels[node][0] != "object"


def _listed(nodes: Sequence[int], separator: str) -> Parts:
    parts: Parts = []
    for i, node in enumerate(nodes):
        parts += [separator, node] if i else [node]
    return parts


def _function(signature: StableSignature, node: int) -> Parts:
    table = signature.table
    sort, promises, binder, _, count = table.labels[node]
    children = table.children[node]
    params = type_text_params(signature, binder) if binder >= 0 else ""
    parts: Parts = [_SORTS[sort] + params + (" " if params else ""), *_several(signature, children[:count]), " -> "]
    return [*parts, "async " if promises else "", *_several(signature, children[count:])]


def _several(signature: StableSignature, nodes: Sequence[int]) -> Parts:
    """Return arguments or results. A single tuple keeps its own parentheses inside these: it is one value."""
    if len(nodes) == 1:
        plain = signature.table.kinds[nodes[0]] not in (Kind.TUPLE, Kind.FUNC, Kind.ASYNC) and not _has_sort(signature, nodes[0])
        return [nodes[0]] if plain else ["(", nodes[0], ")"]
    return ["(", *_listed(nodes, ", "), ")"]


def _tags(signature: StableSignature, node: int) -> Parts:
    table = signature.table
    parts: Parts = []
    for i, (tag, child) in enumerate(zip(table.labels[node], table.children[node], strict=True)):
        parts.append(f"{'; ' if i else ''}#{tag}")
        if table.kinds[child] != Kind.TUPLE or table.children[child]:
            parts += [" : ", child]
    return parts


def _object(signature: StableSignature, node: int) -> Parts:
    table = signature.table
    sort, *names = table.labels[node]
    parts: Parts = ["{" if sort == "object" else f"{sort} {{"]
    for i, (name, child) in enumerate(zip(names, table.children[node], strict=True)):
        parts.append("; " if i else "")
        if table.kinds[child] == Kind.TYPE:
            binder = table.labels[child][0]
            parts += [name + (type_text_params(signature, binder) if binder >= 0 else ""), " = ", child]
        elif table.kinds[child] == Kind.VAR:
            parts += [f"var {name} : ", table.children[child][0]]
        else:
            parts += [f"{name} : ", child]
    return [*parts, "}"]
