"""Floats of 32 bits, which Python has none of."""

from __future__ import annotations

import math
import struct


def single(value: float) -> float:
    """Return the float32 that is nearest."""
    try:
        return float(struct.unpack("<f", struct.pack("<f", value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)
