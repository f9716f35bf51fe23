"""Text of a `.mo` file -> its declarations. What computes is not looked at: whether a program compiles is not known."""

from __future__ import annotations

from analyzer.motoko.source.blank import EXPRESSION, PATTERN, blanked
from analyzer.motoko.source.build import SourceBuilder
from analyzer.motoko.source.declarations import SourceFile
from analyzer.motoko.types import StableSignature
from analyzer.table import TypeTable
from analyzer.text import MAX_TEXT, Sources, alternatives, found
from grammars import SyntaxProblem, load

_SHOWN = {"expression": "an expression", "pattern": "a pattern", "id": "a name", "text": "quoted text"}


def parse_source(text: str, label: str) -> SourceFile:
    """Read one file. Raises ParseError: M0001 and M0002 for syntax and lexis, moc's other codes for a type's faults."""
    sources = Sources()
    sources.add(label, text)
    if len(text) > MAX_TEXT:
        sources.fail(0, f"{len(text):,} characters are too many for a program", "too-large")
    builder = SourceBuilder(StableSignature(TypeTable(), sources))
    try:
        load("motoko").parse(blanked(text), builder)
    except SyntaxProblem as problem:
        if problem.found[:1] in (EXPRESSION, PATTERN):
            problem.found = text[problem.start : problem.end]
        expected = None if problem.reason else alternatives(_SHOWN.get(word, word) for word in problem.expected)
        sources.fail(problem.start, found(problem), "M0002" if problem.reason else "M0001", expected=expected)
    return SourceFile(sources, builder.table, builder.declarations, builder.path_ends)
