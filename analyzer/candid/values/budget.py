"""How much work a message may ask for: in proportion to its length, or a few bytes could ask for billions of values.

A `vec null` of a billion elements is five bytes long, and records of records of null double with each entry of the type
table. candid's own decoder has a quota for that too (`DecoderConfig`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.candid.types import Kind
from analyzer.candid.values.errors import DecodeError
from analyzer.graph import components

if TYPE_CHECKING:
    from analyzer.candid.types import CandidInterface

FREE = 1 << 18  # values, however short the message is
PER_BYTE = 64  # values that one byte of the message may stand for
MAX_DEPTH = 100_000  # values inside each other, as deep as texts may be nested
MAX_PAIRS = 200_000  # pairs of a type on the wire and an expected one that one message may lead to
_CAP = 1 << 40

_BYTES = {
    Kind.NULL: 0,
    Kind.RESERVED: 0,
    Kind.NAT16: 2,
    Kind.INT16: 2,
    Kind.NAT32: 4,
    Kind.INT32: 4,
    Kind.FLOAT32: 4,
    Kind.NAT64: 8,
    Kind.INT64: 8,
    Kind.FLOAT64: 8,
    Kind.PRINCIPAL: 2,
    Kind.SERVICE: 2,
    Kind.FUNC: 4,
    Kind.FUTURE: 2,
}


class Budget:
    """What is left of a message's allowance, in values made or bytes read again."""

    def __init__(self, size: int) -> None:
        self.left = FREE + PER_BYTE * size

    def spend(self, amount: int, at: int) -> None:
        """Take something out. Raises DecodeError when it is not there."""
        self.left -= amount
        if self.left < 0:
            hint = "a message this short does not hold so much; it was made to exhaust its reader"
            raise DecodeError(at, "more values than a message of this length may have", hint=hint)


class Sizes:
    """Of each type on the wire: the fewest bytes that its values have, and how many values each of them is at least."""

    def __init__(self, interface: CandidInterface) -> None:
        self.table = interface.table
        kinds = self.table.kinds
        records = {
            node: tuple([c for c in self.table.children[node] if kinds[c] == Kind.RECORD])
            for node, kind in enumerate(kinds)
            if kind == Kind.RECORD
        }
        component = components(records)
        members: dict[int, int] = {}
        for number in component.values():
            members[number] = members.get(number, 0) + 1
        # A record that has itself as a field, with nothing between that could end it, has no value.
        self.endless = {node for node, fields in records.items() if members[component[node]] > 1 or node in fields}
        self._known: dict[int, tuple[int, int]] = {}

    def of(self, node: int) -> tuple[int, int]:
        """Return (bytes, values) of a type."""
        todo = [node]
        while todo:
            at = todo[-1]
            if at in self._known:
                todo.pop()
            elif self.table.kinds[at] != Kind.RECORD or at in self.endless:
                self._known[at] = (_BYTES.get(Kind(self.table.kinds[at]), 1), 1)
            else:
                fields = self.table.children[at]
                missing = [c for c in fields if c not in self._known]
                todo += missing
                if not missing:
                    sizes = [self._known[c] for c in fields]
                    self._known[at] = min(_CAP, sum(s for s, _ in sizes)), min(_CAP, 1 + sum(v for _, v in sizes))
        return self._known[node]
