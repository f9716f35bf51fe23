"""Where a value has to be looked for that a reader cannot read, or reads as something else.

A state is a pair of a type that is written and one that it is read at. Each rule of the coercion either fails or loses
something here, whatever is inside, or it leads on to one pair inside: the smallest value is a shortest way to a pair of
the first sort. Beside the way every part of the value is the smallest of its type.
"""

from __future__ import annotations

import heapq
from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple

from analyzer.candid.relation import holds
from analyzer.candid.types import OMITTABLE, Kind
from analyzer.candid.values.model import Case, Some, Value
from analyzer.candid.witness.smallest import Smallest, keys_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.candid.pair import Pair
    from analyzer.model import Step

MAX_STATES = 100_000  # that the searches for one witness may look at: about a second
_REFERENCES = 200_000  # pairs that the question about one reference may look at


class Loss(Enum):
    """What is looked for."""

    REFUSED = auto()  # the reader refuses the message
    NULLED = auto()  # the reader reads null where there was something
    DROPPED = auto()  # the reader reads on and never sees a part


class Way(NamedTuple):
    """One step into a written type.

    kind: `opt`, `vec`, `field`, `case`, or `same` (read behind an `opt` that is not written). member: which field or
    case of the written type. size: what the value gets larger by.
    """

    kind: str
    member: int
    size: int


State = tuple[int, int]  # nodes of the pair: written, read; names followed


class Search:
    """pair.new is the writer, pair.old the reader."""

    def __init__(self, pair: Pair, smallest: Smallest) -> None:
        self.pair = pair
        self.smallest = smallest
        self._subtypes: dict[State, bool] = {}
        self.left = MAX_STATES

    # -- the rules

    def _fails(self, state: State) -> bool:
        """Tell whether no value of the written type can be read at the other one: Candid spec, "Coercion"."""
        pair, (written, read) = self.pair, state
        kw, kr = pair.kinds[written], pair.kinds[read]
        if kr in (Kind.OPT, Kind.RESERVED) or (kw, kr) in ((Kind.NAT, Kind.INT), (Kind.SERVICE, Kind.PRINCIPAL)):
            return False
        if kw != kr:
            return True
        if kw == Kind.RECORD:
            have = set(pair.labels[written])
            wanted = zip(pair.labels[read], pair.children[read], strict=True)
            return any(label not in have and pair.kinds[pair.heads[c]] not in OMITTABLE for label, c in wanted)
        if kw in (Kind.FUNC, Kind.SERVICE):
            known = self._subtypes.get(state)
            if known is None:
                answer = holds(pair, state, service_is_principal=True, limit=_REFERENCES)
                known = self._subtypes[state] = answer.holds is not False
            return not known
        return False

    def _inside(self, state: State) -> Iterator[tuple[Way, State | None]]:
        """Yield the pairs inside; None where the reader does not know a case."""
        pair, (written, read) = self.pair, state
        kw, kr = pair.kinds[written], pair.kinds[read]
        heads, children = pair.heads, pair.children
        if kr == Kind.OPT and kw == Kind.OPT:
            yield Way("opt", 0, 1), (heads[children[written][0]], heads[children[read][0]])
        elif kr == Kind.OPT:
            if kw not in (Kind.NULL, Kind.RESERVED):
                yield Way("same", 0, 0), (written, heads[children[read][0]])
        elif kw != kr:
            return
        elif kw == Kind.VEC:
            yield Way("vec", 0, 1), (heads[children[written][0]], heads[children[read][0]])
        elif kw == Kind.RECORD:
            yield from self._fields(state)
        elif kw == Kind.VARIANT:
            known = dict(zip(pair.labels[read], children[read], strict=True))
            for index, (label, child) in enumerate(zip(pair.labels[written], children[written], strict=True)):
                if self.smallest.size(child) is not None:
                    goal = known.get(label)
                    yield Way("case", index, 1), None if goal is None else (heads[child], heads[goal])

    def _fields(self, state: State) -> Iterator[tuple[Way, State]]:
        pair, (written, read) = self.pair, state
        size = self.smallest.size(written)
        if size is None:
            return
        known = dict(zip(pair.labels[read], pair.children[read], strict=True))
        for index, (label, child) in enumerate(zip(pair.labels[written], pair.children[written], strict=True)):
            if label in known:
                rest = size - (self.smallest.size(child) or 0)
                yield Way("field", index, rest), (pair.heads[child], pair.heads[known[label]])

    def _drops(self, state: State) -> bool:
        """Tell whether a part of every value is not read."""
        pair, (written, read) = self.pair, state
        kw, kr = pair.kinds[written], pair.kinds[read]
        if kr == Kind.RESERVED:
            return kw not in (Kind.RESERVED, Kind.NULL)
        return kw == kr == Kind.RECORD and bool(set(pair.labels[written]) - set(pair.labels[read]))

    # -- the search

    def smallest_loss(self, start: State, loss: Loss) -> tuple[int, list[tuple[State, Way]]] | None:
        """Return the size of the smallest value with a loss, and the way to where it is; None where there is none."""
        if loss == Loss.NULLED:
            return self._smallest_null(start)
        queue: list[tuple[int, int, State]] = [(0, 0, start)]
        came: dict[State, tuple[State, Way] | None] = {start: None}
        best: dict[State, int] = {start: 0}
        found: tuple[int, State, Way | None] | None = None
        done: set[State] = set()
        order = 0
        while queue and self.left > 0:
            self.left -= 1
            before, _, state = heapq.heappop(queue)
            if state in done:
                continue
            if found is not None and before >= found[0]:
                break
            done.add(state)
            size = self.smallest.size(state[0])
            if size is None:
                continue
            if (self._fails(state) if loss == Loss.REFUSED else self._drops(state)) and (
                found is None or before + size < found[0]
            ):
                found = before + size, state, None
            if loss != Loss.REFUSED and self._fails(state):
                continue
            if loss == Loss.REFUSED and self.pair.kinds[state[1]] == Kind.OPT:
                continue  # what does not fit reads as null
            for way, following in self._inside(state):
                total = before + way.size
                if following is None:
                    whole = total + (self.smallest.size(self.pair.children[state[0]][way.member]) or 0)
                    if loss == Loss.REFUSED and (found is None or whole < found[0]):
                        found = whole, state, way
                elif total < best.get(following, 1 << 60):
                    best[following] = total
                    came[following] = state, way
                    order += 1
                    heapq.heappush(queue, (total, order, following))
        if found is None:
            return None
        size, state, last = found
        steps: list[tuple[State, Way]] = [] if last is None else [(state, last)]
        link = came[state]
        while link is not None:
            steps.append(link)
            link = came[link[0]]
        return size, steps[::-1]

    def _smallest_null(self, start: State) -> tuple[int, list[tuple[State, Way]]] | None:
        """Look for an `opt` that is read, and inside it a value that is refused."""
        queue: list[tuple[int, int, State]] = [(0, 0, start)]
        came: dict[State, tuple[State, Way] | None] = {start: None}
        best: dict[State, int] = {start: 0}
        found: tuple[int, State, list[tuple[State, Way]]] | None = None
        done: set[State] = set()
        order = 0
        while queue and self.left > 0:
            self.left -= 1
            before, _, state = heapq.heappop(queue)
            if state in done:
                continue
            if found is not None and before >= found[0]:
                break
            done.add(state)
            if self._fails(state):
                continue
            for way, following in self._inside(state):
                if following is None:
                    continue
                total = before + way.size
                if self.pair.kinds[state[1]] == Kind.OPT:
                    inside = self.smallest_loss(following, Loss.REFUSED)
                    if inside is not None and (found is None or total + inside[0] < found[0]):
                        found = total + inside[0], state, [(state, way), *inside[1]]
                if total < best.get(following, 1 << 60):
                    best[following] = total
                    came[following] = state, way
                    order += 1
                    heapq.heappush(queue, (total, order, following))
        if found is None:
            return None
        size, state, steps = found
        link = came[state]
        while link is not None:
            steps.insert(0, link)
            link = came[link[0]]
        return size, steps

    # -- along a path

    def along(self, start: State, path: tuple[Step, ...]) -> list[tuple[State, Way]]:
        """Return the way that an occurrence's path describes, as far as values go along it."""
        ways: list[tuple[State, Way]] = []
        state: State | None = start
        for step in path:
            following = None if state is None else self._next(state, step)
            if state is None or following is None:
                break
            ways.append((state, following[0]))
            state = following[1]
        return ways

    def _next(self, state: State, step: Step) -> tuple[Way, State | None] | None:
        names = {"option": ("opt", "same"), "element": ("vec",)}
        for way, following in self._inside(state):
            if way.kind in names.get(step.kind, ()):
                return way, following
            if step.kind == way.kind and step.name in self._called(state, way):
                return way, following
        return None

    def _called(self, state: State, way: Way) -> set[str]:
        """Return the names that both sides have for a field or case."""
        pair, (written, read) = self.pair, state
        label = pair.labels[written][way.member]
        names = {str(label)}
        for node, table, shift in ((written, pair.new.table, 0), (read, pair.old.table, pair.offset)):
            if label in pair.labels[node]:
                name = table.names[node - shift][pair.labels[node].index(label)]
                names.add(str(label) if name is None else name)
        return names

    # -- the value

    def value(self, ways: list[tuple[State, Way]], end: int) -> Value:
        """Return the value that goes along some ways and is the smallest everywhere else. end: where they lead."""
        value = self.smallest.value(end)
        interface = self.pair.new
        for (written, _), way in reversed(ways):
            if way.kind == "opt":
                value = Some(value)
            elif way.kind == "vec":
                nat8 = interface.table.kinds[interface.heads[interface.table.children[written][0]]] == Kind.NAT8
                value = bytes([0]) if nat8 else [value]
            elif way.kind in ("field", "case"):
                key = keys_of(interface, written)[way.member]
                value = self._record(written, key, value) if way.kind == "field" else Case(key, value)
        return value

    def _record(self, written: int, key: str | int, value: Value) -> Value:
        interface = self.pair.new
        children = interface.table.children[written]
        keys = keys_of(interface, written)
        return {k: value if k == key else self.smallest.value(c) for k, c in zip(keys, children, strict=True)}

    def end(self, start: State, ways: list[tuple[State, Way]]) -> tuple[int, State | None]:
        """Return the written type behind some ways, and the pair where there is one."""
        if not ways:
            return start[0], start
        state, way = ways[-1]
        for other, following in self._inside(state):
            if other == way:
                if following is not None:
                    return following[0], following
                return self.pair.heads[self.pair.children[state[0]][way.member]], None
        return start[0], None
