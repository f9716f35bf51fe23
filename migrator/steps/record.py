"""Write into the project what runs now, and a line into its history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrator.steps import Plain

if TYPE_CHECKING:
    from migrator.context import Context
    from migrator.plan.model import Target


class Record(Plain):
    """Files that are committed; undone where they still are what was written."""

    def describe(self, _target: Target) -> list[str]:
        """Return what it will do."""
        return ["write deployed/ and the history"]

    def run(self, at: Context) -> None:
        """Write them."""
        if at.keepers.record is not None:
            at.keepers.record.write(at)

    def undo(self, at: Context) -> None:
        """Put back what was there."""
        if at.keepers.record is not None:
            at.keepers.record.put_back(at)


STEP = Record()
