"""The walk itself, the same for both surfaces: pairs of nodes, the edits at each, and the ways that lead there.

A surface says what a pair of nodes is made of (`Expand`). The walk visits each state once, keeps one shortest path for
each edit, root and polarity, and counts the others.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from analyzer.model import MAX_PATH, RANK, Polarity, Step, Verdict, step_key
from grammars.digest import sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from analyzer.rules import Entry
    from analyzer.table import Span

MAX_STEPS = 400_000  # states seen over all roots; beyond it the roots left share one walk
MAX_KEPT = 100_000  # occurrences

Steps = tuple[Step, ...]  # from one state to the next: none where a name is followed, several through `opt` and `vec`


class Part(NamedTuple):
    """One side of an edit: its type's node, None where the side has none, and where it (or what is around) stands."""

    node: int | None
    span: Span


class Finding(NamedTuple):
    """An edit where one state meets it.

    kind, label: as in Edit. old, new: the part on each side. step: the last step of the path, into the part itself.
    polarity, verdict, effect, opt_rule, breaks, clients, code: as in Occurrence. cause: which of the walk's reasons
    it is, for the rules. otherwise: the verdict where none of `clients` counts, None where that changes nothing.
    renamed_to: as in Edit.
    """

    kind: str
    old: Part
    new: Part
    label: str | None
    step: Step | None
    polarity: Polarity
    verdict: Verdict
    effect: str
    cause: str = ""
    opt_rule: bool = False
    breaks: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
    code: str | None = None
    otherwise: Verdict | None = None
    renamed_to: str | None = None

    @property
    def key(self) -> tuple[str, Part, Part, str | None]:
        """What makes it the same edit elsewhere."""
        return self.kind, self.old, self.new, self.label


@dataclass(slots=True, eq=False)
class Met:
    """An edit as one root meets it."""

    root: str
    finding: Finding
    path: tuple[Step, ...]
    more: int = 0
    rule: Entry | None = None


class Walk:
    """All states that the roots lead to, and the edits at each."""

    def __init__(
        self,
        roots: Iterable[tuple[str, Hashable]],
        expand: Callable[[Any], tuple[list[Finding], list[tuple[Steps, Any]]]],
    ) -> None:
        self.roots = list(roots)
        self._numbers: dict[Any, int] = {}
        self.findings: list[list[Finding]] = []
        self._following: list[list[tuple[Steps, int]]] = []
        pending: deque[Any] = deque()

        def number_of(state: Any) -> int:  # noqa: ANN401 - a surface's own state
            number = self._numbers.get(state)
            if number is None:
                number = self._numbers[state] = len(self._numbers)
                pending.append(state)
            return number

        self._root_numbers = [number_of(state) for _, state in self.roots]
        while pending:
            findings, following = expand(pending.popleft())
            self.findings.append(findings)
            self._following.append([(steps, number_of(state)) for steps, state in following])
        self.omitted = 0
        self._mark_dirty()

    def _mark_dirty(self) -> None:
        """Keep, of each state's ways on, those that lead to an edit."""
        before: list[list[int]] = [[] for _ in self._following]
        for number, following in enumerate(self._following):
            for _, child in following:
                before[child].append(number)
        todo = [number for number, findings in enumerate(self.findings) if findings]
        dirty = bytearray(len(self._following))
        for number in todo:
            dirty[number] = 1
        while todo:
            for parent in before[todo.pop()]:
                if not dirty[parent]:
                    dirty[parent] = 1
                    todo.append(parent)
        self._dirty = dirty
        self._following = [[way for way in ways if dirty[way[1]]] for ways in self._following]

    def met(self) -> list[Met]:
        """Return what each root meets, roots in their order, nearest first."""
        kept: list[Met] = []
        steps = 0
        for index, ((root, _), start) in enumerate(zip(self.roots, self._root_numbers, strict=True)):
            if not self._dirty[start]:
                continue
            if steps > MAX_STEPS or len(kept) > MAX_KEPT:
                return kept + self._shared(index)
            found, visited = self._from([(root, start)])
            steps += visited
            kept += found
        return kept

    def _shared(self, first: int) -> list[Met]:
        """Return one way to each edit from whichever of the roots left is nearest; what is not listed is counted."""
        rest = [
            (root, start)
            for (root, _), start in zip(self.roots[first:], self._root_numbers[first:], strict=True)
            if self._dirty[start]
        ]
        found, _ = self._from(rest)
        self.omitted += len(rest)
        return found

    def _from(self, starts: list[tuple[str, int]]) -> tuple[list[Met], int]:
        came: dict[int, tuple[int, Steps] | None] = {}
        root_of: dict[int, str] = {}
        order: list[int] = []
        for root, start in starts:
            if start not in came:
                came[start] = None
                root_of[start] = root
                order.append(start)
        best: dict[tuple[Any, ...], Met] = {}
        at: dict[tuple[Any, ...], int] = {}
        ways: dict[int, int] = {}
        for number in order:
            for finding in self.findings[number]:
                key = (finding.key, finding.polarity)
                met = best.get(key)
                if met is None or RANK[finding.verdict] > RANK[met.finding.verdict]:
                    best[key] = Met(root_of[number], finding, (), 0 if met is None else met.more + 1)
                    at[key] = number
                else:
                    met.more += 1
            for steps_on, child in self._following[number]:
                ways[child] = ways.get(child, 0) + 1
                if child not in came:
                    came[child] = (number, steps_on)
                    root_of[child] = root_of[number]
                    order.append(child)
        for key, met in best.items():
            met.path = _path(at[key], came, met.finding.step)
            met.more += max(0, ways.get(at[key], 1) - 1)
        return list(best.values()), len(order)


def _path(number: int, came: dict[int, tuple[int, Steps] | None], last: Step | None) -> tuple[Step, ...]:
    """Return the steps from the root to a state and into the part; the middle of a very long path is counted."""
    steps = [] if last is None else [last]
    link = came[number]
    while link is not None:
        number, passed = link
        steps += reversed(passed)
        link = came[number]
    if len(steps) > MAX_PATH:
        half = MAX_PATH // 2
        left_out = steps[half:-half]
        digest = sha256("".join(map(step_key, left_out)).encode()).hexdigest()
        steps[half:-half] = [Step("elided", digest[:16], len(left_out))]
    return tuple(reversed(steps))
