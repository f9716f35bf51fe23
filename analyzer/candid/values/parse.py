"""Text of values to values, at given types or at those that the text itself shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.candid.types import CandidInterface, Kind
from analyzer.candid.values.build import ValueBuilder
from analyzer.candid.values.decode import Untyped
from analyzer.candid.values.fit import fit, infer
from analyzer.table import TypeTable
from analyzer.text import MAX_TEXT, Sources, alternatives, found, shortened
from grammars import SyntaxProblem, load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyzer.candid.values.build import Written
    from analyzer.candid.values.model import Value

_FIRST = frozenset(
    [
        *(
            '"("',
            '"+"',
            '"-"',
            '"blob"',
            '"false"',
            '"func"',
            '"null"',
            '"opt"',
            '"principal"',
            '"record"',
            '"service"',
        ),
        *('"true"', '"variant"', '"vec"', "float", "id", "nat", "text"),
    ]
)


def parse_values(text: str, interface: CandidInterface, types: Sequence[int], label: str = "values") -> list[Value]:
    """Return the values of a text such as `(record { a = 1 }, "x")` at the given types, as `didc encode` fits them.

    A number takes the type that is expected; a field that the type lacks is dropped, one of a null, opt or reserved
    type may be left out; `opt` is always written. Unlike didc, more values than types are an error. Raises ParseError.
    """
    written = _read(text, label)
    return fit(written, interface, types)


def parse_untyped(text: str, label: str = "values") -> Untyped:
    """Return the values of a text with the types that it shows: a number without annotation is an int.

    The elements of a vector must be of one type. Raises ParseError.
    """
    written = _read(text, label)
    types = infer(written)
    return Untyped(written.interface, types, fit(written, written.interface, types))


def _read(text: str, label: str) -> Written:
    interface = CandidInterface(TypeTable(), Sources())
    base = interface.sources.add(label, text)
    if len(text) > MAX_TEXT:
        interface.sources.fail(base, f"{len(text):,} characters are too many", "too-large")
    builder = ValueBuilder(interface, base)
    try:
        load("values").parse(text, builder)
    except SyntaxProblem as problem:
        expected = None if problem.reason else alternatives(problem.expected, ((_FIRST, "a value"),))
        hint = "values stand in parentheses: (1, true)" if '"("' in problem.expected and problem.start == 0 else None
        interface.sources.fail(base + problem.start, found(problem), "syntax", expected=expected, hint=hint)
    for node in builder.names:
        name = interface.table.labels[node][0]
        what = f'the type "{shortened(name)}" is not defined: values know primitive types and what is made of them'
        interface.sources.fail(interface.table.spans[node][0], what, "unbound")
    interface.heads = list(range(len(interface.table)))
    for service in builder.services:
        assert all(interface.table.kinds[c] == Kind.FUNC for c in interface.table.children[service])  # noqa: S101
    return builder.written
