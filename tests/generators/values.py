"""Random values of a type."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from analyzer.candid.principal import Principal
from analyzer.candid.types import Kind
from analyzer.candid.values import RESERVED, Case, FuncRef, ServiceRef, Some, Value
from analyzer.candid.witness.smallest import Smallest, keys_of

if TYPE_CHECKING:
    from random import Random

    from analyzer.candid.types import CandidInterface

TEXTS = ("", "a", "name", "é", "日本", 'a "b"\n\t\\', "🐂", "\u200b", "x" * 130)
WIDTHS = {
    Kind.NAT8: (0, 8),
    Kind.NAT16: (0, 16),
    Kind.NAT32: (0, 32),
    Kind.NAT64: (0, 64),
    Kind.INT8: (7, 7),
    Kind.INT16: (15, 15),
    Kind.INT32: (31, 31),
    Kind.INT64: (63, 63),
}


class Values:
    """Makes values of one interface's types."""

    def __init__(self, rng: Random, interface: CandidInterface) -> None:
        self._rng = rng
        self._interface = interface
        self._smallest = Smallest(interface)

    def of(self, node: int, depth: int = 5) -> Value | None:
        """Return a value; of a type without values RESERVED, which no writer takes."""
        size = self._smallest.size(node)
        if size is None:
            return RESERVED
        if depth <= 0:
            return self._smallest.value(node)
        rng, table, heads = self._rng, self._interface.table, self._interface.heads
        node = heads[node]
        kind, children = Kind(table.kinds[node]), table.children[node]
        match kind:
            case Kind.OPT:
                empty = self._smallest.size(children[0]) is None
                return None if empty or rng.random() < 0.3 else Some(self.of(children[0], depth - 1))
            case Kind.VEC:
                count = 0 if self._smallest.size(children[0]) is None else rng.choice((0, 1, 1, 2, 3))
                items = [self.of(children[0], depth - 1) for _ in range(count)]
                return bytes(items) if table.kinds[heads[children[0]]] == Kind.NAT8 else items  # type: ignore[arg-type]
            case Kind.RECORD:
                return {k: self.of(c, depth - 1) for k, c in zip(keys_of(self._interface, node), children, strict=True)}
            case Kind.VARIANT:
                cases = list(zip(keys_of(self._interface, node), children, strict=True))
                key, child = rng.choice([case for case in cases if self._smallest.size(case[1]) is not None])
                return Case(key, self.of(child, depth - 1))
            case _:
                return self._atom(kind)

    def _atom(self, kind: Kind) -> Value:
        rng = self._rng
        match kind:
            case Kind.NULL:
                return None
            case Kind.RESERVED:
                return RESERVED
            case Kind.BOOL:
                return rng.random() < 0.5
            case Kind.TEXT:
                return rng.choice(TEXTS)
            case Kind.FLOAT64:
                return rng.choice((0.0, -0.0, 1.5, 1e300, -2.5e-8, rng.uniform(-1e6, 1e6)))
            case Kind.FLOAT32:
                return float(struct.unpack("<f", struct.pack("<f", rng.uniform(-1e6, 1e6)))[0])
            case Kind.NAT:
                return rng.choice((0, 1, 127, 128, rng.getrandbits(80), rng.getrandbits(300)))
            case Kind.INT:
                return rng.choice((0, 63, 64, -64, -65, rng.getrandbits(80), -rng.getrandbits(200)))
            case Kind.PRINCIPAL:
                return self._principal()
            case Kind.SERVICE:
                return ServiceRef(self._principal())
            case Kind.FUNC:
                return FuncRef(self._principal(), rng.choice(("m", "get", "a b", "é")))
            case _:
                low, high = WIDTHS[kind]
                return rng.choice((0, (1 << high) - 1, rng.randrange(-(1 << low) if low else 0, 1 << high)))

    def _principal(self) -> Principal:
        return Principal(self._rng.randbytes(self._rng.choice((0, 1, 10, 29))))
