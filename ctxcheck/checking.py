"""What `check` and `accept` do: find the two sides, the canisters that a change may touch, and compare them."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from analyzer.sources.affected import affected, private
from analyzer.sources.base import Sides, sides
from analyzer.sources.cache import open_cache
from analyzer.sources.callers import callers_of
from analyzer.sources.checked import checked
from analyzer.sources.compiler import find
from analyzer.sources.decisions import Decisions, read_decisions
from analyzer.sources.imports import normal
from ctxcheck import __version__
from ctxcheck.comparison import Asked, compared

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import PurePath

    from analyzer.compare.versions import ChangeSet
    from analyzer.policy.gate import Callers, Judged


class Checked(NamedTuple):
    """What a check found. private: files that must not be committed. untouched: canisters that were not compared."""

    sides: Sides
    changes: ChangeSet
    judged: Judged | None
    decisions: Decisions
    private: list[str]
    untouched: int


class Call(NamedTuple):
    """The options of `ctxcheck check`; None and empty: not given."""

    canisters: Sequence[str] = ()
    base: str | None = None
    staged: bool = False
    head: str | None = None
    everything: bool = False
    fetch_compiler: bool = False
    profile: str | None = None
    policy: str | None = None
    run: bool = False


def check(call: Call) -> Checked:
    """Compare the canisters that a change may touch. Raises UsageError, SourceError, ParseError."""
    decided = read_decisions()
    found = sides(asked=call.base, baseline=decided.config.baseline, index=call.staged, head=call.head)
    deployed = _deployed(found, decided)
    touched = affected(found, deployed, everything=call.everything or bool(call.canisters))
    names = {*(touched.old.targets if touched.old else ()), *(touched.new.targets if touched.new else ())}
    decided.config.unknown_canisters({*names, *touched.all_texts})
    if call.fetch_compiler and touched.programs and find(Path(found.base.top)) is None:
        from analyzer.sources.install import install_compiler  # noqa: PLC0415 - it is there already, mostly

        install_compiler()
    versions = checked(found, touched, deployed, call.canisters, open_cache(__version__), run=call.run)

    @cache
    def calls(method: str) -> Callers:
        return callers_of(found.new, method, found.changed)

    changes, judged = compared(versions, Asked(call.profile, call.policy), decided, calls)
    return Checked(found, changes, judged, decided, private(found.new), touched.untouched)


def _deployed(found: Sides, decided: Decisions) -> PurePath:
    """Return the folder of what is deployed, in the repository: as configured from the folder of decisions."""
    top = Path(found.base.top).resolve()
    folder = Path(os.path.normpath(decided.folder.resolve() / decided.config.deployed))
    inside = folder.relative_to(top) if folder.is_relative_to(top) else folder
    return normal(type(found.base.prefix)(inside))
