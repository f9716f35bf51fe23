"""What keeps copies and compares values during a run; a plan that asks for one that is not there does not run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrator.context import Context


class Keeper(Protocol):
    """Keeps a copy of something."""

    def __call__(self, at: Context) -> str:
        """Keep it, and return where it is. Called again after a stop, it goes on or begins anew. Raises CtxError."""


class SnapshotKeeper(Protocol):
    """Brings a snapshot here."""

    def __call__(self, at: Context, fact: str) -> str:
        """Keep the snapshot whose id a fact has, and return where it is. Called again, it goes on. Raises CtxError."""


class Recorder(Protocol):
    """Writes into the project's files what runs."""

    def write(self, at: Context) -> None:
        """Write them. Called again, it writes nothing twice. Raises CtxError."""

    def put_back(self, at: Context) -> None:
        """Put back what was there before, where the files still are what was written. Raises CtxError."""


class Compared(NamedTuple):
    """What a comparison of values found. values: how many. lost, changed, added: paths; of many, the first.

    unseen: variables of type `Any`, which nothing can compare. report: `ctxcheck.state-diff/1` without any value; None:
    only what the canister lists was compared. summary: in words. by_migration: what the new version's migration took
    or changed, of many the first.
    """

    values: int
    lost: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    added: int = 0
    unseen: tuple[str, ...] = ()
    report: Mapping[str, Any] | None = None
    summary: str = ""
    by_migration: tuple[str, ...] = ()


class Comparer(Protocol):
    """Compares the values of the stopped canister with those of its snapshot."""

    def __call__(self, at: Context) -> Compared:
        """Return what it found. Raises CtxError."""


class Keepers(NamedTuple):
    """files: the project's. data: what the canister lists. snapshot: brings one here. record: what runs, in files."""

    files: Keeper | None = None
    data: Keeper | None = None
    snapshot: SnapshotKeeper | None = None
    compare: Comparer | None = None
    record: Recorder | None = None
