"""An embedded Internet Computer: real canisters, and the HTTP interface that real clients speak.

Importing the package loads nothing of it; each part is imported where it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from replica.api import Replica
    from replica.errors import Reject

__all__ = ["Reject", "Replica"]


def __getattr__(name: str) -> object:
    if name == "Replica":
        from replica.api import Replica  # noqa: PLC0415 - see above

        return Replica
    if name == "Reject":
        from replica.errors import Reject  # noqa: PLC0415

        return Reject
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
