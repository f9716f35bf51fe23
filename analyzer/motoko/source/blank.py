"""Blank out what computes: a program's text with expressions, bodies and patterns replaced, character for character.

What is left are declarations, which `motoko.lark` reads; every offset stays what it was. One pass, no recursion: inside
an expression only brackets, literals and comments are looked at, to find where it ends.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from grammars import SyntaxProblem
from grammars.parser import after_comment

EXPRESSION, PATTERN = "\ue000", "\ue001"
MAX_BLOCKS = 1_000  # modules in modules; the compiler's stack ends earlier

_OPENING = {"(": ")", "[": "]", "{": "}"}
_CLOSING = frozenset(_OPENING.values())
_MODIFIERS = frozenset(("public", "private", "system", "stable", "transient", "flexible"))
_BLOCKS = frozenset(("module", "object", "actor", "persistent"))
_FUNCTIONS = frozenset(("func", "shared", "query", "composite"))
# Behind these a type goes on: the brace that follows opens a type, not a body.
_BEFORE_TYPE = frozenset(
    [
        *("", ":", "->", "?", ".", "<:", "and", "or", "weak", "async", "async*", "shared", "query", "composite"),
        *("actor", "module", "object", "var"),
    ]
)
_TEXT = r'"(?:[^"\\\x00-\x09\x0b-\x1f\x7f]|\\[^\x00-\x1f\x7f])*+"'
_CHARACTER = (
    r"'(?:[^'\\\x00-\x1f\x7f]"
    r"|\\(?:u\{[0-9a-fA-F_]{1,16}\}|[0-9a-fA-F]{2}(?:\\[0-9a-fA-F]{2}){0,3}|[^\x00-\x1f\x7f]))'"
)
_SPACE = r"(?:[ \t\r\n]+|//[^\n]*)*+"
_TOKEN = re.compile(
    rf"{_SPACE}(?:(/\*)|({_TEXT})|({_CHARACTER})|(async\*|[A-Za-z_][A-Za-z0-9_]*)"
    r"|(\.?[0-9][0-9A-Za-z_]*)|(->|<:|:=|==|<=|>=|!=|\+=|-=|#=|[-+*/%&^|#<>=:;,.?!@~$()\[\]{}])|(\Z)|([\s\S]))"
)
_OPEN, _TEXTS, _CHARACTERS, _WORD, _NUMBER, _SIGN, _END, _UNKNOWN = range(1, 9)
_INSIDE = re.compile(rf"//[^\n]*|(/\*)|{_TEXT}|{_CHARACTER}|([(){{}}\[\];])|([\"'\x00])")


class Token(NamedTuple):
    """A token: its text, "" at the end, and where it stands."""

    text: str
    start: int
    end: int


def blanked(text: str) -> str:
    """Return a text of the same length without what computes. Raises SyntaxProblem: it is no Motoko."""
    return _Blank(text).run()


class _Blank:
    """One text, read from left to right. `token` is the next one."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.filled: list[tuple[int, int, str]] = []
        self.token = Token("", 0, 0)
        self._behind = 0  # the last token's end
        self._go(0)

    def run(self) -> str:
        blocks: list[Token] = []
        while self.token.text or blocks:
            token = self.token
            if token.text == "}" and blocks:
                blocks.pop()
                self._next()
            elif token.text == ";":
                self._next()
            elif not token.text:
                raise SyntaxProblem(blocks[-1].start, blocks[-1].end, "{", (), 'this "{" is never closed')
            elif token.text in _CLOSING:
                raise SyntaxProblem(*_found(token), ("a declaration",))
            else:
                opened = self._declaration()
                if opened is not None:
                    blocks.append(opened)
                    if len(blocks) > MAX_BLOCKS:
                        raise SyntaxProblem(*_found(opened), (), "this is nested too deeply to be read")
        parts, at = [], 0
        for start, end, sign in self.filled:
            parts += [self.text[at:start], sign * (end - start)]
            at = end
        return "".join([*parts, self.text[at:]])

    # -- tokens

    def _go(self, offset: int) -> None:
        """Make the token at an offset, or behind white space there, the next one."""
        while True:
            match = _TOKEN.match(self.text, offset)
            assert match is not None  # noqa: S101 - some group always matches
            group = match.lastindex or 0
            if group == _OPEN:
                offset = after_comment(self.text, match.start(group))
                continue
            start, end = match.span(group)
            self.token = Token(match[group], start, end)
            if group == _UNKNOWN:
                raise _unknown(self.text, start)
            return

    def _next(self) -> Token:
        token = self.token
        self._behind = token.end
        self._go(token.end)
        return token

    def _fill(self, start: int, end: int, sign: str) -> None:
        if end > start:
            self.filled.append((start, end, sign))

    # -- what stands in brackets

    def _skip(self, start: int, *, group: bool) -> int:
        """Return where the group that opens at `start` ends, or else the expression that begins there."""
        wanted: list[tuple[str, int]] = []
        at = start
        while True:
            match = _INSIDE.search(self.text, at)
            if match is None:
                if wanted:
                    sign, opened = wanted[-1]
                    raise SyntaxProblem(opened, opened + 1, self.text[opened], (), f'"{sign}" is missing')
                return len(self.text)
            at = match.end()
            if match[1]:
                at = after_comment(self.text, match.start())
            elif match[3]:
                raise _unknown(self.text, match.start())
            elif match[2]:
                sign = match[2]
                if sign in _OPENING:
                    wanted.append((_OPENING[sign], match.start()))
                elif sign == ";":
                    if not wanted:
                        return match.start()
                elif not wanted:
                    return match.start()
                elif wanted.pop()[0] != sign:
                    raise SyntaxProblem(match.start(), at, sign, ("the bracket that closes the one before",))
                elif group and not wanted:
                    return at

    def _expression(self) -> None:
        """Blank out an expression, up to the `;` or bracket that ends it."""
        start = self.token.start
        end = self._skip(start, group=False)
        self._go(end)
        while end > start and self.text[end - 1] in " \t\r\n":
            end -= 1
        self._fill(start, end, EXPRESSION)

    def _group(self, sign: str) -> None:
        """Blank out the group that opens here."""
        start = self.token.start
        end = self._skip(start, group=True)
        self._fill(start, end, sign)
        self._go(end)
        self._behind = end

    def _pass_group(self) -> None:
        end = self._skip(self.token.start, group=True)
        self._go(end)
        self._behind = end

    # -- declarations

    def _declaration(self) -> Token | None:
        """Read over one declaration; return the brace where it opens a block of others."""
        while self.token.text in _MODIFIERS:
            self._next()
        word = self.token.text
        if word == "(":
            return self._parenthetical()
        if word in ("import", "type"):
            self._import() if word == "import" else self._pass_until(";")
            return None
        if word in ("let", "var"):
            self._binding()
            return None
        if word in _BLOCKS:
            return self._block()
        if word in _FUNCTIONS:
            return self._function()
        if word in ("class", "include", "mixin"):
            self._next()
            if word == "class" and _is_name(self.token):
                self._next()
        self._expression()
        return None

    def _parenthetical(self) -> Token | None:
        """Read `(with ...)` before an actor; before anything else it belongs to an expression."""
        start = self.token.start
        self._pass_group()
        if self.token.text not in _BLOCKS and self.token.text != "shared":
            self._go(start)
            self._expression()
            return None
        self._fill(start, self._behind, PATTERN)
        return self._declaration()

    def _import(self) -> None:
        self._next()
        if self.token.text == "{":
            self._next()
            while self.token.text not in ("}", ""):
                if self.token.text in ("(", "{", "["):
                    self._group(PATTERN)
                else:
                    self._next()
            self._next()
        elif self.token.text == "_":
            self._fill(self.token.start, self.token.end, PATTERN)
            self._next()
        elif _is_name(self.token):
            self._next()
        if self.token.text == "=":
            self._next()
        if self.token.text[:1] == '"':
            self._next()

    def _pass_until(self, *signs: str) -> None:
        """Read on, over groups, to a sign or to what ends the declaration."""
        while self.token.text not in signs and self.token.text not in ("", ";") and self.token.text not in _CLOSING:
            if self.token.text in _OPENING:
                self._pass_group()
            else:
                self._next()

    def _binding(self) -> None:
        self._next()
        start = self.token.start
        simple = _is_name(self.token)
        if simple:
            self._next()
        if self.token.text == ":" and simple:
            self._pass_until("=")
        elif self.token.text != "=" or not simple:
            self._pass_until("=")
            self._fill(start, self._behind, PATTERN)
        if self.token.text == "=":
            self._next()
            self._expression()

    def _function(self) -> Token | None:
        while self.token.text in ("shared", "query", "composite"):
            self._next()
        if self.token.text in ("(", "{"):
            self._group(PATTERN)
        elif _is_name(self.token) or self.token.text == "_":
            self._fill(self.token.start, self.token.end, PATTERN)
            self._next()
        if self.token.text in _BLOCKS:
            return self._block()
        if self.token.text != "func":
            return None  # the grammar says what is missing
        self._next()
        if _is_name(self.token):
            self._next()
        self._angles()
        self._arguments()
        if self.token.text == ":":
            self._type()
        if self.token.text == "=":
            self._next()
            self._expression()
        elif self.token.text == "{":
            self._group(EXPRESSION)
        return None

    def _angles(self) -> None:
        """Read over type parameters or arguments, if there are any."""
        depth = 0
        while self.token.text:
            if self.token.text == "<":
                depth += 1
            elif self.token.text == ">":
                depth -= 1
            elif self.token.text in _OPENING and depth:
                self._pass_group()
                continue
            elif not depth or self.token.text in _CLOSING or self.token.text == ";":
                return
            self._next()
            if not depth:
                return

    def _arguments(self) -> None:
        """Keep arguments that are names with types; blank out any other pattern."""
        start = self.token
        if start.text == "(":
            self._next()
            while self.token.text != ")" and _is_name(self.token):
                self._next()
                if self.token.text != ":":
                    break
                self._type()
                if self.token.text != ",":
                    break
                self._next()
            if self.token.text == ")":
                self._next()
                return
            self._go(start.start)
            self._group(PATTERN)
        elif start.text in _OPENING:
            self._group(PATTERN)
        elif _is_name(start) or start.text == "_":
            self._fill(start.start, start.end, PATTERN)
            self._next()

    def _type(self) -> None:
        """Read over a type: to the first token that cannot go on with it."""
        before = self._next().text
        while True:
            text = self.token.text
            if before in _BEFORE_TYPE:
                if text in _OPENING:
                    self._pass_group()
                    before = ")"
                    continue
                if text == "<":
                    self._angles()
                    before = "->"
                    continue
                if not (_is_word(self.token) or text == "?"):
                    return
            elif text == "<":
                self._angles()
                before = ">"
                continue
            elif text not in ("->", ".", "and", "or"):
                return
            before = self._next().text

    def _block(self) -> Token | None:
        """Read over the head of a module, object, actor or actor class, and return the brace behind it."""
        while self.token.text in _BLOCKS:
            self._next()
        if self.token.text == "class":
            self._next()
            if _is_name(self.token):
                self._next()
            start = self.token.start
            self._angles()
            self._arguments_of_class()
            if self.token.text == ":":
                self._type()
            if self.token.text == "=":
                self._next()
                if _is_name(self.token):
                    self._next()
            self._fill(start, self._behind, PATTERN)
        else:
            if _is_name(self.token):
                self._next()
            if self.token.text == ":":
                self._type()
            if self.token.text == "=":
                self._next()
        return self._next() if self.token.text == "{" else None

    def _arguments_of_class(self) -> None:
        if self.token.text in _OPENING:
            self._pass_group()
        elif _is_name(self.token) or self.token.text == "_":
            self._next()


def _found(token: Token) -> tuple[int, int, str]:
    return token.start, token.end, token.text


def _is_word(token: Token) -> bool:
    return token.text[:1].isalpha() or token.text[:1] == "_"


_NO_NAMES = _MODIFIERS | _BLOCKS | _FUNCTIONS | {"_", "class", "import", "include", "mixin", "type", "let", "var"}


def _is_name(token: Token) -> bool:
    return _is_word(token) and token.text not in _NO_NAMES


def _unknown(text: str, start: int) -> SyntaxProblem:
    char = text[start]
    reason = f"unknown character {char!r} (U+{ord(char):04X})"
    if char in "\"'":
        reason = "this text literal is never closed" if char == '"' else "this character literal is never closed"
    return SyntaxProblem(start, start + 1, char, (), reason)
