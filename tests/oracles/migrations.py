"""The Motoko compiler, asked whether suggested migrations compile, and take over what the old versions left."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from tests.oracles.oracle import FOLDER, Oracle

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from analyzer.suggest.migration import Suggestion


class Answer(NamedTuple):
    """stable: the signature of the program, None where it does not compile: for these errors. codes: against the old one."""

    stable: str | None
    errors: tuple[str, ...]
    codes: tuple[str, ...]


def files_of(suggestion: Suggestion) -> dict[str, str]:
    """Return a program of the suggested migration and an actor that keeps what the new version does."""
    if suggestion.form == "step":
        return {"main.mo": suggestion.skeleton, "migrations/20990101_000000_Suggested.mo": suggestion.module}
    head, actor, rest = suggestion.skeleton.partition("persistent actor")
    line = f'import Migration "Migration";\n(with migration = Migration.{suggestion.function})\n'
    return {"main.mo": f"{head}{line}{actor}{rest}", "Migration.mo": suggestion.module}


def answers(asked: Iterable[tuple[str, Suggestion]]) -> Iterator[Answer]:
    """Yield what the compiler says of each (old signature, suggestion). A process has one form: they are alike."""
    with Oracle(FOLDER / "migrations.mjs") as oracle:
        questions = (
            {
                "old": old,
                "files": json.dumps(files_of(one)),
                "main": "main.mo",
                "chain": "yes" if one.form == "step" else "",
            }
            for old, one in asked
        )
        for answer in oracle.ask(questions):
            yield Answer(answer["stable"], tuple(answer["errors"]), tuple(answer["codes"]))
