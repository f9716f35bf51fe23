"""What a canister lists, asked of copies of its snapshots in the embedded network: nobody writes to those."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from migrator.failures import StepFailed
from migrator.kept import kept
from replica import Reject, Replica
from replica.snapshots.directory import read_directory

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrator.backups.image import SnapshotImage


def listed_before_and_after(
    did: str, calls: Mapping[str, bytes], before: SnapshotImage, after: SnapshotImage, *, cache: Path | None = None
) -> tuple[int, list[str]]:
    """Ask both copies, and return how many entries there were, and in words which listings lack some of them.

    did: the old interface. calls: arguments by the names of queries. cache: of compiled modules. A query that the old
    version does not answer is not compared. Raises DamagedError, SourceError, StepFailed: a copy does not load.
    """
    olds, news = (_replies(image, calls, cache) for image in (before, after))
    count, lacking = 0, []
    for name in calls:
        old, new = olds[name], news[name]
        if old is None:
            continue
        if new is None:
            lacking.append(f"{name}: the new version does not answer")
            continue
        try:
            found = kept(did, name, old, new)
        except ValueError as error:
            lacking.append(f"{name}: old clients cannot read it: {error}")
            continue
        count += found.before
        if found.missing:
            lacking.append(f"{name}: {found.missing:,} of {found.before:,} entries are not as they were")
    return count, lacking


def _replies(image: SnapshotImage, calls: Mapping[str, bytes], cache: Path | None) -> dict[str, bytes | None]:
    with tempfile.TemporaryDirectory(prefix="ctxcheck-") as place, Replica(cache=cache, fakes=False) as network:
        folder = Path(place) / "snapshot"
        image.materialise(folder)
        canister = network.create()
        try:
            network.load(canister, read_directory(folder))
        except Reject as error:
            msg = f"a copy of the snapshot does not load: {error.message}"
            raise StepFailed(msg, where=image.folder.name) from None
        return {name: _asked(network, canister, name, argument) for name, argument in calls.items()}


def _asked(network: Replica, canister: str, name: str, argument: bytes) -> bytes | None:
    try:
        return network.query(canister, name, argument)
    except Reject:
        return None
