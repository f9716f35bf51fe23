"""What an upgrade may change, as the new version's own signature says: nothing but what its migration touches."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analyzer.motoko.types import StableSignature


def may_change(old: StableSignature, new: StableSignature) -> dict[str, str]:
    """Return why a variable may be another one after the upgrade, by its name. Those not in it have to stay.

    Of an inline migration the text does not tell what it gives from what the program sets anew: all that it takes may
    change. Of a chain the steps count that come after the old version's last one.
    """
    if new.form == "prepost" and not new.sorted_halves:
        return {}  # which variables the migration takes cannot be told: none is excused
    if new.form == "prepost":
        kept = {one.name for one in new.before if not one.required}
        taken = {one.name: "the migration takes it" for one in new.before if one.required}
        given = {one.name: "the migration gives it" for one in new.post if one.name not in kept}
        return given | taken
    if new.form == "chain":
        done = old.chain[-1].label if old.chain else None
        labels = [step.label for step in new.chain]
        steps = new.chain[labels.index(done) + 1 :] if done in labels else new.chain
        return {
            one.name: f"the migration {step.label} changes it" for step in steps for one in (*step.domain, *step.range)
        }
    return {}
