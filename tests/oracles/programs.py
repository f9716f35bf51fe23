"""The Motoko compiler, asked what programs keep."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from tests.oracles.oracle import FOLDER, Oracle

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


class Kept(NamedTuple):
    """stable: the `.most` text, None of a program that does not compile. codes: of its errors."""

    stable: str | None
    codes: tuple[str, ...]


def kept(programs: Iterable[Mapping[str, str]], main: str = "main.mo") -> Iterator[Kept]:
    """Yield what the compiler makes of each program, given as the texts of its files by their paths."""
    with Oracle(FOLDER / "programs.mjs") as oracle:
        for answer in oracle.ask({"files": json.dumps(files), "main": main} for files in programs):
            yield Kept(answer["stable"], tuple(answer["codes"]))
