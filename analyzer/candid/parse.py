"""Text of a `.did` file -> CandidInterface, with every static check of candid_parser (0.2.3; see docs for 0.4.0)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.candid.build import Builder
from analyzer.candid.types import CandidInterface, Kind
from analyzer.table import TypeTable
from analyzer.text import MAX_TEXT, Sources, alternatives, found, shortened
from grammars import SyntaxProblem, load

if TYPE_CHECKING:
    from collections.abc import Iterable

_TYPE = frozenset(
    ('"null"', '"blob"', '"principal"', '"opt"', '"vec"', '"record"', '"variant"', '"func"', '"service"', "id")
)
_GROUPS = ((_TYPE, "a type"), (frozenset(("id", "quoted text")), "a name"), (frozenset(("id",)), "a name"))


def parse_candid(text: str, label: str = "candid") -> CandidInterface:
    """Read one text; `import` lines are noted and not followed, as `didc` does with a text.

    label: how errors call the text. Raises ParseError.
    """
    interface = CandidInterface(TypeTable(), Sources())
    builder = read_into(interface, text, label)
    interface.imports = [(imported.path, imported.span) for imported in builder.imports]
    finish(interface, [builder], builder)
    return interface


def read_into(interface: CandidInterface, text: str, label: str) -> Builder:
    """Read one text into an interface, without the checks that need all of its texts."""
    base = interface.sources.add(label, text)
    if len(text) > MAX_TEXT:
        interface.sources.fail(base, f"{len(text):,} characters are too many for an interface", "too-large")
    builder = Builder(interface, base)
    try:
        load("candid").parse(text, builder)
    except SyntaxProblem as problem:
        expected = None if problem.reason else alternatives(_words(problem.expected), _GROUPS)
        interface.sources.fail(base + problem.start, found(problem), "syntax", expected=expected, hint=_hint(problem))
    return builder


def _words(expected: Iterable[str]) -> list[str]:
    return [{"nat": "a field number", "text": "quoted text"}.get(word, word) for word in expected]


def _hint(problem: SyntaxProblem) -> str | None:
    if problem.found == "\ufeff":
        return "remove the byte order mark; Candid files have none"
    if problem.found in ("true", "false", "null", "type", "import", "opt", "vec", "func", "query", "oneway"):
        return f'"{problem.found}" is reserved; as a name it is quoted'
    return None


def finish(interface: CandidInterface, builders: list[Builder], root: Builder) -> None:
    """Resolve names and check what needs the whole: aliases, methods, the main service."""
    _resolve(interface, [node for builder in builders for node in builder.names])
    _follow_aliases(interface)
    for builder in builders:
        for service in builder.services:
            _check_methods(interface, service)
    if root.main is None:
        what = "there is no service"
        hint = "an interface ends with `service : { ... }`; a file with types alone is only for import"
        interface.sources.fail(root.base, what, "no-service", hint=hint)
    node, interface.init, interface.init_members, interface.main_span = root.main
    interface.main, interface.service = node, interface.heads[node]
    if interface.table.kinds[interface.service] != Kind.SERVICE:
        what = f'"{interface.table.labels[node][0]}" is not a service'
        interface.sources.fail(interface.table.spans[node][0], what, "not-a-service")


def _resolve(interface: CandidInterface, names: list[int]) -> None:
    table, definitions = interface.table, interface.definitions
    for node in names:
        target = definitions.get(table.labels[node][0])
        if target is None:
            name = table.labels[node][0]
            what = f'the type "{shortened(name)}" is not defined'
            interface.sources.fail(table.spans[node][0], what, "unbound", hint=_nearest(name, definitions))
        table.children[node] = (target,)


def _nearest(name: str, definitions: Iterable[str]) -> str | None:
    from difflib import get_close_matches  # noqa: PLC0415 - only errors need it

    close = get_close_matches(name, list(definitions)[:2000], 1)
    return f'the nearest defined type is "{close[0]}"' if close else None


def _follow_aliases(interface: CandidInterface) -> None:
    """Fill `heads`; an alias that leads back to itself is an error."""
    table = interface.table
    kinds, children = table.kinds, table.children
    heads = interface.heads = list(range(len(kinds)))
    known = bytearray(len(kinds))
    for node, kind in enumerate(kinds):
        if kind != Kind.NAME or known[node] or not children[node]:
            continue  # without a child: a name in the dropped service of an imported file
        chain = [node]
        on_chain = {node}
        at = children[node][0]
        while kinds[at] == Kind.NAME and not known[at]:
            if at in on_chain:
                what = f'the type "{table.labels[at][0]}" is defined as itself'
                interface.sources.fail(table.spans[at][0], what, "alias-cycle")
            chain.append(at)
            on_chain.add(at)
            at = children[at][0]
        for link in chain:
            heads[link] = heads[at]
            known[link] = 1


def _check_methods(interface: CandidInterface, service: int) -> None:
    table = interface.table
    for method, node in zip(table.labels[service], table.children[service], strict=True):
        if table.kinds[interface.heads[node]] != Kind.FUNC:
            what = f'the method "{shortened(method)}" is not a function: "{table.labels[node][0]}" is another type'
            interface.sources.fail(table.spans[node][0], what, "not-a-function")
