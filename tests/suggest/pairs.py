"""Random old and new signatures between which a migration is needed, and what the compiler says of it."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from analyzer.errors import ParseError
from analyzer.motoko.parse import parse_stable
from analyzer.motoko.types import COMPUTED_ITEM
from analyzer.sources.carried import keep_the_same
from analyzer.suggest.convert import TooLarge
from analyzer.suggest.migration import Suggestion, suggest
from tests.generators import stable
from tests.oracles.migrations import answers, files_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.motoko.types import StableSignature


class Asked(NamedTuple):
    """A pair with the migration between its sides."""

    old: str
    new: StableSignature
    suggestion: Suggestion


class Tally(NamedTuple):
    """answers: how often each thing came of a migration. wrong: those that do not compile or are refused, as texts.

    traps: how many have a part of which no value can be written. refused: pairs that were too large to suggest for.
    """

    answers: Counter[str]
    wrong: list[str]
    traps: int
    refused: int


def pairs(seed: int, form: str, refused: list[str]) -> Iterator[Asked]:
    """Yield pairs without end. form: of the migration, `inline` or `step`. refused: takes why there was none."""
    rng = random.Random(f"{seed}/{form}")
    while True:
        pair = stable.pair(rng)
        try:
            old, new = parse_stable(pair.old_text), parse_stable(pair.new_text)
            found = suggest(old, new)
        except ParseError:
            continue
        except TooLarge as error:
            refused.append(str(error))
            continue
        if COMPUTED_ITEM in old.table.labels:
            continue  # moc takes such an `Any`, of `(x : Nat or Text)`, for another than a written one: none can name it
        if found is not None and found.form == form:
            yield Asked(pair.old_text, new, found)


def tell(seed: int, count: int, form: str) -> Tally:
    """Compile the migrations of random pairs, and ask whether each takes over what the old version left."""
    refused: list[str] = []
    source = pairs(seed, form, refused)
    asked = [next(source) for _ in range(count)]
    tally: Counter[str] = Counter()
    wrong: list[str] = []
    for one, answer in zip(asked, answers((a.old, a.suggestion) for a in asked), strict=True):
        if answer.stable is None:
            said = f"does not compile: {answer.errors[0]}"
        elif answer.codes:
            said = f"refused: {', '.join(answer.codes)}"
        elif not keep_the_same(parse_stable(answer.stable), one.new):
            said = "keeps something else"
        else:
            tally["proven"] += 1
            continue
        tally[said.partition(":")[0]] += 1
        files = "\n".join(f"// {path}\n{text}" for path, text in files_of(one.suggestion).items())
        wrong.append(f"{said}\n{one.old}\n{files}")
    traps = sum("Runtime.trap" in one.suggestion.module for one in asked)
    return Tally(tally, wrong, traps, len(refused))
