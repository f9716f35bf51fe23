"""What keeps copies and compares values during a run; a plan that asks for one that is not there does not run."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from migrator.context import Context


class Keeper(Protocol):
    """Keeps a copy of something."""

    def __call__(self, at: Context) -> str:
        """Keep it, and return where it is. Called again after a stop, it goes on or begins anew. Raises CtxError."""


class Compared(NamedTuple):
    """What a comparison of values found. values: how many. lost, changed, added: paths; of many, the first."""

    values: int
    lost: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    added: int = 0


class Comparer(Protocol):
    """Compares the values of the stopped canister with those of its snapshot."""

    def __call__(self, at: Context) -> Compared:
        """Return what it found. Raises CtxError."""


class Keepers(NamedTuple):
    """files: the project's. data: what the canister lists. snapshot: that of the fact `snapshot`, brought here."""

    files: Keeper | None = None
    data: Keeper | None = None
    snapshot: Keeper | None = None
    compare: Comparer | None = None
