"""Motoko stable signatures as trees, and how they are written.

kind                      label               children
file                      version or ""       def ..., single, prepost or multi
def                       name                params, type
params                                        bind ...
bind                      name                [bound]
single                                        half
prepost                                       half before, half after
multi                                         chain, half
chain                                         step ...
step                      "label", quoted     object consumed, object produced
half                                          variable ...
stable, stable var        name                type; these four are variables
in, in var
prim                      Nat, Text ...
ref                       name                type arguments ...
opt, weak                                     type
array, vararray                               type
tuple                                         type ..., not exactly one
object                                        val, var, typefield ...
val, var                  name                type
typefield                 name                params, type
variant                                       case ...
case                      name                type; none stands for ()
func                      sort                args, args or oneway; sort "" is a local function
args                                          item ...
item                      name or ""          type
oneway
actor                                         method ...
method                    name                func or ref
and, or                                       type, type
raw                       any text, for faults
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.generators.layout import evenly, unevenly

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from tests.generators.tree import Tree

VARIABLES = {"stable", "stable var", "in", "in var"}
TYPES = {
    *(
        "prim",
        "ref",
        "opt",
        "weak",
        "array",
        "vararray",
        "tuple",
        "object",
        "variant",
        "func",
        "actor",
        "and",
        "or",
        "raw",
    ),
}

# How tightly types bind, as the grammar nests them: nullary, un, pre, nobin, and, or.
NULLARY, UN, PRE, NOBIN, AND, OR = range(6)
LEVELS = {"opt": UN, "weak": UN, "actor": PRE, "func": NOBIN, "and": AND, "or": OR}


def write(tree: Tree, rng: Random | None = None) -> str:
    """Return the text of a tree; with rng, with random white space, comments and optional separators."""
    header = f"// Version: {tree.label}\n" if tree.label else ""
    tokens = _tokens(tree, rng)
    return header + (evenly(tokens) if rng is None else unevenly(tokens, rng))


def _type(tree: Tree, rng: Random | None, highest: int = OR) -> Iterator[str]:
    """Yield a type, in parentheses where it binds less tightly than its place asks for."""
    if LEVELS.get(tree.kind, NULLARY) > highest:
        yield "("
        yield from _tokens(tree, rng)
        yield ")"
    else:
        yield from _tokens(tree, rng)


def _tokens(tree: Tree, rng: Random | None) -> Iterator[str]:  # noqa: PLR0915 - the table at the top, row by row
    match tree.kind:
        case "file":
            for child in tree.children:
                yield from _tokens(child, rng)
        case "def" | "typefield":
            yield "type"
            yield from _head(tree, rng)
            yield "="
            yield from _type(tree.children[1], rng)
            if tree.kind == "def":
                yield ";"
        case "bind":
            yield tree.label
            for bound in tree.children:
                yield "<:"
                yield from _type(bound, rng)
        case "single":
            yield "actor"
            yield from _tokens(tree.children[0], rng)
            yield ";"
        case "prepost":
            before, after = tree.children
            yield from ("actor", "(")
            yield from _tokens(before, rng)
            yield ","
            yield from _tokens(after, rng)
            yield from (")", ";")
        case "multi":
            chain, after = tree.children
            yield from _listed("{", chain.children, ";", "}", rng)
            yield "actor"
            yield from _tokens(after, rng)
            yield ";"
        case "step":
            yield from (tree.label, ":")
            yield from _tokens(tree.children[0], rng)
            yield "->"
            yield from _tokens(tree.children[1], rng)
        case "half":
            yield from _listed("{", tree.children, ";", "}", rng)
        case "stable" | "stable var" | "in" | "in var" | "val" | "var" | "item":
            yield from () if tree.kind in {"val", "item"} else tree.kind.split()
            if tree.label:
                yield from (tree.label, ":")
            yield from _type(tree.children[0], rng)
        case "object" | "actor":
            yield from ("actor",) if tree.kind == "actor" else ()
            yield from _listed("{", tree.children, ";", "}", rng)
        case "variant":
            yield from _listed("{", tree.children, ";", "}", rng) if tree.children else ("{", "#", "}")
        case "case":
            yield f"#{tree.label}"
            for payload in tree.children:
                yield ":"
                yield from _type(payload, rng)
        case "func":
            yield from tree.label.split()
            yield from _tokens(tree.children[0], rng)
            yield "->"
            yield from ("(", ")") if tree.children[1].kind == "oneway" else _result(tree, rng)
        case "method":
            yield from (tree.label, ":")
            yield from _type(tree.children[0], rng)
        case "and" | "or":
            left, right = tree.children
            level = LEVELS[tree.kind]
            yield from _type(left, rng, level)
            yield tree.kind
            yield from _type(right, rng, level - 1)
        case _:
            yield from _simple(tree, rng)


def _simple(tree: Tree, rng: Random | None) -> Iterator[str]:
    """Yield a type that needs no parentheses, or those of an option or weak reference."""
    match tree.kind:
        case "opt" | "weak":
            yield "?" if tree.kind == "opt" else "weak"
            yield from _type(tree.children[0], rng, UN)
        case "array" | "vararray":
            yield "["
            if tree.kind == "vararray":
                yield "var"
            yield from _type(tree.children[0], rng)
            yield "]"
        case "tuple" | "args":
            yield from _listed("(", tree.children, ",", ")", rng)
        case "ref" if tree.children:
            yield from _listed(f"{tree.label}<", tree.children, ",", ">", rng)
        case _:
            yield tree.label


def _head(tree: Tree, rng: Random | None) -> Iterator[str]:
    """Yield the name that a type is given, with its parameters."""
    binds = tree.children[0].children
    if binds:
        yield from _listed(f"{tree.label}<", binds, ",", ">", rng)
    else:
        yield tree.label


def _result(func: Tree, rng: Random | None) -> Iterator[str]:
    if func.label:
        yield "async"
    yield from _tokens(func.children[1], rng)


def _listed(opening: str, items: tuple[Tree, ...], separator: str, closing: str, rng: Random | None) -> Iterator[str]:
    yield opening
    for index, item in enumerate(items):
        if index:
            yield separator
        yield from _type(item, rng)
    # A comma behind a single item would leave it a parenthesised type, and behind none it is an error.
    if rng is not None and len(items) > 1 and rng.random() < 0.4:
        yield separator
    yield closing
