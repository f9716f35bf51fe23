"""A large service such as a grown canister has, and its next version: always the same text for the same size.

Shares of comments, records, variants and methods are those of the larger interfaces on the network: names of one to three
words, records of three to nine fields that mostly name other types, variants with and without values, an argument or
two and a result variant for each method.
"""

from __future__ import annotations

import random

_NOUNS = (
    "account proposal neuron ballot season vote motion reward tally ledger block transfer archive subnet node provider "
    "registry token swap ticket participant commitment fund wallet message channel member role invite report metric "
    "cycle snapshot canister upgrade controller dissolve delay stake maturity follower topic action payload summary"
).split()
_VERBS = "get list create update delete claim refresh merge split disburse register notify configure approve".split()
_PRIMITIVES = "nat nat8 nat32 nat64 int int64 text text text bool principal float64".split()
_CHANGES = 12


def large_service(characters: int, seed: int = 84) -> tuple[str, str]:
    """Return two versions, old and new, of about as many characters each; up to twelve definitions and methods differ."""
    chance = random.Random(seed)
    types: list[tuple[str, str]] = []
    methods: list[str] = []
    size = 0
    while size < characters:
        name = "".join(word.capitalize() for word in chance.sample(_NOUNS, chance.randint(1, 3))) + str(len(types))
        known = [known for known, _ in types]
        types.append((name, _definition(chance, known, name)))
        size += len(types[-1][1])
        if len(types) % 2 == 0:
            methods.append(_method(chance, known, len(methods)))
            size += len(methods[-1])
    old = _text(types, methods)
    return old, _text(*_next_version(chance, types, methods))


def _definition(chance: random.Random, known: list[str], name: str) -> str:
    note = f"// {name}: as the {chance.choice(_NOUNS)} of one {chance.choice(_NOUNS)} sees it.\n"
    comment = note if chance.random() < 0.3 else ""
    members = chance.sample(_NOUNS, chance.randint(3, 9))
    if chance.random() < 0.3:
        cases = [
            f"  {m.capitalize()}{f' : {_type(chance, known)}' if chance.random() < 0.6 else ''};\n" for m in members
        ]
        return f"{comment}type {name} = variant {{\n{''.join(cases)}}};\n"
    fields = [f"  {m}_{chance.choice(_NOUNS)} : {_type(chance, known)};\n" for m in members]
    return f"{comment}type {name} = record {{\n{''.join(fields)}}};\n"


def _type(chance: random.Random, known: list[str]) -> str:
    inner = chance.choice(known[-40:]) if known and chance.random() < 0.45 else chance.choice(_PRIMITIVES)
    return chance.choice((f"opt {inner}", f"vec {inner}", inner, inner, inner))


def _method(chance: random.Random, known: list[str], number: int) -> str:
    name = f"{chance.choice(_VERBS)}_{chance.choice(_NOUNS)}_{number}"
    arguments = ", ".join(_type(chance, known) for _ in range(chance.randint(0, 2)))
    result = f"variant {{ Ok : {_type(chance, known)}; Err : text }}"
    return f"  {name} : ({arguments}) -> ({result}){chance.choice((' query', ''))};\n"


def _next_version(
    chance: random.Random, types: list[tuple[str, str]], methods: list[str]
) -> tuple[list[tuple[str, str]], list[str]]:
    """Return what a release changes: fields come, a type changes, a method comes, a method goes."""
    types, methods = types.copy(), methods.copy()
    for number, at in enumerate(sorted(chance.sample(range(len(types)), _CHANGES - 2))):
        name, text = types[at]
        head, tail = text.rsplit("};\n", 1)
        added = f"  added_{number} : opt text;\n" if "= record" in text else f"  Added{number};\n"
        types[at] = (name, f"{head}{added}}};\n{tail}" if number % 5 else text.replace(" : text;", " : nat;", 1))
    methods[len(methods) // 2] = f"  added : () -> ({types[0][0]}) query;\n"
    del methods[len(methods) // 3]
    return types, methods


def _text(types: list[tuple[str, str]], methods: list[str]) -> str:
    return f"{''.join(text for _, text in types)}service : {{\n{''.join(methods)}}}\n"
