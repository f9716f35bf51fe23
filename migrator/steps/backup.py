"""Keep copies of the project's files, and of what the canister lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrator.steps import Plain

if TYPE_CHECKING:
    from migrator.context import Context
    from migrator.plan.model import Target


class Backup(Plain):
    """Files and data, as far as the plan asks for them."""

    def describe(self, target: Target) -> list[str]:
        """Return what it will do."""
        kinds = [kind for kind in ("files", "data") if getattr(target.backup, kind) == "yes"]
        return [f"back up {' and '.join(kinds)}"]

    def run(self, at: Context) -> None:
        """Keep what is not kept yet."""
        for kind, keeper in (("files", at.keepers.files), ("data", at.keepers.data)):
            if getattr(at.target.backup, kind) == "yes" and keeper is not None and f"backup_{kind}" not in at.facts:
                at.fact(**{f"backup_{kind}": keeper(at)})


STEP = Backup()
