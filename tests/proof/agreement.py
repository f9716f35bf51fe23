"""Ask ctxcheck and the official checkers about the same random pairs and count how often they agree."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from tests.generators import candid, stable
from tests.generators.shrink import CANDID, STABLE, Language, shrink
from tests.oracles.oracle import CandidOracle, StableAnswer, StableOracle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tests.generators.tree import Pair

BATCH = 200
TRAP, UNDECIDED = "trap", "undecided"

# The share of pairs on which no answer is to be had from one of the two; more than this and a run proves too little.
UNANSWERED = 0.001

# The codes that `moc --stable-compatible` gives two valid signatures. Any other one says that a file is invalid.
RELATION_CODES = frozenset({"M0169", "M0170", "M0216", "M0255", "M0263"})

# Smallest pairs are shown of this many disagreements: one defect mostly shows on many pairs.
SHRUNK = 3


def our_candid(old: str, new: str) -> str:
    """Return what ctxcheck answers about a pair: compatible, incompatible, undecided, invalid-new or invalid-old.

    An error that is none of ours is an answer too, and never the right one.
    """
    from analyzer import ParseError, compare_candid

    try:
        report = compare_candid(old, new)
    except ParseError as error:
        return f"invalid-{error.side}"
    except Exception as error:  # noqa: BLE001 - any error here is a finding
        return f"error {type(error).__name__}"
    return _word(report.compatible)


def our_stable(old: str, new: str) -> str:
    """Return what ctxcheck answers about a pair: compatible, incompatible with its codes, undecided or invalid."""
    from analyzer import ParseError, compare_stable

    try:
        report = compare_stable(old, new)
    except ParseError:
        return "invalid"
    except Exception as error:  # noqa: BLE001 - any error here is a finding
        return f"error {type(error).__name__}"
    return " ".join((_word(report.compatible), *sorted(set(report.codes))))


def _word(compatible: bool | None) -> str:
    if compatible is None:
        return UNDECIDED
    return "compatible" if compatible else "incompatible"


def stable_word(answer: StableAnswer) -> str:
    """Return the compiler's answer in the words of `our_stable`."""
    if answer.compatible is None:
        return TRAP
    if answer.codes - RELATION_CODES:
        return "invalid"
    return " ".join((_word(answer.compatible), *sorted(answer.codes)))


class OfficialCandid(CandidOracle):
    """The official Candid checker, in the words of `our_candid`."""

    def words(self, pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
        """Yield the answer to each (old, new)."""
        return self.statuses(pairs)


class OfficialStable(StableOracle):
    """The Motoko compiler, in the words of `our_stable`."""

    def words(self, pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
        """Yield the answer to each (old, new)."""
        return map(stable_word, self.answers(pairs))


@dataclass(frozen=True, slots=True)
class Surface:
    """One of the two comparisons: how pairs are made, who answers and how pairs shrink."""

    name: str
    pair: Callable[[random.Random], Pair]
    ours: Callable[[str, str], str]
    official: Callable[[], OfficialCandid | OfficialStable]
    language: Language


SURFACES = {
    "candid": Surface("candid", candid.pair, our_candid, OfficialCandid, CANDID),
    "stable": Surface("stable", stable.pair, our_stable, OfficialStable, STABLE),
}


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A pair, the smallest one it shrank to where that was tried, and both answers."""

    surface: str
    number: int
    old: str
    new: str
    ours: str
    official: str

    def __str__(self) -> str:
        return (
            f"{self.surface} pair {self.number}: ctxcheck says {self.ours}, the official checker {self.official}\n"
            f"--- old\n{self.old}\n--- new\n{self.new}"
        )


@dataclass(slots=True)
class Tally:
    """What a run found. answers: how often the official checker gave each answer."""

    pairs: int = 0
    agree: int = 0
    traps: int = 0
    undecided: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    disagreements: list[Disagreement] = field(default_factory=list)

    @property
    def proven(self) -> bool:
        """Whether all answers agree, and nearly all pairs were answered."""
        return not self.disagreements and self.traps + self.undecided <= self.pairs * UNANSWERED

    def __str__(self) -> str:
        counts = (
            f"{self.pairs} pairs: {self.agree} agree, {len(self.disagreements)} disagree, {self.traps} traps excluded"
        )
        return f"{counts}, {self.undecided} undecided" if self.undecided else counts


def check(surface: Surface, count: int, seed: int, tally: Tally) -> Iterator[Tally]:
    """Compare `count` pairs and enter them in the tally; yield it after each batch.

    A pair depends on the seed, the surface and its own number alone. Raises OracleError when the official checker ends.
    """
    first = len(tally.disagreements)
    with surface.official() as official:
        numbers = iter(range(count))
        while batch := list(islice(numbers, BATCH)):
            pairs = [pair_of(surface, seed, number) for number in batch]
            texts = [(pair.old_text, pair.new_text) for pair in pairs]
            for number, (old, new), theirs in zip(batch, texts, official.words(texts), strict=True):
                _enter(tally, Disagreement(surface.name, number, old, new, surface.ours(old, new), theirs))
            yield tally
        shrunk = tally.disagreements[first : first + SHRUNK]
        tally.disagreements[first : first + SHRUNK] = [_shrunk(surface, seed, found, official) for found in shrunk]
        tally.disagreements[first:] = sorted(
            tally.disagreements[first:], key=lambda found: len(found.old) + len(found.new)
        )


def pair_of(surface: Surface, seed: int, number: int) -> Pair:
    """Return one pair of a run."""
    return surface.pair(random.Random(f"{seed}/{surface.name}/{number}"))


def _enter(tally: Tally, answered: Disagreement) -> None:
    tally.pairs += 1
    tally.answers[answered.official.split()[0]] += 1
    if answered.official == TRAP:
        tally.traps += 1
    elif answered.ours == answered.official:
        tally.agree += 1
    elif _sort(answered.ours) == UNDECIDED:
        # It says itself that it does not know; that is no wrong answer, but no proof either.
        tally.undecided += 1
    else:
        tally.disagreements.append(answered)


def _shrunk(
    surface: Surface, seed: int, found: Disagreement, official: OfficialCandid | OfficialStable
) -> Disagreement:
    """Return the disagreement on the smallest pair on which the two differ in the same way."""

    def theirs(old: str, new: str) -> str:
        return next(official.words([(old, new)]))

    def disagrees(old: str, new: str) -> bool:
        # Of the same sort: a pair whose verdict is wrong must not become one whose fault is not seen.
        if _sort(surface.ours(old, new)) != _sort(found.ours):
            return False
        answer = theirs(old, new)
        return _sort(answer) == _sort(found.official) and answer != surface.ours(old, new)

    old, new = shrink(pair_of(surface, seed, found.number), disagrees, surface.language)
    return Disagreement(surface.name, found.number, old, new, surface.ours(old, new), theirs(old, new))


def _sort(answer: str) -> str:
    """Return an answer without its codes."""
    return answer if answer.startswith("error") else answer.split(maxsplit=1)[0]
