"""Types as the memory needs them: resolved, without names, one object for types that are equal as written."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

from analyzer.heap.errors import TooMuch
from analyzer.heap.layout import heap_hash
from analyzer.motoko.types import Kind
from analyzer.motoko.universe import Undecided, Universe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from analyzer.motoko.types import StableSignature

MAX_SHAPES = 50_000


class Form(Enum):
    """How a value is kept."""

    PRIMITIVE = auto()  # name says which
    ANY = auto()
    NOTHING = auto()  # `None`: no value is of it
    OPTION = auto()
    ARRAY = auto()
    VAR_ARRAY = auto()
    TUPLE = auto()
    RECORD = auto()
    VARIANT = auto()
    FUNCTION = auto()
    ACTOR = auto()
    WEAK = auto()


@dataclass(eq=False, slots=True)
class Shape:
    """One type. name: of a primitive. labels: of fields, tags or items. children: their types. mutable: of fields.

    text: the type as it is written, shortened by names. hashes: of the labels. cyclic: it contains itself. identity: a
    value of it is or holds something mutable, of which it matters whether it is the same.
    """

    form: Form
    number: int
    name: str = ""
    labels: tuple[str, ...] = ()
    children: tuple[Shape, ...] = ()
    mutable: tuple[bool, ...] = ()
    hashes: tuple[int, ...] = ()
    identity: bool = field(default=False)

    @property
    def is_mutable(self) -> bool:
        """Whether a value of it can be changed in place."""
        return self.form is Form.VAR_ARRAY or any(self.mutable)

    def __repr__(self) -> str:
        return f"<Shape {self.number} {self.form.name} {self.name}{','.join(self.labels)}>"


class Shapes:
    """The shapes of one signature. Raises TooMuch: its types unfold to more than is read."""

    def __init__(self, signature: StableSignature) -> None:
        self._universe = Universe(signature)
        self._known: dict[int, Shape] = {}

    def of(self, nodes: Iterable[int]) -> list[Shape]:
        """Return the shapes of nodes of the signature."""
        try:
            shapes = [self._shape(node) for node in nodes]
        except Undecided as why:
            raise TooMuch(str(why)) from None
        self._mark_identity()
        return shapes

    def _shape(self, node: int) -> Shape:
        first, key = self._begun(node)
        todo = [key] if first else []
        while todo:
            at = todo.pop()
            shape, nodes = self._known[at], self._children(at)
            children: list[Shape] = []
            for child in nodes:
                is_new, child_key = self._begun(child)
                children.append(self._known[child_key])
                if is_new:
                    todo.append(child_key)
            shape.children = tuple(children)
        return self._known[key]

    def _begun(self, node: int) -> tuple[bool, int]:
        """Return whether a type is met for the first time, and its key."""
        universe = self._universe
        head = universe.expand(node)
        key = universe.shape(head)
        if key in self._known:
            return False, key
        if len(self._known) >= MAX_SHAPES:
            msg = f"the types unfold to more than {MAX_SHAPES:,}"
            raise TooMuch(msg)
        self._known[key] = self._plain(head)
        return True, key

    def _plain(self, node: int) -> Shape:
        """Return the shape of a node without its children."""
        universe, number = self._universe, len(self._known)
        kind, labels = Kind(universe.kinds[node]), universe.labels[node]
        if kind == Kind.PRIM:
            return Shape(Form.PRIMITIVE, number, str(labels[0]))
        if kind == Kind.OBJECT:
            if labels[0] == "actor":
                return Shape(Form.ACTOR, number)
            names = tuple([name for name in labels[1:] if not name.startswith("type ")])
            inner = universe.children[node][: len(names)]
            mutable = tuple([universe.kinds[c] == Kind.VAR for c in inner])
            return Shape(
                Form.RECORD, number, labels=names, mutable=mutable, hashes=tuple([heap_hash(n) for n in names])
            )
        if kind == Kind.VARIANT:
            return Shape(Form.VARIANT, number, labels=labels, hashes=tuple([heap_hash(n) for n in labels]))
        if kind == Kind.ARRAY:
            is_var = universe.kinds[universe.children[node][0]] == Kind.VAR
            return Shape(Form.VAR_ARRAY if is_var else Form.ARRAY, number)
        if kind == Kind.TUPLE:
            count = len(universe.children[node])
            return Shape(Form.TUPLE, number, labels=tuple([str(i) for i in range(count)]))
        simple = {
            Kind.ANY: Form.ANY,
            Kind.NONE: Form.NOTHING,
            Kind.OPTION: Form.OPTION,
            Kind.FUNC: Form.FUNCTION,
            Kind.WEAK: Form.WEAK,
        }
        if kind not in simple:
            msg = f"a stable variable cannot be of a type like {kind.name.lower()}"
            raise TooMuch(msg)
        return Shape(simple[kind], number)

    def _children(self, key: int) -> tuple[int, ...]:
        universe, shape = self._universe, self._known[key]
        if shape.form in (Form.ACTOR, Form.FUNCTION, Form.PRIMITIVE, Form.ANY, Form.NOTHING):
            return ()
        children = universe.children[key]
        if shape.form is Form.RECORD:
            children = children[: len(shape.labels)]
        return tuple([universe.children[c][0] if universe.kinds[c] == Kind.VAR else c for c in children])

    def _mark_identity(self) -> None:
        """Say of each shape whether something mutable can be reached from it."""
        parents: dict[int, list[Shape]] = {}
        todo: list[Shape] = []
        for shape in self._known.values():
            for child in shape.children:
                parents.setdefault(child.number, []).append(shape)
            if shape.is_mutable or shape.form is Form.WEAK:
                shape.identity = True
                todo.append(shape)
        while todo:
            for parent in parents.get(todo.pop().number, ()):
                if not parent.identity:
                    parent.identity = True
                    todo.append(parent)


def same(one: Shape, other: Shape) -> bool:
    """Tell whether two shapes, of one signature or of two, are the same type once names are taken away."""
    seen: set[tuple[int, int]] = set()
    todo = [(one, other)]
    while todo:
        a, b = todo.pop()
        if a is b or (id(a), id(b)) in seen:
            continue
        seen.add((id(a), id(b)))
        if (a.form, a.name, a.labels, a.mutable) != (b.form, b.name, b.labels, b.mutable):
            return False
        if len(a.children) != len(b.children):
            return False
        todo += zip(a.children, b.children, strict=True)
    return True
