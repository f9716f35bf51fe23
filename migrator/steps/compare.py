"""Compare the values of the stopped canister with those of its snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrator.failures import StepFailed
from migrator.steps import Plain

if TYPE_CHECKING:
    from migrator.context import Context
    from migrator.plan.model import Target

_SHOWN = 5


class Compare(Plain):
    """None is lost or changed but what a migration may change."""

    def describe(self, _target: Target) -> list[str]:
        """Return what it will do."""
        return ["compare all values with those of the snapshot"]

    def run(self, at: Context) -> None:
        """Compare. Raises StepFailed."""
        if at.keepers.compare is None:
            msg = "nothing here compares values"
            raise StepFailed(msg, hint="plan without state_compare")
        found = at.keepers.compare(at)
        if found.report is not None:
            at.fact(comparison=dict(found.report))
        if found.lost or found.changed:
            paths = ", ".join((*found.lost, *found.changed)[:_SHOWN])
            msg = f"not all is kept ({len(found.lost)} lost, {len(found.changed)} changed): {paths}"
            hint = "the snapshot is put back; look at the migration function"
            if at.progress.outcome:  # others write since: nothing is undone by itself
                hint = (
                    f"ctxcheck rollback {at.state.run} --discard-writes puts the snapshot back, without what is newer"
                )
            raise StepFailed(msg, hint=hint)
        values = None if found.report is None else found.values
        at.fact(compared=values, added=found.added, unseen=list(found.unseen[:_SHOWN]))
        unseen = f"; of type Any, and not compared: {', '.join(found.unseen[:_SHOWN])}" if found.unseen else ""
        words = found.summary or f"{found.values:,} values compared, none lost, {found.added:,} added"
        at.told(f"{words}{unseen}")
        if found.by_migration:
            more = ", ..." if len(found.by_migration) > _SHOWN else ""
            at.told(f"taken or changed by the migration: {', '.join(found.by_migration[:_SHOWN])}{more}")


STEP = Compare()
