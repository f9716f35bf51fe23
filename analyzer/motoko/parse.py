"""Text of a `.most` file -> StableSignature, with every check that moc makes when it reads one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.motoko.build import Builder
from analyzer.motoko.chain import check_chain, read_chain
from analyzer.motoko.check import Checks
from analyzer.motoko.combine import combine_types
from analyzer.motoko.recursion import check_expansive, check_productive
from analyzer.motoko.resolve import resolve
from analyzer.motoko.tail import check_tail
from analyzer.motoko.types import StableField, StableSignature
from analyzer.motoko.universe import Undecided, Universe
from analyzer.table import TypeTable
from analyzer.text import MAX_TEXT, Sources, alternatives, found
from grammars import SyntaxProblem, load

if TYPE_CHECKING:
    from collections.abc import Iterable

    from analyzer.motoko.names import Member

_TYPE = frozenset(
    (
        '"("',
        '"["',
        '"{"',
        '"?"',
        '"weak"',
        '"async"',
        "async_star",
        '"object"',
        '"actor"',
        '"module"',
        '"shared"',
        '"query"',
        '"composite"',
        '"<"',
        "id",
    )
)
_GROUPS = ((_TYPE, "a type"), (frozenset(("id",)), "a name"), (frozenset(("quoted text",)), "a migration's label"))


def parse_stable(text: str, label: str = "stable") -> StableSignature:
    """Read one text; what follows the actor is not read, as moc does not. Raises ParseError."""
    signature = StableSignature(TypeTable(), Sources())
    signature.sources.add(label, text)
    if len(text) > MAX_TEXT:
        signature.sources.fail(0, f"{len(text):,} characters are too many for a stable signature", "too-large")
    builder = Builder(signature)
    try:
        load("stable").parse(text, builder, accept_prefix=True)
    except SyntaxProblem as problem:
        words = [{"text": "quoted text"}.get(word, word) for word in problem.expected]
        expected = None if problem.reason else alternatives(words, _GROUPS)
        lexical = problem.reason is not None and not problem.reason.startswith("this is nested")
        code = "M0002" if lexical else "M0001"
        signature.sources.fail(problem.start, found(problem), code, expected=expected, hint=_hint(problem))
    _finish(signature, builder)
    return signature


def _hint(problem: SyntaxProblem) -> str | None:
    if problem.found == "\ufeff":
        return "remove the byte order mark; Motoko files have none"
    if problem.found in ("<", ">") and f'"{problem.found}"' in problem.expected:
        return f'with a space on both sides "{problem.found}" is a comparison: write T<A>'
    if problem.found in ("weak", "mixin", "include", "implicit"):
        return f'"{problem.found}" is a keyword since moc 0.16 or 1.0; an older program may still use it as a name'
    return None


def _finish(signature: StableSignature, builder: Builder) -> None:
    signature.form, signature.span = builder.form, builder.span
    check_tail(signature.sources, builder.span[1])
    builder.names.refuse_duplicates(builder.pre, "variable")
    builder.names.refuse_duplicates(builder.post, "variable")
    resolve(signature, builder)
    written = len(signature.table)
    try:
        check_productive(signature)
        combined = combine_types(signature, builder.named)
        if combined:
            check_productive(signature)
        check_expansive(signature)
        universe = Universe(signature)
        checks = Checks(signature, universe)
        checks.run(written, builder.unchecked, combined)
        signature.post = _fields(builder.post)
        signature.before = _before(signature, builder.pre)
        checks.stable_fields(signature.before)
        checks.stable_fields(signature.post)
        if signature.form == "chain":
            signature.chain = read_chain(signature, universe, checks, builder.migrations)
            check_chain(signature, universe)
    except Undecided as why:
        signature.unsure = signature.unsure or str(why)


def _fields(members: Iterable[Member]) -> list[StableField]:
    fields = [StableField(m.name, m.node, m.mutable, m.required, m.span) for m in members]
    return sorted(fields, key=lambda field: field.name)


def _before(signature: StableSignature, members: list[Member]) -> list[StableField]:
    """Return the first half of a prepost, sorted; moc leaves the `in` marks where they were and sorts the names."""
    names = [m.name for m in members]
    signature.sorted_halves = names == sorted(names)
    ordered = sorted(members, key=lambda m: m.name)
    return [
        StableField(m.name, m.node, m.mutable, mark.required, m.span) for m, mark in zip(ordered, members, strict=True)
    ]
