"""Pieces of snapshots by their content: written once, compressed, and believed only after they were hashed again.

A piece is named by the SHA-256 of its bytes. It is a file that appears as a whole; two writers of one piece write the
same. What no manifest names is left over, and goes when backups are pruned.

`ab/cdef....SHA256.zst` is the piece abcdef...; SHA256 is of the file itself. zstd can say one thing in several ways:
with it any changed bit is found, also one that changes nothing, and also by those who cannot open what is encrypted,
which is `ab/cdef....SHA256.RECIPIENT.zst.age`. The name of an encrypted piece still is the hash of what is in it:
whoever has a copy of a piece can tell that it is there.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

from analyzer.errors import SourceError
from migrator.backups.encryption import Identity, Recipient, needs_identity
from migrator.backups.private import make_folder, sync_folder, write_draft

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

PIECE = 512 * 1024  # bytes; the last one of a section may have fewer
_LEVEL = 3
_NAME = re.compile(r"[0-9a-f]{64}")
_PLAIN, _SEALED = ".zst", ".zst.age"
_LARGEST = (
    2 * PIECE + 4096
)  # bytes of a file of a piece: a chunk of the chunk store has 1 MiB, and noise grows a little


class DamagedError(SourceError):
    """A piece of a backup is missing, or is not what it was."""


class Store:
    """A folder of pieces. recipient: an age key that pieces are encrypted to; identity: the file that opens them.

    Raises UsageError: it is no recipient. SourceError: the file has no key.
    """

    def __init__(self, folder: Path, *, recipient: str | None = None, identity: Path | None = None) -> None:
        self.folder = folder
        self.recipient = None if recipient is None else Recipient(recipient)
        self._identity = None if identity is None else Identity(identity)

    def put(self, piece: bytes) -> str:
        """Keep a piece and return its name; one that is there already is believed once it was read. Raises OSError."""
        import zstandard  # noqa: PLC0415 - only backups need it

        name = sha256(piece).hexdigest()
        if self.holds(name, len(piece)):
            return name
        damaged = self._own(name)
        content, end = zstandard.ZstdCompressor(level=_LEVEL).compress(piece), _PLAIN
        if self.recipient is not None:
            content, end = self.recipient.seal(content), f".{self.recipient.tag}{_SEALED}"
        path = self._folder(name) / f"{name[2:]}.{sha256(content).hexdigest()}{end}"
        make_folder(path.parent)
        write_draft(path, content)
        for one in damaged:
            if one != path and not _is_sound(name, one, len(piece)):
                one.unlink(missing_ok=True)
        return name

    def get(self, name: str, size: int) -> bytes:
        """Return a piece of so many bytes, hashed again. Raises DamagedError, which names it; SourceError: no key."""
        wrong: SourceError | None = None
        for path in self._files(name):
            try:
                return self._opened(name, path, size)
            except DamagedError as error:
                wrong = error  # another file of the same piece may be sound
            except SourceError as error:
                wrong = wrong or error
        raise wrong or _damaged(name, "is missing")

    def _opened(self, name: str, path: Path, size: int) -> bytes:
        if not path.name.endswith(_SEALED):
            return _unpacked(name, _content(name, path), size)
        if self._identity is None:
            raise needs_identity(str(self.folder))
        if not self._identity.opens(_tag(path) or ""):
            msg = "the age identity does not open it"
            raise SourceError(msg, where=str(self.folder))
        return _unpacked(name, self._identity.open(_intact(name, path), str(self.folder)), size)

    def holds(self, name: str, size: int) -> bool:
        """Tell whether a piece is there as this store would write it, and sound: it is read for that."""
        return any(_is_sound(name, path, size) for path in self._own(name))

    def wrong(self, name: str, size: int) -> str | None:
        """Return what is wrong with a piece, None where it is sound; of an encrypted one without its key: the file."""
        found: str | None = None
        for path in self._files(name):
            try:
                _intact(name, path)
                if self._identity is not None or not path.name.endswith(_SEALED):
                    self._opened(name, path, size)
            except SourceError as error:
                found = found or error.what
            else:
                return None
        return found or f"piece {name} is missing"

    def opens(self, names: Iterable[str]) -> bool:
        """Tell whether pieces are plain, or there is a key that may open them."""
        return self._identity is not None or not any(
            path.name.endswith(_SEALED) for name in names for path in self._files(name)
        )

    def has(self, name: str) -> bool:
        """Tell whether a piece is there; whether it is sound, `wrong` tells."""
        return bool(self._files(name))

    def size(self, name: str) -> int:
        """Return the bytes that a piece takes on the disk, 0 where it is missing."""
        return sum(path.stat().st_size for path in self._files(name))

    def names(self) -> Iterator[str]:
        """Give the names of all pieces."""
        found = set()
        if self.folder.is_dir():
            for path in self.folder.glob("??/*.zst*"):
                name = path.parent.name + path.name.partition(".")[0]
                if _NAME.fullmatch(name):
                    found.add(name)
        yield from found

    def drop(self, name: str) -> int:
        """Take a piece away and return the bytes that it took."""
        size = self.size(name)
        for path in self._files(name):
            path.unlink(missing_ok=True)
        return size

    def drop_drafts(self) -> int:
        """Take away what killed writers left half written; return the bytes. Only while nobody writes."""
        freed = 0
        for path in self.folder.glob("??/.*"):
            freed += path.stat().st_size
            path.unlink(missing_ok=True)
        return freed

    def sync(self) -> None:
        """Wait until the names of all pieces are on the disk."""
        if self.folder.is_dir():
            for folder in self.folder.iterdir():
                if folder.is_dir():
                    sync_folder(folder)

    def _folder(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise _damaged(name[:80], "is no name of a piece")
        return self.folder / name[:2]

    def _files(self, name: str) -> list[Path]:
        """Return the files of a piece, plain ones first."""
        found = self._folder(name).glob(f"{name[2:]}.*")
        return sorted(found, key=lambda path: (path.name.endswith(_SEALED), path.name))

    def _own(self, name: str) -> list[Path]:
        """Return the files of a piece that are as this store writes them."""
        tag = None if self.recipient is None else self.recipient.tag
        return [path for path in self._files(name) if _tag(path) == tag]


def _tag(path: Path) -> str | None:
    """Return whom a file is encrypted to, None where it is plain."""
    return path.name.split(".")[2] if path.name.endswith(_SEALED) else None


def _is_sound(name: str, path: Path, size: int) -> bool:
    """Tell whether a file is a sound piece; of an encrypted one, whether it is the file that was written."""
    try:
        content = _intact(name, path)
        if not path.name.endswith(_SEALED):
            _unpacked(name, content, size)
    except DamagedError:
        return False
    return True


def _intact(name: str, path: Path) -> bytes:
    """Return a file as it was written. Raises DamagedError."""
    content = _content(name, path)
    if sha256(content).hexdigest() != path.name.split(".")[1]:
        raise _damaged(name, "is not what it was")
    return content


def _content(name: str, path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except FileNotFoundError:
        raise _damaged(name, "is missing") from None
    except OSError:
        raise _damaged(name, "cannot be read") from None
    if len(content) > _LARGEST:
        raise _damaged(name, "is not what it was")
    return content


def _unpacked(name: str, content: bytes, size: int) -> bytes:
    import zstandard  # noqa: PLC0415 - only backups need it

    try:
        if zstandard.frame_content_size(content) != size:  # what a frame claims is what it would take
            raise _damaged(name, "is not what it was")
        piece = zstandard.ZstdDecompressor().decompress(content, max_output_size=size, allow_extra_data=False)
    except zstandard.ZstdError:
        raise _damaged(name, "cannot be read") from None
    if len(piece) != size or sha256(piece).hexdigest() != name:
        raise _damaged(name, "is not what it was")
    return piece


def _damaged(name: str, what: str) -> DamagedError:
    return DamagedError(f"piece {name} {what}", hint="restore from another backup; this one is not to be trusted")
