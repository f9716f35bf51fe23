"""Random programs: what is told of them without a compiler is what the compiler makes of them."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple

from analyzer.compare.stable import compare_signatures
from analyzer.errors import ParseError, SourceError
from analyzer.motoko.parse import parse_stable
from analyzer.motoko.source.program import Program
from analyzer.motoko.source.signature import Doubt, signature_text
from tests.generators.motoko import program
from tests.oracles.programs import kept

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analyzer.motoko.types import StableSignature

ANY = "S403"  # a variable of type Any is reset even where both sides are the same


class Told(NamedTuple):
    """answers: how often each thing was said. wrong: the files of each program of which something else was told."""

    answers: Counter[str]
    wrong: list[str]


def told(files: Mapping[str, str], main: str = "main.mo") -> str:
    """Return what a program of some files keeps, as `.most` text. Raises Doubt, ParseError."""

    def read(path: PurePath) -> str:
        if str(path) not in files:
            msg = "there is no such file"
            raise SourceError(msg, where=str(path))
        return files[str(path)]

    return signature_text(Program(PurePath(main), read, str))


def same(one: StableSignature, other: StableSignature) -> bool:
    """Tell whether two signatures keep the same, structurally, in both directions."""
    names = [[(field.name, field.mutable) for field in side.post] for side in (one, other)]
    edits = [edit for pair in ((one, other), (other, one)) for edit in compare_signatures(*pair).edits]
    return names[0] == names[1] and all(o.rule == ANY for edit in edits for o in edit.occurrences)


def tell(seed: int, count: int) -> Told:
    """Compile random programs and compare."""
    rng = random.Random(seed)
    programs = [program(rng).files for _ in range(count)]
    result = Told(Counter(), [])
    for files, compiled in zip(programs, kept(programs), strict=True):
        try:
            signature = parse_stable(told(files))
        except (Doubt, ParseError):
            result.answers["in doubt" if compiled.stable is not None else "refused by both"] += 1
            continue
        if compiled.stable is None:
            # What moc refuses for a fault that has nothing to do with what is stored may be told.
            result.answers[f"refused by moc alone ({', '.join(compiled.codes)[:40]})"] += 1
        elif same(signature, parse_stable(compiled.stable)):
            result.answers["the same"] += 1
        else:
            result.answers["different"] += 1
            result.wrong.append("\n\n".join(f"// {path}\n{text}" for path, text in files.items()))
    return result
