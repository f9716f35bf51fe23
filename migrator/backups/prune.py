"""Which backups may go, and taking them away with the pieces that no other one needs."""

from __future__ import annotations

import json
import secrets
import time
from shutil import rmtree
from typing import TYPE_CHECKING, NamedTuple

from analyzer.errors import CtxError
from migrator.backups.download import LOG
from migrator.backups.files import DRAFT
from migrator.backups.listing import COMPLETE, UNVERIFIED
from migrator.backups.manifest import COMPLETE as WORD
from migrator.backups.manifest import MANIFEST, read_manifest
from migrator.backups.writers import alone

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from migrator.backups.listing import Backup
    from migrator.backups.store import Store

_LEFT_BEHIND = 24 * 3600  # seconds after which a draft is nobody's work any more
_GOING = ".going"


class Pruned(NamedTuple):
    """freed: bytes of pieces. kept_all: why no piece was taken away, None where those without a backup were."""

    freed: int
    kept_all: str | None


def to_prune(backups: Sequence[Backup], *, keep_last: int, older_than: int | None, now: int) -> list[Backup]:
    """Return the backups that may go, the newest first: those with enough newer ones, and older (ns) than asked.

    Enough are `keep_last` complete ones of the same kind; of a snapshot, of the same canister and network; of data, for
    each listing of each canister that is in it, so many that have it too: a newer one that could not be had replaces
    nothing. One that is damaged or unfinished counts for nothing, and goes by the same rule: it may be the last there
    is. Those of other tools are never ours to take away.
    """
    complete = [one for one in backups if one.state == COMPLETE]

    def enough(one: Backup) -> bool:
        newer = [other for other in complete if other.kind == one.kind and other.time > one.time]
        if one.kind == "data":
            # What a damaged one had cannot be read: all that any other has.
            holds = one.holds or frozenset().union(*(other.holds for other in complete))
            counts = [sum(item in other.holds for other in newer) for item in holds]
            return min([len(newer), *counts]) >= keep_last
        if one.kind == "files":
            return len(newer) >= keep_last
        if one.state == COMPLETE:
            return sum(other.subject == one.subject for other in newer) >= keep_last
        # What it was of cannot be read: every canister of its name has to have enough.
        subjects = {other.subject for other in complete if other.canister == one.canister}
        counts = [sum(other.subject == subject for other in newer) for subject in subjects]
        return min(counts, default=0) >= keep_last

    return [
        one
        for one in sorted(backups, key=lambda one: -one.time)
        if one.state != UNVERIFIED and enough(one) and (older_than is None or now - one.time > older_than)
    ]


def prune(backups: Sequence[Backup], folder: Path, store: Store) -> Pruned:
    """Take backups away, and the pieces that no other one names. Raises BusyError: one is being made; OSError."""
    with alone(store.folder):
        for one in backups:
            if one.path.is_dir():
                going = one.path.with_name(f".{one.name}.{secrets.token_hex(4)}{_GOING}")
                one.path.rename(going)  # half of a backup is never seen as one
                rmtree(going)
            else:
                one.path.unlink(missing_ok=True)
        _sweep(folder)
        return collect(folder, store)


def _sweep(folder: Path) -> None:
    """Take away what killed processes left behind."""
    if not folder.is_dir():
        return
    for path in folder.glob(".*"):
        if path.name.endswith(_GOING) or (
            path.name.endswith(DRAFT) and time.time() - path.stat().st_mtime > _LEFT_BEHIND
        ):
            rmtree(path)


def collect(folder: Path, store: Store) -> Pruned:
    """Take away the pieces that no backup names, and none while there is a backup that does not tell which it needs.

    To be called while nobody writes.
    """
    named: set[str] = set()
    for path in folder.glob("snapshot-*") if folder.is_dir() else ():
        found = _named(path)
        if found is None:
            return Pruned(0, f"{path.name} does not tell which pieces it needs")
        named |= found
    freed = sum(store.drop(name) for name in list(store.names()) if name not in named)
    return Pruned(freed + store.drop_drafts(), None)


def _named(path: Path) -> set[str] | None:
    """Return the pieces that a backup names, finished or not; None where it does not tell."""
    if (path / MANIFEST).exists() and (path / WORD).exists():
        try:
            return read_manifest(path).names()
        except CtxError:
            return None  # somebody may want to mend it
    names: set[str] = set()
    try:
        lines = (path / LOG).read_text("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return None if (path / MANIFEST).exists() else names
    except OSError:
        return None
    for line in lines[1:]:
        try:
            _, _, found, _ = json.loads(line)
            names |= {name for name in found if name is not None}
        except (ValueError, TypeError, RecursionError):
            continue  # the line that was being written
    return names
