"""Words -> values, with every word checked against its type.

A reader is made for each type once, and called for each value. What a value becomes:

    Nat, Int, Nat8 ... Int64   int                     option      None, or a tuple of one
    Float                      int, its 64 bits        variant     Case(tag, content)
    Bool                       bool                    record      a tuple, fields in the order of the shape
    Char, Text                 str                     tuple       a tuple
    Blob                       bytes                   array       Items, a tuple of its elements
    Principal, actor           bytes                   container   Items, of entries (a pair each) or elements
    shared function            (bytes, str)            Region      (number, pages)
    (), Null                   None                    Any         ANY
    weak                       None, or a tuple of one Ref

Floats are bits so that equal means the same, whatever NaN and -0.0 are. In place of what is deeper than can be nested,
and of what is reached from several places and can be changed, there is a Ref: it is read by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from analyzer.heap.containers import container_of
from analyzer.heap.errors import HeapError, TooMuch, WordError, bad
from analyzer.heap.layout import (
    ACTOR,
    ARRAY,
    BIG,
    BLOB,
    BOX,
    FLOAT,
    FUNCTION,
    INT64,
    NAT64,
    NULL,
    OBJECT,
    PRINCIPAL,
    REGION,
    ROPE,
    SOME,
    TAGS,
    TEXT,
    TUPLE,
    UNIT,
    VAR_ARRAY,
    VARIANT,
    WEAK,
)
from analyzer.heap.objects import Objects
from analyzer.heap.shapes import Form

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from analyzer.heap.containers import Container
    from analyzer.heap.image import Image
    from analyzer.heap.shapes import Shape

    Reader = Callable[[int], Any]

MAX_NESTING = 60  # levels of a type that contains itself, until a Ref stands for the rest
MAX_STATIC = 60  # levels of any type, until its next level counts as one that contains itself
CHUNK = 20_000  # elements of arrays and containers in a value that is read at once
_RELAX = 20_000  # values until the system may forget what was read of a file
_LONG = 1024  # bytes of a text, blob or number, that count as an element
_EXPANSION = 4  # elements that may be read, for each word of the image: values that are shared are read each time


class Case(NamedTuple):
    """A value of a variant. content: None of a tag without one."""

    tag: str
    content: Any


class Items(tuple[Any, ...]):
    """The elements of an array, or the entries of a container."""

    __slots__ = ()


class AnyValue:
    """A value of type `Any`: it is not read, since every upgrade resets it."""

    def __repr__(self) -> str:
        return "ANY"


ANY = AnyValue()


class Ref:
    """A value that is read by itself. shape, word: of it. place: what it is told apart by. shared: or only too deep."""

    __slots__ = ("place", "shape", "shared", "word")

    def __init__(self, shape: Shape, word: int, place: int, *, shared: bool) -> None:
        self.shape = shape
        self.word = word
        self.place = place
        self.shared = shared


class Large(Exception):
    """A value has too many elements to be read at once."""


class Part(NamedTuple):
    """A part of a value. step: how it is reached: `.name`, `[3]`, `#tag`, `?`. key: of an entry, as it was read.

    kind: `field`, `element`, `entry`, `item` (of a set), `case`, `content`.
    """

    step: str
    kind: str
    shape: Shape
    word: int
    key: Any = None


class Decoder:
    """Reads values of one image. shared: where the objects are that are reached from several places.

    Raises HeapError: a word is not what its type says; `path` says where. Raises Large (`value` alone).
    """

    def __init__(self, image: Image, shared: frozenset[int] = frozenset()) -> None:
        self.objects = Objects(image)
        self.shared = shared
        self._image = image
        self._readers: dict[Shape, Reader] = {}
        self._unshared: dict[Shape, Reader] = {}
        self._containers: dict[Shape, Container | None] = {}
        self._depth = 0
        self._left = 0
        self._unrelaxed = 0
        self._total = image.size // 8 * _EXPANSION

    # -- whole values

    def value(self, shape: Shape, word: int, *, alone: bool = False) -> Any:  # noqa: ANN401
        """Return a value. alone: even if it is shared. Raises Large, HeapError."""
        reader = self._readers.get(shape) or self.reader(shape)
        if alone:
            reader = self._unshared.get(shape, reader)
        self._left = CHUNK
        self._depth = 0
        try:
            return reader(word)
        except IndexError:
            msg = "this points outside of the image"
            raise WordError(msg) from None
        finally:
            spent = CHUNK - self._left
            self._unrelaxed += spent + 1
            if self._unrelaxed > _RELAX:
                self._image.relax()
                self._unrelaxed = 0
            self._pay(spent + 1)

    def _pay(self, count: int) -> None:
        """Count what was read against what may be read of the image in all. Raises TooMuch."""
        self._total -= count
        if self._total < 0:
            msg = "values are shared so often that they unfold to many times the size of the image"
            raise TooMuch(msg)

    def _weigh(self, size: int) -> None:
        """Count the bytes of a text, blob or number: of long ones only a few may be in one value. Raises Large."""
        if size > _LONG:
            self._pay(size // 256)
            self.spend(min(size // _LONG, CHUNK // 2))  # one alone is always read

    def spend(self, count: int) -> None:
        """Count elements that are read. Raises Large: too many at once."""
        self._left -= count
        if self._left < 0:
            raise Large

    # -- values part by part

    def container(self, shape: Shape) -> Container | None:
        """Return what container a shape is, None of one that is none."""
        if shape not in self._containers:
            self._containers[shape] = container_of(shape)
        return self._containers[shape]

    def parts(self, shape: Shape, word: int) -> Iterator[Part]:
        """Give the parts of a value, one level down. Raises HeapError."""
        try:
            for part in self._parts(shape, word):
                self._pay(1)
                yield part
        except IndexError:
            msg = "this points outside of the image"
            raise WordError(msg) from None

    def _parts(self, shape: Shape, word: int) -> Iterator[Part]:
        objects, form = self.objects, shape.form
        container = self.container(shape)
        if container is not None:
            yield from self._entries(container, word)
        elif form is Form.RECORD:
            words = objects.fields(word, shape.hashes)
            for label, child, is_var, at in zip(shape.labels, shape.children, shape.mutable, words, strict=True):
                yield Part(f".{label}", "field", child, objects.boxed(at) if is_var else at)
        elif form is Form.TUPLE:
            words = objects.elements(word, TUPLE, len(shape.children)) if shape.children else []
            if len(words) != len(shape.children):
                bad("a tuple is of another length")
            for label, child, at in zip(shape.labels, shape.children, words, strict=True):
                yield Part(f".{label}", "field", child, at)
        elif form in (Form.ARRAY, Form.VAR_ARRAY):
            tag = ARRAY if form is Form.ARRAY else VAR_ARRAY
            count = objects.length(word, tag)
            step = 4096
            for start in range(0, count, step):
                index = objects.expect(word, tag) + 3 + start
                for i, at in enumerate(objects.image.words_at(index, min(step, count - start)), start):
                    yield Part(f"[{i}]", "element", shape.children[0], at)
        elif form is Form.OPTION:
            content = objects.unwrapped(word)
            if content is not None:
                yield Part("?", "content", shape.children[0], content)
        elif form is Form.VARIANT:
            tag, payload = objects.case(word)
            if tag not in shape.hashes:
                bad("a variant has a tag that its type lacks")
            i = shape.hashes.index(tag)
            yield Part(f"#{shape.labels[i]}", "case", shape.children[i], payload)

    def _entries(self, container: Container, word: int) -> Iterator[Part]:
        key_shape, value_shape = container.key, container.value
        for i, entry in enumerate(container.entries(self.objects, word)):
            if key_shape is None:
                assert value_shape is not None  # noqa: S101 - a container has one of the two
                yield Part(f"[{i}]", "element", value_shape, entry[0])
                continue
            try:
                key = self.value(key_shape, entry[0])
            except Large:
                msg = "a key is too large"
                raise TooMuch(msg) from None
            if value_shape is None:
                yield Part("", "item", key_shape, entry[0], key)
            else:
                yield Part("", "entry", value_shape, entry[1], key)

    # -- readers

    def reader(self, shape: Shape) -> Reader:
        """Return what reads values of a shape."""
        made = self._readers.get(shape)
        if made is None:
            made = self._readers[shape] = self._made(shape, ())
        return made

    def _child(self, shape: Shape, above: tuple[Shape, ...]) -> Reader:
        """Return the reader of a part. above: the shapes around it, for one of which it may be a part of itself."""
        if shape.form in (Form.PRIMITIVE, Form.ANY, Form.NOTHING, Form.FUNCTION, Form.ACTOR):
            return self.reader(shape)
        if shape in above or len(above) >= MAX_STATIC:
            return self._again(shape)
        return self._made(shape, above)

    def _again(self, shape: Shape) -> Reader:
        """Return a reader of what may be nested without an end."""
        follow = self.objects.follow

        def read(word: int) -> Any:  # noqa: ANN401
            if self._depth >= MAX_NESTING:
                place = follow(word) if word & 7 == 7 else 0  # noqa: PLR2004 - a pointer
                return Ref(shape, word, place, shared=False) if place else self.reader(shape)(word)
            self._depth += 1
            self.spend(1)
            value = self.reader(shape)(word)
            self._depth -= 1
            return value

        return read

    def _made(self, shape: Shape, above: tuple[Shape, ...]) -> Reader:
        inside = (*above, shape)
        form = shape.form
        if form is Form.PRIMITIVE:
            return self._primitive(shape.name)
        if form is Form.ANY:
            return lambda _: ANY
        if form is Form.NOTHING:
            return lambda _: bad("there is a value of the type None, which has none")
        if form is Form.FUNCTION:
            return self._function
        if form is Form.ACTOR:
            return lambda word: self.objects.bytes_of(word, ACTOR)
        if form is Form.WEAK:
            return self._weak(shape)
        container = self.container(shape)
        if container is not None:
            made = self._container(container, inside)
        elif form is Form.OPTION:
            return self._option(self._child(shape.children[0], inside))
        elif form is Form.VARIANT:
            return self._variant(shape, inside)
        elif form is Form.TUPLE:
            return self._tuple(shape, inside)
        elif form is Form.RECORD:
            made = self._record(shape, inside)
        else:
            made = self._array(shape, inside)
        return self._shared(shape, made) if shape.is_mutable and self.shared else made

    def _shared(self, shape: Shape, read: Reader) -> Reader:
        """Return a reader that leaves out what is reached from several places."""
        shared, follow = self.shared, self.objects.follow
        self._unshared.setdefault(shape, read)

        def guarded(word: int) -> Any:  # noqa: ANN401
            place = follow(word)
            return Ref(shape, word, place, shared=True) if place in shared else read(word)

        return guarded

    def _primitive(self, name: str) -> Reader:
        words, objects = self._image.words, self.objects
        if name in ("Nat", "Int"):
            return _natural(self._big) if name == "Nat" else _integer(self._big)
        if name in _COMPACT:
            return _compact(*_COMPACT[name], name)
        if name in ("Nat64", "Int64"):
            return _long(objects, signed=name == "Int64")
        if name == "Bool":
            return _boolean
        if name == "Char":
            return _character
        if name == "Null":
            return _null
        if name == "Float":
            return lambda word: words[objects.expect(word, FLOAT) + 2]
        if name == "Text":
            return self._text()
        if name in ("Blob", "Principal"):
            tag = BLOB if name == "Blob" else PRINCIPAL
            return self._blob(tag)
        if name == "Region":
            return self._region
        msg = f"values of the type {name} are not read"
        raise TooMuch(msg)

    def _big(self, word: int) -> int:
        index = self.objects.expect(word, BIG)
        self._weigh((self._image.words[index + 2] & 0xFFFF_FFFF) * 8)
        return self.objects.big(word)

    def _blob(self, tag: int) -> Reader:
        words, objects, bytes_at, weigh = self._image.words, self.objects, self._image.bytes_at, self._weigh

        def read(word: int) -> bytes:
            index = objects.expect(word, tag)
            size = words[index + 2]
            if size > _LONG:
                weigh(size)
            return bytes_at((index + 3) << 3, size)

        return read

    def _text(self) -> Reader:
        words, objects, image = self._image.words, self.objects, self._image
        bytes_at, weigh, follow = image.bytes_at, self._weigh, objects.follow

        def read(word: int) -> str:
            if word & 7 != 7:  # noqa: PLR2004 - an address of a word, minus one
                bad(f"expected a Text, found the word {word:#x}")
            index = words[(word + 9) >> 3] + 1 >> 3
            try:
                if words[index] == TEXT:
                    size = words[index + 2]
                    if size > _LONG:
                        weigh(size)
                    return bytes_at((index + 3) << 3, size).decode()
                if words[index] == ROPE:  # most often of two texts
                    left, right = follow(words[index + 3]), follow(words[index + 4])
                    sizes = words[left + 2], words[right + 2]
                    is_short = sum(sizes) == words[index + 2] <= _LONG
                    if is_short and words[left] == words[right] == TEXT:
                        return (bytes_at((left + 3) << 3, sizes[0]) + bytes_at((right + 3) << 3, sizes[1])).decode()
                before = objects.joined
                whole = objects.text_bytes(word)
                self._pay(objects.joined - before)
                weigh(len(whole))
                return whole.decode()
            except UnicodeDecodeError:
                msg = "a Text is not UTF-8"
                raise WordError(msg) from None

        return read

    def _region(self, word: int) -> tuple[int, int]:
        index = self.objects.expect(word, REGION)
        return self._image.words[index + 2], self._image.words[index + 3]

    def _function(self, word: int) -> tuple[bytes, str]:
        items = self.objects.elements(word, FUNCTION, 2)
        if len(items) != 2:  # noqa: PLR2004 - an actor and a method
            bad("a shared function is damaged")
        try:
            return self.objects.bytes_of(items[0], ACTOR), self.objects.text_bytes(items[1]).decode()
        except UnicodeDecodeError:
            msg = "the name of a method is not UTF-8"
            raise WordError(msg) from None

    def _weak(self, shape: Shape) -> Reader:
        words, objects = self._image.words, self.objects
        target = shape.children[0]

        def read(word: int) -> Any:  # noqa: ANN401
            at = words[objects.expect(word, WEAK) + 2]
            return None if at == NULL else (Ref(target, at, objects.follow(at), shared=True),)

        return read

    def _option(self, inner: Reader) -> Reader:
        words = self._image.words

        def read(word: int) -> Any:  # noqa: ANN401
            if word == NULL:
                return None
            if word & 7 == 7:  # noqa: PLR2004 - a pointer
                index = words[(word + 9) >> 3] + 1 >> 3
                if words[index] == SOME:
                    word = words[index + 2]
            return (inner(word),)

        return read

    def _variant(self, shape: Shape, inside: tuple[Shape, ...]) -> Reader:
        words = self._image.words
        cases: dict[int, tuple[str, Reader]] = {
            h: (label, self._child(child, inside))
            for h, label, child in zip(shape.hashes, shape.labels, shape.children, strict=True)
        }

        def read(word: int) -> Case:
            if word & 7 != 7:  # noqa: PLR2004 - an address of a word, minus one
                bad(f"expected a variant, found the word {word:#x}")
            index = words[(word + 9) >> 3] + 1 >> 3
            if words[index] != VARIANT:
                bad(f"expected a variant, found {TAGS.get(words[index], 'something unknown')}")
            found = cases.get(words[index + 2])
            if found is None:
                bad("a variant has a tag that its type lacks")
            label, inner = found
            try:
                return Case(label, inner(words[index + 3]))
            except HeapError as error:
                raise _located(error, f"#{label}") from None

        return read

    def _tuple(self, shape: Shape, inside: tuple[Shape, ...]) -> Reader:
        readers = [self._child(child, inside) for child in shape.children]
        if not readers:
            return _unit
        words, count, tag = self._image.words, len(readers), self.objects.tag
        places = list(enumerate(readers, 3))

        def read(word: int) -> tuple[Any, ...]:
            if word & 7 != 7:  # noqa: PLR2004 - an address of a word, minus one
                bad(f"expected a tuple, found the word {word:#x}")
            index = words[(word + 9) >> 3] + 1 >> 3
            if tag(index) != TUPLE or words[index + 2] != count:
                bad(f"expected a tuple of {count}, found {TAGS.get(tag(index), 'something unknown')}")
            try:
                return tuple([inner(words[index + i]) for i, inner in places])
            except (HeapError, IndexError):
                raise _first_wrong([(f".{i - 3}", r, words[index + i]) for i, r in places]) from None

        return read

    def _record(self, shape: Shape, inside: tuple[Shape, ...]) -> Reader:
        words, objects = self._image.words, self.objects
        readers = [
            self._boxed(self._child(child, inside)) if is_var else self._child(child, inside)
            for child, is_var in zip(shape.children, shape.mutable, strict=True)
        ]
        plans: dict[int, list[tuple[int, Reader]]] = {}

        def plan_of(blob: int) -> list[tuple[int, Reader]]:
            layout = objects.layout(blob)
            if any(h not in layout for h in shape.hashes):
                missing = next(n for n, h in zip(shape.labels, shape.hashes, strict=True) if h not in layout)
                bad(f"the record has no field {missing}")
            if len(plans) * len(readers) > 1_000_000:  # noqa: PLR2004 - a program has some
                plans.clear()
            plan = plans[blob] = [(layout[h], r) for h, r in zip(shape.hashes, readers, strict=True)]
            return plan

        def read(word: int) -> tuple[Any, ...]:
            if word & 7 != 7:  # noqa: PLR2004 - an address of a word, minus one
                bad(f"expected a record, found the word {word:#x}")
            index = words[(word + 9) >> 3] + 1 >> 3
            if words[index] != OBJECT:
                bad(f"expected a record, found {TAGS.get(words[index], 'something unknown')}")
            blob = words[index + 2]
            plan = plans.get(blob) or plan_of(blob)
            try:
                return tuple([inner(words[index + i]) for i, inner in plan])
            except (HeapError, IndexError):
                named = zip(shape.labels, plan, strict=True)
                raise _first_wrong([(f".{n}", r, words[index + i]) for n, (i, r) in named]) from None

        return read

    def _boxed(self, inner: Reader) -> Reader:
        words, objects = self._image.words, self.objects
        return lambda word: inner(words[objects.expect(word, BOX) + 2])

    def _array(self, shape: Shape, inside: tuple[Shape, ...]) -> Reader:
        words, objects, image = self._image.words, self.objects, self._image
        tag = ARRAY if shape.form is Form.ARRAY else VAR_ARRAY
        inner = self._child(shape.children[0], inside)

        def read(word: int) -> Items:
            index = objects.expect(word, tag)
            count = words[index + 2]
            self.spend(count)
            items = image.words_at(index + 3, count)
            try:
                return Items(map(inner, items))
            except (HeapError, IndexError):
                raise _first_wrong([(f"[{i}]", inner, at) for i, at in enumerate(items)]) from None

        return read

    def _container(self, container: Container, inside: tuple[Shape, ...]) -> Reader:
        objects, entries = self.objects, container.entries
        shapes = [shape for shape in (container.key, container.value) if shape is not None]
        readers = [self._child(shape, inside) for shape in shapes]

        count = container.count

        def found(word: int) -> Iterator[tuple[int, ...]]:
            if count is not None:
                self.spend(count(objects, word))  # a large one is known by it before it is read
                yield from entries(objects, word)
                return
            for entry in entries(objects, word):
                self.spend(1)
                yield entry

        if len(readers) == 1:
            (only,) = readers
            return lambda word: Items([only(item) for (item,) in found(word)])
        read_key, read_value = readers
        return lambda word: Items([(read_key(k), read_value(v)) for k, v in found(word)])


def _located(error: HeapError, step: str) -> HeapError:
    error.path = step + error.path
    return error


def _first_wrong(parts: list[tuple[str, Reader, int]]) -> HeapError:
    """Return the error of the first part that has one, and say which part it is."""
    for step, reader, word in parts:
        try:
            reader(word)
        except HeapError as error:
            return _located(error, step)
        except IndexError:
            return WordError("this points outside of the image", path=step)
    return WordError("the image changed while it was read")


# -- scalars: what is not a pointer carries its kind in its low bits

_COMPACT = {  # (bits of the kind, the kind, signed)
    "Nat8": (56, 1 << 54, False),
    "Nat16": (48, 1 << 46, False),
    "Nat32": (32, 1 << 30, False),
    "Int8": (56, 3 << 54, True),
    "Int16": (48, 3 << 46, True),
    "Int32": (32, 3 << 30, True),
}
_WORD, _SIGN = 1 << 64, 1 << 63


def _compact(shift: int, kind: int, signed: bool, name: str) -> Reader:  # noqa: FBT001 - a row of the table above
    low = (1 << shift) - 1

    def read(word: int) -> int:
        if word & low != kind:
            bad(f"expected {name}, found the word {word:#x}")
        return (word - _WORD >> shift) if signed and word & _SIGN else word >> shift

    return read


def _natural(big: Reader) -> Reader:
    def read(word: int) -> int:
        if word & 3 == 2 and word < _SIGN:  # noqa: PLR2004 - a compact number
            return word >> 2
        if word & 7 != 7:  # noqa: PLR2004 - no pointer either
            bad(f"expected Nat, found the word {word:#x}")
        value: int = big(word)
        return value if value >= 0 else bad("a Nat is negative")

    return read


def _integer(big: Reader) -> Reader:
    def read(word: int) -> int:
        if word & 3 == 2:  # noqa: PLR2004 - a compact number
            return (word - _WORD >> 2) if word & _SIGN else word >> 2
        if word & 7 != 7:  # noqa: PLR2004 - no pointer either
            bad(f"expected Int, found the word {word:#x}")
        value: int = big(word)
        return value

    return read


def _long(objects: Objects, *, signed: bool) -> Reader:
    words = objects.image.words
    kind, tag = (0b1100, INT64) if signed else (0b0100, NAT64)

    def read(word: int) -> int:
        if word & 15 == kind:
            return (word - _WORD >> 4) if signed and word & _SIGN else word >> 4
        value = words[objects.expect(word, tag) + 2]
        return value - _WORD if signed and value & _SIGN else value

    return read


def _boolean(word: int) -> bool:
    if word > 1:
        bad(f"expected Bool, found the word {word:#x}")
    return word == 1


def _character(word: int) -> str:
    code = word >> 43
    if word & (1 << 43) - 1 != 1 << 41 or code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:  # noqa: PLR2004 - Unicode
        bad(f"expected Char, found the word {word:#x}")
    return chr(code)


def _null(word: int) -> None:
    if word != NULL:
        bad(f"expected null, found the word {word:#x}")


def _unit(word: int) -> None:
    if word not in (0, UNIT):
        bad(f"expected (), found the word {word:#x}")
