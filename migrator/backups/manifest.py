"""What a snapshot backup says of itself: `ctxcheck.backup/1`, JSON, complete once its checksum is beside it."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from analyzer.errors import SourceError
from migrator.backups.private import write_file
from migrator.backups.store import PIECE, DamagedError

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = "ctxcheck.backup/1"
MANIFEST, COMPLETE = "manifest.json", "COMPLETE"
SECTIONS = ("wasm_module", "wasm_memory", "stable_memory")
_MOST = 256 << 20  # bytes of a manifest: 500 GiB of stable memory take 70 MB
_NAME = re.compile(r"[0-9a-f]{64}")


@dataclass(slots=True)
class Section:
    """One part of a snapshot. size: bytes. pieces: names in order, None for one of zeros."""

    size: int
    pieces: list[str | None] = field(default_factory=list)

    def size_of(self, index: int) -> int:
        """Return the bytes of a piece."""
        return min(PIECE, self.size - index * PIECE)

    @property
    def count(self) -> int:
        """How many pieces there are, once all are there."""
        return -(-self.size // PIECE)


@dataclass(slots=True)
class Manifest:
    """A snapshot backup. created, taken_at: ns since epoch. was_running: calls may have been open when it was taken.

    metadata: what uploading it takes, in JSON. chunks: names of the chunks of the chunk store, with their sizes.
    """

    canister: str
    name: str
    network: str
    snapshot_id: str
    created: int
    taken_at: int
    was_running: bool
    module_hash: str
    version: int
    metadata: dict[str, Any]
    sections: dict[str, Section]
    chunks: dict[str, int] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    cycles: int = 0
    commit: str | None = None
    is_dirty: bool | None = None
    encrypted: bool = False

    def text(self) -> bytes:
        """Return it as it is written."""
        return (json.dumps({"schema": SCHEMA, **asdict(self)}, sort_keys=True, indent=1) + "\n").encode()

    @property
    def size(self) -> int:
        """Bytes of all sections and chunks."""
        return sum(one.size for one in self.sections.values()) + sum(self.chunks.values())

    def pieces(self) -> dict[str, int]:
        """Return the names of all pieces, with their sizes."""
        found = {
            name: section.size_of(index)
            for section in self.sections.values()
            for index, name in enumerate(section.pieces)
            if name is not None
        }
        return found | self.chunks

    def names(self) -> set[str]:
        """Return the names of all pieces."""
        return set(self.pieces())


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write a manifest, and after it the word that it is complete."""
    text = manifest.text()
    write_file(folder / MANIFEST, text)
    write_file(folder / COMPLETE, sha256(text).hexdigest().encode() + b"\n")


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a complete backup. Raises DamagedError: incomplete, or changed. SourceError: none."""
    try:
        with (folder / MANIFEST).open("rb") as file:
            text = file.read(_MOST)
    except OSError as error:
        msg = f"there is no manifest: {error.strerror}"
        raise SourceError(msg, where=str(folder)) from None
    try:
        word = (folder / COMPLETE).read_bytes().strip()
    except OSError:
        msg = "the backup is not complete"
        raise DamagedError(msg, where=str(folder), hint="make it again: what was downloaded is used") from None
    if sha256(text).hexdigest().encode() != word:
        msg = "the manifest is not what it was"
        raise DamagedError(msg, where=str(folder), hint="restore from another backup")
    try:
        told = json.loads(text)
        if told.pop("schema") != SCHEMA:
            msg = "this is a backup of another version of ctxcheck"
            raise SourceError(msg, where=str(folder))
        manifest = Manifest(sections={name: Section(**one) for name, one in told.pop("sections").items()}, **told)
        _check(manifest)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        msg = "the manifest cannot be read"
        raise DamagedError(msg, where=str(folder)) from None
    return manifest


def _check(manifest: Manifest) -> None:
    """Hold a manifest against its types. Raises ValueError."""
    counts = (manifest.created, manifest.taken_at, manifest.version, manifest.cycles)
    texts = (manifest.canister, manifest.name, manifest.network, manifest.snapshot_id, manifest.module_hash)
    flags = (manifest.was_running, manifest.encrypted)
    if not (
        all(map(_is_count, counts))
        and all(isinstance(one, str) for one in texts)
        and all(isinstance(one, bool) for one in flags)
        and isinstance(manifest.metadata, dict)
        and tuple(sorted(manifest.sections)) == tuple(sorted(SECTIONS))
        and all(_is_name(name) and _is_count(size) for name, size in manifest.chunks.items())
    ):
        raise ValueError(manifest.name)
    bytes.fromhex(manifest.snapshot_id)
    for section in manifest.sections.values():
        if not _is_count(section.size) or len(section.pieces) != section.count:
            raise ValueError(section.size)
        if not all(name is None or _is_name(name) for name in section.pieces):
            raise ValueError(manifest.name)


def _is_count(told: object) -> bool:
    return isinstance(told, int) and not isinstance(told, bool) and 0 <= told < 1 << 128


def _is_name(told: object) -> bool:
    return isinstance(told, str) and _NAME.fullmatch(told) is not None
