"""Layout version 1 of enhanced orthogonal persistence: where things are and how they are told apart.

moc, `rts/motoko-rts/src/persistence.rs`, `types.rs` and `compile_enhanced.ml`; proven on images of moc 0.16 to 1.1 and
npm motoko 3.14 to 4.10. All numbers are little-endian, a word is 8 bytes, a pointer is an address minus one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from analyzer.heap.errors import LayoutError

if TYPE_CHECKING:
    from analyzer.heap.image import Image

LIFECYCLE = 0x400000
METADATA = 0x480000
FINGERPRINT = "MOTOKO ORTHOGONAL PERSISTENCE 64".encode("utf-32-le")
VERSION = 1
_VERSION_AT, _ACTOR_AT, _PHASE_AT = METADATA + 0x80, METADATA + 0x88, METADATA + 0xA0
IDLE = 4
STATES = {4: "idle", 5: "in an update", 9: "after the pre-upgrade", 12: "being stabilised", 13: "being stabilised"}
_STABILISING = (12, 13)

# What an object is, by its first word.
OBJECT, ARRAY, VAR_ARRAY, TUPLE, FUNCTION = 1, 3, 5, 7, 9
NAT64, INT64, FLOAT, BOX, CLOSURE, SOME, VARIANT = 11, 13, 15, 17, 19, 21, 23
BLOB, TEXT, PRINCIPAL, ACTOR = 25, 27, 29, 31
BIG, ROPE, REGION, WEAK = 35, 37, 39, 45
FIRST_MARKED = 46  # an array that is being marked: its kind is in the two highest bits
TAGS = {
    1: "a record", 3: "an array", 5: "a mutable array", 7: "a tuple", 9: "a shared function", 11: "a boxed Nat64",
    13: "a boxed Int64", 15: "a Float", 17: "a mutable box", 19: "a closure", 21: "an option", 23: "a variant",
    25: "a Blob", 27: "a Text", 29: "a Principal", 31: "an actor", 35: "a big number", 37: "a Text", 39: "a Region",
    45: "a weak reference",
}  # fmt: skip
NULL = 0xFFFF_FFFF_FFFF_FFFB
UNIT = 1 << 62


class Metadata(NamedTuple):
    """What an image says of itself.

    lifecycle: see `STATES`. actor: pointer to the record of all variables, None but within an upgrade. phase: of the
    garbage collector, 0 when it rests.
    """

    lifecycle: int
    actor: int | None
    phase: int


def read_metadata(image: Image) -> Metadata:
    """Return what an image says of itself. Raises LayoutError: it is of another layout, or being stabilised."""
    if image.size <= METADATA + 0x1000:
        msg = "the image is too small for a Motoko program with enhanced orthogonal persistence"
        raise LayoutError(msg, hint="classical persistence is not read; migrate to enhanced orthogonal persistence")
    if image.bytes_at(METADATA, len(FINGERPRINT)) != FINGERPRINT:
        msg = "the image is not of a Motoko program with enhanced orthogonal persistence"
        raise LayoutError(msg, hint="programs with classical persistence and of other languages are not read")
    version = image.words[_VERSION_AT // 8]
    if version != VERSION:
        msg = f"the image is of layout version {version}, and {VERSION} is read"
        raise LayoutError(msg)
    lifecycle = image.words[LIFECYCLE // 8] & 0xFFFF_FFFF
    if lifecycle in _STABILISING:
        msg = "the program is being stabilised: its values are partly elsewhere"
        raise LayoutError(msg)
    actor = image.words[_ACTOR_AT // 8]
    return Metadata(lifecycle, actor or None, image.words[_PHASE_AT // 8] & 0xFFFF_FFFF)


def heap_hash(label: str) -> int:
    """Return by what objects and variants know a label: the field hash of Candid, of which moc keeps 31 bits."""
    value = 0
    for byte in label.encode():
        value = (value * 223 + byte) & 0x7FFF_FFFF
    return value
