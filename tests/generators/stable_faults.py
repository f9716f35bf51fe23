"""Faults that make a Motoko stable signature unusable, and near misses that do not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.generators.stable_text import TYPES, VARIABLES
from tests.generators.tree import Tree, at, pick, put

if TYPE_CHECKING:
    from random import Random

BAD_TYPES = (
    *(
        "Unbound",
        "A.B",
        "Nat<Nat>",
        "T< Nat >",
        'prim "Nat"',
        "Error",
        "Nat -> Nat",
        "async Nat",
        "{f : Nat -> Nat}",
        "module {}",
    ),
    *(
        "{a : Nat; a : Nat}",
        "{#a; #a}",
        "{a : Nat;; b : Nat}",
        "{#a, #b}",
        "{#; #a}",
        "(Nat,,Nat)",
        "?shared Nat -> ()",
        "_",
    ),
    *(
        "shared Nat -> Nat",
        "shared query Nat -> ()",
        "shared [var Nat] -> ()",
        "shared {var a : Nat} -> ()",
        "[Nat",
        "Nat]",
    ),
    *(
        "shared () -> async [var Nat]",
        "shared <A>(A) -> ()",
        "actor {a : Nat}",
        "actor {f : shared () -> Nat}",
        "{\u00e9 : Nat}",
    ),
    *(
        "{switch : Nat}",
        "{weak : Nat}",
        '{"a" : Nat}',
        "\ufeffNat",
        "Nat /* open",
        "Nat # 1",
        "nat",
        "opt Nat",
        "[mut Nat]",
        "{a Nat}",
    ),
)
ODD_TYPES = (
    *(
        "(Nat)",
        "(x : Nat)",
        "{#}",
        "{}",
        "()",
        "(Nat,)",
        "[var ?[var Nat]]",
        "weak Nat",
        "weak ?Nat",
        "?weak Nat",
        "?(shared () -> ())",
    ),
    *(
        "shared (()) -> async ()",
        "shared ((Nat, Nat)) -> ()",
        "shared Nat -> async Nat",
        "actor {f : Nat -> ()}",
        "Nat /* /* */ */",
    ),
    *(
        "actor {f : query Nat -> async Nat}",
        "actor {f : composite query () -> async ()}",
        'Nat /*"*/',
        "{a:Nat;b:Nat;}",
        "??Nat",
    ),
    *(
        "{type T = Nat}",
        "{type T<A> = [A]; a : Nat}",
        "shared (x : Nat, y : Nat) -> async (z : Nat)",
        "(a : Nat, b : Nat)",
    ),
)
# Definitions that no file may hold, used or not.
BAD_DEFINITIONS = (
    *(
        "type S = S;",
        "type S = Q; type Q = S;",
        "type S<A> = ?S<[A]>;",
        "type S<A, A> = A;",
        "type S = Nat; type S = Nat;",
    ),
    *(
        "type S<A>=?A;",
        "type S = Nat",
        "type S = ; ",
        "type = Nat;",
        "type S<A <: Nat> = A; type Q = S<Text>;",
        "type S<A> = A; type Q = S;",
    ),
    *("type S = Nat -> Unbound;", 'type "S" = Nat;', "type S< A > = A;", "import S;", ";", "type S<A> = S<A>;"),
)
ODD_DEFINITIONS = (
    *(
        "type S = Nat -> Nat;",
        "type S = Error;",
        "type S <A> = ?A;",
        "type S<A, B> = ?(A, S<B, A>);",
        "type S<A> = ?S<Nat>;",
    ),
    *("type S<A <: Int> = A; type Q = S<Nat>;", "type S = {f : Nat -> async Nat};", "type S<A,> = A;"),
)
LAST_LINES = ("; ;", "}", "anything at all", "/* open", "\u00e9", "type S = ;", '"open')


def spoil(rng: Random, tree: Tree) -> Tree:
    """Return the signature with one fault, mostly; sometimes with what only looks like one."""
    match rng.randint(0, 9):
        case 0 | 1 | 2:
            return replace(
                tree, children=(Tree("raw", rng.choice(BAD_DEFINITIONS * 2 + ODD_DEFINITIONS)), *tree.children)
            )
        case 3:
            return replace(tree, children=(*tree.children, Tree("raw", rng.choice(LAST_LINES))))
        case 4:
            return _doubled(rng, tree)
        case 5 if tree.children[-1].kind == "multi":
            return _broken_chain(rng, tree)
        case _:
            return _with_type(rng, tree, Tree("raw", rng.choice(BAD_TYPES * 2 + ODD_TYPES)))


def _with_type(rng: Random, tree: Tree, type_: Tree) -> Tree:
    """Put a type in a random place, or, where there is none, in a definition that nothing uses."""
    places = {*VARIABLES, "val", "item", "case"}
    path = pick(rng, tree, lambda path, node: node.kind in TYPES and bool(path) and at(tree, path[:-1]).kind in places)
    if path is None:
        return replace(tree, children=(Tree("def", "Spoilt", (Tree("params"), type_)), *tree.children))
    return put(tree, path, type_)


def _doubled(rng: Random, tree: Tree) -> Tree:
    """Say something twice."""
    kinds = {"half", "object", "variant", "chain", "actor"}
    path = pick(rng, tree, lambda _, node: node.kind in kinds and bool(node.children))
    if path is None:
        return tree
    node = at(tree, path)
    return put(tree, path, replace(node, children=(*node.children, rng.choice(node.children))))


def _broken_chain(rng: Random, tree: Tree) -> Tree:
    """Leave out all steps, or let one produce or consume something that does not fit."""
    chain = (len(tree.children) - 1, 0)
    if rng.random() < 0.2:
        return put(tree, chain, Tree("chain"))
    side = (*chain, rng.randrange(len(at(tree, chain).children)), rng.randint(0, 1))
    fields = at(tree, side).children
    field = Tree("val", rng.choice(("a", "b", "c", "odd")), (Tree("prim", rng.choice(("Nat", "Text", "Error"))),))
    return put(tree, side, Tree("object", "", (*fields[: rng.randint(0, len(fields))], field)))
