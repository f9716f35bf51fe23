"""Random Motoko stable signatures and pairs of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.generators.stable_edits import fresh_type, mutate, widened
from tests.generators.stable_faults import spoil
from tests.generators.stable_text import write
from tests.generators.stable_types import TypeWriter
from tests.generators.tree import Pair, Tree

if TYPE_CHECKING:
    from random import Random

NAMES = ("a", "b", "c", "d", "users", "books", "Z", "_w", "next_id")

# In byte order, as the compiler sorts them: "10" comes before "2". The last one is written with escapes, and is "zz".
STEP_LABELS = ('"1"', '"10"', '"2"', '"20260101_Init"', '"20260214_Users"', '"B"', '"a"', '"b c"', '"\\u{7a}\\7a"')

INVALID_SHARE = 0.025

Variables = dict[str, Tree]


def pair(rng: Random) -> Pair:
    """Return a signature and a later one, either of them as the older; in a few of the pairs one is invalid."""
    old, new = rng.choices((_edited, _migrated, _chained), (45, 22, 33))[0](rng)
    if rng.random() < INVALID_SHARE:
        old = spoil(rng, old)
    if rng.random() < INVALID_SHARE:
        new = spoil(rng, new)
    texts = [write(tree, rng if rng.random() < 0.2 else None) for tree in (old, new)]
    return Pair(old, new, *texts)


def _variables(rng: Random, writer: TypeWriter) -> Variables:
    return {name: writer.type(3) for name in sorted(rng.sample(NAMES, rng.randint(0, 5)))}


def _half(rng: Random, variables: Variables) -> Tree:
    """Return declared variables, mutable or not, mostly sorted as the compiler prints them."""
    names = sorted(variables) if rng.random() < 0.9 else rng.sample(sorted(variables), len(variables))
    return Tree("half", "", tuple(Tree(rng.choice(("stable", "stable var")), n, (variables[n],)) for n in names))


def _single(rng: Random, definitions: tuple[Tree, ...], variables: Variables) -> Tree:
    return Tree(
        "file", rng.choice(("1.0.0", "1.0.0", "")), (*definitions, Tree("single", "", (_half(rng, variables),)))
    )


def _edited(rng: Random) -> tuple[Tree, Tree]:
    """Return a signature without migrations and an edited one."""
    writer = TypeWriter(rng)
    old = _single(rng, writer.definitions(), _variables(rng, writer))
    new = mutate(rng, old)
    return (new, old) if rng.random() < 0.2 else (old, new)


def _migrated(rng: Random) -> tuple[Tree, Tree]:
    """Return a signature and one that follows with a migration function of its own; the older may have had one too."""
    writer = TypeWriter(rng)
    definitions, variables = writer.definitions(), _variables(rng, writer)
    if rng.random() < 0.3:
        earlier, _ = _migration(rng, writer, variables)
        old = Tree("file", "3.0.0", (*definitions, Tree("prepost", "", (earlier, _half(rng, variables)))))
        if rng.random() < 0.3:
            # The usual next upgrade: the migration is deleted.
            return old, mutate(rng, _single(rng, definitions, variables))
    else:
        old = _single(rng, definitions, variables)
    before, after = _migration(rng, writer, variables)
    new = Tree("file", rng.choice(("3.0.0", "2.0.0")), (*definitions, Tree("prepost", "", (before, _half(rng, after)))))
    return old, mutate(rng, new)


def _migration(rng: Random, writer: TypeWriter, variables: Variables) -> tuple[Tree, Variables]:
    """Return what a migration of these variables declares before it, and the variables after it."""
    before: list[Tree] = []
    after: Variables = {}
    for name, type_ in variables.items():
        mutability = rng.choice(("", " var"))
        if rng.random() < 0.5:
            consumed = widened(rng, type_) if rng.random() < 0.3 else type_
            before.append(Tree(f"in{mutability}", name, (consumed,)))
            if rng.random() < 0.7:
                after[name] = writer.type(2)
        else:
            before.append(Tree(f"stable{mutability}", name, (type_,)))
            after[name] = type_
    if rng.random() < 0.1:
        # Out of order, as only a person would write it: the compiler then mixes up which ones are required.
        rng.shuffle(before)
    for name in rng.sample(NAMES, rng.randint(0, 1)):
        after.setdefault(name, writer.type(2))
    return Tree("half", "", tuple(before)), after


def _step(rng: Random, writer: TypeWriter, label: str, state: Variables) -> tuple[Tree, Variables]:
    """Return a random step of a chain from a state, and the state after it."""
    consumed = {name: type_ for name, type_ in state.items() if rng.random() < 0.4}
    produced = {name: writer.type(2) for name in consumed if rng.random() < 0.6}
    for name in rng.sample(NAMES, rng.randint(0, 1)):
        if name not in state:
            produced[name] = writer.type(2)
    taken = {name: widened(rng, type_) if rng.random() < 0.2 else type_ for name, type_ in consumed.items()}
    step = Tree("step", label, (_record(rng, taken), _record(rng, produced)))
    return step, {**{name: type_ for name, type_ in state.items() if name not in consumed}, **produced}


def _record(rng: Random, variables: Variables) -> Tree:
    return Tree(
        "object", "", tuple(Tree("var" if rng.random() < 0.1 else "val", n, (t,)) for n, t in variables.items())
    )


def _multi(rng: Random, definitions: tuple[Tree, ...], steps: list[Tree], state: Variables) -> Tree:
    declared = {name: widened(rng, type_) if rng.random() < 0.1 else type_ for name, type_ in state.items()}
    chain = Tree("chain", "", tuple(rng.sample(steps, len(steps)) if rng.random() < 0.3 else steps))
    return Tree("file", "4.0.0", (*definitions, Tree("multi", "", (chain, _half(rng, declared)))))


def _chained(rng: Random) -> tuple[Tree, Tree]:
    """Return a signature and one whose chain of migrations goes on from it, mostly."""
    writer = TypeWriter(rng)
    definitions = writer.definitions()
    states = [_variables(rng, writer) if rng.random() < 0.5 else {}]
    steps: list[Tree] = []
    for label in sorted(rng.sample(STEP_LABELS, rng.randint(1, 4)), key=STEP_LABELS.index):
        step, state = _step(rng, writer, label, states[-1])
        steps.append(step)
        states.append(state)
    reached = rng.randint(0, len(steps))
    # The history may be cut, also further than it should be.
    first = rng.randint(0, reached) if rng.random() < 0.3 else 0
    if reached == 0 or rng.random() < 0.25:
        old = _single(rng, definitions, _disturbed(rng, states[reached]) if rng.random() < 0.4 else states[reached])
        first = min(reached, len(steps) - 1) if rng.random() < 0.7 else first
    else:
        # A variable that no step produces is one that the program before the chain had.
        more = {rng.choice(NAMES): fresh_type(rng, Tree("file"))} if rng.random() < 0.3 else {}
        old = _multi(rng, definitions, steps[:reached], {**more, **states[reached]})
    if rng.random() < 0.06:
        return old, _single(rng, definitions, states[-1])
    kept = steps[first:] or steps[-1:]
    new = _multi(rng, definitions, kept, states[-1])
    return old, mutate(rng, new) if rng.random() < 0.8 else new


def _disturbed(rng: Random, state: Variables) -> Variables:
    """Return a state that the next step may not expect."""
    disturbed = dict(state)
    if disturbed and rng.random() < 0.6:
        name = rng.choice(sorted(disturbed))
        disturbed.pop(name)
        if rng.random() < 0.5:
            disturbed[name] = fresh_type(rng, Tree("file"))
    else:
        disturbed[rng.choice(NAMES)] = fresh_type(rng, Tree("file"))
    return disturbed
