"""Pieces of snapshots by their content: written once, compressed, and believed only after they were hashed again.

A piece is named by the SHA-256 of its bytes. It is a file that appears as a whole; two writers of one piece write the
same. What no manifest names is left over, and goes when backups are pruned.
"""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from analyzer.errors import SourceError
from migrator.backups.private import make_folder, sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PIECE = 512 * 1024  # bytes; the last one of a section may have fewer
_LEVEL = 3
_NAME = 64  # letters of a hash in hex
_PLAIN, _SEALED = ".zst", ".zst.age"


class DamagedError(SourceError):
    """A piece of a backup is missing, or is not what it was."""


class Store:
    """A folder of pieces. recipient: an age key that pieces are encrypted to; identity: the file that opens them."""

    def __init__(self, folder: Path, *, recipient: str | None = None, identity: Path | None = None) -> None:
        self.folder = folder
        self._recipient = recipient
        self._identity = identity

    def put(self, piece: bytes) -> str:
        """Keep a piece and return its name. Raises OSError."""
        import zstandard  # noqa: PLC0415 - only backups need it

        name = sha256(piece).hexdigest()
        path = self._path(name)
        if path.exists() or self._sealed(name).exists():
            return name
        content = zstandard.ZstdCompressor(level=_LEVEL).compress(piece)
        if self._recipient is not None:
            content, path = _sealed(content, self._recipient), self._sealed(name)
        make_folder(path.parent)
        draft = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        return name

    def get(self, name: str, size: int) -> bytes:
        """Return a piece of so many bytes, hashed again. Raises DamagedError, which names it."""
        import zstandard  # noqa: PLC0415 - see above

        path, sealed = self._path(name), self._sealed(name)
        try:
            content = path.read_bytes() if path.exists() else self._opened(sealed)
            piece = zstandard.ZstdDecompressor().decompress(content, max_output_size=size)
        except FileNotFoundError:
            raise _damaged(name, "is missing") from None
        except (OSError, zstandard.ZstdError):
            raise _damaged(name, "cannot be read") from None
        if len(piece) != size or sha256(piece).hexdigest() != name:
            raise _damaged(name, "is not what it was")
        return piece

    def has(self, name: str) -> bool:
        """Tell whether a piece is there; whether it is sound, `get` tells."""
        return self._path(name).exists() or self._sealed(name).exists()

    def size(self, name: str) -> int:
        """Return the bytes that a piece takes on the disk, 0 where it is missing."""
        for path in (self._path(name), self._sealed(name)):
            if path.exists():
                return path.stat().st_size
        return 0

    def names(self) -> Iterator[str]:
        """Give the names of all pieces."""
        if self.folder.is_dir():
            for path in self.folder.glob("??/*.zst*"):
                name = path.parent.name + path.name.partition(".")[0]
                if len(name) == _NAME:
                    yield name

    def drop(self, name: str) -> int:
        """Take a piece away and return the bytes that it took."""
        size = self.size(name)
        for path in (self._path(name), self._sealed(name)):
            path.unlink(missing_ok=True)
        return size

    def sync(self) -> None:
        """Wait until the names of all pieces are on the disk."""
        if self.folder.is_dir():
            for folder in self.folder.iterdir():
                if folder.is_dir():
                    sync_folder(folder)

    def _path(self, name: str) -> Path:
        if len(name) != _NAME or not all(c in "0123456789abcdef" for c in name):
            raise _damaged(name[:80], "is no name of a piece")
        return self.folder / name[:2] / f"{name[2:]}{_PLAIN}"

    def _sealed(self, name: str) -> Path:
        path = self._path(name)
        return path.with_name(path.name.removesuffix(_PLAIN) + _SEALED)

    def _opened(self, path: Path) -> bytes:
        content = path.read_bytes()
        if self._identity is None:
            msg = "the backup is encrypted"
            raise SourceError(msg, where=str(self.folder), hint="--age-identity FILE opens it")
        pyrage = _age()
        try:
            keys = [
                pyrage.x25519.Identity.from_str(line)
                for line in self._identity.read_text("utf-8").split()
                if line.startswith("AGE-SECRET-KEY-")
            ]
            opened: bytes = pyrage.decrypt(content, keys)
        except Exception:  # noqa: BLE001 - pyrage raises its own of several kinds; none of their words is for a log
            msg = "the age identity does not open it"
            raise SourceError(msg, where=str(self.folder)) from None
        return opened


def _sealed(content: bytes, recipient: str) -> bytes:
    pyrage = _age()
    try:
        sealed: bytes = pyrage.encrypt(content, [pyrage.x25519.Recipient.from_str(recipient)])
    except Exception:  # noqa: BLE001 - see above
        msg = "this is no age recipient"
        raise SourceError(msg, where="--age-recipient", hint="age1..., as `age-keygen` prints it") from None
    return sealed


def _age() -> Any:  # noqa: ANN401 - a module
    try:
        import pyrage  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415 - an extra
    except ImportError:
        msg = "encrypted backups take pyrage"
        raise SourceError(msg, hint="pip install 'ctxcheck[age]'") from None
    return pyrage


def _damaged(name: str, what: str) -> DamagedError:
    return DamagedError(f"piece {name} {what}", hint="restore from another backup; this one is not to be trusted")
