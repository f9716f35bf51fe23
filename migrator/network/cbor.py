"""CBOR from the network: bounded in size and depth, and never more than one meaning."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import cbor2

MAX_BYTES = 4 * 1024 * 1024  # of one answer: a certified reply has at most 2 MiB, a query's 3 MiB
MAX_DEPTH = 256  # containers in each other; a hash tree over all canisters of a subnet is less than 100 deep
_SELF_DESCRIBED = 55799


class Malformed(Exception):
    """Bytes that are not the CBOR that was expected."""


def decode(data: bytes) -> Any:  # noqa: ANN401 - any value of CBOR
    """Return the value of one CBOR item, self-described or not; maps and lists are as they come. Raises Malformed."""
    if len(data) > MAX_BYTES:
        msg = f"{len(data):,} bytes are too many (at most {MAX_BYTES:,})"
        raise Malformed(msg)
    try:
        decoder = cbor2.CBORDecoder(
            BytesIO(data),
            max_depth=MAX_DEPTH,
            allow_duplicate_keys=False,
            strict_hashable_types=True,
            allow_indefinite=False,
        )
        value = decoder.decode()
        if _has_more(decoder):
            msg = "something stands behind the CBOR item"
            raise Malformed(msg)
    except (cbor2.CBORDecodeError, ValueError, OverflowError, MemoryError, RecursionError) as error:
        msg = f"this is not CBOR: {str(error)[:100]}"
        raise Malformed(msg) from None
    if isinstance(value, cbor2.CBORTag):
        if value.tag != _SELF_DESCRIBED:
            msg = f"tag {value.tag} is not expected"
            raise Malformed(msg)
        return value.value
    return value


def _has_more(decoder: cbor2.CBORDecoder) -> bool:
    try:
        decoder.read(1)
    except cbor2.CBORDecodeEOF:
        return False
    return True
