"""Random pairs of signatures: the migration that is suggested compiles, and takes over what the old version left."""

from __future__ import annotations

from tests.suggest.pairs import tell

SHARE = 5  # one in so many is a step of a chain


def lines(count: int, seed: int, wrong: list[str]) -> list[str]:
    """Return what came of `count` pairs, a line a form; what does not hold goes into `wrong`."""
    found: list[str] = []
    steps = count // SHARE
    for form, number in (("inline", count - steps), ("step", steps)):
        tally = tell(seed, number, form)
        wrong += tally.wrong
        said = ", ".join(f"{times} {what}" for what, times in tally.answers.most_common())
        found.append(
            f"seed {seed}, {number} pairs, {form}: {said}; {tally.traps} with a part of which no value can be written, "
            f"{tally.refused} more were too large"
        )
    return found
