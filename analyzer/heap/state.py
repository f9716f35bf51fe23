"""The stable variables of a snapshot: its module says what and where they are, its memory what they hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from analyzer.heap.code import Code
from analyzer.heap.errors import LayoutError, RootError, WordError
from analyzer.heap.layout import IDLE, STATES, VAR_ARRAY, heap_hash, read_metadata
from analyzer.heap.objects import Objects
from analyzer.heap.roots import find_roots
from analyzer.heap.shapes import Shapes
from analyzer.motoko.print import type_text
from analyzer.motoko.universe import Universe
from grammars.digest import sha256

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analyzer.heap.image import Image
    from analyzer.heap.shapes import Shape
    from analyzer.motoko.types import StableSignature

_TYPE_LENGTH = 200
MAX_VARIABLES = 10_000


class Variable(NamedTuple):
    """A stable variable. type: as written, shortened. word: what it holds."""

    name: str
    mutable: bool
    type: str
    shape: Shape
    word: int


@dataclass(slots=True)
class State:
    """What an image holds. notes: what a reader of it should know, a sentence each.

    hooked: the program has code that runs before an upgrade and may change what is here. module: digest of the
    program's code, empty where it was not read.
    """

    image: Image
    signature: StableSignature
    variables: list[Variable]
    hooked: bool = False
    notes: list[str] = field(default_factory=list)
    module: str = ""

    def variable(self, name: str) -> Variable | None:
        """Return a variable by its name."""
        return next((v for v in self.variables if v.name == name), None)


def read_state(image: Image, module: bytes, signature: StableSignature) -> State:
    """Find the stable variables of an image.

    module: uncompressed. signature: the module's own, of `motoko:stable-types`. Raises HeapError: the image is of
    another layout, damaged, or not of this module.
    """
    metadata = read_metadata(image)
    roots = find_roots(Code(module))
    notes = []
    if metadata.lifecycle != IDLE:
        what = STATES.get(metadata.lifecycle, f"in the state {metadata.lifecycle}")
        notes.append(f"the program was {what} when the image was taken")
    if roots.hooked:
        notes.append("`system func preupgrade` runs before an upgrade and may change what is shown here")
    objects = Objects(image)
    try:
        table = objects.elements(image.words[roots.table // 8], VAR_ARRAY)
        if roots.table % 8:
            msg = "the static variables are at an odd place"
            raise RootError(msg)
        words = {index: table[index] for index in (roots.hashes, *roots.fields)}
        layout = objects.layout(words[roots.hashes])
        if len(layout) != len(roots.fields):
            msg = f"the code gathers {len(roots.fields)} stable variables, and the image knows {len(layout)}"
            raise LayoutError(msg)
        content = {h: objects.boxed(words[roots.fields[at - 3]]) for h, at in layout.items()}
    except IndexError:
        msg = "the image and the module do not belong together"
        raise LayoutError(msg) from None
    variables = variables_of(signature, content)
    return State(image, signature, variables, roots.hooked, notes, sha256(module).hexdigest())


def read_record(image: Image, signature: StableSignature) -> State:
    """Find the stable variables as they are between the two halves of an upgrade.

    Each is an option there, null for one that is missing. Raises HeapError: the image is not from within an upgrade.
    """
    metadata = read_metadata(image)
    if metadata.actor is None:
        msg = "the image is not from within an upgrade"
        raise LayoutError(msg)
    objects = Objects(image)
    try:
        index = objects.follow(metadata.actor)
        layout = objects.layout(image.words[index + 2])
        content = {
            h: word
            for h, at in layout.items()
            if (word := objects.unwrapped(objects.fields(metadata.actor, (h,))[0])) is not None and at
        }
    except IndexError:
        msg_0 = "this points outside of the image"
        raise WordError(msg_0) from None
    return State(image, signature, variables_of(signature, content))


def variables_of(signature: StableSignature, content: Mapping[int, int]) -> list[Variable]:
    """Return variables with their names and types. content: word by hash. Raises LayoutError: they are others."""
    if signature.unsure is not None:
        msg = f"the types of the module could not be computed: {signature.unsure}"
        raise LayoutError(msg)
    shapes, universe = Shapes(signature).of([one.node for one in signature.post]), Universe(signature)
    named = {heap_hash(one.name): one for one in signature.post}
    if named.keys() != content.keys():
        missing = [named[h].name for h in named.keys() - content.keys()]
        unknown = len(content.keys() - named.keys())
        parts = [f"{', '.join(sorted(missing)[:5])} missing"] if missing else []
        parts += [f"{unknown} unknown"] if unknown else []
        msg = f"the variables of the image are not those of the module's types: {', '.join(parts)}"
        raise LayoutError(msg)
    return [
        Variable(
            one.name, one.mutable, type_text(universe, one.node, _TYPE_LENGTH), shape, content[heap_hash(one.name)]
        )
        for one, shape in zip(signature.post, shapes, strict=True)
    ]
