"""Faults that make a Candid interface unusable, and near misses that do not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.generators.candid_text import TYPES
from tests.generators.tree import Tree, at, pick, put, splice

if TYPE_CHECKING:
    from random import Random

# "sbusnjd" and "dnctwrq" have the same id, as have "a" and 97.
COLLISIONS = (("a", "97"), ("dnctwrq", "sbusnjd"), ("a", '"\\61"'), ("", "0"), ("4294967295", ""))

# Types that are none: the syntax, the lexis or a limit forbids them.
BAD_TYPES = (
    *(
        "Unbound",
        "T/1",
        "func",
        "service : {}",
        "opt",
        "vec vec",
        "record { a : nat;; b : nat }",
        "record { ; }",
        "variant { opt nat }",
    ),
    *(
        "record { a nat }",
        "record { 4294967296 : nat }",
        "record { 0X10 : nat }",
        "record { 0x_1 : nat }",
        "record { -1 : nat }",
    ),
    *(
        'record { "\\q" : nat }',
        'record { "\\ff" : nat }',
        'record { "\\u{d800}" : nat }',
        'record { "\\u{110000}" : nat }',
    ),
    *(
        "record { opt : nat }",
        "record { \u00e9 : nat }",
        "nat /* open",
        "\ufeffnat",
        "nat\u00a0",
        "nat\f",
        "nat # remark",
        "(nat)",
    ),
    *(
        "func (nat) -> (nat) query query",
        "func (nat) -> (nat) query composite_query",
        "func () -> (nat) oneway",
        "func () -> nat",
    ),
    *("func (,) -> ()", "func () () -> ()", "service { m : func () -> () }", "service { m : nat }", "blob nat"),
    *('record { "open : nat }', "record { a : nat, b : nat }", "record { a : nat; a : nat }", "variant { x; x }"),
    *(
        "service { a : () -> (); a : () -> () }",
        'service { a : () -> (); "a" : () -> () }',
        "[nat]",
        "?nat",
        "Nat8",
        "any",
    ),
)

# Types that look wrong and are right, or the other way round for readers who assume too much.
ODD_TYPES = (
    *(
        "record { nat : nat; nat8 : nat }",
        "record { 1__0_ : nat }",
        "record { 00 : nat }",
        'record { "\n" : nat }',
        "nat /*/ */",
    ),
    *(
        "nat /* // */",
        "nat // /* \n",
        'nat /* " */',
        "func (x : nat, x : nat) -> ()",
        "variant {}",
        "record { record {} }",
    ),
    *(
        'record { "\\u{1F_600}" : nat }',
        'variant { 5; nat; "x y" }',
        'service { "" : () -> () }',
        "record { 4294967295 : nat }",
    ),
)


def spoil(rng: Random, tree: Tree) -> Tree:
    """Return the interface with one fault, mostly; sometimes with what only looks like one."""
    match rng.randint(0, 9):
        case 0:
            return _colliding(rng, tree)
        case 1:
            return _with_definitions(tree, *((Tree("def", "S", (Tree("prim", "nat"),)),) * 2))
        case 2:
            circle = rng.choice(((("S", "S"),), (("S", "U"), ("U", "S")), (("S", "U"), ("U", "V"), ("V", "U"))))
            return _with_definitions(tree, *(Tree("def", name, (Tree("ref", goal),)) for name, goal in circle))
        case 3:
            return _with_bad_main(rng, tree)
        case 4:
            target = rng.choice(
                (Tree("ref", "Unbound"), Tree("ref", "nat64"), Tree("raw", "null"), Tree("raw", "func () -> ()"))
            )
            return _with_method(rng, tree, Tree("method", "zz", (target,)))
        case 5:
            data = _with_definitions(tree, Tree("def", "S", (Tree("record"),)))
            return _with_method(rng, data, Tree("method", "zz", (Tree("ref", "S"),)))
        case 6:
            return replace(tree, children=(Tree("raw", rng.choice(FIRST_LINES)), *tree.children))
        case 7:
            return replace(tree, children=(*tree.children, Tree("raw", rng.choice(LAST_LINES))))
        case _:
            return _with_type(rng, tree, Tree("raw", rng.choice(BAD_TYPES * 3 + ODD_TYPES)))


FIRST_LINES = (
    "import;",
    "type A nat;",
    'type "A" = nat;',
    "type opt = nat;",
    "type A = ;",
    "= ;",
    ";",
    "type Y = nat",
    'import "x.did";',
)
LAST_LINES = ("; ;", "type A = nat;", "service : {}", "/* open", "}", ";")


def _colliding(rng: Random, tree: Tree) -> Tree:
    kind = rng.choice(("record", "variant"))
    labels = rng.choice(COLLISIONS[:3] if kind == "variant" else COLLISIONS)
    nat = (Tree("prim", "nat"),)
    return _with_type(rng, tree, Tree(kind, "", tuple(Tree("field", label, nat) for label in labels)))


def _with_type(rng: Random, tree: Tree, type_: Tree) -> Tree:
    """Put a type in a random place, or, where there is none, in a definition that nothing uses."""
    path = pick(
        rng, tree, lambda path, node: node.kind in TYPES and bool(path) and at(tree, path[:-1]).kind in {"field", "arg"}
    )
    return _with_definitions(tree, Tree("def", "Spoilt", (type_,))) if path is None else put(tree, path, type_)


def _with_definitions(tree: Tree, *definitions: Tree) -> Tree:
    return replace(tree, children=(*definitions, *tree.children))


def _with_method(rng: Random, tree: Tree, method: Tree) -> Tree:
    path = pick(rng, tree, lambda _, node: node.kind == "service")
    if path is None:
        return _with_definitions(tree, Tree("def", "Spoilt", (Tree("service", "", (method,)),)))
    service = at(tree, path)
    return put(tree, path, replace(service, children=(*service.children, method)))


def _with_bad_main(rng: Random, tree: Tree) -> Tree:
    """Leave the service out, or let it be a name of something else."""
    path = (len(tree.children) - 1,)
    if rng.random() < 0.3:
        return splice(tree, path, ())
    named = _with_definitions(tree, Tree("def", "S", (Tree("prim", "nat"),)))
    return put(named, (len(named.children) - 1,), Tree("main", "", (Tree("ref", rng.choice(("S", "Unbound", "nat"))),)))
