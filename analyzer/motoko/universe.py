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

MAX_UNFOLDED = 200_000  # nodes made by unfolding; a real signature makes some hundred
MAX_CHAIN = 100_000  # references that stand for references
_NOTHING: frozenset[int] = frozenset()
MAX_OPENED = 10_000  # generic functions taken apart: moc gives up at as many levels


class Undecided(Exception):
    """The question was not answered within its budget; says what there is too much of."""


TOO_LARGE = "its types unfold to more than can be compared"
TOO_DEEP = "its types are nested deeper than moc looks, which is 10,000 levels"


class Universe:
    """The nodes of one or more signatures, each shifted by its offset.

    kinds, labels, children: as in a TypeTable; they grow as types are unfolded. origin: the template that a node was
    made from, in the joined numbering. offsets: where each signature's nodes begin; binder_offsets: likewise binders.
    bodies: what a binder's definition stands for, -1 where it is no definition's or not known yet. names, parameters,
    bounds, scoped: by binder; a bound of -1 is not known yet.
    """

    def __init__(self, *signatures: StableSignature) -> None:
        self.kinds: list[int] = []
        self.labels: list[tuple[Any, ...]] = []
        self.children: list[tuple[int, ...]] = []
        self.offsets: list[int] = []
        self.binder_offsets: list[int] = []
        self.bodies: list[int] = []
        self.bounds: list[tuple[int, ...]] = []
        self.names: list[str] = []
        self.parameters: list[tuple[str, ...]] = []
        self.scoped: list[bool] = []
        for signature in signatures:
            self._join(signature)
        self.origin = list(range(len(self.kinds)))
        self._limit = len(self.kinds) + MAX_UNFOLDED
        self._opened = 0
        self._free = self._find_free()
        self._shapes: list[int] = [-1] * len(self.kinds)
        self._known: dict[tuple[Any, ...], int] = {}
        self._blurred: dict[int, int] = {}
        self._blurred_known: dict[tuple[Any, ...], int] = {}
        self.has_weak = Kind.WEAK in self.kinds
        self._instances: dict[tuple[int, ...], int] = {}
        self._heads: dict[int, int] = {}
        self._generic: dict[tuple[Any, ...], int] = {}  # generic functions by what their outer parameters stand for

    def _join(self, signature: StableSignature) -> None:
        table = signature.table
        shift, up = len(self.kinds), len(self.bodies)
        self.offsets.append(shift)
        self.binder_offsets.append(up)
        self.kinds += table.kinds
        self.children += [tuple([c + shift for c in cs]) if cs and shift else cs for cs in table.children]
        self.labels += (
            [moved(k, label, up) for k, label in zip(table.kinds, table.labels, strict=True)] if up else table.labels
        )
        count = len(signature.definitions)
        self.bodies += [d.node + shift for d in signature.definitions] + [-1] * (len(signature.binders) - count)
        self.names += [d.name for d in signature.definitions] + [""] * (len(signature.binders) - count)
        self.parameters += [b.names for b in signature.binders]
        self.bounds += [tuple([n + shift for n in b.bounds]) for b in signature.binders]
        self.scoped += [b.scoped for b in signature.binders]

    def _find_free(self) -> list[frozenset[int]]:
        """Return, of each node, the binders whose parameters or scope it mentions from outside of them."""
        count = len(self.kinds)
        if Kind.PARAM not in self.kinds and Kind.ASYNC not in self.kinds:
            return [_NOTHING] * count
        free = [_NOTHING] * count
        changed = True
        while changed:
            changed = late = False
            for node, (kind, children) in enumerate(zip(self.kinds, self.children, strict=True)):
                found = self._free_in(kind, self.labels[node], children, free)
                changed = changed or found != free[node]
                free[node] = found
                late = late or (bool(children) and max(children) > node)
            # Children come before their parents, but for the results of `and` and `or`.
            changed = changed and late
        return free

    def _free_in(
        self, kind: int, labels: tuple[Any, ...], children: tuple[int, ...], free: list[frozenset[int]]
    ) -> frozenset[int]:
        if kind == Kind.PARAM:
            return frozenset(labels[:1])
        found = frozenset(labels[1:]) if kind == Kind.ASYNC and labels[1] >= 0 else _NOTHING
        for child in children:
            other = free[child]
            if other and other != found:
                found = found | other
        own = binder_of(kind, labels)
        if own >= 0:
            for bound in self.bounds[own]:
                found = found | free[bound]
            found = found - {own}
        return found

    # -- unfolding

    def expand(self, node: int) -> int:
        """Return the first node that is no reference to a definition, or one to a definition that is not known yet."""
        if self.kinds[node] != Kind.CON:
            return node
        chain = []
        while self.kinds[node] == Kind.CON:
            head = self._heads.get(node)
            if head is not None:
                node = head
                break
            if self.bodies[self.labels[node][0]] < 0:
                return node
            chain.append(node)
            if len(chain) > MAX_CHAIN:
                raise Undecided(TOO_DEEP)
            node = self.unfold(node)
        for link in chain:
            self._heads[link] = node
        return node

    def step(self, node: int) -> int:
        """Return what a reference stands for; a node that is none, or whose definition is not known yet, is itself."""
        known = self.kinds[node] == Kind.CON and self.bodies[self.labels[node][0]] >= 0
        return self.unfold(node) if known else node

    def unfold(self, node: int) -> int:
        """Return what a reference to a definition stands for, which may be a reference again."""
        number: int = self.labels[node][0]
        arguments = self.children[node]
        if not arguments:
            return self.bodies[number]
        key = (number, *[self.shape(a) for a in arguments])
        made = self._instances.get(key)
        if made is None:
            made = self._instances[key] = self.substitute(self.bodies[number], number, arguments)
        return made

    def substitute(self, body: int, binder: int, arguments: tuple[int, ...], scope: int = -1) -> int:
        """Return a type with the parameters of a binder replaced. scope: what its scope becomes, if it has one.

        Generic functions inside get binders of their own, so that no argument is taken for one of their parameters.
        """
        given: dict[int, tuple[int, ...]] = {binder: arguments}
        scopes: dict[int, int] = {binder: scope}
        renamed: dict[int, tuple[Any, ...]] = {}  # generic functions that are being made
        done: dict[int, int] = {}
        todo = [body]
        while todo:
            node = todo[-1]
            kind, labels = self.kinds[node], self.labels[node]
            if node in done:
                todo.pop()
                continue
            if self._free[node].isdisjoint(given):
                done[node] = node
                continue
            if kind == Kind.PARAM:
                done[node] = given[labels[0]][labels[1]]
                continue
            own = binder_of(kind, labels)
            inside: tuple[int, ...] = self.children[node]
            if own >= 0:
                if own not in given:
                    key = (node, *[self.shape(a) for b in sorted(self._free[node]) for a in given.get(b, ())])
                    known = self._generic.get(key)
                    if known is not None:
                        done[node] = known
                        continue
                    renamed[node] = key
                    made = scopes[own] = self._binder_like(own)
                    given[own] = tuple([self.parameter(made, i) for i in range(len(self.parameters[own]))])
                inside += self.bounds[own]
            missing = [c for c in inside if c not in done]
            if missing:
                todo += missing
                continue
            children = tuple([done[c] for c in self.children[node]])
            if own >= 0:
                self.bounds[scopes[own]] = tuple([done[c] for c in self.bounds[own]])
                labels = with_binder(kind, labels, scopes[own])
            elif kind == Kind.ASYNC:
                labels = (labels[0], scopes.get(labels[1], labels[1]))
            done[node] = self.add(kind, labels, children, self.origin[node])
            if node in renamed:
                self._generic[renamed[node]] = done[node]
        return done[body]

    # -- new nodes and binders

    def add(self, kind: int, labels: tuple[Any, ...], children: tuple[int, ...], origin: int | None = None) -> int:
        """Append a node and return its number. origin: the template, None where it is one itself. Raises Undecided."""
        node = len(self.kinds)
        if node >= self._limit:
            raise Undecided(TOO_LARGE)
        self.kinds.append(kind)
        self.labels.append(labels)
        self.children.append(children)
        self.origin.append(node if origin is None else origin)
        self._free.append(self._free_in(kind, labels, children, self._free))
        self._shapes.append(-1)
        return node

    def _binder_like(self, binder: int) -> int:
        """Return a new binder with parameters of the same names, its bounds still missing."""
        self.bodies.append(-1)
        self.names.append("")
        self.parameters.append(self.parameters[binder])
        self.bounds.append(())
        self.scoped.append(self.scoped[binder])
        return len(self.bodies) - 1

    def definition(self, name: str) -> int:
        """Return the binder of a new definition without parameters, whose body is not known yet."""
        self.bodies.append(-1)
        self.names.append(name)
        self.parameters.append(())
        self.bounds.append(())
        self.scoped.append(False)
        return len(self.bodies) - 1

    def opened(self, binder: int) -> tuple[int, tuple[int, ...]]:
        """Return a new binder like another, and its parameters: what both sides of a comparison are put in terms of.

        Raises Undecided where one opening leads to the next without an end.
        """
        self._opened += 1
        if self._opened > MAX_OPENED:
            raise Undecided(TOO_DEEP)
        made = self._binder_like(binder)
        names = tuple([self.parameter(made, i) for i in range(len(self.parameters[binder]))])
        self.bounds[made] = tuple([self.substitute(b, binder, names, made) for b in self.bounds[binder]])
        return made, names

    def parameter(self, binder: int, index: int) -> int:
        """Return a new node for a type parameter."""
        return self.add(Kind.PARAM, (binder, index), ())

    # -- equal as written

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
        if not self.has_weak:
            return self.shape(node)
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


def binder_of(kind: int, labels: tuple[Any, ...]) -> int:
    """Return the binder that a node opens, -1 where it opens none."""
    if kind == Kind.FUNC:
        return int(labels[2])
    return int(labels[0]) if kind == Kind.TYPE else -1


def with_binder(kind: int, labels: tuple[Any, ...], binder: int) -> tuple[Any, ...]:
    """Return a node's labels with another binder."""
    return (*labels[:2], binder, *labels[3:]) if kind == Kind.FUNC else (binder, *labels[1:])


def moved(kind: int, labels: tuple[Any, ...], up: int) -> tuple[Any, ...]:
    """Return a node's labels with binders renumbered."""
    if kind == Kind.CON:
        return (labels[0] + up,)
    if kind == Kind.PARAM:
        return (labels[0] + up, labels[1])
    if kind == Kind.ASYNC and labels[1] >= 0:
        return (labels[0], labels[1] + up)
    own = binder_of(kind, labels)
    return with_binder(kind, labels, own + up) if own >= 0 else labels
