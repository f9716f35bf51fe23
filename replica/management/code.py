"""Code of canisters: installed and upgraded; and the store of chunks, for modules too large for a call.

Interface spec 0.66, "install_code", "install_chunked_code", "upload_chunk". Words and codes of refusals are those of
dfinity/ic, rs/execution_environment/src/canister_manager (read there).
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Literal, NamedTuple, NoReturn, TypeAlias

from analyzer.candid.principal import Principal
from replica.errors import CANISTER_ERROR, CANISTER_REJECT, Reject
from replica.execution.trap import Trap
from replica.management import cycles
from replica.module.prepare import MAX_MODULE, prepare

if TYPE_CHECKING:
    from collections.abc import Iterable

    from replica.canister import Canister

Mode: TypeAlias = Literal["install", "reinstall", "upgrade"]
MAX_CHUNK = 1 << 20  # bytes
MAX_CHUNKS = 100  # of a canister, and of a snapshot (network.md 1.2)
_FAILED = "Canister installation failed with"


class Upgrade(NamedTuple):
    """How to upgrade. persistence: `keep` or `replace` the main memory, None: not said."""

    persistence: Literal["keep", "replace"] | None = None
    skip_pre_upgrade: bool = False


UPGRADE = Upgrade()


def install(canister: Canister, mode: Mode, module: bytes, arg: bytes, by: bytes, upgrade: Upgrade) -> bytes:
    """Install a module and return its hash. by: a principal. Raises Reject; then the canister is as it was.

    It may neither be frozen before, nor by what it holds then (spec: "traps if the balance decreases below the limit").
    """
    if mode == "install" and canister.state.module is not None:
        msg = (
            f"Canister {Principal(canister.id)} cannot be installed because the canister is not empty. "
            "Try installing with mode='reinstall' instead."
        )
        raise Reject(CANISTER_ERROR, "IC0514", msg)
    if mode == "upgrade" and canister.state.module is None:
        msg = f"Canister {Principal(canister.id)} has no Wasm module and cannot be upgraded"
        raise Reject(CANISTER_ERROR, "IC0537", msg)
    cycles.check(canister, _FAILED)
    prepared = prepare(module)
    before = canister.state.copy(), canister.version, canister.logs, canister.hook
    try:
        if mode == "upgrade":
            canister.upgrade(
                prepared, arg, by, persistence=upgrade.persistence, skip_pre_upgrade=upgrade.skip_pre_upgrade
            )
        else:
            canister.install(prepared, arg, by)
    except Trap as error:
        raise error.rejected(canister.id) from None
    try:
        cycles.check(canister, _FAILED)
    except Reject:
        state, canister.version, canister.logs, canister.hook = before
        canister.replace(state)
        raise
    return prepared.sha256


def upload(canister: Canister, chunk: bytes) -> bytes:
    """Keep a chunk and return its hash. Raises Reject: too large, too many (IC0504), too few cycles to keep it."""
    before = canister.chunks
    name = name_of_chunk(before, chunk)
    if name not in before:
        canister.chunks = {**before, name: chunk}
        try:
            cycles.check(canister, "Uploading a chunk failed with")
        except Reject:
            canister.chunks = before
            raise
    return name


def name_of_chunk(chunks: dict[bytes, bytes], chunk: bytes) -> bytes:
    """Return the hash of a chunk that may be added to others. Raises Reject (IC0504)."""
    if len(chunk) > MAX_CHUNK:
        _refuse(f"Wasm chunk size {len(chunk)} exceeds the maximum chunk size of {MAX_CHUNK}")
    name = sha256(chunk).digest()
    if name not in chunks and len(chunks) >= MAX_CHUNKS:
        _refuse(f"Wasm chunk store has already reached maximum capacity of {MAX_CHUNKS * MAX_CHUNK} bytes")
    return name


def assembled(store: Canister, names: Iterable[bytes], expected: bytes) -> bytes:
    """Return the module of some chunks. Raises Reject: one is missing, or together they are something else."""
    parts = []
    size = 0
    for name in names:
        part = store.chunks.get(name)
        if part is None:
            _refuse(f"Chunk {name.hex()} was not found")
        parts.append(part)
        size += len(part)
        if size > MAX_MODULE:
            _refuse(f"the chunks have more than {MAX_MODULE} bytes")
    module = b"".join(parts)
    if sha256(module).digest() != expected:
        _refuse(f"Wasm module hash {sha256(module).hexdigest()} does not match given hash {expected.hex()}")
    return module


def _refuse(what: str) -> NoReturn:
    msg = f"Error from Wasm chunk store: {what}."
    raise Reject(CANISTER_ERROR, "IC0504", msg)


def metadata(canister: Canister, name: str, caller: bytes) -> bytes:
    """Return a custom section; a private one to controllers alone. Raises Reject: there is none for the caller."""
    module = canister.state.module
    section = None if module is None else module.metadata.get(name)
    if section is None or (section.private and caller not in canister.settings.controllers):
        msg = f"The canister {Principal(canister.id)} has no metadata section {name!r}."
        raise Reject(CANISTER_REJECT, "IC0408", msg)
    return section.data
