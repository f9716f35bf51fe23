"""Random messages that ctxcheck and the official implementations hand to each other."""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from analyzer.candid.methods import method_of
from analyzer.candid.parse import parse_candid
from analyzer.candid.print import interface_text
from analyzer.candid.types import Kind
from analyzer.candid.values import DecodeError, EncodeError, Value, decode, encode
from analyzer.candid.values.parse import parse_values
from analyzer.candid.values.print import values_text
from analyzer.candid.witness.smallest import Smallest
from analyzer.errors import ParseError
from tests.generators import candid
from tests.generators.values import Values
from tests.oracles.oracle import FOLDER, Oracle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.candid.types import CandidInterface


@dataclass(slots=True)
class Message:
    """Values of a method's arguments, and who reads them: the same method of another version.

    message: as we encode them. read: as we decode them there, None where we refuse.
    """

    writer: CandidInterface
    reader: CandidInterface
    method: str
    values: list[Value]
    message: bytes
    read: list[Value] | None

    @property
    def written_types(self) -> tuple[int, ...]:
        method = method_of(self.writer, self.method)
        assert method is not None
        return method.arguments

    @property
    def read_types(self) -> tuple[int, ...]:
        method = method_of(self.reader, self.method)
        assert method is not None
        return method.arguments


def messages(seed: int, count: int) -> Iterator[Message]:
    """Yield random messages, written by one version and read by another (a half) or by the same one."""
    rng = Random(f"{seed}/values")
    made = 0
    while made < count:
        pair = candid.pair(rng)
        try:
            old, new = parse_candid(pair.old_text), parse_candid(pair.new_text)
        except ParseError:
            continue
        if old.imports or new.imports or old.warnings or new.warnings:
            continue
        for name in old.table.labels[old.service]:
            reader = new if rng.random() < 0.5 and method_of(new, name) else old
            method, other = method_of(old, name), method_of(reader, name)
            assert method is not None
            assert other is not None
            values = Values(rng, old)
            given = [values.of(node) for node in method.arguments]
            try:
                message = encode(old, method.arguments, given)
            except EncodeError:
                continue  # a type without values
            try:
                read: list[Value] | None = decode(message, reader, other.arguments)
            except DecodeError:
                read = None
            yield Message(old, reader, name, given, message, read)
            made += 1
            if made == count:
                return


def wire_types(interface: CandidInterface, types: tuple[int, ...]) -> tuple[str, str]:
    """Return types as the `js` question has them."""
    table, heads = interface.table, interface.heads
    numbers: dict[int, int] = {}
    order: list[int] = []

    def number(node: int) -> int:
        head = heads[node]
        if head not in numbers:
            numbers[head] = len(order)
            order.append(head)
        return numbers[head]

    roots = [number(node) for node in types]
    nodes: list[Any] = []
    for node in order:
        kind = Kind(table.kinds[node]).name.lower()
        nodes.append([kind, list(table.labels[node]), [number(c) for c in table.children[node]]])
    return json.dumps(nodes), json.dumps(roots)


class ValueOracle(Oracle):
    """didc and agent-js."""

    def __init__(self) -> None:
        super().__init__(FOLDER / "values.mjs")


def questions(one: Message) -> list[dict[str, str]]:
    """Return what is asked about a message: didc reads it, didc writes its text, agent-js reads and writes it."""
    did = {"did": interface_text(one.reader), "method": one.method}
    types, roots = wire_types(one.reader, one.read_types)
    text = values_text(one.values, one.writer, one.written_types)
    return [
        {"ask": "didc-decode", **did, "results": "no", "hex": one.message.hex()},
        {"ask": "didc-encode", "did": interface_text(one.writer), "method": one.method, "text": text},
        {"ask": "js", "types": types, "roots": roots, "hex": one.message.hex()},
    ]


def differences(one: Message, answers: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return where an answer is not ours: who, and what."""
    read, written, js = answers
    found: list[tuple[str, str]] = []
    expected = None if one.read is None else values_text(one.read, one.reader, one.read_types)

    def differs(who: str, theirs: str | None) -> None:
        # didc remembers pairs of types that it assumed while it probed an `opt`, as its checker does; agent-js does not.
        artefact = who == "didc-decode" and expected is None and "error" in js and _has_references(one)
        if theirs != expected and not artefact:
            found.append((who, f"ours {expected}, theirs {theirs} {answers}"))

    if not didc_differs(one):
        differs(
            "didc-decode",
            _again(parse_values(read["text"], one.reader, one.read_types), one) if "text" in read else None,
        )
    # agent-js does not skip all of a value under `opt` that does not fit, and stumbles over what is left of it.
    left_over = one.reader is not one.writer and "error" in js and "text" in read and expected is not None
    if not js_differs(one) and not left_over:
        differs(
            "js", _again(decode(bytes.fromhex(js["hex"]), one.reader, one.read_types), one) if "hex" in js else None
        )
    if "error" in written or decode(bytes.fromhex(written["hex"]), one.writer, one.written_types) != one.values:
        found.append(
            ("didc-encode", f"ours {values_text(one.values, one.writer, one.written_types)}, theirs {written}")
        )
    return found


def _again(values: list[Value], one: Message) -> str:
    return values_text(values, one.reader, one.read_types)


def didc_differs(one: Message) -> bool:
    """Tell whether candid 0.10.10, which is in didc 0.0.4, may read a message otherwise than the spec of today.

    It does not read a service as a principal, nor another value at `opt opt t`, and it reads reserved as null. And it
    replaces a record of itself by `empty` in the types of a message, and then finds that `empty` is not what a
    reference is expected to take.
    """
    if any(_endless(interface) for interface in (one.writer, one.reader)):
        return True
    table, heads = one.reader.table, one.reader.heads
    reached = _reached(one.reader, one.read_types)
    # In the arguments of a function the two change sides.
    written = {one.writer.table.kinds[node] for node in _reached(one.writer, one.written_types)}
    flipped = {Kind.FUNC, Kind.PRINCIPAL} <= written
    return one.reader is not one.writer and any(
        table.kinds[node] == Kind.PRINCIPAL
        or (flipped and table.kinds[node] == Kind.SERVICE)
        or (Kind.RESERVED in written and table.kinds[node] == Kind.NULL)
        or (table.kinds[node] == Kind.OPT and table.kinds[heads[table.children[node][0]]] == Kind.OPT)
        for node in reached
    )


def _has_references(one: Message) -> bool:
    kinds = {one.reader.table.kinds[node] for node in _reached(one.reader, one.read_types)}
    return bool(kinds & {Kind.FUNC, Kind.SERVICE})


def _endless(interface: CandidInterface) -> bool:
    smallest = Smallest(interface)
    return any(kind == Kind.RECORD and smallest.size(node) is None for node, kind in enumerate(interface.table.kinds))


def js_differs(one: Message) -> bool:
    """Tell whether agent-js is known to read the values of another version otherwise than the spec.

    It throws where a value at the end or a field of type null is missing, where a nat is read as an int or a service as
    a principal, and where functions differ by optional arguments; and what throws is null under an opt around it.
    """
    if one.reader is one.writer:
        return False
    kinds = {one.reader.table.kinds[node] for node in _reached(one.reader, one.read_types)}
    throws = {Kind.NULL, Kind.INT, Kind.PRINCIPAL, Kind.FUNC, Kind.SERVICE}
    return len(one.written_types) < len(one.read_types) or bool(kinds & throws) or didc_differs(one)


def _reached(interface: CandidInterface, types: tuple[int, ...]) -> set[int]:
    seen: set[int] = set()
    todo = list(types)
    while todo:
        node = interface.heads[todo.pop()]
        if node not in seen:
            seen.add(node)
            todo += interface.table.children[node]
    return seen


def exchange(seed: int, count: int) -> tuple[int, int, list[tuple[Message, str, str]]]:
    """Hand out random messages; return how many, how many of them the reader refuses, and all differences."""
    made = list(messages(seed, count))
    with ValueOracle() as oracle:
        answers = list(oracle.ask(question for one in made for question in questions(one)))
    found = [
        (one, *difference) for i, one in enumerate(made) for difference in differences(one, answers[3 * i : 3 * i + 3])
    ]
    return len(made), sum(one.read is None for one in made), found
