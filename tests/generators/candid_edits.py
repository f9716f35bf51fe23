"""Random edits of Candid interfaces: everything that people change, and what changes only the looks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.generators.candid_text import TYPES, distinct, field_ids, named
from tests.generators.tree import Path, Tree, at, drop, nodes, pick, put, splice, transform

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    Edit = Callable[[Random, Tree], Tree | None]

NAT, INT, NAT8, NULL = (Tree("prim", name) for name in ("nat", "int", "nat8", "null"))
RESERVED, EMPTY, BLOB, PRINCIPAL = (Tree("prim", name) for name in ("reserved", "empty", "blob", "principal"))
OMITTABLE = (NULL, RESERVED)
LABELS = ("a", "b", "c", "e", "f", "id", "memo", "ok", "0", "1", "2", "7", "97", '"a b"', '"é"', '"0"')
METHODS = ("a", "b", "c", "d", "e", "get", "set", "zap", '"a b"', "Nat")
MODES = ("", "query", "composite_query", "oneway")
# Other ways to write a label.
SPELLINGS = {
    "a": ("97", '"a"', '"\\61"', "0x61"),
    "b": ("98", '"b"'),
    '"é"': ('"\\c3\\a9"', '"\\u{e9}"'),
    "1": ("0x1", "01", "1_"),
}


def mutate(rng: Random, tree: Tree) -> Tree:
    """Return the interface after zero to four random edits. Stays valid, whatever the edits."""
    gentle_only = rng.random() < 0.25
    for _ in range(rng.choice((0, 1, 1, 1, 2, 2, 2, 3, 3, 4))):
        edits = GENTLE if gentle_only or rng.random() < 0.25 else ROUGH
        for _attempt in range(8):
            edited = rng.choice(edits)(rng, tree)
            if edited is not None:
                tree = edited
                break
    return tree


def _fresh(rng: Random, tree: Tree, *, names: bool = True) -> Tree:
    """Return a small new type. names: it may be the name of a definition."""
    defined = [
        child.label
        for child in tree.children
        if child.kind == "def" and child.children[0].kind in {"record", "variant", "opt"}
    ]
    match rng.randint(0, 9):
        case 0 | 1:
            return Tree("opt", "", (_fresh(rng, tree),))
        case 2:
            return Tree("vec", "", (_fresh(rng, tree),))
        case 3:
            return Tree("record", "", (Tree("field", rng.choice(LABELS), (_fresh(rng, tree),)),))
        case 4:
            return Tree("variant", "", (Tree("field", rng.choice(LABELS), (_fresh(rng, tree),)), Tree("field", "z")))
        case 5 | 6 if names and defined:
            return Tree("ref", rng.choice(defined))
        case _:
            return Tree(
                "prim", rng.choice(("nat", "int", "text", "null", "reserved", "empty", "nat64", "bool", "blob"))
            )


def _omittable(rng: Random, tree: Tree) -> Tree:
    """Return a type that may be missing on the wire."""
    return Tree("opt", "", (_fresh(rng, tree),)) if rng.random() < 0.7 else rng.choice(OMITTABLE)


def _slots(tree: Tree) -> list[Path]:
    """Return the paths of all types that any other data type may replace."""
    paths = []
    for path, node in nodes(tree):
        parent = at(tree, path[:-1]) if path else None
        if node.kind not in TYPES or parent is None:
            continue
        # A definition that is an alias, a function or a service may be needed as one elsewhere.
        if parent.kind in {"opt", "vec", "field", "arg"} or (
            parent.kind == "def" and node.kind not in {"ref", "func", "service"}
        ):
            paths.append(path)
    return paths


def _retyped(
    rng: Random, tree: Tree, change: Callable[[Tree], Tree | None], wanted: Callable[[Path], bool]
) -> Tree | None:
    """Change the type in one random slot that is wanted and that the change knows how to change."""
    slots = [path for path in _slots(tree) if wanted(path)]
    rng.shuffle(slots)
    for path in slots:
        changed = change(at(tree, path))
        # A definition must not become an alias: that may close a circle.
        if changed is not None and not (changed.kind == "ref" and at(tree, path[:-1]).kind == "def"):
            return put(tree, path, changed)
    return None


def _change_type(rng: Random, tree: Tree, wanted: Callable[[Path], bool] = lambda _: True) -> Tree | None:
    def swap(one: Tree, other: Tree) -> Callable[[Tree], Tree | None]:
        return {one: other, other: one}.get

    def unwrapped(node: Tree) -> Tree | None:
        return node.children[0] if node.kind in {"opt", "vec"} else None

    def other_content(node: Tree) -> Tree | None:
        if node.kind != "opt":
            return None
        return Tree("opt", "", (rng.choice((RESERVED, EMPTY, NULL, _fresh(rng, tree))),))

    def wider(node: Tree) -> Tree | None:
        others = {"nat": "nat64", "nat64": "nat", "nat8": "nat16", "float64": "float32", "text": "blob", "blob": "text"}
        return Tree("prim", others[node.label]) if node.kind == "prim" and node.label in others else None

    changes: list[Callable[[Tree], Tree | None]] = [
        swap(NAT, INT),
        swap(NAT, INT),
        swap(BLOB, Tree("vec", "", (NAT8,))),
        swap(PRINCIPAL, Tree("service")),
        lambda node: Tree("opt", "", (node,)),
        lambda node: Tree("opt", "", (node,)),
        lambda node: Tree("vec", "", (node,)),
        unwrapped,
        unwrapped,
        other_content,
        other_content,
        wider,
        lambda _: RESERVED,
        lambda _: EMPTY,
        lambda _: NULL,
        lambda node: _fresh(rng, tree, names=node.kind != "func"),
    ]
    return _retyped(rng, tree, rng.choice(changes), wanted)


def _change_type_under_opt(rng: Random, tree: Tree) -> Tree | None:
    return _change_type(rng, tree, lambda path: any(at(tree, path[:i]).kind == "opt" for i in range(len(path))))


def _with_children(rng: Random, tree: Tree, kind: str, change: Callable[[Tree], list[Tree] | None]) -> Tree | None:
    """Change the children of one random node of a kind. The labels of a record or variant keep distinct ids."""
    path = pick(rng, tree, lambda _, node: node.kind == kind)
    if path is None:
        return None
    node = at(tree, path)
    children = change(node)
    if children is None:
        return None
    labels = [child.label for child in children]
    if kind in {"record", "variant"} and distinct(labels) != labels:
        return None
    if kind == "service" and len({named(label) for label in labels}) < len(labels):
        return None
    return put(tree, path, replace(node, children=tuple(children)))


def _insert(rng: Random, items: tuple[Tree, ...], item: Tree) -> list[Tree]:
    index = rng.randint(0, len(items))
    return [*items[:index], item, *items[index:]]


def _remove(rng: Random, items: tuple[Tree, ...]) -> list[Tree] | None:
    if not items:
        return None
    index = rng.randrange(len(items))
    return [*items[:index], *items[index + 1 :]]


def _relabel(rng: Random, items: tuple[Tree, ...], labels: tuple[str, ...]) -> list[Tree] | None:
    if not items:
        return None
    index = rng.randrange(len(items))
    return [*items[:index], replace(items[index], label=rng.choice(labels)), *items[index + 1 :]]


def _add_omittable_field(rng: Random, tree: Tree) -> Tree | None:
    field = Tree("field", rng.choice(LABELS), (_omittable(rng, tree),))
    return _with_children(rng, tree, "record", lambda node: _insert(rng, node.children, field))


def _add_field(rng: Random, tree: Tree) -> Tree | None:
    field = Tree("field", rng.choice((*LABELS, "")), (_fresh(rng, tree),))
    return _with_children(rng, tree, "record", lambda node: _insert(rng, node.children, field))


def _add_case(rng: Random, tree: Tree) -> Tree | None:
    case = Tree("field", rng.choice(LABELS), rng.choice(((), (_fresh(rng, tree),))))
    return _with_children(rng, tree, "variant", lambda node: _insert(rng, node.children, case))


def _remove_field(rng: Random, tree: Tree) -> Tree | None:
    return _with_children(rng, tree, "record", lambda node: _remove(rng, node.children))


def _remove_case(rng: Random, tree: Tree) -> Tree | None:
    return _with_children(rng, tree, "variant", lambda node: _remove(rng, node.children))


def _rename_field(rng: Random, tree: Tree) -> Tree | None:
    kind = rng.choice(("record", "variant"))
    return _with_children(rng, tree, kind, lambda node: _relabel(rng, node.children, LABELS))


def _change_payload(rng: Random, tree: Tree) -> Tree | None:
    """Give a bare case a payload, or take one away."""
    path = pick(rng, tree, lambda path, node: node.kind == "field" and at(tree, path[:-1]).kind == "variant")
    if path is None:
        return None
    case = at(tree, path)
    return put(tree, path, replace(case, children=() if case.children else (_fresh(rng, tree),)))


def _in_tuple(rng: Random, tree: Tree, change: Callable[[tuple[Tree, ...]], list[Tree] | None]) -> Tree | None:
    """Change the arguments or results of one random function that may have some."""

    def wanted(path: Path, node: Tree) -> bool:
        parent = at(tree, path[:-1]) if path else node
        return node.kind == "tuple" and parent.kind == "func" and not (parent.label == "oneway" and path[-1] == 1)

    path = pick(rng, tree, wanted)
    if path is None:
        return None
    items = change(at(tree, path).children)
    return None if items is None else put(tree, path, Tree("tuple", "", tuple(items)))


def _append_omittable(rng: Random, tree: Tree) -> Tree | None:
    item = Tree("arg", "", (_omittable(rng, tree),))
    return _in_tuple(rng, tree, lambda items: [*items, item])


def _append_item(rng: Random, tree: Tree) -> Tree | None:
    return _in_tuple(rng, tree, lambda items: [*items, Tree("arg", rng.choice(("", "more")), (_fresh(rng, tree),))])


def _insert_item(rng: Random, tree: Tree) -> Tree | None:
    return _in_tuple(rng, tree, lambda items: _insert(rng, items, Tree("arg", "", (_fresh(rng, tree),))))


def _remove_last_item(rng: Random, tree: Tree) -> Tree | None:
    return _in_tuple(rng, tree, lambda items: [*items[:-1]] if items else None)


def _remove_item(rng: Random, tree: Tree) -> Tree | None:
    return _in_tuple(rng, tree, lambda items: _remove(rng, items))


def _reorder_items(rng: Random, tree: Tree) -> Tree | None:
    return _in_tuple(rng, tree, lambda items: rng.sample(items, len(items)) if len(items) > 1 else None)


def _rename_item(rng: Random, tree: Tree) -> Tree | None:
    return _in_tuple(rng, tree, lambda items: _relabel(rng, items, ("", "p", '"of it"')))


def _change_mode(rng: Random, tree: Tree) -> Tree | None:
    path = pick(rng, tree, lambda _, node: node.kind == "func")
    if path is None:
        return None
    mode = rng.choice(MODES)
    arguments, results = at(tree, path).children
    return put(tree, path, Tree("func", mode, (arguments, Tree("tuple") if mode == "oneway" else results)))


def _new_method(rng: Random, tree: Tree) -> Tree:
    tuples = [
        Tree("tuple", "", tuple(Tree("arg", "", (_fresh(rng, tree),)) for _ in range(rng.randint(0, 2)))) for _ in "io"
    ]
    return Tree("method", rng.choice(METHODS), (Tree("func", rng.choice(("", "query")), tuple(tuples)),))


def _add_method(rng: Random, tree: Tree) -> Tree | None:
    return _with_children(rng, tree, "service", lambda node: _insert(rng, node.children, _new_method(rng, tree)))


def _remove_method(rng: Random, tree: Tree) -> Tree | None:
    return _with_children(rng, tree, "service", lambda node: _remove(rng, node.children))


def _rename_method(rng: Random, tree: Tree) -> Tree | None:
    return _with_children(rng, tree, "service", lambda node: _relabel(rng, node.children, METHODS))


def spoil_last_field(rng: Random, tree: Tree) -> Tree | None:
    """Change the last field of a definition's record: what comes before it was proven by then."""
    path = pick(
        rng, tree, lambda path, node: len(path) == 2 and node.kind in {"record", "variant"} and bool(node.children)
    )
    if path is None:
        return None
    last = (*path, len(at(tree, path).children) - 1)
    return put(tree, last, replace(at(tree, last), children=(Tree("prim", rng.choice(("nat", "text", "bool"))),)))


def _rename_definition(rng: Random, tree: Tree) -> Tree | None:
    taken = {child.label for child in tree.children if child.kind == "def"}
    fresh = [name for name in ("E", "F", "Tree_1", "A", "B", "_", "Z9") if name not in taken]
    named_ = sorted({node.label for _, node in nodes(tree) if node.kind == "ref"} & taken)
    if not named_ or not fresh:
        return None
    before, after = rng.choice(named_), rng.choice(fresh)

    def renamed(node: Tree) -> Tree:
        return replace(node, label=after) if node.kind in {"def", "ref"} and node.label == before else node

    return transform(tree, renamed)


def _reorder_definitions(rng: Random, tree: Tree) -> Tree | None:
    *definitions, main = tree.children
    return replace(tree, children=(*rng.sample(definitions, len(definitions)), main))


def _reorder_members(rng: Random, tree: Tree) -> Tree | None:
    """Reorder methods, or fields that all have labels: an unlabelled one has its id from its place."""
    kind = rng.choice(("record", "variant", "service"))

    def shuffled(node: Tree) -> list[Tree] | None:
        unlabelled = not all(child.label for child in node.children)
        return None if unlabelled or len(node.children) < 2 else rng.sample(node.children, len(node.children))

    return _with_children(rng, tree, kind, shuffled)


def _name_type(rng: Random, tree: Tree) -> Tree | None:
    """Move a type into a definition of its own."""
    taken = {child.label for child in tree.children if child.kind == "def"}
    fresh = [name for name in ("N", "M", "Alias", "_N") if name not in taken]
    slots = _slots(tree)
    if not fresh or not slots:
        return None
    path, name = rng.choice(slots), rng.choice(fresh)
    named_ = put(tree, path, Tree("ref", name))
    return splice(named_, (0,), (Tree("def", name, (at(tree, path),)), named_.children[0]))


def _unroll(rng: Random, tree: Tree) -> Tree | None:
    """Put a definition's body in the place of its name."""
    bodies = {child.label: child.children[0] for child in tree.children if child.kind == "def"}

    def wanted(path: Path, node: Tree) -> bool:
        parent = at(tree, path[:-1]).kind if path else ""
        if node.kind != "ref" or parent == "def":
            return False
        # Grammar: a method's type and the main service are names or literals of that sort, never another alias of it.
        required = {"method": "func", "main": "service"}.get(parent)
        return node.label in bodies and required in {None, bodies[node.label].kind}

    path = pick(rng, tree, wanted)
    return None if path is None else put(tree, path, bodies[at(tree, path).label])


def _respell(rng: Random, tree: Tree) -> Tree | None:
    """Write a field's label otherwise, with the same id."""
    path = pick(rng, tree, lambda _, node: node.kind == "field" and node.label in SPELLINGS)
    if path is None:
        return None
    field = at(tree, path)
    return put(tree, path, replace(field, label=rng.choice(SPELLINGS[field.label])))


def _number_fields(rng: Random, tree: Tree) -> Tree | None:
    """Write the ids of a record out."""

    def numbered(node: Tree) -> list[Tree] | None:
        ids = field_ids([child.label for child in node.children])
        return [replace(child, label=str(number)) for child, number in zip(node.children, ids, strict=True)]

    return _with_children(rng, tree, "record", numbered)


def _change_init(rng: Random, tree: Tree) -> Tree | None:
    path = (len(tree.children) - 1,)
    main = at(tree, path)
    init = Tree("tuple", "", tuple(Tree("arg", "", (_fresh(rng, tree),)) for _ in range(rng.randint(0, 2))))
    return put(tree, path, replace(main, label=rng.choice(("", "other")), children=(init, main.children[-1])))


def _drop_unused(rng: Random, tree: Tree) -> Tree | None:
    used = {node.label for _, node in nodes(tree) if node.kind == "ref"}
    path = pick(rng, tree, lambda _, node: node.kind == "def" and node.label not in used)
    return None if path is None else drop(tree, path)


# What changes nothing, or what an upgrade may change in most places.
GENTLE: list[Edit] = [
    *(_add_method, _add_method, _append_omittable, _append_omittable, _add_omittable_field, _add_omittable_field),
    *(
        _change_type_under_opt,
        _change_type_under_opt,
        _change_type_under_opt,
        _remove_last_item,
        _add_case,
        spoil_last_field,
    ),
    *(_rename_item, _rename_definition, _reorder_definitions, _reorder_members, _name_type, _unroll, _unroll, _respell),
    *(_number_fields, _change_init, _drop_unused),
]
# What an upgrade mostly may not change.
ROUGH: list[Edit] = [
    *(_change_type, _change_type, _change_type, _change_type, _add_field, _remove_field, _rename_field, _remove_case),
    *(_add_case, _change_payload, _append_item, _insert_item, _remove_last_item, _remove_item, _reorder_items),
    *(_change_mode, _remove_method, _rename_method, spoil_last_field, spoil_last_field),
]
