"""Expressions as Motoko text, broken into lines where they are too long."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from analyzer.suggest.tree import (
    Call,
    Case,
    Function,
    If,
    Items,
    Marked,
    Record,
    Some,
    Switch,
    Tag,
    Typed,
    Word,
    parts_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from analyzer.suggest.tree import Expression

WIDTH = 100
CHECK = "CHECK: "
_STEP = "  "


class Layout:
    """How expressions are written. type: a type as text."""

    def __init__(self, type_text: Callable[[int], str]) -> None:
        self._type = type_text

    def text(self, value: Expression, indent: str, used: int) -> str:
        """Return an expression. indent: of the line that it begins on. used: columns before and after it."""
        if not _has_mark(value):
            flat = self._flat(value)
            if used + len(flat) <= WIDTH:
                return flat
        return self._broken(value, indent, used)

    # -- on one line

    def _flat(self, value: Expression) -> str:
        match value:
            case Word(text):
                return text
            case Call(function, arguments, types):
                return f"{self._head(function, types)}({', '.join(map(self._flat, arguments))})"
            case Record(entries, base):
                inside = "; ".join(f"{_var(e.mutable)}{e.name} = {self._flat(e.value)}" for e in entries)
                return f"{{ {base} with {inside} }}" if base is not None else f"{{ {inside} }}" if inside else "{}"
            case Items(opening, values):
                if opening == "[var":
                    return f"[var {', '.join(map(self._flat, values))}]" if values else "[var]"
                return opening + ", ".join(map(self._flat, values)) + (")" if opening == "(" else "]")
            case Switch(subject, cases):
                inside = "; ".join(f"{self._pattern(c)} {self._operand(c.value)}" for c in cases)
                return (
                    f"switch ({self._flat(subject)}) {{ {inside} }}"
                    if cases
                    else f"switch ({self._flat(subject)}) {{}}"
                )
            case If(condition, then, otherwise):
                return f"if ({condition}) {self._flat(then)} else {self._flat(otherwise)}"
            case Function(parameters, body):
                plain = _plain_call(value)
                return plain or f"func({', '.join(self._parameters(parameters, body))}) = {self._flat(body)}"
            case Some(inner):
                return f"?{self._operand(inner)}"
            case Tag(name, inner):
                return f"#{name}" if inner is None else f"#{name}({self._flat(inner)})"
            case Typed(inner, node, method):
                whole = f"({self._flat(inner)} : {self._type(node)})"
                return whole if method is None else f"{whole}.{method}"
            case Marked(inner, _):
                return self._flat(inner)
        raise AssertionError(value)

    def _operand(self, value: Expression) -> str:
        inner = value.value if isinstance(value, Marked) else value
        text = self._flat(inner)
        return f"({text})" if isinstance(inner, (Switch, If, Function)) or text.startswith(("-", "actor ")) else text

    def _head(self, function: str, types: tuple[int, ...]) -> str:
        return f"{function}<{', '.join(map(self._type, types))}>" if types else function

    def _pattern(self, case: Case) -> str:
        if case.variable is None:
            return f"case {case.pattern}" if case.pattern == "null" else f"case ({case.pattern})"
        shown = case.variable if self._mentions(case.value, case.variable) else "_"
        return f"case ({case.pattern}{' ' if case.pattern != '?' else ''}{shown})"

    def _parameters(self, parameters: Sequence[str], body: Expression) -> list[str]:
        return [name if self._mentions(body, name) else "_" for name in parameters]

    def _mentions(self, value: Expression, variable: str) -> bool:
        return re.search(rf"(?<![\w.#\"]){variable}(?!\w)", self._flat(value)) is not None

    # -- on several lines

    def _broken(self, value: Expression, indent: str, used: int) -> str:
        deeper = indent + _STEP
        match value:
            case Marked(inner, note):
                return f"/* {CHECK}{_comment(note)} */ {self.text(inner, indent, used + len(note) + 14)}"
            case Record(entries, base):
                lines = [self._line(e.value, deeper, f"{_var(e.mutable)}{e.name} = ", ";") for e in entries]
                first = f"{{\n{deeper}{base} with\n" if base is not None else "{\n"
                return first + "".join(lines) + indent + "}"
            case Switch(subject, cases) if cases:
                lines = [self._line(c.value, deeper, f"{self._pattern(c)} ", ";", braces=True) for c in cases]
                return f"switch ({self._flat(subject)}) {{\n" + "".join(lines) + indent + "}"
            case Call(function, arguments, types) if arguments:
                head = self._head(function, types)
                if len(arguments) == 1:
                    return f"{head}({self.text(arguments[0], indent, used + len(head) + 2)})"
                lines = [self._line(a, deeper, "", ",") for a in arguments]
                return f"{head}(\n" + "".join(lines) + indent + ")"
            case Items(opening, values) if values:
                lines = [self._line(v, deeper, "", ",") for v in values]
                if opening == "(" and lines:
                    lines[-1] = lines[-1][: -len(",\n")] + "\n" if lines[-1].endswith(",\n") else lines[-1]
                return f"{opening}\n" + "".join(lines) + indent + (")" if opening == "(" else "]")
            case Function(parameters, body):
                head = f"func({', '.join(self._parameters(parameters, body))}) = "
                return head + self.text(body, indent, used + len(head))
            case If(condition, then, otherwise):
                head = f"if ({condition}) {self._flat(then)} else "
                return head + self.text(otherwise, indent, used + len(head))
            case Some(inner):
                return f"?({self.text(inner, indent, used + 3)})"
            case Tag(name, inner) if inner is not None:
                return f"#{name}({self.text(inner, indent, used + len(name) + 3)})"
        return self._flat(value)

    def _line(self, value: Expression, indent: str, head: str, end: str, *, braces: bool = False) -> str:
        """Return a part on lines of its own, with what has to be looked at above it."""
        note = ""
        if isinstance(value, Marked):
            note = f"{indent}// {CHECK}{_comment(value.note)}\n"
            value = value.value
        text = self.text(value, indent, len(indent) + len(head) + len(end))
        if braces and isinstance(value, (Record, If, Function)):
            text = f"({text})"  # a brace after a pattern opens a block
        return f"{note}{indent}{head}{text}{end}\n"


def _var(mutable: bool) -> str:  # noqa: FBT001 - what it says is what it prints
    return "var " if mutable else ""


def _comment(note: str) -> str:
    return note.replace("*/", "* /").replace("\n", " ")


def _plain_call(value: Function) -> str | None:
    """Return the function that one only hands its parameters on to, e.g. `season` of `func(y) = season(y)`."""
    match value:
        case Function((variable,), Call(function, (Word(text),), ())) if text == variable and function != "actor ":
            return function
    return None


def _has_mark(value: Expression) -> bool:
    return any(isinstance(one, Marked) for one in parts_of(value))
