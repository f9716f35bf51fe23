"""Values as text, as Motoko writes them, and as JSON."""

from __future__ import annotations

import base64
import struct
from functools import partial
from typing import TYPE_CHECKING, Any

from analyzer.candid.principal import Principal
from analyzer.heap.decode import ANY, Case, Ref
from analyzer.heap.shapes import Form

if TYPE_CHECKING:
    from collections.abc import Callable

    from analyzer.heap.containers import Container
    from analyzer.heap.shapes import Shape

    Writer = Callable[[Any], Any]

_SAFE = 1 << 53  # beyond it JSON's usual readers round
_DIGITS = 1 << 13  # bits of a number that is written in decimal; more take the square of their count
_SHOWN = 5  # parts of a record or list in a short text
_LEVELS = 60  # of types within types, until the next one is looked at when a value is there
_BYTES = 16


def number_text(value: int) -> str:
    """Return a number in decimal, a huge one in hexadecimal."""
    return str(value) if value.bit_length() <= _DIGITS else hex(value)


def float_of(bits: int) -> float:
    """Return the number that 64 bits stand for."""
    value: float = struct.unpack("<d", bits.to_bytes(8, "little"))[0]
    return value


def principal_text(raw: bytes) -> str:
    """Return the text of a principal, also of bytes that are none."""
    try:
        return str(Principal(raw))
    except ValueError:
        return f"0x{raw.hex()}"


def float_json(bits: int) -> float | str:
    """Return a number for JSON; text for those that JSON does not have, or whose readers lose the sign."""
    value = float_of(bits)
    if value != value:  # noqa: PLR0124 - only NaN differs from itself
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    return "-0.0" if bits == 1 << 63 else value


class Json:
    """Makes values ready for `json.dumps`. container_of: of a shape. ref: the name of a Ref."""

    def __init__(self, container_of: Callable[[Shape], Container | None], ref: Callable[[Ref], int | str]) -> None:
        self._container_of = container_of
        self._ref = ref
        self._writers: dict[Shape, Writer] = {}

    def of(self, shape: Shape, value: Any) -> Any:  # noqa: ANN401
        """Return a value as JSON has it; see `docs/state.md`."""
        return self.writer(shape)(value)

    def writer(self, shape: Shape, level: int = 0) -> Writer:
        """Return what makes JSON of the values of a shape: it is made once. level: of types within types."""
        made = self._writers.get(shape)
        if made is None:
            if shape.form is Form.PRIMITIVE:  # there are no references to them
                made = self._writers[shape] = _primitive_writer(shape.name)
                return made
            if level > _LEVELS:
                return partial(self.of, shape)
            self._writers[shape] = partial(self.of, shape)  # for a type that contains itself
            inner, ref = self._made(shape, level + 1), self._ref
            made = self._writers[shape] = lambda value: {"$ref": ref(value)} if type(value) is Ref else inner(value)
        return made

    def _made(self, shape: Shape, level: int) -> Writer:
        form = shape.form
        container = self._container_of(shape)
        if container is not None:
            return self._container(container, level)
        below = [self.writer(child, level) for child in shape.children]
        if form is Form.RECORD:
            places = list(zip(shape.labels, below, range(len(below)), strict=True))
            return lambda value: {label: write(value[i]) for label, write, i in places}
        if form is Form.OPTION:
            (content,) = below
            return lambda value: [] if value is None else [content(value[0])]
        if form is Form.VARIANT:
            return _variant_writer(shape, below)
        if form in (Form.ARRAY, Form.VAR_ARRAY):
            (element,) = below
            return lambda value: list(map(element, value))
        if form is Form.TUPLE:
            if not below:
                return lambda _: None
            return lambda value: [write(v) for write, v in zip(below, value, strict=True)]
        if form is Form.FUNCTION:
            return lambda value: {"$function": [principal_text(value[0]), value[1]]}
        if form is Form.ACTOR:
            return lambda value: {"$actor": principal_text(value)}
        if form is Form.WEAK:
            (target,) = below
            return lambda value: {"$weak": None if value is None else target(value[0])}
        return lambda _: {"$any": None}

    def _container(self, container: Container, level: int) -> Writer:
        shapes = [shape for shape in (container.key, container.value) if shape is not None]
        if len(shapes) == 1:
            only = self.writer(shapes[0], level)
            return lambda value: list(map(only, value))
        key, item = (self.writer(shape, level) for shape in shapes)
        return lambda value: {"$map": [[key(k), item(v)] for k, v in value]}


def _variant_writer(shape: Shape, below: list[Writer]) -> Writer:
    cases = {
        label: None if is_unit(child) else write
        for label, child, write in zip(shape.labels, shape.children, below, strict=True)
    }

    def write(value: Case) -> Any:  # noqa: ANN401 - what the case carries
        content = cases[value.tag]
        return f"#{value.tag}" if content is None else {f"#{value.tag}": content(value.content)}

    return write


def _primitive_writer(name: str) -> Writer:
    if name in ("Bool", "Text", "Char", "Null"):
        return lambda value: value
    if name == "Float":
        return float_json
    if name == "Blob":
        return lambda value: {"$blob": base64.b64encode(value).decode()}
    if name == "Principal":
        return principal_text
    if name == "Region":
        return lambda value: {"$region": value[0], "pages": value[1]}
    return lambda value: value if -_SAFE < value < _SAFE else number_text(value)


def is_unit(shape: Shape) -> bool:
    """Tell whether a shape is `()`."""
    return shape.form is Form.TUPLE and not shape.children


class Brief:
    """Writes values as Motoko does, shortened: some parts of each, and few levels."""

    def __init__(self, container_of: Callable[[Shape], Container | None]) -> None:
        self._container_of = container_of

    def of(self, shape: Shape, value: Any, limit: int = 60, level: int = 3) -> str:  # noqa: ANN401
        """Return a value as text of at most `limit` characters. level: of nesting."""
        text = self._text(shape, value, limit, level)
        return text if len(text) <= limit else f"{text[: limit - 1]}…"

    def _text(self, shape: Shape, value: Any, limit: int, level: int) -> str:  # noqa: ANN401
        form = shape.form
        if isinstance(value, Ref):
            return "(shared)" if value.shared else "(deeper)"
        if form is Form.PRIMITIVE:
            return _primitive_text(shape.name, value, limit)
        if value is ANY:
            return "(Any)"
        container = self._container_of(shape)
        if container is not None:
            return f"{container.name} of {len(value):,}"
        if form is Form.OPTION:
            return "null" if value is None else f"?{self._text(shape.children[0], value[0], limit, level)}"
        if form is Form.VARIANT:
            return self._case(shape, value, limit, level)
        if form is Form.FUNCTION:
            return f"{principal_text(value[0])}.{value[1]}"
        if form is Form.ACTOR:
            return f'actor "{principal_text(value)}"'
        if form is Form.WEAK:
            return "weak null" if value is None else "weak (shared)"
        if is_unit(shape):
            return "()"
        return self._parts(shape, value, limit, level)

    def _case(self, shape: Shape, value: Case, limit: int, level: int) -> str:
        child = shape.children[shape.labels.index(value.tag)]
        return f"#{value.tag}" if is_unit(child) else f"#{value.tag}({self._text(child, value.content, limit, level)})"

    def _parts(self, shape: Shape, value: tuple[Any, ...], limit: int, level: int) -> str:
        opening, closing = {Form.RECORD: ("{", "}"), Form.TUPLE: ("(", ")")}.get(shape.form, ("[", "]"))
        if value and not level:
            return f"{opening}…{closing}"
        shown: list[str] = []
        for i, part in enumerate(value):
            if sum(map(len, shown)) > limit:
                shown.append("…")
                break
            if shape.form in (Form.ARRAY, Form.VAR_ARRAY):
                shown.append(self._text(shape.children[0], part, limit, level - 1))
            else:
                text = self._text(shape.children[i], part, limit, level - 1)
                shown.append(f"{shape.labels[i]} = {text}" if shape.form is Form.RECORD else text)
        return f"{opening}{'; '.join(shown) if shape.form is Form.RECORD else ', '.join(shown)}{closing}"


def _primitive_text(name: str, value: Any, limit: int) -> str:  # noqa: ANN401
    if name == "Null":
        return "null"
    if name == "Bool":
        return "true" if value else "false"
    if name == "Float":
        return repr(float_of(value))
    if name == "Text":
        return quoted(value[:limit])
    if name == "Char":
        return f"'{value}'"
    if name == "Principal":
        return principal_text(value)
    if name == "Blob":
        more = "…" if len(value) > _BYTES else ""
        return f"blob of {len(value):,}: {value[:_BYTES].hex()}{more}"
    if name == "Region":
        return f"region {value[0]} of {value[1]:,} pages"
    return number_text(value)


def quoted(text: str) -> str:
    """Return a text in quotes, what is not to be printed escaped."""
    parts = [c if c.isprintable() and c not in '"\\' else _escape(c) for c in text]
    return f'"{"".join(parts)}"'


def _escape(char: str) -> str:
    return f"\\{char}" if char in '"\\' else {"\n": "\\n", "\t": "\\t"}.get(char, f"\\u{{{ord(char):x}}}")


def key_text(shape: Shape, key: Any, brief: Brief) -> str:  # noqa: ANN401
    """Return a key as a path has it: `[42]`, `["a"]`."""
    return f"[{brief.of(shape, key, 80)}]"
