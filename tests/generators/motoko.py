"""Random Motoko programs whose stable variables have all kinds of types, written in one file or in two."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tests.generators.stable_text import write
from tests.generators.stable_types import TypeWriter

if TYPE_CHECKING:
    from random import Random

    from tests.generators.tree import Tree

NAMES = ("a", "b", "c", "users", "books", "Z", "_w", "next_id")
PLAIN = ("1", "1_000", "0xff", "-1", "+1", "1.5", "-2.0", "1e3", '"a;\\"}"', "'c'", "'\\''", "true", "null")
# What is skipped: brackets and semicolons of their own, where nothing is to be seen of them.
BETWEEN = (
    'func f(x : Nat, { y } : { y : Nat }) : Nat { let z = "}"; /* } /* ; */ */ x + y };',
    "public func g() : async { a : Nat } { { a = 1 } };",
    "public shared query ({ caller }) func q() : async Principal { caller };",
    "func h<A>(x : A, k : A -> ?A) : ?A = k x;",
    "transient var t = func(x : Nat) : Nat { x };",
    "transient let (one, two) = (1, '}');",
    "class C(x : Nat) { public let y = x; };",
    "module N { public type T = Nat; public func f() {} };",
    "system func preupgrade() { // }\n };",
    "ignore do { 1 };",
)


class Program(NamedTuple):
    """files: text by path. The program is main.mo."""

    files: dict[str, str]


def program(rng: Random) -> Program:
    """Return a program; in a few of them a type is not one that may be stored, or asks for a compiler."""
    writer = TypeWriter(rng)
    definitions = writer.definitions()
    names = rng.sample(NAMES, rng.randint(2, 8))
    fields = []
    for name in names:
        keyword = rng.choice(("let", "var", "stable let", "stable var", "private var"))
        if rng.random() < 0.3:
            fields.append(f"{keyword} {name} = {rng.choice(PLAIN)};")
        else:
            fields.append(
                f"{keyword} {name} : {write(writer.type(3), rng if rng.random() < 0.2 else None)} = loop {{}};"
            )
    others = rng.sample(BETWEEN, rng.randint(0, 4))
    body = [*fields, *others]
    rng.shuffle(body)
    head = rng.choice(("persistent actor", "persistent actor Main", "persistent actor class Main(x : [Nat]) = Self"))
    return Program(_placed(rng, definitions, head, body))


def _placed(rng: Random, definitions: tuple[Tree, ...], head: str, body: list[str]) -> dict[str, str]:
    """Return the files: definitions in the actor, in a module in it, or in a file that it imports."""
    where = rng.choice(("actor", "module", "file", "types"))
    written = [write(d) for d in definitions]
    public = "\n".join(f"public {text}" for text in written)
    if where == "actor":
        return {"main.mo": "\n".join([f"{head} {{", *written, *body, "};"])}
    if where == "module":
        aliases = _aliases(definitions, "M")
        return {"main.mo": "\n".join([f"{head} {{", f"module M {{ {public} }};", *aliases, *body, "}"])}
    if where == "file":
        first = ['import T "lib/Types";', f"{head} {{", *_aliases(definitions, "T")]
    else:
        items = "; ".join(f"type {d.label}" for d in definitions)
        first = [f'import {{ {items} }} "lib/Types";', f"{head} {{"]
    return {"lib/Types.mo": f"module {{\n{public}\n}}", "main.mo": "\n".join([*first, *body, "};"])}


def _aliases(definitions: tuple[Tree, ...], module: str) -> list[str]:
    aliases = []
    for definition in definitions:
        params = ", ".join(bind.label for bind in definition.children[0].children)
        name = f"{definition.label}<{params}>" if params else definition.label
        aliases.append(f"type {name} = {module}.{name};")
    return aliases
