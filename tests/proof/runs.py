"""Cut runs off at every point there is, by SIGKILL or in place, and go on with them: each has to end as one that was not.

A point is before or after a line of the journal, before, inside or after a request, before or after a request is kept.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from analyzer.candid.principal import Principal
from migrator.network.operations import NetworkOperations
from migrator.recover import diagnose
from tests.migrator.killing import Killed, Points, counted
from tests.migrator.live import place
from tests.migrator.trial import SAFE, TRAPS, WRONG, Trial, counted_points, kill, seen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.migrator.live import Place

EXPECTED = {SAFE: ("committed", 0), WRONG: ("rolled back", 8), TRAPS: ("refused", 5)}


class Ended(NamedTuple):
    """How a run ended that was cut off at a point, and gone on with. state: as seen without its journal."""

    version: str
    point: int
    what: str
    state: str
    wrong: str


def ends(count: int | None, *, by_signal: bool) -> Iterator[Ended]:
    """Give how runs end. count: of points of each kind of run, spread evenly; None: all. by_signal: of a process."""
    with place() as there, tempfile.TemporaryDirectory() as folder:
        for version in EXPECTED:
            total, grown = counted_points(there, Path(folder) / version, version)
            step = 1 if count is None else max(1, total // count)
            for point in range(0, total, step):
                yield _ended(there, Path(folder) / f"{version}-{point}", version, point, grown, by_signal=by_signal)


def _ended(there: Place, folder: Path, version: str, point: int, grown: int, *, by_signal: bool) -> Ended:
    trial = Trial(there, folder, version)
    what = f"point {point}"
    if by_signal:
        kill(there, trial, folder, point)
    else:
        points = Points(point)
        try:
            with counted(points):
                trial.orchestrator().run()
        except Killed:
            pass
        what = points.passed[-1]
    diagnosis = diagnose(seen(trial), "-n test")
    status = trial.status().status
    wrong = []
    if (diagnosis.state == "running") != (status == "running"):
        wrong.append(f"recover says {diagnosis.state}, and it is {status}")
    if not any(one.safe for one in diagnosis.commands):
        wrong.append(f"recover knows nothing safe to do when it is {diagnosis.state}")
    if not trial.has_run:
        return Ended(version, point, what, diagnosis.state, "; ".join(wrong))
    outcome = trial.orchestrator().resume(trial.run)
    word, code = outcome.targets[0].word, outcome.exit_code
    if (word, code) != EXPECTED[version]:
        wrong.append(f"it ends {word} ({code})")
    if trial.grown() != grown:
        wrong.append(f"the version grew by {trial.grown()}, not {grown}: something was done twice, or not")
    try:
        trial.whole(new=word == "committed")
    except AssertionError as error:
        wrong.append(f"it is not whole: {error}")
    left = len(NetworkOperations(there.agent).snapshots(Principal.parse(trial.canister).raw))
    if left > 1:
        wrong.append(f"{left} snapshots are left")
    return Ended(version, point, what, diagnosis.state, "; ".join(wrong))


def lines(count: int | None, *, by_signal: bool, broken: list[str]) -> Iterator[str]:
    """Give what a proof prints. broken: takes what is wrong."""
    tally: Counter[tuple[str, str]] = Counter()
    for one in ends(count, by_signal=by_signal):
        tally[one.version, one.state] += 1
        if one.wrong:
            broken.append(one.wrong)
            yield f"{one.version} cut off at {one.point} ({one.what}): {one.wrong}"
    for (version, state), number in sorted(tally.items()):
        yield f"{version}: {number} cut off when it was {state}"
    yield f"{tally.total()} runs cut off, {len(broken)} did not end as they should"
