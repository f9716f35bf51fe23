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


def _refuse(_value: Any, _immutable: bool) -> Any:  # noqa: ANN401, FBT001 - as the library calls it
    msg = "a tag that no answer has"
    raise ValueError(msg)


# What the library would make other values of: numbers of any size, dates, regular expressions, values that are shared.
_REFUSED = dict.fromkeys(
    (0, 1, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000), _refuse
)


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
            semantic_decoders=_REFUSED,
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
