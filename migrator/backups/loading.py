"""A snapshot in the store -> a canister: uploaded while it still works, loaded while it stands still."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

from analyzer.candid.principal import Principal
from analyzer.errors import CtxError, SourceError
from migrator.backups.download import AT_ONCE, WORKERS
from migrator.backups.manifest import SECTIONS
from migrator.network.errors import NetworkError, Rejected

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrator.backups.image import SnapshotImage
    from migrator.network.management import ManagementClient, SnapshotInfo


def upload(
    client: ManagementClient,
    canister: bytes,
    image: SnapshotImage,
    *,
    begun: Callable[[SnapshotInfo], None],
    done: Callable[[int], None],
) -> bytes:
    """Upload a snapshot and return its id. begun: is told of it while it is empty. done: is told of bytes, each time.

    What is half uploaded when something goes wrong is deleted, for a canister has few places. Raises NetworkError,
    Rejected, DamagedError.
    """
    made = client.begin_upload(canister, image.metadata)

    def put(kind: str, offset: int) -> None:
        data = image.read(kind, offset, AT_ONCE)
        if data.strip(b"\0") or kind == "wasm_module":  # memories begin with zeros
            client.write_snapshot(canister, made, kind, offset, data)
        done(len(data))

    try:
        begun(next(one for one in client.snapshots(canister) if one.id == made))
        with ThreadPoolExecutor(WORKERS) as pool:
            places = ((kind, offset) for kind in SECTIONS for offset in range(0, image.size(kind), AT_ONCE))
            waiting = [pool.submit(put, kind, offset) for kind, offset in places]
            try:
                for one in waiting:
                    one.result()
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
        for chunk in image.chunks():
            client.write_chunk(canister, made, chunk)
            done(len(chunk))
    except BaseException:
        with suppress(CtxError):
            client.delete_snapshot(canister, made)
        raise
    return made


def load(
    client: ManagementClient,
    canister: bytes,
    snapshot: bytes,
    *,
    module_hash: str,
    was_running: bool,
    told: Callable[[str], None],
) -> None:
    """Make a canister what a snapshot holds, and start it if it ran. module_hash: of the snapshot, hex.

    told: is told what becomes of the canister; when something goes wrong, in which state it is left.
    Raises NetworkError, Rejected; SourceError: it does not run the module of the snapshot.
    """
    try:
        if was_running:
            client.stop(canister)
            told("stopped")
        _put_back(client, canister, snapshot, was_running=was_running)
        _check(client, canister, module_hash)
        if was_running:
            client.start(canister)
    except BaseException:
        told(_left(client, canister))
        raise
    told(f"restored; {'it runs' if was_running else 'it is stopped as before'}")


def _put_back(client: ManagementClient, canister: bytes, snapshot: bytes, *, was_running: bool) -> None:
    try:
        client.load_snapshot(canister, snapshot)
    except NetworkError as error:
        # Rejected by the network itself, or proven never to have run: then nothing of it is done.
        is_sure = error.ran == "no" or (isinstance(error, Rejected) and error.certified)
        if was_running and is_sure:
            client.start(canister)
        raise


def _check(client: ManagementClient, canister: bytes, module_hash: str) -> None:
    runs = client.status(canister).module_hash
    if runs is None or runs.hex() != module_hash:
        msg = "the canister does not run the module of the snapshot"
        raise SourceError(msg, hint="`ctxcheck status` shows what is there")


def _left(client: ManagementClient, canister: bytes) -> str:
    """Return in words how a canister is left after something went wrong."""
    start = f"icp canister start {Principal(canister)}"
    try:
        status = client.status(canister)
    except CtxError:
        return f"it may stand still: `ctxcheck status` shows it, `{start}` starts it"
    runs = "no module" if status.module_hash is None else f"module {status.module_hash.hex()[:12]}"
    if status.status == "running":
        return f"it runs, with {runs}"
    return f"it is {status.status}, with {runs}; `{start}` starts it"
