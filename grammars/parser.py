"""Run Lark's LALR(1) tables over a text: one pass, one regular expression, no recursion, no intermediate tree.

Lark's own driver makes a Token object and several calls for each token; interfaces of 80 KB then take a third of a
second. This loop reads the same tables about five times as fast. A test holds that both accept the same texts.
"""

from __future__ import annotations

import re
from typing import Any

END = 0  # number of the terminal that ends a text
MAX_OPEN = 100_000  # grammar symbols that may be open at once; the official tools end at some thousand levels
_COMMENT_EDGE = re.compile(r"/\*|\*/")


class SyntaxProblem(Exception):
    """A text that is not of the grammar.

    start, end: code-point offsets of what was found. found: its text, "" at the end of the text.
    expected: how the grammar shows the terminals that could have come, sorted. reason: what the lexer missed, or None.
    """

    def __init__(self, start: int, end: int, found: str, expected: tuple[str, ...], reason: str | None = None) -> None:
        super().__init__(reason or found)
        self.start = start
        self.end = end
        self.found = found
        self.expected = expected
        self.reason = reason


class Parser:
    """One grammar, ready to run. `tables` are those of `grammars.build.tables_of`."""

    def __init__(self, tables: dict[str, Any]) -> None:
        self._shown = ["the end of the text", *tables["shown"]]
        self._words: dict[str, int] = tables["words"]
        self._punctuation: dict[str, int] = tables["punctuation"]
        self._identifier: int = tables["identifier"]
        self._productions: list[tuple[int, int, str | None, list[int]]] = [tuple(p) for p in tables["productions"]]
        self._start: int = tables["start"]
        self._end: int = tables["end"]
        self._actions = [{int(k): v for k, v in row.items()} for row in tables["actions"]]
        self._gotos = [{int(k): v for k, v in row.items()} for row in tables["gotos"]]
        # States in which a text may end; whether it really may depends on what is open below.
        self._ending = frozenset(i for i, row in enumerate(self._actions) if END in row)
        patterns: list[tuple[int, str]] = [tuple(p) for p in tables["patterns"]]
        self._kinds = [0, *(kind for kind, _ in patterns)]
        skip = "|".join(tables["ignore"])
        signs = "|".join(re.escape(p) for p in sorted(self._punctuation, key=len, reverse=True))
        groups = [*(p for _, p in patterns), r"/\*", signs, r"\Z", r"[\s\S]"]
        self._scan = re.compile(f"(?:{skip})*+(?:{'|'.join(f'({g})' for g in groups)})")
        self._open_group, self._sign_group, self._end_group, _ = range(len(patterns) + 1, len(patterns) + 5)

    def parse(self, text: str, actions: object, *, accept_prefix: bool = False) -> Any:  # noqa: ANN401, PLR0912, PLR0915 - the one hot loop; calls would cost a third
        """Parse a text, calling `actions.ALIAS(values, start, end)` for each production, and return the last value.

        values: those of the kept children (text of a named terminal, or what an action returned); start, end:
        code-point offsets of the production. accept_prefix: stop where the start symbol is complete, read no further.
        Raises SyntaxProblem.
        """
        productions = [
            (lhs, size, None if name is None else getattr(actions, name), None if len(keep) == size else tuple(keep))
            for lhs, size, name, keep in self._productions
        ]
        action_rows, goto_rows, kinds, words = self._actions, self._gotos, self._kinds, self._words
        identifier, sign_group, end_group, open_group = (
            self._identifier,
            self._sign_group,
            self._end_group,
            self._open_group,
        )
        punctuation, ending, final = self._punctuation, self._ending, self._end
        state = self._start
        states, values, starts = [state], [], []
        position = last_end = 0
        while True:
            for match in self._scan.finditer(text, position):
                group = match.lastindex or 0  # never 0: some group always matches
                start, end = match.span(group)
                word: Any = match[group]
                if group < open_group:
                    kind = kinds[group]
                    if kind == identifier:
                        kind = words.get(word, kind)
                elif group == sign_group:
                    kind = punctuation[word]
                elif group == end_group:
                    kind = END
                elif group == open_group:
                    position = after_comment(text, start)
                    break
                else:
                    raise SyntaxProblem(start, end, word, self._expected(states), _lexical(word))
                while True:
                    act = action_rows[state].get(kind)
                    if act is None:
                        raise SyntaxProblem(start, end, word, self._expected(states))
                    if act >= 0:
                        state = act
                        states.append(act)
                        values.append(word)
                        starts.append(start)
                        if len(states) > MAX_OPEN:
                            raise SyntaxProblem(start, end, word, (), "this is nested too deeply to be read")
                        break
                    lhs, size, call, keep = productions[~act]
                    if size == 1:
                        states.pop()
                        if call is not None:
                            values[-1] = call([] if keep is not None else [values[-1]], starts[-1], last_end)
                    elif size:
                        begin = starts[-size]
                        args = values[-size:]
                        if keep is not None:
                            args = [args[i] for i in keep]
                        del states[-size:], values[-size:], starts[-size:]
                        values.append(args[0] if call is None else call(args, begin, last_end))
                        starts.append(begin)
                    else:
                        values.append(call([], start, start))
                        starts.append(start)
                    state = goto_rows[states[-1]][lhs]
                    states.append(state)
                    if state == final:
                        return values[-1]
                last_end = end
                if accept_prefix and state in ending and self._would_shift(states, END):
                    return self._finish(states, values, starts, productions, last_end)
            else:
                msg = "the scan ends with the end of the text"
                raise AssertionError(msg)

    def _finish(self, states: list[int], values: list[Any], starts: list[int], productions: Any, end: int) -> Any:  # noqa: ANN401
        """Reduce as if the text ended here."""
        while True:
            lhs, size, call, keep = productions[~self._actions[states[-1]][END]]
            args = values[-size:]
            begin = starts[-size]
            if keep is not None:
                args = [args[i] for i in keep]
            del states[-size:], values[-size:], starts[-size:]
            values.append(args[0] if call is None else call(args, begin, end))
            starts.append(begin)
            states.append(self._gotos[states[-1]][lhs])
            if states[-1] == self._end:
                return values[-1]

    def _expected(self, states: list[int]) -> tuple[str, ...]:
        """Return what could really come: merged LALR states also name terminals that a reduction then refuses."""
        found = (self._shown[kind] for kind in self._actions[states[-1]] if self._would_shift(states, kind))
        return tuple(sorted(found))

    def _would_shift(self, states: list[int], kind: int) -> bool:
        depth, extra = len(states), [states[-1]]
        depth -= 1  # the stack below stays as it is: it can be a million deep
        while True:
            act = self._actions[extra[-1]].get(kind)
            if act is None:
                return False
            if act >= 0:
                return True
            lhs, size, _, _ = self._productions[~act]
            below = max(0, size - len(extra))
            del extra[max(0, len(extra) - size) :]
            depth -= below
            state = self._gotos[extra[-1] if extra else states[depth - 1]][lhs]
            if state == self._end:
                return True
            extra.append(state)


def after_comment(text: str, start: int) -> int:
    """Return the offset behind the nested comment that opens at `start`."""
    depth = 0
    for edge in _COMMENT_EDGE.finditer(text, start):
        depth += 1 if edge[0] == "/*" else -1
        if depth == 0:
            return edge.end()
    raise SyntaxProblem(start, start + 2, "/*", (), 'this comment is never closed: "*/" is missing')


def _lexical(char: str) -> str:
    if char == '"':
        return "this text literal is never closed"
    return f"unknown character {char!r} (U+{ord(char):04X})"
