"""The compatible way to a new interface: what old clients call stays, what is new gets a name of its own."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, NamedTuple

from analyzer.candid.parse import parse_candid
from analyzer.candid.print import name_text, type_text
from analyzer.candid.types import Kind
from analyzer.compare.candid import compare_interfaces
from analyzer.errors import ParseError
from analyzer.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from analyzer.candid.types import CandidInterface

_NO_LIMIT = 1 << 62


class Kept(NamedTuple):
    """A method that old clients call. old: as it stays. instead, new: the new one; None where it is gone."""

    name: str
    old: str
    instead: str | None
    new: str | None


class Alternative(NamedTuple):
    """An interface that has everything of the new one and that old clients keep working with.

    types: definitions that the kept methods take, beside the new ones. text: the whole, as a .did file. proven: whether
    `didc check` accepts it against the old one, and no client that is known throws.
    """

    methods: tuple[Kept, ...]
    types: tuple[str, ...]
    text: str
    proven: bool


def alternative(old: CandidInterface, new: CandidInterface) -> Alternative | None:
    """Return the compatible way to a new interface; None where no method of the old one breaks."""
    broken = _broken(old, new)
    if not broken or old.service < 0 or new.service < 0:
        return None
    made = _merged(old, new, broken)
    rest = _broken_text(old, made.text)
    if rest:  # a method may break only through one that was met first
        made = _merged(old, new, broken | rest)
        rest = _broken_text(old, made.text)
    return made._replace(proven=not rest)


def _broken(old: CandidInterface, new: CandidInterface) -> set[str]:
    report = compare_interfaces(old, new)
    names = set(_methods(old))
    found = {o.root for e in report.edits for o in e.occurrences if o.verdict in (Verdict.BREAKING, Verdict.UNDECIDED)}
    found &= names
    return found if found or report.compatible else names


def _broken_text(old: CandidInterface, text: str) -> set[str]:
    try:
        return _broken(old, parse_candid(text, "suggested"))
    except ParseError:
        return {""}


def _methods(interface: CandidInterface) -> dict[str, int]:
    table = interface.table
    return dict(zip(table.labels[interface.service], table.children[interface.service], strict=True))


def _merged(old: CandidInterface, new: CandidInterface, broken: set[str]) -> Alternative:
    before, after = _methods(old), _methods(new)
    names = _old_names(old, new, [before[name] for name in broken if name in before])
    kept = _renamed(old, names)
    definitions = [f"type {name} = {type_text(new, node, _NO_LIMIT)};" for name, node in new.definitions.items()]
    types = tuple(
        f"type {names[name]} = {type_text(kept, old.definitions[name], _NO_LIMIT)};"
        for name in names
        if names[name] not in new.definitions
    )
    taken = {*before, *after}
    methods: list[Kept] = []
    lines: dict[str, str] = {}
    for name, node in after.items():
        lines[name] = _method(new, node)
    for name in sorted(broken & before.keys()):
        instead = None
        if name in after:
            instead = _free(name, taken)
            taken.add(instead)
            lines[instead] = lines[name]
        lines[name] = _method(kept, before[name])
        methods.append(Kept(name, lines[name], instead, None if instead is None else lines[instead]))
    body = "".join(f"  {name_text(name)} : {line};\n" for name, line in sorted(lines.items()))
    init = ""
    if new.init is not None:
        init = f"({', '.join(type_text(new, node, _NO_LIMIT) for node in new.init)}) -> "
    text = "\n".join([*definitions, *types, f"service : {init}{{\n{body}}}"]) + "\n"
    return Alternative(tuple(methods), types, text, proven=False)


def _old_names(old: CandidInterface, new: CandidInterface, roots: Iterable[int]) -> dict[str, str]:
    """Return how the definitions that methods take are to be called beside the new ones."""
    reached: set[str] = set()
    seen: set[int] = set()
    todo = list(roots)
    while todo:
        node = todo.pop()
        if node in seen:
            continue
        seen.add(node)
        if old.table.kinds[node] == Kind.NAME:
            reached.add(old.table.labels[node][0])
        todo += old.table.children[node]
    wanted = [name for name in old.definitions if name in reached]
    same = {name for name in wanted if name in new.definitions}
    while True:  # a definition is the same where its text is, and all that it names is the same
        left = {n for n in same if _text(old, n) == _text(new, n) and _names_in(old, n) & reached <= same}
        if left == same:
            break
        same = left
    taken = {*new.definitions, *wanted}
    names: dict[str, str] = {}
    for name in wanted:
        names[name] = name if name in same or name not in new.definitions else _free(f"Old{name}", taken, first=True)
        taken.add(names[name])
    return names


def _text(interface: CandidInterface, name: str) -> str:
    return type_text(interface, interface.definitions[name], _NO_LIMIT)


def _names_in(interface: CandidInterface, name: str) -> set[str]:
    found: set[str] = set()
    seen: set[int] = set()
    todo = [interface.definitions[name]]
    while todo:
        node = todo.pop()
        if interface.table.kinds[node] == Kind.NAME:
            found.add(interface.table.labels[node][0])
        elif node not in seen:
            seen.add(node)
            todo += interface.table.children[node]
    return found


def _renamed(interface: CandidInterface, names: dict[str, str]) -> CandidInterface:
    """Return an interface that prints with other names."""
    shown = copy(interface)
    shown.table = copy(interface.table)
    shown.table.labels = [
        (names.get(label[0], label[0]),) if kind == Kind.NAME else label
        for kind, label in zip(interface.table.kinds, interface.table.labels, strict=True)
    ]
    return shown


def _method(interface: CandidInterface, node: int) -> str:
    return type_text(interface, node, _NO_LIMIT).removeprefix("func ")


def _free(name: str, taken: set[str], *, first: bool = False) -> str:
    """Return a name that is not taken. first: whether the name itself may be it."""
    if first and name not in taken:
        return name
    number = 2
    while f"{name}_v{number}" in taken:
        number += 1
    return f"{name}_v{number}"
