"""Random edits of Motoko stable signatures: everything that people change, and what changes only the looks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.generators.stable_text import TYPES, VARIABLES
from tests.generators.tree import Path, Tree, at, drop, nodes, pick, put, splice, transform

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    Edit = Callable[[Random, Tree], Tree | None]

NAMES = ("a", "b", "c", "n1", "users", "Z", "_w")
LABELS = ("a", "b", "c", "e", "id", "memo", "Nat")
TAGS = ("a", "b", "c", "e", "new", "leaf")
METHODS = ("get", "put", "a", "zap")
SORTS = ("shared", "shared query", "shared composite query")
SLOT_PARENTS = {"opt", "weak", "array", "vararray", "tuple", "val", "var", "case", "item"} | VARIABLES
NONE, ANY, NULL = (Tree("prim", name) for name in ("None", "Any", "Null"))


def mutate(rng: Random, tree: Tree) -> Tree:
    """Return the signature after zero to four random edits.

    It mostly stays valid: an edit may miss a bound or a migration.
    """
    gentle_only = rng.random() < 0.3
    for _ in range(rng.choice((0, 1, 1, 1, 2, 2, 3, 3, 4, 4))):
        edits = GENTLE if gentle_only or rng.random() < 0.25 else ROUGH
        for _attempt in range(8):
            edited = rng.choice(edits)(rng, tree)
            if edited is not None and (_bodies(edited) == _bodies(tree) or not _has_chain(tree) or rng.random() < 0.06):
                tree = edited
                break
    return tree


def widened(rng: Random, type_: Tree) -> Tree:
    """Return a type that takes every value of this one and keeps all of it, mostly a larger one."""
    match type_.kind, type_.label:
        case "prim", "Nat":
            return Tree("prim", "Int")
        case "prim", "Null":
            return Tree("opt", "", (Tree("prim", "Nat"),))
        case "variant", _:
            taken = {case.label for case in type_.children}
            fresh = [tag for tag in (*TAGS, "last") if tag not in taken]
            return replace(type_, children=(*type_.children, Tree("case", rng.choice(fresh)))) if fresh else type_
        case (("opt" | "array"), _):
            return replace(type_, children=(widened(rng, type_.children[0]),))
        case _:
            return type_


def fresh_type(rng: Random, tree: Tree) -> Tree:
    """Return a small new type whose values can be sent, so that it may stand anywhere."""
    match rng.randint(0, 8):
        case 0 | 1:
            return Tree("opt", "", (fresh_type(rng, tree),))
        case 2:
            return Tree("array", "", (fresh_type(rng, tree),))
        case 3:
            return Tree("object", "", (Tree("val", rng.choice(LABELS), (fresh_type(rng, tree),)),))
        case 4:
            return Tree("variant", "", (Tree("case", rng.choice(TAGS), (fresh_type(rng, tree),)), Tree("case", "zz")))
        case _:
            return Tree(
                "prim",
                rng.choice(("Nat", "Int", "Text", "Null", "Any", "None", "Nat64", "Bool", "Blob", "Char", "Nat32")),
            )


def _has_chain(tree: Tree) -> bool:
    return tree.children[-1].kind == "multi"


def _bodies(tree: Tree) -> Tree:
    return tree.children[-1]


def _sent(tree: Tree) -> set[str]:
    """Return the names of definitions that lead from arguments or results: their values must stay sendable."""
    bodies = {child.label: child for child in tree.children if child.kind == "def"}
    found: set[str] = set()
    pending = [node for _, node in nodes(tree) if node.kind == "args"]
    while pending:
        for _, node in nodes(pending.pop()):
            if node.kind == "ref" and node.label in bodies and node.label not in found:
                found.add(node.label)
                pending.append(bodies[node.label])
    return found


def _is_sent(tree: Tree, path: Path, sent: set[str]) -> bool:
    """Tell whether the values at a path must be sendable."""
    above = [at(tree, path[:i]) for i in range(len(path))]
    return any(node.kind == "args" or (node.kind == "def" and node.label in sent) for node in above)


def _slots(tree: Tree) -> list[Path]:
    """Return the paths of all types that another type may replace."""
    paths = []
    for path, node in nodes(tree):
        parent = at(tree, path[:-1]) if path else node
        # A definition that is an alias could close a circle; a step's objects are records by rule.
        is_body = parent.kind == "def" and node.kind not in {"ref", "params"}
        if node.kind in TYPES and path and (parent.kind in SLOT_PARENTS or is_body):
            paths.append(path)
    return paths


def _change_slot(
    rng: Random, tree: Tree, change: Callable[[Tree], Tree | None], *, sendable: bool = True
) -> Tree | None:
    """Change the type in one random slot that the change knows how to change. sendable: so are the values after it."""
    sent = set() if sendable else _sent(tree)
    slots = _slots(tree)
    rng.shuffle(slots)
    for path in slots:
        if not sendable and _is_sent(tree, path, sent):
            continue
        node = at(tree, path)
        changed = change(node)
        if (
            changed is not None
            and changed != node
            and not (changed.kind == "ref" and at(tree, path[:-1]).kind == "def")
        ):
            return put(tree, path, changed)
    return None


def _widen(rng: Random, tree: Tree) -> Tree | None:
    return _change_slot(rng, tree, lambda node: widened(rng, node))


def _widen_number(rng: Random, tree: Tree) -> Tree | None:
    return _change_slot(rng, tree, lambda node: Tree("prim", "Int") if node == Tree("prim", "Nat") else None)


def _fill_none(rng: Random, tree: Tree) -> Tree | None:
    return _change_slot(rng, tree, lambda node: fresh_type(rng, tree) if node in (NONE, NULL) else None)


def _change_type(rng: Random, tree: Tree) -> Tree | None:
    others = {
        "Nat": "Nat64",
        "Int": "Nat",
        "Nat64": "Nat",
        "Char": "Nat32",
        "Nat32": "Char",
        "Text": "Blob",
        "Blob": "Text",
    }

    def renamed(node: Tree) -> Tree | None:
        return Tree("prim", others[node.label]) if node.kind == "prim" and node.label in others else None

    def unwrapped(node: Tree) -> Tree | None:
        return node.children[0] if node.kind in {"opt", "array", "weak"} else None

    changes: list[Callable[[Tree], Tree | None]] = [
        renamed,
        renamed,
        unwrapped,
        lambda node: Tree("opt", "", (node,)),
        lambda node: Tree("array", "", (node,)),
        lambda node: Tree("tuple", "", (node, fresh_type(rng, tree))),
        lambda _: ANY,
        lambda _: NONE,
        lambda _: Tree("tuple"),
        lambda _: fresh_type(rng, tree),
        lambda _: fresh_type(rng, tree),
    ]
    return _change_slot(rng, tree, rng.choice(changes))


def _change_mutability(rng: Random, tree: Tree) -> Tree | None:
    """Make an array or a field mutable or immutable, where its values are not sent."""
    sent = _sent(tree)
    other = {"array": "vararray", "vararray": "array", "val": "var", "var": "val"}
    path = pick(rng, tree, lambda path, node: node.kind in other and not _is_sent(tree, path, sent))
    return None if path is None else put(tree, path, replace(at(tree, path), kind=other[at(tree, path).kind]))


def _wrap_weak(rng: Random, tree: Tree) -> Tree | None:
    return _change_slot(rng, tree, lambda node: Tree("weak", "", (node,)), sendable=False)


def _members(
    rng: Random, tree: Tree, kind: str, change: Callable[[tuple[Tree, ...]], list[Tree] | None]
) -> Tree | None:
    """Change the children of one random node of a kind. Their labels stay distinct."""
    path = pick(rng, tree, lambda _, node: node.kind == kind)
    if path is None:
        return None
    node = at(tree, path)
    children = change(node.children)
    if children is None:
        return None
    labels = [child.label for child in children if child.label]
    return put(tree, path, replace(node, children=tuple(children))) if len(set(labels)) == len(labels) else None


def _inserting(rng: Random, item: Tree) -> Callable[[tuple[Tree, ...]], list[Tree] | None]:
    def insert(items: tuple[Tree, ...]) -> list[Tree]:
        index = rng.randint(0, len(items))
        return [*items[:index], item, *items[index:]]

    return insert


def _removing(rng: Random) -> Callable[[tuple[Tree, ...]], list[Tree] | None]:
    def remove(items: tuple[Tree, ...]) -> list[Tree] | None:
        index = rng.randrange(len(items)) if items else 0
        return [*items[:index], *items[index + 1 :]] if items else None

    return remove


def _relabelling(rng: Random, labels: tuple[str, ...]) -> Callable[[tuple[Tree, ...]], list[Tree] | None]:
    def relabel(items: tuple[Tree, ...]) -> list[Tree] | None:
        index = rng.randrange(len(items)) if items else 0
        return [*items[:index], replace(items[index], label=rng.choice(labels)), *items[index + 1 :]] if items else None

    return relabel


def _new_variable(rng: Random, tree: Tree) -> Tree:
    return Tree(rng.choice(("stable", "stable var")), rng.choice(NAMES), (fresh_type(rng, tree),))


def _new_func(rng: Random, tree: Tree) -> Tree:
    args = [
        Tree("args", "", tuple(Tree("item", "", (fresh_type(rng, tree),)) for _ in range(rng.randint(0, 2))))
        for _ in "io"
    ]
    return Tree("func", rng.choice(SORTS), tuple(args))


def _add_variable(rng: Random, tree: Tree) -> Tree | None:
    return _members(rng, tree, "half", _inserting(rng, _new_variable(rng, tree)))


def _remove_variable(rng: Random, tree: Tree) -> Tree | None:
    return _members(rng, tree, "half", _removing(rng))


def _rename_variable(rng: Random, tree: Tree) -> Tree | None:
    return _members(rng, tree, "half", _relabelling(rng, NAMES))


def _toggle_variable(rng: Random, tree: Tree) -> Tree | None:
    other = {"stable": "stable var", "stable var": "stable", "in": "in var", "in var": "in"}
    path = pick(rng, tree, lambda _, node: node.kind in other)
    return None if path is None else put(tree, path, replace(at(tree, path), kind=other[at(tree, path).kind]))


def _toggle_required(rng: Random, tree: Tree) -> Tree | None:
    """Let a migration require a variable or not."""
    path = pick(rng, tree, lambda path, node: node.kind in VARIABLES and len(path) == 3 and path[1] == 0)
    if path is None or at(tree, path[:1]).kind != "prepost":
        return None
    variable = at(tree, path)
    first, *rest = variable.kind.split()
    return put(tree, path, replace(variable, kind=" ".join(("stable" if first == "in" else "in", *rest))))


def _add_field(rng: Random, tree: Tree) -> Tree | None:
    return _members(rng, tree, "object", _inserting(rng, Tree("val", rng.choice(LABELS), (fresh_type(rng, tree),))))


def _remove_field(rng: Random, tree: Tree) -> Tree | None:
    return _members(rng, tree, "object", _removing(rng))


def _rename_field(rng: Random, tree: Tree) -> Tree | None:
    return _members(rng, tree, "object", _relabelling(rng, LABELS))


def _change_type_field(rng: Random, tree: Tree) -> Tree | None:
    path = pick(rng, tree, lambda _, node: node.kind == "typefield")
    if path is None:
        return None
    params, _ = at(tree, path).children
    return (
        put(tree, (*path, 1), fresh_type(rng, tree)) if rng.random() < 0.7 or not params.children else drop(tree, path)
    )


def _add_type_field(rng: Random, tree: Tree) -> Tree | None:
    sent = _sent(tree)
    path = pick(rng, tree, lambda path, node: node.kind == "object" and not _is_sent(tree, path, sent))
    if path is None or any(child.label == "T" for child in at(tree, path).children):
        return None
    field = Tree("typefield", "T", (Tree("params"), fresh_type(rng, tree)))
    return put(tree, path, replace(at(tree, path), children=(*at(tree, path).children, field)))


def _add_case(rng: Random, tree: Tree) -> Tree | None:
    case = Tree("case", rng.choice(TAGS), rng.choice(((), (fresh_type(rng, tree),))))
    return _members(rng, tree, "variant", _inserting(rng, case))


def _remove_case(rng: Random, tree: Tree) -> Tree | None:
    return _members(rng, tree, "variant", _removing(rng))


def _rename_case(rng: Random, tree: Tree) -> Tree | None:
    return _members(rng, tree, "variant", _relabelling(rng, TAGS))


def _change_payload(rng: Random, tree: Tree) -> Tree | None:
    path = pick(rng, tree, lambda _, node: node.kind == "case")
    if path is None:
        return None
    case = at(tree, path)
    return put(tree, path, replace(case, children=() if case.children else (fresh_type(rng, tree),)))


def _change_tuple(rng: Random, tree: Tree) -> Tree | None:
    def change(items: tuple[Tree, ...]) -> list[Tree] | None:
        changed = _inserting(rng, fresh_type(rng, tree))(items) if rng.random() < 0.5 else _removing(rng)(items)
        return None if changed is None or len(changed) == 1 else changed

    return _members(rng, tree, "tuple", change)


def _change_args(rng: Random, tree: Tree) -> Tree | None:
    item = Tree("item", "", (fresh_type(rng, tree),))
    return _members(rng, tree, "args", _inserting(rng, item) if rng.random() < 0.5 else _removing(rng))


def _rename_args(rng: Random, tree: Tree) -> Tree | None:
    return _members(
        rng, tree, "args", lambda items: [replace(item, label=f"p{i}") for i, item in enumerate(items)] or None
    )


def _change_sort(rng: Random, tree: Tree) -> Tree | None:
    """Change what kind of function it is, or whether anyone waits for it."""
    path = pick(rng, tree, lambda _, node: node.kind == "func")
    if path is None:
        return None
    arguments, results = at(tree, path).children
    if results.kind == "oneway":
        return put(tree, (*path, 1), Tree("args"))
    if rng.random() < 0.4:
        return put(tree, path, Tree("func", "shared", (arguments, Tree("oneway"))))
    return put(tree, path, Tree("func", rng.choice(SORTS), (arguments, results)))


def _add_method(rng: Random, tree: Tree) -> Tree | None:
    return _members(rng, tree, "actor", _inserting(rng, Tree("method", rng.choice(METHODS), (_new_func(rng, tree),))))


def _remove_method(rng: Random, tree: Tree) -> Tree | None:
    return _members(rng, tree, "actor", _removing(rng))


def _reorder(rng: Random, tree: Tree) -> Tree | None:
    """Reorder what has names. The half before a migration is left alone: there the order has an effect."""
    kind = rng.choice(("object", "variant", "half", "actor", "chain"))
    path = pick(rng, tree, lambda _, node: node.kind == kind and len(node.children) > 1)
    if path is None or any(child.kind in {"in", "in var"} for child in at(tree, path).children):
        return None
    node = at(tree, path)
    return put(tree, path, replace(node, children=tuple(rng.sample(node.children, len(node.children)))))


def _reorder_definitions(rng: Random, tree: Tree) -> Tree | None:
    *definitions, body = tree.children
    return replace(tree, children=(*rng.sample(definitions, len(definitions)), body))


def _rename_definition(rng: Random, tree: Tree) -> Tree | None:
    taken = {child.label for child in tree.children if child.kind == "def"}
    fresh = [name for name in ("V", "W", "List__77", "T", "U") if name not in taken]
    # A definition that shadows a primitive is meant wherever the primitive's name stands, not only in references.
    named = sorted(taken - {"Nat"})
    if not named or not fresh:
        return None
    before, after = rng.choice(named), rng.choice(fresh)

    def renamed(node: Tree) -> Tree:
        return replace(node, label=after) if node.kind in {"def", "ref"} and node.label == before else node

    return transform(tree, renamed)


def _unroll(rng: Random, tree: Tree) -> Tree | None:
    """Put a definition's body in the place of its name, its parameters replaced."""
    bodies = {child.label: child for child in tree.children if child.kind == "def"}

    def wanted(path: Path, node: Tree) -> bool:
        return node.kind == "ref" and node.label in bodies and at(tree, path[:-1]).kind != "def"

    path = pick(rng, tree, wanted)
    if path is None:
        return None
    ref = at(tree, path)
    params, body = bodies[ref.label].children
    values = dict(zip((bind.label for bind in params.children), ref.children, strict=True))
    return put(tree, path, _substituted(body, values))


def _substituted(tree: Tree, values: dict[str, Tree]) -> Tree:
    """Return the type with its free parameters replaced."""
    if tree.kind == "ref" and tree.label in values:
        return values[tree.label]
    if tree.kind == "typefield":
        values = {
            name: value for name, value in values.items() if name not in {b.label for b in tree.children[0].children}
        }
    return replace(tree, children=tuple(_substituted(child, values) for child in tree.children))


def _name_type(rng: Random, tree: Tree) -> Tree | None:
    """Move a type that holds no parameters into a definition of its own."""
    taken = {child.label for child in tree.children if child.kind == "def"}
    fresh = [name for name in ("N", "M__9", "Alias") if name not in taken]
    slots = [
        path for path in _slots(tree) if all(n.label in taken for _, n in nodes(at(tree, path)) if n.kind == "ref")
    ]
    if not fresh or not slots:
        return None
    path, name = rng.choice(slots), rng.choice(fresh)
    named = put(tree, path, Tree("ref", name))
    return splice(named, (0,), (Tree("def", name, (Tree("params"), at(tree, path))), named.children[0]))


def _add_parameter(rng: Random, tree: Tree) -> Tree | None:
    """Give a definition a parameter that it does not use, and every reference to it an argument."""
    path = pick(rng, tree, lambda _, node: node.kind == "def" and node.label != "Nat")
    if path is None or any(bind.label == "X" for bind in at(tree, path).children[0].children):
        return None
    name = at(tree, path).label

    def extended(node: Tree) -> Tree:
        if node.kind == "ref" and node.label == name:
            return replace(node, children=(*node.children, Tree("prim", rng.choice(("Nat", "Text")))))
        if node.kind == "def" and node.label == name:
            params, body = node.children
            return replace(node, children=(replace(params, children=(*params.children, Tree("bind", "X"))), body))
        return node

    return transform(tree, extended)


def _change_header(rng: Random, tree: Tree) -> Tree | None:
    return replace(tree, label=rng.choice(("", "1.0.0", "2.0.0", "3.0.0", "4.0.0", "9.9.9")))


# What changes nothing, or what an upgrade may change in most places.
GENTLE: list[Edit] = [
    *(
        _add_variable,
        _add_variable,
        _toggle_variable,
        _toggle_variable,
        _widen,
        _widen,
        _widen,
        _widen_number,
        _fill_none,
    ),
    *(
        _add_case,
        _rename_args,
        _reorder,
        _reorder,
        _reorder_definitions,
        _rename_definition,
        _unroll,
        _unroll,
        _name_type,
    ),
    *(_name_type, _add_parameter, _change_header),
]
# What an upgrade mostly may not change.
ROUGH: list[Edit] = [
    *(_change_type, _change_type, _change_type, _change_mutability, _change_mutability, _wrap_weak, _remove_variable),
    *(
        _rename_variable,
        _toggle_required,
        _toggle_required,
        _add_field,
        _remove_field,
        _rename_field,
        _change_type_field,
    ),
    *(
        _add_type_field,
        _add_case,
        _remove_case,
        _rename_case,
        _change_payload,
        _change_tuple,
        _change_args,
        _change_sort,
    ),
    *(_change_sort, _add_method, _remove_method),
]
