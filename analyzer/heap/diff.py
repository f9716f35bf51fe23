"""Two states, value by value: what was kept, lost, added and changed, and whether the upgrade may do that.

Both are read side by side and nothing is kept but what differs, so the size of the images does not matter. Entries of
maps and sets are paired by their keys, elements by their places, fields by their names.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple

from analyzer.heap.decode import ANY, Decoder, Large, Ref
from analyzer.heap.errors import HeapError, TooMuch
from analyzer.heap.expected import may_change
from analyzer.heap.identity import shared_places
from analyzer.heap.pending import Pending
from analyzer.heap.render import Brief, key_text
from analyzer.heap.shapes import Form, same

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from analyzer.heap.containers import Container
    from analyzer.heap.decode import Part
    from analyzer.heap.shapes import Shape
    from analyzer.heap.state import State, Variable

MAX_LISTED = 1_000  # differences that are kept; further ones are counted
_MAX_LEVELS = 100
_MAX_PATH = 400
_SEQUENCES = (Form.ARRAY, Form.VAR_ARRAY)
_COUNTED = (Form.PRIMITIVE, Form.FUNCTION, Form.ACTOR, Form.WEAK, Form.NOTHING)


class Change(Enum):
    """What became of a value.

    UNKNOWN: it cannot be compared, which counts as lost. COLLECTED: only a weak reference led to it, so the garbage
    collector may take it at any time, which is no loss.
    """

    LOST = "lost"
    CHANGED = "changed"
    ADDED = "added"
    UNKNOWN = "unknown"
    COLLECTED = "collected"


class Difference(NamedTuple):
    """One value that is not what it was.

    path: e.g. `seasons[42].status`. old, new: as text, shortened, None where there is none. expected: why it may be.
    """

    change: Change
    path: str
    old: str | None
    new: str | None
    expected: str | None


@dataclass(slots=True)
class VariableResult:
    """What became of a variable.

    values: how many were compared. counts: of values, all those of an entry that is gone. expected: why it may change,
    None: it may not.
    """

    name: str
    values: int = 0
    counts: dict[Change, int] = field(default_factory=lambda: dict.fromkeys(Change, 0))
    expected: str | None = None

    @property
    def kept(self) -> bool:
        """Whether nothing is lost, changed or unknown."""
        return not any(self.counts[c] for c in (Change.LOST, Change.CHANGED, Change.UNKNOWN))


@dataclass(slots=True)
class Result:
    """What became of all variables.

    variables: by name. differences: the first `MAX_LISTED` of those that were found. not_compared: variables that are
    or hold something of type `Any`. regions: those that hold a Region, whose content is in stable memory.
    """

    variables: dict[str, VariableResult] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    found: int = 0
    not_compared: list[str] = field(default_factory=list)
    regions: list[str] = field(default_factory=list)

    @property
    def values(self) -> int:
        """How many values were compared: leaves of records, arrays and containers."""
        return sum(one.values for one in self.variables.values())

    def count(self, change: Change, *, unexpected: bool = False) -> int:
        """Return how often something happened. unexpected: where the upgrade may not do so."""
        found = self.variables.values()
        return sum(one.counts[change] for one in found if not (unexpected and one.expected))

    @property
    def kept(self) -> bool:
        """Whether nothing is lost or changed beyond what the upgrade may change."""
        worse = (Change.LOST, Change.CHANGED, Change.UNKNOWN)
        return not any(self.count(change, unexpected=True) for change in worse)

    def summary(self) -> str:
        """Return the result as one line: `1,204,113 values compared, none lost, 3 added`."""
        parts = [f"{self.values:,} values compared"]
        lost, expected = self.count(Change.LOST), self.count(Change.LOST) - self.count(Change.LOST, unexpected=True)
        by_migration = f" ({expected:,} by the migration)" if expected else ""
        parts.append(f"{lost:,} lost{by_migration}" if lost else "none lost")
        for change, word in ((Change.CHANGED, "changed"), (Change.UNKNOWN, "not comparable"), (Change.ADDED, "added")):
            count = self.count(change)
            allowed = count - self.count(change, unexpected=True)
            told = f" ({allowed:,} by the migration)" if allowed and change is not Change.ADDED else ""
            parts += [f"{count:,} {word}{told}"] if count else []
        if self.not_compared:
            parts.append(f"{len(self.not_compared):,} with type Any not compared")
        if self.regions:
            parts.append(f"what the Regions in {', '.join(self.regions[:5])} hold not compared")
        return ", ".join(parts)


class _Late:
    """The path of an entry, written when somebody wants to read it."""

    __slots__ = ("_parts",)

    def __init__(self, path: str, shape: Shape, key: Any, brief: Brief) -> None:  # noqa: ANN401
        self._parts = path, shape, key, brief

    def __str__(self) -> str:
        path, shape, key, brief = self._parts
        return path + key_text(shape, key, brief)

    def __add__(self, more: str) -> str:
        return str(self) + more


class _Pair(NamedTuple):
    """Two values that are to be compared. alone: they are shared objects, or nested too deep for their place."""

    path: str | _Late
    old_shape: Shape
    old: int
    new_shape: Shape
    new: int
    alone: bool


def compare(old: State, new: State) -> Result:
    """Compare two states. What the migration of the new version touches may change; all else has to stay.

    Between two states of one and the same module nothing may: it was not upgraded, or its migration ran twice.
    Raises HeapError: an image is damaged; `where` says which one.
    """
    try:
        return _Comparison(old, new).run()
    except (RecursionError, ValueError) as error:  # types within each other without an end; numbers of a million digits
        msg = f"the values are too deep or too large to be compared: {str(error)[:100]}"
        raise TooMuch(msg) from None


class _Comparison:
    def __init__(self, old: State, new: State) -> None:
        self.states = old, new
        self.old, self.new = (Decoder(s.image, self._of(side, shared_places, s)) for side, s in self._sides())
        self.brief = Brief(self.old.container), Brief(self.new.container)
        is_same = bool(old.module) and old.module == new.module
        self.expected = {} if is_same else may_change(old.signature, new.signature)
        self.result = Result()
        self.current = VariableResult("")
        self.waiting: deque[_Pair] = deque()
        self.met: set[tuple[int, int, int, int]] = set()
        self.partner: tuple[dict[int, int], dict[int, int]] = ({}, {})
        self._same: dict[tuple[Shape, Shape], bool] = {}
        self._fixed: dict[Shape, int | None] = {}

    def _sides(self) -> tuple[tuple[str, State], tuple[str, State]]:
        return ("old", self.states[0]), ("new", self.states[1])

    @staticmethod
    def _of(side: str, read: Any, *arguments: Any) -> Any:  # noqa: ANN401 - what is read of a side
        try:
            return read(*arguments)
        except HeapError as error:
            error.where = error.where or side
            raise

    def run(self) -> Result:
        old, new = self.states
        kept_names = {v.name for v in new.variables}
        before = {v.name: v for v in old.variables}
        for variable in old.variables:
            self._begin(variable.name)
            if variable.name not in kept_names:
                self._gone(Change.LOST, variable.name, variable.shape, variable.word)
        # An object that several variables share is compared once, for the first of them: those that may not change come
        # before those that may, or a loss would hide behind what a migration is allowed.
        for variable in sorted(new.variables, key=lambda v: v.name in self.expected):
            self._begin(variable.name)
            known = before.get(variable.name)
            if known is None:
                self._gone(Change.ADDED, variable.name, variable.shape, variable.word)
            else:
                self._variable(known, variable)
        return self.result

    def _begin(self, name: str) -> None:
        self.current = self.result.variables.setdefault(name, VariableResult(name, expected=self.expected.get(name)))

    def _variable(self, old: Variable, new: Variable) -> None:
        if Form.ANY in (old.shape.form, new.shape.form):
            self.result.not_compared.append(old.name)
            if old.shape.form is not new.shape.form:
                self._tell(Change.UNKNOWN, old.name)
            return
        if _holds_any(old.shape) or _holds_any(new.shape):
            self.result.not_compared.append(old.name)
        if _holds_region(old.shape) or _holds_region(new.shape):
            self.result.regions.append(old.name)
        self.waiting.append(_Pair(old.name, old.shape, old.word, new.shape, new.word, alone=False))
        while self.waiting:
            self._pair(self.waiting.popleft(), 0)

    # -- telling

    def _tell(
        self, change: Change, path: str | _Late, old: str | None = None, new: str | None = None, *, values: int = 1
    ) -> None:
        """Note what became of something. values: how many it has."""
        self.current.counts[change] += max(1, values)  # what stands elsewhere is none here, and still is lost
        self.result.found += 1
        if len(self.result.differences) < MAX_LISTED:
            self.result.differences.append(Difference(change, str(path), old, new, self.current.expected))

    def _shown(self, side: int, shape: Shape, word: int) -> str:
        decoder = (self.old, self.new)[side]
        try:
            value = self._of(("old", "new")[side], decoder.value, shape, word)
        except Large:
            return "(large)"
        return self.brief[side].of(shape, value)

    def _gone(self, change: Change, path: str | _Late, shape: Shape, word: int, key: int = 0) -> None:
        """Tell of a value that one side alone has. key: how many values its key is."""
        side = 0 if change is Change.LOST else 1
        shown = self._shown(side, shape, word)
        values = key + self._of(("old", "new")[side], self._count_word, side, shape, word, 0)
        self._tell(change, path, **{("old", "new")[side]: shown}, values=values)

    def _gone_value(self, change: Change, path: str | _Late, shape: Shape, value: Any) -> None:  # noqa: ANN401
        """Tell of a value that one side alone has, and that was read already."""
        side = 0 if change is Change.LOST else 1
        shown = self.brief[side].of(shape, value)
        self._tell(change, path, **{("old", "new")[side]: shown}, values=self._count(shape, value))

    def _same_type(self, old: Shape, new: Shape) -> bool:
        known = self._same.get((old, new))
        if known is None:
            known = self._same[old, new] = same(old, new)
        return known

    # -- whole values

    def _read(self, side: int, shape: Shape, word: int, path: str | _Late, *, alone: bool) -> Any:  # noqa: ANN401
        try:
            return (self.old, self.new)[side].value(shape, word, alone=alone)
        except HeapError as error:
            error.path = path + error.path
            error.where = error.where or ("old", "new")[side]
            raise

    def _pair(self, pair: _Pair, level: int) -> None:
        try:
            old = self._read(0, pair.old_shape, pair.old, pair.path, alone=pair.alone)
            new = self._read(1, pair.new_shape, pair.new, pair.path, alone=pair.alone)
        except Large:
            if level > _MAX_LEVELS:
                msg = f"large values are nested deeper than {_MAX_LEVELS} levels"
                raise TooMuch(msg, path=str(pair.path)) from None
            self._part_by_part(pair, level + 1)
            return
        self._values(pair.path, pair.old_shape, old, pair.new_shape, new)

    def _values(self, path: str | _Late, old_shape: Shape, old: Any, new_shape: Shape, new: Any) -> None:  # noqa: ANN401
        if self._same_type(old_shape, new_shape) and old == new:
            self.current.values += self._count(old_shape, old)
        else:
            self._differ(path, old_shape, old, new_shape, new)

    def _differ(
        self,
        path: str | _Late,
        old_shape: Shape,
        old: Any,  # noqa: ANN401
        new_shape: Shape,
        new: Any,  # noqa: ANN401
    ) -> None:
        """Say how two values differ that are not equal as a whole."""
        if isinstance(old, Ref) or isinstance(new, Ref):
            self._references(path, old_shape, old, new_shape, new)
            return
        if old is ANY or new is ANY:
            if old is not new:
                self._tell(Change.UNKNOWN, path)
            return
        containers = self.old.container(old_shape), self.new.container(new_shape)
        if containers[0] is not None or containers[1] is not None:
            self._containers(path, old_shape, old, new_shape, new)
            return
        forms = old_shape.form, new_shape.form
        if old_shape.form is Form.PRIMITIVE and old_shape.name == "Null" and new_shape.form is Form.OPTION:
            forms = Form.OPTION, Form.OPTION
        if forms[0] is not forms[1]:
            self._changed(path, old_shape, old, new_shape, new)
        elif forms[0] is Form.RECORD:
            self._records(path, old_shape, old, new_shape, new)
        elif forms[0] is Form.TUPLE and len(old_shape.children) == len(new_shape.children) > 0:
            for i, (a, b) in enumerate(zip(old, new, strict=True)):
                self._values(f"{path}.{i}", old_shape.children[i], a, new_shape.children[i], b)
        elif forms[0] is Form.OPTION and old is None and new is None:
            self.current.values += 1
        elif forms[0] is Form.OPTION and old is not None and new is not None:
            self._values(path, old_shape.children[0], old[0], new_shape.children[0], new[0])
        elif forms[0] is Form.VARIANT and old.tag == new.tag:
            a, b = (s.children[s.labels.index(old.tag)] for s in (old_shape, new_shape))
            self._values(f"{path}#{old.tag}", a, old.content, b, new.content)
        elif forms[0] in _SEQUENCES:
            self._sequences(path, old_shape.children[0], old, new_shape.children[0], new)
        elif forms[0] is Form.WEAK and old is not None and new is not None:
            self._values(path, old_shape.children[0], old[0], new_shape.children[0], new[0])
        elif forms[0] is Form.WEAK and new is None:
            self._tell(Change.COLLECTED, path)
        elif old != new or not _alike(old_shape, new_shape):
            self._changed(path, old_shape, old, new_shape, new)
        else:
            self.current.values += 1

    def _changed(self, path: str | _Late, old_shape: Shape, old: Any, new_shape: Shape, new: Any) -> None:  # noqa: ANN401
        self.current.values += 1
        texts = self.brief[0].of(old_shape, old), self.brief[1].of(new_shape, new)
        self._tell(Change.CHANGED, path, *texts)

    def _records(self, path: str | _Late, old_shape: Shape, old: Any, new_shape: Shape, new: Any) -> None:  # noqa: ANN401
        after = {label: (new_shape.children[i], new[i]) for i, label in enumerate(new_shape.labels)}
        for label, shape, value in zip(old_shape.labels, old_shape.children, old, strict=True):
            found = after.pop(label, None)
            if found is None:
                self._gone_value(Change.LOST, f"{path}.{label}", shape, value)
            else:
                self._values(f"{path}.{label}", shape, value, *found)
        for label, (shape, value) in after.items():
            self._gone_value(Change.ADDED, f"{path}.{label}", shape, value)

    def _sequences(self, path: str | _Late, old_shape: Shape, old: Any, new_shape: Shape, new: Any) -> None:  # noqa: ANN401
        for i, (a, b) in enumerate(zip(old, new, strict=False)):
            self._values(f"{path}[{i}]", old_shape, a, new_shape, b)
        for i in range(len(new), len(old)):
            self._gone_value(Change.LOST, f"{path}[{i}]", old_shape, old[i])
        for i in range(len(old), len(new)):
            self._gone_value(Change.ADDED, f"{path}[{i}]", new_shape, new[i])

    def _containers(self, path: str | _Late, old_shape: Shape, old: Any, new_shape: Shape, new: Any) -> None:  # noqa: ANN401
        one, other = self.old.container(old_shape), self.new.container(new_shape)
        if one is None or other is None or _kind(one) != _kind(other):
            self._changed(path, old_shape, old, new_shape, new)
            return
        if one.key is None or other.key is None:
            assert one.value is not None  # noqa: S101 - of one kind, and lists have elements
            assert other.value is not None  # noqa: S101 - see above
            self._sequences(path, one.value, old, other.value, new)
            return
        if not _alike(one.key, other.key):
            self._changed(path, old_shape, old, new_shape, new)
            return
        paired = one.value is not None
        after = {(entry[0] if paired else entry): entry for entry in new}
        seen = {(entry[0] if paired else entry) for entry in old}
        if len(after) != len(new) or len(seen) != len(old):
            self._tell(Change.UNKNOWN, path, "a key is there twice")
            return
        for entry in old:
            key = entry[0] if paired else entry
            found = after.pop(key, None)
            step = path + key_text(one.key, key, self.brief[0])
            if found is None:
                self._tell(
                    Change.LOST, step, old=self._entry_text(0, one, entry), values=self._count_entries(one, (entry,))
                )
            else:
                self.current.values += self._count(one.key, key)
                if one.value is not None and other.value is not None:
                    self._values(step, one.value, entry[1], other.value, found[1])
        for key, entry in after.items():
            step = path + key_text(other.key, key, self.brief[1])
            self._tell(
                Change.ADDED, step, new=self._entry_text(1, other, entry), values=self._count_entries(other, (entry,))
            )

    def _entry_text(self, side: int, container: Container, entry: Any) -> str | None:  # noqa: ANN401
        return None if container.value is None else self.brief[side].of(container.value, entry[1])

    # -- what is shared, or nested deep

    def _references(self, path: str | _Late, old_shape: Shape, old: Any, new_shape: Shape, new: Any) -> None:  # noqa: ANN401
        """Put two references aside, to be compared by themselves; one object must stay one."""
        if isinstance(old, Ref) and isinstance(new, Ref):
            if old.shared and new.shared:
                forth, back = self.partner
                if (
                    forth.setdefault(old.place, new.place) != new.place
                    or back.setdefault(new.place, old.place) != old.place
                ):
                    self._tell(Change.CHANGED, path, "shared with another place", "shared with another place")
            elif old.shared or new.shared:
                self._tell(Change.CHANGED, path, *(["shared", "a copy"] if old.shared else ["by itself", "shared"]))
            key = (old.place, old.shape.number, new.place, new.shape.number)
            if key not in self.met:
                self.met.add(key)
                self.waiting.append(_Pair(_shortened(str(path)), old.shape, old.word, new.shape, new.word, alone=True))
            return
        self._tell(Change.CHANGED, path, *(["shared", "a copy"] if isinstance(old, Ref) else ["by itself", "shared"]))
        try:
            if isinstance(old, Ref):
                old = self._read(0, old.shape, old.word, path, alone=True)
            else:
                new = self._read(1, new.shape, new.word, path, alone=True)
        except Large:
            self._tell(Change.UNKNOWN, path)
            return
        self._values(path, old_shape, old, new_shape, new)

    # -- large values, part by part

    def _parts(self, side: int, shape: Shape, word: int, path: str | _Late) -> Iterator[Part]:
        try:
            yield from (self.old, self.new)[side].parts(shape, word)
        except HeapError as error:
            error.path = path + error.path
            error.where = error.where or ("old", "new")[side]
            raise

    def _part_by_part(self, pair: _Pair, level: int) -> None:
        one, other = self.old.container(pair.old_shape), self.new.container(pair.new_shape)
        parts = (
            self._parts(0, pair.old_shape, pair.old, pair.path),
            self._parts(1, pair.new_shape, pair.new, pair.path),
        )
        if one is not None or other is not None:
            if one is None or other is None or _kind(one) != _kind(other):
                self._tell(
                    Change.CHANGED, pair.path, one.name if one else "(large)", other.name if other else "(large)"
                )
            elif one.key is None or other.key is None:
                self._in_place(pair.path, *parts, level)
            elif not _alike(one.key, other.key):
                self._tell(Change.CHANGED, pair.path, one.name, f"{other.name} with keys of another type")
            else:
                self._join(str(pair.path), one, other, *parts, level)
        elif pair.old_shape.form is not pair.new_shape.form:
            self._tell(Change.CHANGED, pair.path, "(large)", "(large)")
        elif pair.old_shape.form in _SEQUENCES:
            self._in_place(pair.path, *parts, level)
        else:
            self._by_step(pair.path, *parts, level)

    def _in_place(self, path: str | _Late, old: Iterator[Part], new: Iterator[Part], level: int) -> None:
        for a, b in zip_longest(old, new):
            if a is None:
                self._gone(Change.ADDED, path + b.step, b.shape, b.word)
            elif b is None:
                self._gone(Change.LOST, path + a.step, a.shape, a.word)
            else:
                self._two(path, a, b, a.step, level)

    def _by_step(self, path: str | _Late, old: Iterator[Part], new: Iterator[Part], level: int) -> None:
        after = {part.step: part for part in new}
        for part in old:
            found = after.pop(part.step, None)
            if found is None:
                self._gone(Change.LOST, path + part.step, part.shape, part.word)
            else:
                self._two(path, part, found, "" if part.kind == "content" else part.step, level)
        for part in after.values():
            self._gone(Change.ADDED, path + part.step, part.shape, part.word)

    def _two(self, path: str | _Late, a: Part, b: Part, step: str, level: int) -> None:
        self._pair(_Pair(path + step, a.shape, a.word, b.shape, b.word, alone=False), level)

    def _join(  # what is paired, of both sides
        self, path: str, one: Container, other: Container, old: Iterator[Part], new: Iterator[Part], level: int
    ) -> None:
        """Pair entries by their keys, in whatever order the two sides have them."""
        shapes = one.key, other.key
        assert shapes[0] is not None  # noqa: S101 - asked before
        assert shapes[1] is not None  # noqa: S101 - of one kind
        key_shape, keys = shapes[0], (shapes[0], shapes[1])
        waiting = Pending(), Pending()

        def meet(key: Any, old_word: int, new_word: int) -> None:  # noqa: ANN401
            self.current.values += self._count(key_shape, key)
            if one.value is not None and other.value is not None:
                step = _Late(path, key_shape, key, self.brief[0])
                self._pair(_Pair(step, one.value, old_word, other.value, new_word, alone=False), level)

        try:
            for a, b in zip_longest(old, new):
                if a is not None and b is not None and a.key == b.key:
                    meet(a.key, a.word, b.word)
                    continue
                for side, part in ((0, a), (1, b)):
                    if part is None:
                        continue
                    found = waiting[1 - side].take(part.key)
                    step = _Late(path, keys[side], part.key, self.brief[side])
                    if found is not None:
                        meet(part.key, *((part.word, found) if side == 0 else (found, part.word)))
                    elif not waiting[side].put(part.key, part.word, str(step)):
                        self._tell(Change.UNKNOWN, step, "a key is there twice")
            for change, left, container in ((Change.LOST, waiting[0], one), (Change.ADDED, waiting[1], other)):
                of_key = self._fixed_count(keys[0 if container is one else 1]) or 1
                for text, word in left.steps():
                    if container.value is None:
                        self._tell(change, text, values=of_key)
                    else:
                        self._gone(change, text, container.value, word, of_key)
        finally:
            for pending in waiting:
                pending.close()

    # -- counting

    def _count(self, shape: Shape, value: Any) -> int:  # noqa: ANN401 - one branch a form
        """Return how many values a value is: leaves. An empty option, array or container is one."""
        fixed = self._fixed_count(shape)
        if fixed is not None:
            return fixed
        if isinstance(value, Ref):
            return 0  # it is counted by itself
        form = shape.form
        container = self.old.container(shape)
        if container is not None:
            return self._count_entries(container, value)
        if form is Form.OPTION:
            return 1 if value is None else self._count(shape.children[0], value[0])
        if form is Form.VARIANT:
            return max(1, self._count(shape.children[shape.labels.index(value.tag)], value.content))
        if form in _SEQUENCES:
            fixed = self._fixed_count(shape.children[0])
            if fixed is not None:
                return max(1, fixed * len(value))
            return max(1, sum([self._count(shape.children[0], v) for v in value]))
        return sum([self._count(c, v) for c, v in zip(shape.children, value, strict=True)])

    def _count_word(self, side: int, shape: Shape, word: int, level: int) -> int:
        """Return how many values a value is that may be too large to be read at once."""
        decoder = (self.old, self.new)[side]
        try:
            return self._count(shape, decoder.value(shape, word))
        except Large:
            if level > _MAX_LEVELS:
                msg = f"large values are nested deeper than {_MAX_LEVELS} levels"
                raise TooMuch(msg) from None
        container = decoder.container(shape)
        key = 0 if container is None or container.key is None else self._fixed_count(container.key) or 1
        total = 0
        for part in decoder.parts(shape, word):
            total += key + (0 if part.kind == "item" else self._count_word(side, part.shape, part.word, level + 1))
        return total

    def _count_entries(self, container: Container, value: Any) -> int:  # noqa: ANN401
        shapes = [s for s in (container.key, container.value) if s is not None]
        fixed = [self._fixed_count(s) for s in shapes]
        if None not in fixed:
            return max(1, len(value) * sum(f for f in fixed if f is not None))
        if len(shapes) == 1:
            return max(1, sum([self._count(shapes[0], v) for v in value]))
        return max(1, sum([self._count(shapes[0], k) + self._count(shapes[1], v) for k, v in value]))

    def _fixed_count(self, shape: Shape) -> int | None:
        """Return how many values every value of a shape is, None where it depends."""
        if shape not in self._fixed:
            self._fixed[shape] = None  # also what a shape that contains itself finds
            self._fixed[shape] = self._fixed_made(shape)
        return self._fixed[shape]

    def _fixed_made(self, shape: Shape) -> int | None:
        if shape.form is Form.ANY:
            return 0
        if shape.form in _COUNTED:
            return 1
        if self.old.container(shape) is not None or shape.form in _SEQUENCES or (shape.is_mutable and self._any_shared):
            return None
        below = [self._fixed_count(c) for c in shape.children]
        if None in below:
            return None
        counts = [b for b in below if b is not None]
        if shape.form in (Form.OPTION, Form.VARIANT):
            return 1 if all(c <= 1 for c in counts) else None
        return sum(counts) if counts else 1

    @property
    def _any_shared(self) -> bool:
        return bool(self.old.shared or self.new.shared)


def _alike(old: Shape, new: Shape) -> bool:
    """Tell whether equal values of two types mean the same: fields and tags have their places, numbers their kind."""
    seen: set[tuple[int, int]] = set()
    todo = [(old, new)]
    while todo:
        a, b = todo.pop()
        if (id(a), id(b)) in seen:
            continue
        seen.add((id(a), id(b)))
        if a.form is not b.form or (a.name != b.name and (a.name, b.name) != ("Nat", "Int")):
            return False
        if a.form is Form.VARIANT:
            after = dict(zip(b.labels, b.children, strict=True))
            todo += [(c, after[n]) for n, c in zip(a.labels, a.children, strict=True) if n in after]
        elif a.labels != b.labels or len(a.children) != len(b.children):
            return False
        else:
            todo += zip(a.children, b.children, strict=True)
    return True


def _holds_any(shape: Shape) -> bool:
    """Tell whether something of type `Any` can be in a value."""
    return _holds(shape, lambda one: one.form is Form.ANY)


def _holds_region(shape: Shape) -> bool:
    """Tell whether a Region can be in a value: what it holds is in stable memory, which is not compared."""
    return _holds(shape, lambda one: one.form is Form.PRIMITIVE and one.name == "Region")


def _holds(shape: Shape, is_it: Callable[[Shape], bool]) -> bool:
    seen, todo = {shape}, [shape]
    while todo:
        at = todo.pop()
        if is_it(at):
            return True
        new = [child for child in at.children if child not in seen]
        seen.update(new)
        todo += new
    return False


def _kind(container: Container) -> tuple[bool, bool]:
    return container.key is not None, container.value is not None


def _shortened(path: str) -> str:
    return path if len(path) <= _MAX_PATH else f"{path[: _MAX_PATH // 2]}…{path[-_MAX_PATH // 4 :]}"
