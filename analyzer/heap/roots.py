"""Where the stable variables are: the code of the module shows it, without names and without running.

A Motoko program keeps each captured top-level declaration in a box, which is an element of the static variables. The
function that gathers all stable variables before an upgrade says which element is which variable (moc 0.14 to 1.1 and
npm motoko 3.14 to 4.10; found in `compile_enhanced.ml`, proven on images).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from analyzer.heap.code import CALL, I64
from analyzer.heap.errors import RootError
from analyzer.heap.evaluate import Sum, constant, evaluate, loaded, plus, term

if TYPE_CHECKING:
    from analyzer.heap.code import Code

PRE_UPGRADE = "canister_pre_upgrade"
_LARGEST_GETTER = 160  # bytes; 33 to 40 are seen
_DEPTH = 3  # calls from the export to the function that gathers
_FORWARD, _CONTENT, _FIRST = 9, 17, 25  # offsets from a skewed pointer: header word 1, word 2, word 3
_TAG, _OBJECT, _SOME = 1, 1, 21
_GETTER = bytes((I64,)), bytes((I64,))


class Roots(NamedTuple):
    """Where the variables are.

    table: address of the pointer to the static variables. hashes: the static variable that is the list of field hashes.
    fields: for each hash, in their order, the static variable that holds its box. hooked: something else happens before
    the variables are gathered, most likely `system func preupgrade`.
    """

    table: int
    hashes: int
    fields: tuple[int, ...]
    hooked: bool


def find_roots(code: Code) -> Roots:
    """Return where the stable variables of a module are. Raises RootError: its code does not show it."""
    getter = _find_getter(code)
    start = code.exports.get(PRE_UPGRADE)
    if start is None:
        msg = f"the module has no {PRE_UPGRADE}: it is no Motoko program"
        raise RootError(msg)
    found = [one for f in _called_from(code, start) if (one := _gathered(code, f, getter)) is not None]
    if len(found) != 1:
        msg = f"{len(found)} functions of the module gather stable variables, expected one"
        raise RootError(msg, hint="was the module changed by an optimiser? Use the one that the compiler made")
    return found[0]


def _find_getter(code: Code) -> tuple[int, int] | None:
    """Return the function that returns a static variable by its number, and the address of the pointer to them.

    None: there is none, since an optimiser put it wherever it is called.
    """
    index = term("local", 0)
    found: list[tuple[int, int]] = []
    for function in range(code.imported, len(code.types)):
        if code.types[function] != _GETTER or code.size(function) > _LARGEST_GETTER:
            continue
        try:
            result = evaluate(code, function, lambda *_: None).result
        except RootError:
            continue
        table = _table_of(result)
        if table is not None and result == _static(table, plus(constant(0), index, 8)):
            found.append((function, table))
    if len(found) > 1:
        msg = f"{len(found)} functions of the module return static variables, expected one"
        raise RootError(msg, hint="was the module changed by an optimiser? Use the one that the compiler made")
    return found[0] if found else None


def _static(table: int, offset: Sum) -> Sum:
    array = loaded(plus(loaded(constant(table)), constant(_FORWARD)))
    return loaded(plus(plus(array, offset), constant(_FIRST)))


def _table_of(result: Sum | None) -> int | None:
    """Return the one constant address that a value is loaded from, three loads deep."""
    addresses: set[int] = set()
    todo: list[tuple[Sum, int]] = [] if result is None else [(result, 0)]
    while todo:
        at, depth = todo.pop()
        if not at.terms and depth == 3:  # noqa: PLR2004 - element, array, pointer
            addresses.add(at.constant)
        for what, _ in at.terms:
            if what[0] == "load" and depth < 3:  # noqa: PLR2004 - as above
                todo.append((what[1], depth + 1))
    return addresses.pop() if len(addresses) == 1 else None


def _called_from(code: Code, start: int) -> list[int]:
    """Return the functions that give a word and are called, at most three calls away."""
    seen, level = {start}, [start]
    for _ in range(_DEPTH):
        following: list[int] = []
        for function in level:
            if function < code.imported:
                continue
            for op, value in code.instructions(function):
                if op == CALL and value not in seen and value < len(code.types):
                    seen.add(value)
                    following.append(value)
        level = following
    wanted = (b"", bytes((I64,)))
    return sorted(f for f in seen if f >= code.imported and code.types[f] == wanted)


def _gathered(code: Code, function: int, getter: tuple[int, int] | None) -> Roots | None:
    """Return what a function gathers into a record, None of one that does not."""
    made = 0

    def call(callee: int, arguments: list[Sum]) -> Sum | None:
        nonlocal made
        if getter is not None and callee == getter[0]:
            return _static(getter[1], plus(constant(0), arguments[0], 8))
        if len(arguments) == 1 and not arguments[0].terms:
            made += 1
            return term("new", made)  # an allocation: of how many words
        return arguments[0] if len(arguments) == 1 else None  # a barrier, or what puts a value into an option

    try:
        found = evaluate(code, function, call)
    except RootError:
        return None
    if found.result is None or len(found.result.terms) != 1:
        return None
    record = found.stored.get(found.result.terms[0][0], {})
    table = getter[1] if getter is not None else _table_of(record.get(_CONTENT))
    if table is None:
        return None
    hashes = _static_index(record.get(_CONTENT), table)
    if record.get(_TAG) != constant(_OBJECT) or hashes is None:
        return None
    fields: list[int] = []
    for offset in range(_FIRST, _FIRST + 8 * (len(record) - 3), 8):
        value = record.get(offset)
        if value is None:
            msg = "the function that gathers the stable variables leaves one out"
            raise RootError(msg)
        sources = _sources(value, table, found.stored)
        if len(sources) != 1:
            msg = f"a stable variable comes from {len(sources)} places, expected one"
            raise RootError(msg)
        fields += sources
    return Roots(table, hashes, tuple(fields), bool(found.strange))


def _static_index(value: Sum | None, table: int) -> int | None:
    """Return the number of a static variable, None of any other value."""
    if value is None or value.constant or len(value.terms) != 1:
        return None
    what, factor = value.terms[0]
    if what[0] != "load" or factor != 1:
        return None
    base: Sum = what[1]
    offset = base.constant - _FIRST
    expected = _static(table, constant(offset))
    return offset // 8 if value == expected and offset >= 0 and offset % 8 == 0 else None


def _sources(value: Sum, table: int, stored: dict[tuple[Any, ...], dict[int, Sum]]) -> set[int]:
    """Return the static variables whose content a value may be, by itself or inside an option."""
    found: set[int] = set()
    seen: set[Sum] = set()
    todo = [value]
    while todo:
        at = todo.pop()
        if at in seen or at.constant or len(at.terms) != 1:
            continue
        seen.add(at)
        what = at.terms[0][0]
        if what[0] == "either":
            todo += what[1]
        elif what[0] == "new" and stored.get(what, {}).get(_TAG) == constant(_SOME):
            todo += [part for offset, part in stored[what].items() if offset == _CONTENT]
        elif what[0] == "load" and what[1].constant == _CONTENT:
            box = _box(what[1])
            index = _static_index(box, table)
            if index is not None:
                found.add(index)
    return found


def _box(address: Sum) -> Sum | None:
    """Return the box that is forwarded to an address."""
    if len(address.terms) != 1 or address.terms[0][0][0] != "load":
        return None
    forward: Sum = address.terms[0][0][1]
    return Sum(0, forward.terms) if forward.constant == _FORWARD else None
