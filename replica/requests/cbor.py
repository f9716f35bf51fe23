"""Reading CBOR that anybody may have sent, within bounds.

Requests use little of CBOR (interface spec, "CBOR" and the CDDL of requests): numbers, bytes, text, arrays, maps, null,
one tag. A general decoder reads much more for whoever asks it to, such as shared references, big decimals and regular
expressions, and what it reads depends on its version. This one reads that little, and refuses the rest by name.
"""

from __future__ import annotations

from typing import TypeAlias

Item: TypeAlias = "int | bytes | str | bool | list[Item] | dict[str, Item] | None"

MAX_DEPTH = 16  # an envelope with delegations nests five deep
MAX_ITEMS = 200_000  # 1000 paths of 127 labels, which the spec allows, are 128,000
SELF_DESCRIBED = 55799

_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP, _TAG, _SIMPLE = range(8)
_KINDS = ("number", "negative number", "bytes", "text", "array", "map", "tag", "simple value")
_INLINE = 24  # a smaller number stands in the first byte itself
_SIZES = {24: 1, 25: 2, 26: 4, 27: 8}
_INDEFINITE = 31
_BREAK = 0xFF
_SIMPLES = {20: False, 21: True, 22: None, 23: None}  # false, true, null, undefined


class Malformed(ValueError):
    """The bytes are not what a request looks like; the text says where and why."""


def read(data: bytes) -> Item:
    """Return the one item that the bytes hold, without its tag. Raises Malformed, whatever the bytes are."""
    reader = _Reader(data)
    item = reader.item(0)
    if reader.at != len(data):
        msg = f"{len(data) - reader.at} bytes follow the end of the CBOR item"
        raise Malformed(msg)
    return item


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.at = 0
        self._data = data
        self._items = 0

    def item(self, depth: int) -> Item:
        self._items += 1
        if self._items > MAX_ITEMS:
            raise _malformed(self.at, f"more than {MAX_ITEMS} items")
        if depth > MAX_DEPTH:
            raise _malformed(self.at, f"nested more than {MAX_DEPTH} deep")
        kind, info = divmod(self._byte(), 32)
        if kind == _SIMPLE:
            if info not in _SIMPLES:
                raise _malformed(self.at, "a float or an unknown simple value")
            return _SIMPLES[info]
        size = self._argument(kind, info)
        if kind == _BYTES:
            return self._string(_BYTES, size)
        if kind == _TEXT:
            return self._text(self._string(_TEXT, size))
        if kind == _ARRAY:
            return self._array(size, depth)
        if kind == _MAP:
            return self._map(size, depth)
        if size is None:
            raise _malformed(self.at, f"a {_KINDS[kind]} without end")
        if kind == _UNSIGNED:
            return size
        if kind == _NEGATIVE:
            return -1 - size
        if size != SELF_DESCRIBED:
            raise _malformed(self.at, f"tag {size}")
        return self.item(depth + 1)

    def _array(self, size: int | None, depth: int) -> list[Item]:
        # Memory follows what was read, never the size that is claimed.
        items: list[Item] = []
        while not self._ended(size, len(items)):
            items.append(self.item(depth + 1))
        return items

    def _map(self, size: int | None, depth: int) -> dict[str, Item]:
        fields: dict[str, Item] = {}
        while not self._ended(size, len(fields)):
            name = self.item(depth + 1)
            if not isinstance(name, str):
                raise _malformed(self.at, "a field whose name is not text")
            if name in fields:  # two values for one name would let two readers see two requests
                raise _malformed(self.at, f"the field {name[:40]!r} twice")
            fields[name] = self.item(depth + 1)
        return fields

    def _ended(self, size: int | None, count: int) -> bool:
        if size is not None:
            return count == size
        if self._peek() != _BREAK:
            return False
        self.at += 1
        return True

    def _string(self, kind: int, size: int | None) -> bytes:
        if size is not None:
            return self._take(size)
        pieces: list[bytes] = []
        while self._peek() != _BREAK:
            self._items += 1
            if self._items > MAX_ITEMS:
                raise _malformed(self.at, f"more than {MAX_ITEMS} items")
            piece_kind, info = divmod(self._byte(), 32)
            piece = self._argument(piece_kind, info)
            if piece_kind != kind or piece is None:
                raise _malformed(self.at, f"a piece of {_KINDS[kind]} that is none")
            pieces.append(self._take(piece))
        self.at += 1
        return b"".join(pieces)

    def _argument(self, kind: int, info: int) -> int | None:
        """Return a number, length or tag; None for an indefinite length."""
        if info < _INLINE:
            return info
        if info in _SIZES:
            return int.from_bytes(self._take(_SIZES[info]), "big")
        if info == _INDEFINITE:
            return None
        raise _malformed(self.at, f"a {_KINDS[kind]} of a size that CBOR does not have")

    def _text(self, raw: bytes) -> str:
        try:
            return raw.decode()
        except UnicodeDecodeError:
            raise _malformed(self.at, "text that is not UTF-8") from None

    def _peek(self) -> int:
        if self.at >= len(self._data):
            raise _malformed(self.at, "the end of the bytes")
        return self._data[self.at]

    def _byte(self) -> int:
        byte = self._peek()
        self.at += 1
        return byte

    def _take(self, size: int) -> bytes:
        end = self.at + size
        if end > len(self._data):
            raise _malformed(self.at, f"the end of the bytes, {end - len(self._data)} too early")
        taken = self._data[self.at : end]
        self.at = end
        return taken


def _malformed(at: int, what: str) -> Malformed:
    return Malformed(f"byte {at} of the CBOR: {what}")
