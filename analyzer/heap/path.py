"""Paths into a state, as differences show them: `seasons[42].status`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from analyzer.errors import UsageError
from analyzer.heap.errors import HeapError
from analyzer.heap.render import Brief, principal_text
from analyzer.heap.shapes import Form

if TYPE_CHECKING:
    from analyzer.heap.decode import Decoder, Part
    from analyzer.heap.shapes import Shape
    from analyzer.heap.state import State

MAX_PATH = 10_000
_STEP = re.compile(
    r"""\.(?P<field>\w+) | \#(?P<tag>\w+) | (?P<option>\?) | \[(?P<key>"(?:[^"\\]|\\.)*"|[^\]]*)\]""", re.VERBOSE
)
_ESCAPED = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|(.))")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


class Place(NamedTuple):
    """A value within a state. path: as it was asked for."""

    path: str
    shape: Shape
    word: int


def find(state: State, decoder: Decoder, path: str) -> Place:
    """Return the value at a path. Raises UsageError: there is none; HeapError: the image is damaged on the way."""
    name = re.match(r"\w+", path)
    variable = state.variable(name.group()) if name else None
    if name is None or variable is None or len(path) > MAX_PATH:
        from difflib import get_close_matches  # noqa: PLC0415 - only errors need it

        wanted = name.group() if name else path[:40]
        close = get_close_matches(wanted, [v.name for v in state.variables], 1)
        msg = f"there is no stable variable `{wanted}`"
        raise UsageError(msg, hint=f"did you mean `{close[0]}`?" if close else None)
    at, shape, word = name.end(), variable.shape, variable.word
    while at < len(path):
        step = _STEP.match(path, at)
        if step is None:
            msg = f"`{path[at : at + 40]}` is no step of a path"
            raise UsageError(msg, hint="steps are .field, [key or index], #tag and ?")
        try:
            shape, word = _stepped(decoder, shape, word, step)
        except HeapError as error:
            error.path = path[:at] + error.path
            raise
        except LookupError:
            msg = f"`{path[:at]}` has no {step.group()}"
            raise UsageError(msg) from None
        at = step.end()
    return Place(path, shape, word)


def _stepped(decoder: Decoder, shape: Shape, word: int, step: re.Match[str]) -> tuple[Shape, int]:
    """Return one part of a value; options on the way are opened. Raises LookupError: there is no such part."""
    while shape.form is Form.OPTION and decoder.container(shape) is None:
        content = decoder.objects.unwrapped(word)
        if content is None:
            raise LookupError
        shape, word = shape.children[0], content
        if step["option"]:
            return shape, word
    if step["key"] is not None:
        return _keyed(decoder, shape, word, step["key"])
    wanted = f".{step['field']}" if step["field"] else f"#{step['tag']}"
    if decoder.container(shape) is not None:
        raise LookupError
    for part in decoder.parts(shape, word):
        if part.step == wanted and part.kind in ("field", "case"):
            return part.shape, part.word
    raise LookupError


def _keyed(decoder: Decoder, shape: Shape, word: int, written: str) -> tuple[Shape, int]:
    container = decoder.container(shape)
    if container is None and shape.form not in (Form.ARRAY, Form.VAR_ARRAY):
        raise LookupError
    key_shape = None if container is None else container.key
    texts = {written, _unquoted(written)}
    brief = Brief(decoder.container)
    for part in decoder.parts(shape, word):
        if key_shape is None:
            if part.step == f"[{written}]":
                return part.shape, part.word
        elif _is(key_shape, part, texts, brief):
            return part.shape, part.word
    raise LookupError


def _is(shape: Shape, part: Part, texts: set[str], brief: Brief) -> bool:
    """Tell whether an entry has a key that is written as one of some texts."""
    key: Any = part.key
    if isinstance(key, str):
        return key in texts
    if isinstance(key, bytes):
        return principal_text(key) in texts or brief.of(shape, key, 80) in texts
    if isinstance(key, int) and not isinstance(key, bool) and shape.name != "Float":
        return str(key) in texts
    return brief.of(shape, key, 80) in texts


def _unquoted(written: str) -> str:
    if len(written) < 2 or written[0] != '"':  # noqa: PLR2004 - a pair of quotes
        return written.replace("_", "") if re.fullmatch(r"-?[\d_]+", written) else written
    return _ESCAPED.sub(_unescaped, written[1:-1])


def _unescaped(found: re.Match[str]) -> str:
    code = found[1]
    if code is not None:
        return chr(int(code, 16)) if int(code, 16) <= 0x10FFFF else ""  # noqa: PLR2004 - the last of Unicode
    return _ESCAPES.get(found[2], found[2])
