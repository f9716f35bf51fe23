"""Interfaces that were read and checked before, so that an unchanged file is not parsed again.

A cache holds models, never verdicts. What a model was made from is its key: the text, the grammar, the code that reads
it, its version, and the texts of all files that it imports, which are read and compared each time.
"""

from __future__ import annotations

import json
import os
import sys
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.errors import SourceError
from grammars.digest import sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import PurePath

    from analyzer.candid.types import CandidInterface
    from analyzer.motoko.types import StableSignature
    from analyzer.sources.store import Store

SWITCH = "CTXCHECK_CACHE"  # 1: also under CI. 0: never
LEAST = 4_000  # code points: a smaller text is parsed as soon as it is looked up
_PARTS = {"candid": "candid", "stable": "motoko"}  # of the analyzer: what makes the model
_HERE = Path(__file__).absolute().parents[1]


def open_cache(version: str, environment: Mapping[str, str] = os.environ) -> Cache | None:
    """Return the user's cache, None where it is off. version: of ctxcheck."""
    wanted = environment.get(SWITCH)
    if wanted == "0" or (wanted != "1" and environment.get("CI")):
        return None
    folder = cache_folder(environment)
    return None if folder is None else Cache(folder, version)


def cache_folder(environment: Mapping[str, str], platform: str = sys.platform) -> Path | None:
    """Return where a user's caches are on a system, None where the user has no home."""
    base = Path(environment.get("XDG_CACHE_HOME", ""))
    if not base.is_absolute():  # the specification: a relative path is to be ignored
        base = Path(environment.get("HOME", ""), "Library/Caches" if platform == "darwin" else ".cache")
    return base / "ctxcheck" if base.is_absolute() else None


class Cache:
    """Models in a store, in a folder of its own. version: of ctxcheck, part of every key."""

    def __init__(self, folder: Path, version: str) -> None:
        self.folder = folder
        self.version = version

    @cached_property
    def store(self) -> Store:
        """The store, loaded for the first text that is large enough."""
        from analyzer.sources.store import Store  # noqa: PLC0415

        return Store(self.folder)

    def candid(
        self,
        path: PurePath,
        read: Callable[[PurePath], str],
        parse: Callable[[PurePath, Callable[[PurePath], str]], CandidInterface],
    ) -> CandidInterface:
        """Return what `parse(path, read)` returns, and raise what it raises."""
        text = read(path)
        if len(text) < LEAST:
            return parse(path, read)
        key = self._key("candid", text)
        known = self.store.get(key)
        if known is not None:
            interface = _candid(known, path, text, read)
            if interface is not None:
                return interface
        imported: list[tuple[PurePath, str]] = []

        def noted(target: PurePath) -> str:
            found = read(target)
            imported.append((target, found))
            return found

        interface = parse(path, noted)
        self._keep_candid(key, path, imported[1:], interface)
        return interface

    def _keep_candid(
        self, key: bytes, path: PurePath, imported: list[tuple[PurePath, str]], interface: CandidInterface
    ) -> None:
        from analyzer.sources.packed import pack_candid  # noqa: PLC0415 - of small files nothing is packed

        files = [(_from(path, target), _digest(text)) for target, text in imported]
        try:
            packed = pack_candid(interface)
        except OverflowError:
            return  # more text than its numbers can count: it is parsed every time
        head = json.dumps(files).encode("ascii")
        self.store.put(key, len(head).to_bytes(8, "little") + head + packed)

    def stable(self, text: str, label: str, parse: Callable[[str, str], StableSignature]) -> StableSignature:
        """Return what `parse(text, label)` returns, and raise what it raises."""
        if len(text) < LEAST:
            return parse(text, label)
        from analyzer.sources.packed import Damaged, pack_stable, unpack_stable  # noqa: PLC0415

        key = self._key("stable", text)
        known = self.store.get(key)
        if known is not None:
            try:
                return unpack_stable(known, [(label, text)])
            except Damaged:
                pass
        signature = parse(text, label)
        self.store.put(key, pack_stable(signature))
        return signature

    def _key(self, kind: str, text: str) -> bytes:
        from analyzer.sources.packed import FORMAT  # noqa: PLC0415
        from grammars import digest_of, source  # noqa: PLC0415

        parts = (str(FORMAT), kind, self.version, sys.byteorder, digest_of(source(kind)), _code(kind), text)
        sha = sha256()
        for part in parts:
            data = part.encode("utf-8", "surrogatepass")
            sha.update(b"%d:" % len(data) + data)
        return sha.digest()


def _code(kind: str) -> str:
    """Return what changes whenever the code that makes a model does: place, size and time of each of its files."""
    stamps = []
    for folder in (_HERE, _HERE / _PARTS[kind], _HERE.parent / "grammars"):
        with os.scandir(folder) as found:
            for entry in found:
                if entry.name.endswith(".py"):
                    status = entry.stat()
                    stamps.append(f"{entry.path}:{status.st_size}:{status.st_mtime_ns}")
    return "\n".join(sorted(stamps))


def _candid(known: bytes, path: PurePath, text: str, read: Callable[[PurePath], str]) -> CandidInterface | None:
    """Return the interface of an entry, None where it is damaged or where an imported file is not what it was."""
    from analyzer.sources.packed import Damaged, unpack_candid  # noqa: PLC0415

    size = 8 + int.from_bytes(known[:8], "little")
    try:
        texts = [(str(path), text)]
        for name, digest in json.loads(known[8:size]):
            target = path.parent / name
            texts.append((str(target), read(target)))
            if _digest(texts[-1][1]) != digest:
                return None
        return unpack_candid(known[size:], texts)
    except (Damaged, SourceError, ValueError, TypeError):
        return None


def _from(path: PurePath, target: PurePath) -> str:
    """Return an imported file as seen from the folder of the file that is asked for."""
    return str(target.relative_to(path.parent)) if target.is_relative_to(path.parent) else str(target)


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
