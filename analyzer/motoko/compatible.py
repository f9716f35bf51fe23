"""What moc answers with `--stable-compatible OLD NEW`: whether a program may take over what another left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzer.motoko.chain import takes_over
from analyzer.motoko.relation import Relation
from analyzer.motoko.universe import Undecided, Universe

if TYPE_CHECKING:
    from analyzer.motoko.types import StableField, StableSignature

DROPPED = "M0169"  # an old variable would be discarded
NOT_SUBTYPE = "M0170"
LOSES_DATA = "M0216"  # a subtype, but data would be dropped
MISSING = "M0263"  # a migration needs a variable that the old program lacks
NO_CHAIN = "M0255"  # back from a chain of migrations to none


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable on both sides, None where a side does not have it.

    code: moc's, None where it accepts the variable. proven: False where it does so by mistake.
    """

    name: str
    old: StableField | None
    new: StableField | None
    code: str | None
    proven: bool = True


class Compatibility:
    """moc's answer.

    compatible: None where the budget ran out. codes: ascending. variables: by name, all that are on either side; none
    where the whole is refused (M0255). The nodes of `new` come first in `universe`.
    """

    def __init__(self, old: StableSignature, new: StableSignature) -> None:
        self.old = old
        self.new = new
        self.universe = Universe(new, old)
        self.variables: list[Variable] = []
        self.unsure = old.unsure or new.unsure
        if old.form == "chain" and new.form != "chain":
            self.codes = [NO_CHAIN]
            self.compatible: bool | None = False
            return
        # Two memos: what holds with loss does not hold without.
        self._plain = Relation(self.universe, stable=False)
        self._stable = Relation(self.universe, stable=True)
        try:
            self.variables = self._compare({f.name: f for f in takes_over(new, old)})
        except Undecided as why:
            self.unsure = self.unsure or str(why)
        self.codes = sorted({v.code for v in self.variables if v.code})
        self.compatible = None if self.unsure else not self.codes

    def old_node(self, field: StableField) -> int:
        """Return the node of an old variable's type in the universe."""
        return field.node + self.universe.offsets[1]

    def _compare(self, taken: dict[str, StableField]) -> list[Variable]:
        left = {field.name: field for field in self.old.post}
        return [self._variable(name, left.get(name), taken.get(name)) for name in sorted(left.keys() | taken.keys())]

    def _variable(self, name: str, old: StableField | None, new: StableField | None) -> Variable:
        if new is None:
            return Variable(name, old, new, DROPPED)
        if old is None:
            return Variable(name, old, new, MISSING if new.required else None)
        pair = self.old_node(old), new.node
        # What holds without loss holds with it, so mostly one question is enough.
        if self._stable.official(*pair):
            return Variable(name, old, new, None, self._stable.subtype(*pair))
        return Variable(name, old, new, LOSES_DATA if self._plain.official(*pair) else NOT_SUBTYPE)
