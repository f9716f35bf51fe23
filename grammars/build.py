"""Make the parse tables that are shipped: Lark reads a grammar, computes LALR(1), we write it down as JSON.

`python -m grammars.build` rewrites `tables/*.json`; a test holds that what is shipped is what the grammars give.
This is the one module that imports Lark: a command that only parses never pays for it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from lark import Lark
from lark.lexer import PatternStr, TerminalDef
from lark.parsers.lalr_analysis import Shift

from grammars import digest_of

HERE = Path(__file__).parent
COMMENT_OPEN = "COMMENT_OPEN"
END = "$END"
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\*?\Z")


class _KeepOther:
    """Keeps terminals that no rule uses (`OTHER_...`): they must be lexed so that they can be refused."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.always_accept = names

    def process(self, stream: Any) -> Any:  # noqa: ANN401 - Lark's untyped PostLex protocol
        return stream


def source_of(name: str) -> str:
    """Return the text of a grammar, e.g. `candid`."""
    return (HERE / f"{name}.lark").read_text(encoding="utf-8")


def lark_of(source: str, **options: Any) -> Lark:  # noqa: ANN401 - handed to Lark as they are
    """Return Lark's own parser for a grammar, with the terminals of `OTHER_...` kept."""
    other = tuple(re.findall(r"^(OTHER_[A-Z0-9_]+)\s*(?:\.\d+)?\s*:", source, re.MULTILINE))
    return Lark(source, parser="lalr", lexer="basic", postlex=_KeepOther(other), **options)


def tables_of(source: str) -> dict[str, Any]:
    """Return the tables of a grammar as JSON values; `grammars.parser.Parser` reads them."""
    lark = lark_of(source)
    ignored = set(lark.ignore_tokens)
    terminals = [t for t in lark.terminals if t.name not in ignored]
    numbers = {name: i for i, name in enumerate([END, *(t.name for t in terminals)])}
    table = lark.parser.parser._parse_table  # noqa: SLF001 - Lark hands its tables out in no other way
    rules = sorted({arg for row in table.states.values() for kind, arg in row.values() if kind is not Shift}, key=str)
    rule_numbers = {rule: i for i, rule in enumerate(rules)}
    origins = sorted({rule.origin.name for rule in rules})
    order = _numbered(table)
    actions, gotos = [], []
    for state in order:
        row: dict[int, int] = {}
        goto: dict[int, int] = {}
        for symbol, (kind, arg) in sorted(table.states[state].items()):
            if symbol in numbers:
                row[numbers[symbol]] = order[arg] if kind is Shift else ~rule_numbers[arg]
            else:
                goto[origins.index(symbol)] = order[arg]
        actions.append(row)
        gotos.append(goto)
    return {
        "key": digest_of(source),
        "terminals": list(numbers),
        "shown": [_shown(t) for t in terminals],
        "words": {t.pattern.value: numbers[t.name] for t in terminals if _is_word(t)},
        "punctuation": {t.pattern.value: numbers[t.name] for t in terminals if _is_literal(t) and not _is_word(t)},
        "patterns": [
            [numbers[t.name], t.pattern.to_regexp()]
            for t in sorted(terminals, key=lambda t: -t.priority)
            if not _is_literal(t)
        ],
        "identifier": numbers["ID"],
        "ignore": [t.pattern.to_regexp() for t in lark.terminals if t.name in ignored and t.name != COMMENT_OPEN],
        "productions": [_production(rule, origins) for rule in rules],
        "start": order[table.start_states["start"]],
        "end": order[table.end_states["start"]],
        "actions": actions,
        "gotos": gotos,
    }


def _numbered(table: Any) -> dict[int, int]:  # noqa: ANN401 - Lark's ParseTable
    """Return a number for each state, in the order of a walk from the start: Lark's own vary from run to run."""
    order = {table.start_states["start"]: 0}
    for state in (walk := list(order)):
        for _, (kind, arg) in sorted(table.states[state].items()):
            if (kind is Shift) and arg not in order:
                order[arg] = len(order)
                walk.append(arg)
    return order


def _production(rule: Any, origins: list[str]) -> list[Any]:  # noqa: ANN401 - Lark's Rule
    kept = [i for i, s in enumerate(rule.expansion) if not (s.is_term and s.filter_out)]
    return [origins.index(rule.origin.name), len(rule.expansion), rule.alias, kept]


def _is_literal(terminal: TerminalDef) -> bool:
    return isinstance(terminal.pattern, PatternStr)


def _is_word(terminal: TerminalDef) -> bool:
    return _is_literal(terminal) and _WORD.match(terminal.pattern.value) is not None


def _shown(terminal: TerminalDef) -> str:
    return f'"{terminal.pattern.value}"' if _is_literal(terminal) else terminal.name.lower()


def render(tables: dict[str, Any]) -> str:
    """Return the tables as the text that is shipped: one top-level value a line, so that a diff can be read."""
    lines = [f"{json.dumps(k)}: {json.dumps(v, separators=(',', ':'), sort_keys=False)}" for k, v in tables.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main() -> None:
    """Rewrite the shipped tables of every grammar."""
    for grammar in sorted(HERE.glob("*.lark")):
        path = HERE / "tables" / f"{grammar.stem}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(render(tables_of(source_of(grammar.stem))), encoding="utf-8")


if __name__ == "__main__":
    main()
