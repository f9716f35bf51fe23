"""What `lint` and `accept --lint` do: look at the sources, under the decisions of the project."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from analyzer.compare.versions import Canister, ChangeSet
from analyzer.errors import SourceError
from analyzer.interface import Interface
from analyzer.lint.finding import report
from analyzer.policy.gate import Gate, judge
from analyzer.policy.levels import Policy, apply
from analyzer.sources.arguments import named
from analyzer.sources.decisions import read_decisions
from analyzer.sources.lint import linted
from analyzer.sources.projects.profile import default_profile

if TYPE_CHECKING:
    from analyzer.policy.gate import Judged
    from analyzer.sources.arguments import Named


def lint(path: str = ".", base: str | None = None) -> tuple[ChangeSet, Judged]:
    """Look at a project, a folder or a program. base: the revision to compare with; None: HEAD, where there is one.

    Raises UsageError, SourceError, ParseError.
    """
    place = named(path)
    decided = read_decisions()
    canisters = []
    for one in linted(place, _base(path, place, base)):
        interface = Interface(one.name)
        canisters.append(Canister(one.name, interface, interface, [report(one.name, one.found)]))
    policy = decided.config.policy or Policy.GUIDE
    changes = ChangeSet(canisters, decided.config.profile or default_profile(), policy, linted=True)
    apply(policy, changes.occurrences)
    today = datetime.now(UTC).date()
    return changes, judge(changes, Gate(decided.config, policy, decided.accepted, today))


def _base(path: str, place: Named, base: str | None) -> Named | None:
    """Return the same place in a revision; None where it is in none."""
    if place.files.kind != "file":
        return None
    try:
        return named(f"git:{base or 'HEAD'}:{path.removeprefix('file:')}")
    except SourceError:
        if base is not None:
            raise
        return None  # no git, no commit yet, or a file that is new
