"""Code of canisters: installed, upgraded, taken away; and the store of chunks, for modules too large for a call.

Interface spec 0.66, "install_code", "install_chunked_code", "upload_chunk". Words and codes of refusals are those of
dfinity/ic, rs/execution_environment/src/canister_manager (read there).
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, NoReturn

from analyzer.candid.principal import Principal
from replica.errors import CANISTER_ERROR, CANISTER_REJECT, Reject
from replica.execution.trap import Trap
from replica.management import cycles
from replica.management.history import Change
from replica.module.prepare import MAX_MODULE, prepare

if TYPE_CHECKING:
    from collections.abc import Iterable

    from analyzer.candid.values import Case
    from replica.canister import Canister

MAX_CHUNK = 1 << 20  # bytes
MAX_CHUNKS = 100  # of a canister (network.md 1.2)


def install(
    canister: Canister, mode: Case, module: bytes, arg: bytes, *, now: int, by: bytes, by_canister: bool = False
) -> None:
    """Install a module. mode: a value of Candid. Raises Reject; then the canister is as it was."""
    kind, options = str(mode.label), mode.value
    state = canister.state
    if kind == "install" and state.module is not None:
        msg = (
            f"Canister {Principal(canister.id)} cannot be installed because the canister is not empty. "
            "Try installing with mode='reinstall' instead."
        )
        raise Reject(CANISTER_ERROR, "IC0514", msg)
    if kind == "upgrade" and state.module is None:
        msg = f"Canister {Principal(canister.id)} has no Wasm module and cannot be upgraded"
        raise Reject(CANISTER_ERROR, "IC0537", msg)
    cycles.check(canister, "Canister installation failed with")
    prepared = prepare(module)
    try:
        if kind == "upgrade":
            wanted: Any = {} if options is None else getattr(options, "value", options)
            skip, persistence = wanted.get("skip_pre_upgrade"), wanted.get("wasm_memory_persistence")
            canister.upgrade(
                prepared,
                arg,
                by,
                persistence=None if persistence is None else str(persistence.value.label),
                skip_pre_upgrade=skip is not None and skip.value,
            )
        else:
            canister.install(prepared, arg, by)
    except Trap as error:
        raise error.rejected(canister.id) from None
    canister.installed = now
    change = Change(now, canister.version, by, by_canister, "code_deployment", mode=kind, hash=prepared.sha256)
    canister.record(change)


def uninstall(canister: Canister, *, now: int, by: bytes, by_canister: bool = False) -> None:
    """Take the code away, and all that it kept."""
    canister.uninstall()
    canister.record(Change(now, canister.version, by, by_canister, "code_uninstall"))


def upload(canister: Canister, chunk: bytes) -> bytes:
    """Keep a chunk and return its hash. Raises Reject (IC0504): it is too large, or there are too many."""
    name = sha256(chunk).digest()
    if name in canister.chunks:
        return name
    if len(chunk) > MAX_CHUNK:
        _refuse(f"Wasm chunk size {len(chunk)} exceeds the maximum chunk size of {MAX_CHUNK}")
    if len(canister.chunks) >= MAX_CHUNKS:
        _refuse(f"Wasm chunk store has already reached maximum capacity of {MAX_CHUNKS * MAX_CHUNK} bytes")
    canister.chunks[name] = chunk
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


def metadata(canister: Canister, name: str) -> bytes:
    """Return a custom section. Raises Reject: there is none."""
    module = canister.state.module
    section = None if module is None else module.metadata.get(name)
    if section is None:
        msg = f"The canister {Principal(canister.id)} has no metadata section {name!r}."
        raise Reject(CANISTER_REJECT, "IC0408", msg)
    return section.data
