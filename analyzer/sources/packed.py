"""Parsed models as bytes and back: numbers as columns, everything else as JSON. Nothing in them is ever executed.

The texts are not in them: they were read anyway, for without them nobody knows whether the bytes still belong to them.
"""

from __future__ import annotations

import json
from array import array
from itertools import accumulate, islice, pairwise
from typing import TYPE_CHECKING, Any

from analyzer.table import TypeTable
from analyzer.text import Sources

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from analyzer.candid.types import CandidInterface
    from analyzer.motoko.types import StableField, StableSignature
    from analyzer.table import Span

FORMAT = 1
_INT = "i"
_WIDTH = array(_INT).itemsize
_HEAD = 8  # bytes that say how long the JSON part is


class Damaged(Exception):
    """Bytes that are no model."""


# -- Candid


def pack_candid(interface: CandidInterface) -> bytes:
    """Return an interface without its texts. Raises OverflowError for one with more than 2^31 code points."""
    document = {
        "definitions": list(interface.definitions.items()),
        "definition_spans": list(interface.definition_spans.items()),
        "service": interface.service,
        "main": interface.main,
        "main_span": interface.main_span,
        "init": interface.init,
        "init_members": interface.init_members,
        "warnings": interface.warnings,
    }
    return _pack(document, interface.table, [interface.heads])


def unpack_candid(data: bytes, texts: Sequence[tuple[str, str]]) -> CandidInterface:
    """Return the interface of some bytes. texts: name and text of each source, in order. Raises Damaged."""
    from analyzer.candid.types import CandidInterface, Kind  # noqa: PLC0415 - one language at a time

    sources = _sources(texts)
    try:
        document, table, (heads,) = _unpack(data, list(Kind), sources)
        nodes = range(len(table))
        interface = CandidInterface(table, sources, heads=heads)
        interface.definitions = dict(document["definitions"])
        interface.definition_spans = {name: _span(span) for name, span in document["definition_spans"]}
        interface.service, interface.main = document["service"], document["main"]
        interface.main_span = _span(document["main_span"])
        interface.init = None if document["init"] is None else tuple(document["init"])
        interface.init_members = tuple(map(_span, document["init_members"]))
        interface.warnings = [(offset, sentence) for offset, sentence in document["warnings"]]
        _within(heads, nodes)
        _within(interface.definitions.values(), nodes)
        _within([interface.service, interface.main, *(interface.init or ())], nodes)
        if len(heads) != len(table) or table.kinds[interface.service] != Kind.SERVICE:
            raise Damaged
    except (ValueError, TypeError, LookupError) as error:
        raise Damaged from error
    return interface


# -- Motoko


def pack_stable(signature: StableSignature) -> bytes:
    """Return a signature without its text."""
    document = {
        "form": signature.form,
        "definitions": [(d.name, d.node, d.span) for d in signature.definitions],
        "binders": [(b.names, b.bounds, b.spans, b.span, b.scoped) for b in signature.binders],
        "post": _packed_fields(signature.post),
        "before": _packed_fields(signature.before),
        "chain": [(m.label, _packed_fields(m.domain), _packed_fields(m.range), m.span) for m in signature.chain],
        "span": signature.span,
        "sorted_halves": signature.sorted_halves,
        "unsure": signature.unsure,
    }
    return _pack(document, signature.table, [])


def _packed_fields(fields: Iterable[StableField]) -> list[tuple[Any, ...]]:
    return [(f.name, f.node, f.mutable, f.required, f.span) for f in fields]


def unpack_stable(data: bytes, texts: Sequence[tuple[str, str]]) -> StableSignature:
    """Return the signature of some bytes. texts: name and text of its one source. Raises Damaged."""
    from analyzer.motoko.types import (  # noqa: PLC0415 - one language at a time
        Binder,
        Definition,
        Kind,
        Migration,
        StableField,
        StableSignature,
    )

    sources = _sources(texts)
    try:
        document, table, _ = _unpack(data, list(Kind), sources)
        nodes = range(len(table))

        def fields(packed: list[Any]) -> list[StableField]:
            _within([node for _, node, _, _, _ in packed], nodes)
            return [StableField(name, node, var, needed, _span(span)) for name, node, var, needed, span in packed]

        signature = StableSignature(table, sources, document["form"])
        signature.definitions = [Definition(name, node, _span(span)) for name, node, span in document["definitions"]]
        signature.binders = [
            Binder(tuple(names), bounds, tuple(map(_span, spans)), _span(span), scoped)
            for names, bounds, spans, span, scoped in document["binders"]
        ]
        signature.post, signature.before = fields(document["post"]), fields(document["before"])
        signature.chain = [
            Migration(label, tuple(fields(domain)), tuple(fields(codomain)), _span(span))
            for label, domain, codomain, span in document["chain"]
        ]
        signature.span = _span(document["span"])
        signature.sorted_halves, signature.unsure = document["sorted_halves"], document["unsure"]
        _within([d.node for d in signature.definitions], nodes)
        for binder in signature.binders:
            _within(binder.bounds, nodes)
        if len(signature.definitions) > len(signature.binders):
            raise Damaged
    except (ValueError, TypeError, LookupError) as error:
        raise Damaged from error
    return signature


# -- what both consist of


def _pack(document: dict[str, Any], table: TypeTable, further: list[list[int]]) -> bytes:
    """Return a table, further columns and a JSON document. Labels and names repeat: each is kept once."""
    labels, label_numbers = _once(table.labels)
    names, name_numbers = _once(table.names)
    columns: list[Iterable[int]] = [
        table.kinds,
        label_numbers,
        name_numbers,
        *_flat_spans(table.spans),
        map(len, table.children),
        [child for children in table.children for child in children],
        map(len, table.members),
        *_flat_spans([span for members in table.members for span in members]),
        *further,
    ]
    arrays = [array(_INT, column) for column in columns]
    whole = {"document": document, "labels": labels, "names": names, "columns": [len(one) for one in arrays]}
    head = json.dumps(whole, separators=(",", ":")).encode("ascii")
    return b"".join([len(head).to_bytes(_HEAD, "little"), head, *(one.tobytes() for one in arrays)])


def _once(values: list[tuple[Any, ...]]) -> tuple[list[tuple[Any, ...]], list[int]]:
    known: dict[str, int] = {}
    first: list[tuple[Any, ...]] = []
    numbers = []
    for value in values:
        number = known.setdefault(repr(value), len(first))  # of equal values, True is not 1
        if number == len(first):
            first.append(value)
        numbers.append(number)
    return first, numbers


def _flat_spans(spans: list[Span]) -> tuple[list[int], list[int]]:
    return [start for start, _ in spans], [end for _, end in spans]


def _unpack(data: bytes, kinds: list[Any], sources: Sources) -> tuple[dict[str, Any], TypeTable, list[list[int]]]:
    size = int.from_bytes(data[:_HEAD], "little")
    whole = json.loads(data[_HEAD : _HEAD + size])
    found = _columns(data, _HEAD + size, whole["columns"])
    numbers, label_numbers, name_numbers, starts, ends, child_counts, children, member_counts, *rest = found
    member_starts, member_ends, *further = rest
    count = len(numbers)
    if not all(len(c) == count for c in (label_numbers, name_numbers, starts, ends, child_counts, member_counts)):
        raise Damaged
    labels, names = list(map(tuple, whole["labels"])), list(map(tuple, whole["names"]))
    _within(numbers, range(len(kinds)))
    _within(label_numbers, range(len(labels)))
    _within(name_numbers, range(len(names)))
    _within(children, range(count))
    for offsets in (starts, ends, member_starts, member_ends):
        _within(offsets, range(sources.size + 1))
    table = TypeTable(
        list(map(kinds.__getitem__, numbers)),
        list(map(labels.__getitem__, label_numbers)),
        _split(children, child_counts),
        list(zip(starts, ends, strict=True)),
        _split(list(zip(member_starts, member_ends, strict=True)), member_counts),
        list(map(names.__getitem__, name_numbers)),
    )
    return whole["document"], table, further


def _columns(data: bytes, begin: int, lengths: list[int]) -> list[list[int]]:
    stops = list(accumulate((length * _WIDTH for length in lengths), initial=begin))
    if stops[-1] != len(data) or min(lengths) < 0:
        raise Damaged
    columns = []
    for start, stop in pairwise(stops):
        column = array(_INT)
        column.frombytes(data[start:stop])
        columns.append(column.tolist())
    return columns


def _split(flat: list[Any], counts: list[int]) -> list[tuple[Any, ...]]:
    """Return a list as tuples of the given lengths."""
    if sum(counts) != len(flat) or min(counts, default=0) < 0:
        raise Damaged
    left = iter(flat)
    return [tuple(islice(left, count)) if count else () for count in counts]


def _within(numbers: Collection[int], allowed: range) -> None:
    if numbers and not (allowed.start <= min(numbers) and max(numbers) < allowed.stop):
        raise Damaged


def _sources(texts: Sequence[tuple[str, str]]) -> Sources:
    sources = Sources()
    for label, text in texts:
        sources.add(label, text)
    return sources


def _span(pair: list[int]) -> Span:
    start, end = pair
    return int(start), int(end)
