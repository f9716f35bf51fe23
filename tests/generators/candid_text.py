"""Candid interfaces as trees, and how they are written.

kind      label                       children
file                                  def ..., main
def       name                        type
main      name of the service or ""   [tuple of init arguments], service or ref
prim      nat, null, blob ...
ref       name of a definition
opt, vec                              type
record                                field ...
variant                               field ...
field     name, "quoted" or number,   type; in a variant none stands for null
          "" for an unlabelled one
func      modes, space between        tuple of arguments, tuple of results
tuple                                 arg ...
arg       name or ""                  type
service                               method ...
method    name or "quoted"            func or ref
raw       any text, for faults
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.generators.layout import evenly, unevenly

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

    from tests.generators.tree import Tree

TYPES = {"prim", "ref", "opt", "vec", "record", "variant", "func", "service", "raw"}

# As they are written, and the name that is meant: escapes, quoted keywords, the empty name.
QUOTED = {
    '"a"': "a",
    '"\\61"': "a",
    '"a b"': "a b",
    '""': "",
    '"type"': "type",
    '"null"': "null",
    '"opt"': "opt",
    '"é"': "é",
    '"\\c3\\a9"': "é",
    '"\\u{e9}"': "é",
    '"line\\nbreak"': "line\nbreak",
    '"\\"\\\\"': '"\\',
    '"0"': "0",
    '"日本"': "日本",
}


def named(label: str) -> str:
    """Return the name that a label means."""
    return QUOTED.get(label, label)


def label_id(label: str) -> int:
    """Return the 32-bit id of a label that is not empty."""
    if label[0].isdigit():
        digits = label.replace("_", "")
        return int(digits, 16 if digits.startswith("0x") else 10)
    value = 0
    for byte in named(label).encode():
        value = (value * 223 + byte) % 2**32
    return value


def field_ids(labels: Sequence[str]) -> list[int]:
    """Return the ids of a record's labels, in their order: an unlabelled field has the id after the one before it."""
    ids: list[int] = []
    for label in labels:
        ids.append(label_id(label) if label else (ids[-1] + 1) % 2**32 if ids else 0)
    return ids


def distinct(labels: Sequence[str]) -> list[str]:
    """Return the labels without those whose id another one of the same record has already."""
    kept: list[str] = []
    for label in labels:
        ids = field_ids([*kept, label])
        if len(set(ids)) == len(ids):
            kept.append(label)
    return kept


def write(tree: Tree, rng: Random | None = None) -> str:
    """Return the text of a tree; with rng, with random white space, comments and optional separators."""
    if rng is None:
        return evenly(_tokens(tree, None))
    return unevenly(_tokens(tree, rng), rng)


def _tokens(tree: Tree, rng: Random | None) -> Iterator[str]:
    match tree.kind:
        case "file":
            for child in tree.children:
                yield from _tokens(child, rng)
        case "def":
            yield from ("type", tree.label, "=")
            yield from _tokens(tree.children[0], rng)
            yield ";"
        case "main":
            yield "service"
            if tree.label:
                yield tree.label
            yield ":"
            *init, body = tree.children
            if init:
                yield from _tokens(init[0], rng)
                yield "->"
            yield from _body(body, rng)
            if rng is not None and rng.random() < 0.3:
                yield ";"
        case "opt" | "vec":
            yield tree.kind
            yield from _tokens(tree.children[0], rng)
        case "record" | "variant":
            yield tree.kind
            yield from _listed("{", tree.children, ";", "}", rng)
        case "service":
            yield "service"
            yield from _body(tree, rng)
        case "func":
            yield "func"
            yield from _signature(tree, rng)
        case "tuple":
            yield from _listed("(", tree.children, ",", ")", rng)
        case "field" | "arg":
            if tree.label:
                yield tree.label
            if tree.label and tree.children:
                yield ":"
            for child in tree.children:
                yield from _tokens(child, rng)
        case "method":
            yield from (tree.label, ":")
            target = tree.children[0]
            yield from _signature(target, rng) if target.kind == "func" else _tokens(target, rng)
        case _:
            yield tree.label


def _body(tree: Tree, rng: Random | None) -> Iterator[str]:
    """Yield a service without its keyword, or a reference to one."""
    return _listed("{", tree.children, ";", "}", rng) if tree.kind == "service" else _tokens(tree, rng)


def _signature(func: Tree, rng: Random | None) -> Iterator[str]:
    """Yield a function without its keyword."""
    arguments, results = func.children
    yield from _tokens(arguments, rng)
    yield "->"
    yield from _tokens(results, rng)
    yield from func.label.split()


def _listed(opening: str, items: tuple[Tree, ...], separator: str, closing: str, rng: Random | None) -> Iterator[str]:
    yield opening
    for index, item in enumerate(items):
        if index:
            yield separator
        yield from _tokens(item, rng)
    if items and rng is not None and rng.random() < 0.5:
        yield separator
    yield closing
