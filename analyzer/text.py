"""The texts that an interface was read from, joined into one line of code-point offsets."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NoReturn

from analyzer.errors import ParseError, Place
from analyzer.model import Location

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from grammars import SyntaxProblem

MAX_TEXT = 16 * 1024 * 1024  # code points; the largest real interface known has 0.2 million
_SHOWN_LINE = 200
_COUNTED = 8  # places whose line is counted before an index of all lines is made


class Sources:
    """Texts by name, each at its own base offset, so that a span is two numbers whichever file it is in."""

    def __init__(self) -> None:
        self.role = "source"  # or "generated": nobody wrote it
        # Of what is generated: where a person wrote what stands at a span, None where that is not known.
        self.origin: Callable[[tuple[int, int]], Location | None] | None = None
        self.labels: list[str] = []
        self.texts: list[str] = []
        self._bases: list[int] = []
        self._line_starts: list[list[int] | None] = []
        self._next = 0
        self._asked = 0

    def add(self, label: str, text: str) -> int:
        """Take in a text and return its base offset."""
        base = self._next
        self.labels.append(label)
        self.texts.append(text)
        self._bases.append(base)
        self._line_starts.append(None)
        self._next = base + len(text) + 1
        return base

    @property
    def size(self) -> int:
        """The joined offset behind the last text."""
        return max(0, self._next - 1)

    def place(self, offset: int) -> Place:
        """Return file, line, column and the line itself (shortened around the column) of a joined offset."""
        index = max(0, bisect_right(self._bases, offset) - 1)
        text = self.texts[index]
        local = min(offset - self._bases[index], len(text))
        line = self._line(index, local)
        begin = text.rfind("\n", 0, local) + 1
        stop = text.find("\n", local)
        stop = len(text) if stop < 0 else stop
        first = begin
        if stop - begin > _SHOWN_LINE:  # a minified file: the part around the place is what helps
            first = max(begin, local - _SHOWN_LINE // 2)
            stop = min(stop, first + _SHOWN_LINE)
        shown = text[first:stop].rstrip("\r")
        return Place(self.labels[index], line, local - begin + 1, shown, local - first + 1)

    def _line(self, index: int, local: int) -> int:
        """Return the line of an offset: counted for the first few, looked up once many are asked for."""
        starts = self._line_starts[index]
        if starts is None:
            if self._asked < _COUNTED:
                self._asked += 1
                return self.texts[index].count("\n", 0, local) + 1
            starts = self._line_starts[index] = _line_starts(self.texts[index])
        return bisect_right(starts, local)

    def slice(self, span: tuple[int, int]) -> str:
        """Return the text of a span, which never crosses files."""
        index = max(0, bisect_right(self._bases, span[0]) - 1)
        base = self._bases[index]
        return self.texts[index][span[0] - base : span[1] - base]

    def fail(
        self, offset: int, what: str, code: str, *, expected: str | None = None, hint: str | None = None
    ) -> NoReturn:
        """Raise a ParseError that points at a joined offset."""
        raise ParseError(what, code=code, place=self.place(offset), expected=expected, hint=hint)


class Owners:
    """The named types of one interface by where they stand. spans: name and span of each definition, in any order."""

    def __init__(self, spans: Iterable[tuple[str, tuple[int, int]]]) -> None:
        self._sorted = sorted(((span, name) for name, span in spans), key=lambda entry: entry[0])
        self._starts = [span[0] for span, _ in self._sorted]

    def of(self, span: tuple[int, int]) -> str | None:
        """Return the name of the type that a span is in, None where it is in none. Definitions do not nest."""
        index = bisect_right(self._starts, span[0]) - 1
        if index < 0:
            return None
        (_, end), name = self._sorted[index]
        return name if span[1] <= end else None


def _line_starts(text: str) -> list[int]:
    starts = [0]
    at = text.find("\n")
    while at >= 0:
        starts.append(at + 1)
        at = text.find("\n", at + 1)
    return starts


def location(sources: Sources, span: tuple[int, int]) -> Location:
    """Return where a span begins and ends."""
    end = sources.place(max(span[0], span[1]))
    return Location(sources.place(span[0]), end.line, end.column, sources.role)


def locations(sources: Sources, span: tuple[int, int]) -> tuple[Location, ...]:
    """Return where a span stands: what a person wrote first, then what was generated from it."""
    here = location(sources, span)
    written = None if sources.origin is None else sources.origin(span)
    return (here,) if written is None else (written, here)


def found(problem: SyntaxProblem) -> str:
    """Return how an error names the token that it met."""
    if problem.reason is not None:
        return problem.reason
    if not problem.found:
        return "the end of the text"
    return f'"{shortened(problem.found)}"'


def shortened(text: str, limit: int = 40) -> str:
    """Return a text fit for one line of a message: no control or invisible characters, at most `limit` long."""
    clean = "".join(c if c.isprintable() else f"\\u{{{ord(c):x}}}" for c in text[: limit + 1])
    return clean if len(text) <= limit else clean[: limit - 1] + "…"


def alternatives(items: Iterable[str], groups: Sequence[tuple[frozenset[str], str]] = ()) -> str:
    """Return `a, b or c`; a group that is there as a whole is called by its name."""
    left = set(items)
    words: list[str] = []
    for members, name in groups:
        if members <= left:
            left -= members
            words.append(name)
    words += sorted(left)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}" if words else "nothing more"
