"""Motoko types as text: shortened for reports, or a whole signature that reads back as the same one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.motoko.labels import quoted_label
from analyzer.motoko.types import Kind
from analyzer.motoko.universe import Universe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyzer.motoko.types import StableField, StableSignature

Parts = list["str | int"]
_NO_LIMIT = 1 << 62
_PREFIXES = {Kind.OPTION: "?", Kind.WEAK: "weak ", Kind.VAR: "var "}
_SORTS = {"local": "", "shared": "shared ", "query": "shared query ", "composite": "shared composite query "}


def type_text(universe: Universe, node: int, limit: int = 120) -> str:
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
            todo += reversed(_parts(universe, item))
    return "".join(out)


def signature_text(signature: StableSignature) -> str:
    """Return a text that parses to the same signature."""
    universe = Universe(signature)
    lines = [
        f"type {d.name}{params_text(universe, i)} = {type_text(universe, d.node, _NO_LIMIT)};"
        for i, d in enumerate(signature.definitions)
    ]
    post = _fields(universe, signature.post)
    if signature.form == "single":
        return "\n".join(["// Version: 1.0.0", *lines, f"actor {post};"]) + "\n"
    if signature.form == "prepost":
        before = _fields(universe, signature.before)
        return "\n".join(["// Version: 3.0.0", *lines, f"actor ({before}, {post});"]) + "\n"
    steps = [
        f"{quoted_label(m.label)} : {_record(universe, m.domain)} -> {_record(universe, m.range)};"
        for m in signature.chain
    ]
    return "\n".join(["// Version: 4.0.0", *lines, "{", *steps, "}", f"actor {post};"]) + "\n"


def params_text(universe: Universe, binder: int) -> str:
    """Return type parameters, e.g. `<A, B <: Nat>`."""
    shown = []
    for name, bound in zip(universe.parameters[binder], universe.bounds[binder], strict=True):
        any_bound = universe.kinds[bound] == Kind.ANY
        shown.append(name if any_bound else f"{name} <: {type_text(universe, bound, _NO_LIMIT)}")
    return f"<{', '.join(shown)}>" if shown else ""


def _fields(universe: Universe, fields: Sequence[StableField]) -> str:
    shown = [
        f"{'in' if f.required else 'stable'} {'var ' if f.mutable else ''}{f.name} : "
        f"{type_text(universe, f.node, _NO_LIMIT)}"
        for f in fields
    ]
    return "{" + "; ".join(shown) + "}"


def _record(universe: Universe, fields: Sequence[StableField]) -> str:
    shown = [f"{'var ' if f.mutable else ''}{f.name} : {type_text(universe, f.node, _NO_LIMIT)}" for f in fields]
    return "{" + "; ".join(shown) + "}"


def _parts(universe: Universe, node: int) -> Parts:
    kind, labels, children = universe.kinds[node], universe.labels[node], universe.children[node]
    if kind == Kind.PRIM:
        return [labels[0]]
    if kind in (Kind.ANY, Kind.NONE):
        return ["Any" if kind == Kind.ANY else "None"]
    if kind in _PREFIXES:
        return [_PREFIXES[Kind(kind)], *_operand(universe, children[0])]
    if kind == Kind.ARRAY:
        return ["[", children[0], "]"]
    if kind == Kind.TUPLE:
        return ["(", *_listed(children, ", "), ")"]
    if kind == Kind.CON:
        name = universe.names[labels[0]]
        return [name, "<", *_listed(children, ", "), ">"] if children else [name]
    if kind == Kind.PARAM:
        return [universe.parameters[labels[0]][labels[1]]]
    if kind == Kind.ASYNC:
        return [f"{labels[0]} ", *_operand(universe, children[0])]
    if kind == Kind.FUNC:
        return _function(universe, node)
    if kind == Kind.TYPE:
        return [children[0]]
    if kind == Kind.VARIANT:
        return ["{#}"] if not labels else ["{", *_tags(universe, node), "}"]
    return _object(universe, node)


def _operand(universe: Universe, node: int) -> Parts:
    """Return a type as an operand of a prefix: a function or an async needs parentheses there."""
    kind = universe.kinds[node]
    return ["(", node, ")"] if kind in (Kind.FUNC, Kind.ASYNC) or _has_sort(universe, node) else [node]


def _has_sort(universe: Universe, node: int) -> bool:
    return universe.kinds[node] == Kind.OBJECT and universe.labels[node][0] != "object"


def _listed(nodes: Sequence[int], separator: str) -> Parts:
    parts: Parts = []
    for i, node in enumerate(nodes):
        parts += [separator, node] if i else [node]
    return parts


def _function(universe: Universe, node: int) -> Parts:
    sort, promises, binder, _, count = universe.labels[node]
    arguments, results = universe.children[node][:count], universe.children[node][count:]
    scoped = binder >= 0 and universe.scoped[binder]
    # A local function that returns an `async` has a scope without saying so; in parentheses it would have none.
    plain = scoped and len(results) == 1 and universe.kinds[results[0]] == Kind.ASYNC
    names = params_text(universe, binder) if binder >= 0 else ""
    if scoped and not plain:
        names = f"<system, {names[1:]}" if names else "<system>"
    returned: Parts = [results[0]] if plain else _several(universe, results)
    start = _SORTS[sort] + names + (" " if names else "")
    return [start, *_several(universe, arguments), " -> async " if promises else " -> ", *returned]


def _several(universe: Universe, nodes: Sequence[int]) -> Parts:
    """Return arguments or results. A single tuple keeps its own parentheses inside these: it is one value."""
    if len(nodes) == 1:
        bare = universe.kinds[nodes[0]] not in (Kind.TUPLE, Kind.FUNC, Kind.ASYNC)
        return [nodes[0]] if bare and not _has_sort(universe, nodes[0]) else ["(", nodes[0], ")"]
    return ["(", *_listed(nodes, ", "), ")"]


def _tags(universe: Universe, node: int) -> Parts:
    parts: Parts = []
    for i, (tag, child) in enumerate(zip(universe.labels[node], universe.children[node], strict=True)):
        parts.append(f"{'; ' if i else ''}#{tag}")
        if universe.kinds[child] != Kind.TUPLE or universe.children[child]:
            parts += [" : ", child]
    return parts


def _object(universe: Universe, node: int) -> Parts:
    sort, *names = universe.labels[node]
    parts: Parts = ["{" if sort == "object" else f"{sort} {{"]
    for i, (name, child) in enumerate(zip(names, universe.children[node], strict=True)):
        parts.append("; " if i else "")
        if universe.kinds[child] == Kind.TYPE:
            binder = universe.labels[child][0]
            parts += [name + (params_text(universe, binder) if binder >= 0 else ""), " = ", child]
        elif universe.kinds[child] == Kind.VAR:
            parts += [f"var {name} : ", universe.children[child][0]]
        else:
            parts += [f"{name} : ", child]
    return [*parts, "}"]
