"""Types that can be unfolded: one signature, or two in one numbering.

Definitions are equi-recursive and take arguments, so the nodes of a signature are templates. A closed type is unfolded
when it is looked at; the same definition with the same arguments is one node, so what is reached stays finite (moc
refuses definitions for which it would not).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analyzer.motoko.types import Kind

if TYPE_CHECKING:
    from analyzer.motoko.types import StableSignature

MAX_NODES = 4_000_000  # of templates and unfolded types; some seconds of work


class Undecided(Exception):
    """The question was not answered within its budget."""


class Universe:
    """The nodes of one or more signatures, each shifted by its offset.

    kinds, labels, children: as in a TypeTable; they grow as types are unfolded. origin: the template that a node was
    made from, in the joined numbering. offsets: where each signature's nodes begin; binder_offsets: likewise binders.
    """

    def __init__(self, *signatures: StableSignature) -> None:
        self.kinds: list[int] = []
        self.labels: list[tuple[Any, ...]] = []
        self.children: list[tuple[int, ...]] = []
        self.opaque_from = 1 << 62  # definitions from here on are not unfolded: moc does not know them yet
        self.offsets: list[int] = []
        self.binder_offsets: list[int] = []
        self.bodies: list[int] = []  # by binder; -1 for binders that are no definition's
        self.bounds: list[tuple[int, ...]] = []  # by binder
        self.names: list[str] = []  # by binder
        self.parameters: list[tuple[str, ...]] = []  # by binder
        for signature in signatures:
            self._join(signature)
        self.origin = list(range(len(self.kinds)))
        self._open = self._mark_open()
        self._shapes: list[int] = [-1] * len(self.kinds)
        self._known: dict[tuple[Any, ...], int] = {}
        self._blurred: dict[int, int] = {}
        self._blurred_known: dict[tuple[Any, ...], int] = {}
        self.has_weak = Kind.WEAK in self.kinds
        self._instances: dict[tuple[int, ...], int] = {}

    def _join(self, signature: StableSignature) -> None:
        table = signature.table
        shift, up = len(self.kinds), len(self.bodies)
        self.offsets.append(shift)
        self.binder_offsets.append(up)
        self.kinds += table.kinds
        self.children += [tuple([c + shift for c in cs]) if cs and shift else cs for cs in table.children]
        self.labels += (
            [_moved(k, label, up) for k, label in zip(table.kinds, table.labels, strict=True)] if up else table.labels
        )
        count = len(signature.definitions)
        self.bodies += [d.node + shift for d in signature.definitions] + [-1] * (len(signature.binders) - count)
        self.names += [d.name for d in signature.definitions] + [""] * (len(signature.binders) - count)
        self.parameters += [b.names for b in signature.binders]
        self.bounds += [tuple(n + shift for n in b.bounds) for b in signature.binders]

    def _mark_open(self) -> bytearray:
        """Mark the nodes that mention a type parameter: only those differ from use to use."""
        marks = bytearray(len(self.kinds))
        for node, children in enumerate(self.children):  # children come before their parents
            if self.kinds[node] == Kind.PARAM or any(marks[c] for c in children):
                marks[node] = 1
        return marks

    def expand(self, node: int) -> int:
        """Return the first node that is no reference to a definition."""
        while self.kinds[node] == Kind.CON and self.labels[node][0] < self.opaque_from:
            node = self.unfold(node)
        return node

    def unfold(self, node: int) -> int:
        """Return what a reference to a definition stands for, which may be a reference again."""
        return self._instance(self.labels[node][0], self.children[node])

    def _instance(self, number: int, arguments: tuple[int, ...]) -> int:
        if not arguments:
            return self.bodies[number]
        key = (number, *[self.shape(a) for a in arguments])
        made = self._instances.get(key)
        if made is None:
            made = self._instances[key] = self.substitute(self.bodies[number], number, arguments)
        return made

    def substitute(self, body: int, binder: int, arguments: tuple[int, ...]) -> int:
        """Return a type with the parameters of a binder replaced."""
        done: dict[int, int] = {}
        todo = [body]
        while todo:
            node = todo[-1]
            if node in done:
                todo.pop()
            elif not self._open[node]:
                done[node] = node
                todo.pop()
            elif self.kinds[node] == Kind.PARAM:
                own, index = self.labels[node]
                done[node] = arguments[index] if own == binder else node
                todo.pop()
            else:
                missing = [c for c in self.children[node] if c not in done]
                if missing:
                    todo += missing
                    continue
                children = tuple([done[c] for c in self.children[node]])
                done[node] = node if children == self.children[node] else self._add(node, children)
                todo.pop()
        return done[body]

    def _add(self, template: int, children: tuple[int, ...]) -> int:
        if len(self.kinds) >= MAX_NODES:
            raise Undecided
        self.kinds.append(self.kinds[template])
        self.labels.append(self.labels[template])
        self.children.append(children)
        self.origin.append(self.origin[template])
        self._open.append(any(self._open[c] for c in children))
        self._shapes.append(-1)
        return len(self.kinds) - 1

    def parameter(self, binder: int, index: int) -> int:
        """Return a node for a type parameter."""
        key = (Kind.PARAM, (binder, index))
        node = self._instances.get(key)  # type: ignore[arg-type]
        if node is None:
            self.kinds.append(Kind.PARAM)
            self.labels.append((binder, index))
            self.children.append(())
            self.origin.append(len(self.kinds) - 1)
            self._open.append(1)
            self._shapes.append(-1)
            node = self._instances[key] = len(self.kinds) - 1  # type: ignore[index]
        return node

    def shape(self, node: int) -> int:
        """Return a number that is equal for types that are equal as written, references by definition."""
        shapes = self._shapes
        if shapes[node] >= 0:
            return shapes[node]
        todo = [node]
        while todo:
            at = todo[-1]
            if shapes[at] >= 0:
                todo.pop()
                continue
            children = self.children[at]
            missing = [c for c in children if shapes[c] < 0]
            if missing:
                todo += missing
                continue
            key = (self.kinds[at], self.labels[at], tuple([shapes[c] for c in children]))
            shapes[at] = self._known.setdefault(key, at)
            todo.pop()
        return shapes[node]

    def blurred(self, node: int) -> int:
        """Return a number for a type, equal where moc's own ordering of types sees no difference.

        It takes any two `weak` types for equal: `compare_typ` of moc 2.2 has no case for them.
        """
        shapes = self._blurred
        todo = [node]
        while todo:
            at = todo[-1]
            if at in shapes:
                todo.pop()
                continue
            children = () if self.kinds[at] == Kind.WEAK else self.children[at]
            missing = [c for c in children if c not in shapes]
            if missing:
                todo += missing
                continue
            key = (self.kinds[at], self.labels[at], tuple([shapes[c] for c in children]))
            shapes[at] = self._blurred_known.setdefault(key, at)
            todo.pop()
        return shapes[node]


def _moved(kind: int, labels: tuple[Any, ...], up: int) -> tuple[Any, ...]:
    """Return a node's labels with binders renumbered."""
    if kind == Kind.CON:
        return (labels[0] + up,)
    if kind == Kind.PARAM:
        return (labels[0] + up, labels[1])
    if kind == Kind.TYPE and labels[0] >= 0:
        return (labels[0] + up, labels[1])
    if kind == Kind.FUNC and labels[2] >= 0:
        return (*labels[:2], labels[2] + up, *labels[3:])
    return labels
