"""All values of a state as JSON, piece by piece, whatever the size."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from analyzer.heap.decode import Decoder, Large, Ref
from analyzer.heap.errors import HeapError, TooMuch
from analyzer.heap.identity import shared_places
from analyzer.heap.render import Json
from analyzer.heap.shapes import Form

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.heap.decode import Part
    from analyzer.heap.shapes import Shape
    from analyzer.heap.state import State, Variable

SCHEMA = "ctxcheck.state/1"
_MAX_LEVELS = 100  # of values too large to be read at once, one within the other


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
dumps = _ENCODER.encode  # compact JSON of what JSON has


class Export:
    """The values of one state as JSON. Raises HeapError: the image is damaged.

    Numbers beyond 2^53, NaN, infinities and -0.0 are text; an option is [] or [value]; a variant is "#tag", or
    {"#tag": content}; a map is {"$map": [[key, value], ...]}, other containers are arrays; {"$blob": base64},
    {"$function": [canister, method]}, {"$actor": canister}, {"$region": number, "pages": n}. A mutable object that is
    reached from several places, and what is nested too deep, is {"$ref": id}, and stands among the objects with its
    $id.
    """

    def __init__(self, state: State) -> None:
        self.state = state
        self.decoder = Decoder(state.image, shared_places(state))
        self._json = Json(self.decoder.container, self._name)
        self._names: dict[tuple[int, Shape], int | str] = {}
        self._ids: dict[int, int] = {}
        self._times: dict[int, int] = {}
        self._waiting: list[Ref] = []

    def _name(self, ref: Ref) -> int | str:
        """Return the id of an object: one that is also seen as of another type has another part of it."""
        key = (ref.place, ref.shape)
        known = self._names.get(key)
        if known is None:
            number = self._ids.setdefault(ref.place, len(self._ids) + 1)
            times = self._times[ref.place] = self._times.get(ref.place, 0) + 1
            known = self._names[key] = number if times == 1 else f"{number}.{times}"
            self._waiting.append(ref)
        return known

    def document(self, **about: Any) -> Iterator[str]:  # noqa: ANN401 - what JSON has
        """Give the whole as one JSON document. about: what else is to stand at its head."""
        head = {"schema": SCHEMA, **about, "notes": self.state.notes}
        yield dumps(head)[:-1] + ',"variables":{'
        for i, variable in enumerate(self.state.variables):
            yield f"{',' if i else ''}\n{dumps(variable.name)}:"
            about_it = {"type": variable.type, "mutable": variable.mutable}
            yield dumps(about_it)[:-1] + ',"value":'
            yield from self._variable(variable)
            yield "}"
        yield '},\n"objects":['
        for i, line in enumerate(self.objects()):
            yield from ("," if i else "", "\n", line)
        yield "]}\n"

    def _variable(self, variable: Variable) -> Iterator[str]:
        try:
            yield from self._pieces(variable.shape, variable.word, 0, alone=False)
        except HeapError as error:
            error.path = variable.name + error.path
            raise

    def lines(self, variable: Variable) -> Iterator[str]:
        """Give the entries or elements of a variable, one JSON value each. Of any other variable its value.

        Objects that are referred to come from `objects`, after all variables.
        """
        container = self.decoder.container(variable.shape)
        if container is None and variable.shape.form not in (Form.ARRAY, Form.VAR_ARRAY):
            yield "".join(self._variable(variable))
            return
        try:
            key = None if container is None else container.key
            for part in self.decoder.parts(variable.shape, variable.word):
                text = None if part.kind == "item" else self._at_once(key, part)
                yield text if text is not None else "".join(self._entry(key, part, 1))
        except HeapError as error:
            error.path = variable.name + error.path
            raise

    def objects(self) -> Iterator[str]:
        """Give the objects that were referred to, one JSON value each."""
        for ref in self._waiting:  # which grows meanwhile
            pieces = "".join(self._pieces(ref.shape, ref.word, 0, alone=True))
            yield f'{{"$id":{dumps(self._names[ref.place, ref.shape])},"value":{pieces}}}'

    def _pieces(self, shape: Shape, word: int, level: int, *, alone: bool) -> Iterator[str]:
        """Give a value in one piece, or in several where it is large."""
        try:
            value = self.decoder.value(shape, word, alone=alone)
        except Large:
            if level > _MAX_LEVELS:
                msg = f"large values are nested deeper than {_MAX_LEVELS} levels"
                raise TooMuch(msg) from None
        else:
            yield dumps(self._json.of(shape, value))
            return
        container = self.decoder.container(shape)
        keyed = container is not None and container.key is not None and container.value is not None
        opening, closing = ('{"$map":[', "]}") if keyed else ("[", "]")
        if container is None and shape.form in (Form.RECORD, Form.VARIANT):
            opening, closing = "{", "}"
        yield opening
        is_named, comma = opening == "{", ""
        key = None if container is None else container.key
        for part in self.decoder.parts(shape, word):
            if is_named:
                comma += f"{dumps(part.step.removeprefix('.'))}:"
            text = None if part.kind == "item" else self._at_once(key, part)
            if text is not None:
                yield comma + text
            else:
                yield comma
                yield from self._entry(key, part, level + 1)
            comma = ","
        yield closing

    def _at_once(self, key: Shape | None, part: Part) -> str | None:
        """Return an entry or element as one text, None where it is too large, or wrong, for that."""
        try:
            value = self._json.of(part.shape, self.decoder.value(part.shape, part.word))
        except (Large, HeapError):
            return None  # `_entry` reads it piece by piece, or says where it is wrong
        return dumps(value if key is None or part.kind != "entry" else [self._json.of(key, part.key), value])

    def _entry(self, key: Shape | None, part: Part, level: int) -> Iterator[str]:
        if part.kind == "item":
            assert key is not None  # noqa: S101 - of a set
            yield dumps(self._json.of(key, part.key))
            return
        if part.kind == "entry":
            assert key is not None  # noqa: S101 - of a map
            yield f"[{dumps(self._json.of(key, part.key))},"
        try:
            yield from self._pieces(part.shape, part.word, level, alone=False)
        except HeapError as error:
            step = part.step if key is None else f"[{dumps(self._json.of(key, part.key))}]"
            error.path = step + error.path
            raise
        if part.kind == "entry":
            yield "]"
