"""What a migration takes: requests, and the seconds for which the canister stands still, by the size of its heap."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from unittest.mock import patch

from analyzer.candid.principal import Principal
from ctxcheck.connection import Connection
from ctxcheck.keeping import keepers
from migrator.network.canister import proven_canister, read_canister
from migrator.network.environments import Place
from migrator.network.management import ManagementClient
from migrator.network.operations import NetworkOperations
from migrator.network.transport import Transport
from migrator.orchestrator import MigrationOrchestrator
from migrator.plan.build import About, Wanted, WantedCheck, make_plan
from migrator.plan.model import Backup
from tests.migrator.live import NAME, place
from tests.replica import registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.policy.config import Config
    from migrator.plan.file import SavedPlan
    from tests.migrator.live import Place as Served

SIZES = (0, 32, 128)  # MiB that are put into the heap
TARGETS = 20
NEW = "v02_safe_additions"
_CHECKS = (WantedCheck("getCurrentTime"), WantedCheck("listSeasons", expects="kept"))


def lines() -> Iterator[str]:
    """Yield the report line by line, while it is measured."""
    yield f"migrations of the Context Registry, {os.cpu_count()} cores, the network in the same process"
    yield "  heap, snapshot downloaded: stands still, of which comparing; whole run; requests"
    with place() as there:
        for size in SIZES:
            yield _migrated(there, size, "before")
            yield _migrated(there, size, "after")
        yield _certificates(there)
        yield _targets(there)


def _migrated(there: Served, size: int, download: Literal["before", "after"]) -> str:
    canister = there.registry()
    for _ in range(size):
        registry.call(there.ic, canister, registry.FIRST, "fill", "(1 : nat)")
    backup = Backup("no", "yes", download, 1)
    saved = there.plan(canister, NEW, checks=_CHECKS, backup=backup, state_compare="yes")
    with tempfile.TemporaryDirectory() as folder:
        posts, post = [0], Transport.post

        def counted(self: Transport, path: str, body: bytes, *, until: float) -> Any:  # noqa: ANN401
            posts[0] += 1
            return post(self, path, body, until=until)

        begun = time.monotonic()
        with patch.object(Transport, "post", counted):
            journal = _run(there, saved, Path(folder))
        whole = time.monotonic() - begun
    moments = {(one["kind"], one["step"], one["data"].get("action")): one["time"] for one in reversed(journal)}
    still = moments["replied", "start", "start"] - moments["replied", "stop", "stop"]
    compared = moments["done", "compare", None] - moments["begin", "compare", None] if download == "before" else 0
    heap = ManagementClient(there.agent).status(Principal.parse(canister).raw).wasm_memory_size / 2**20
    return (
        f"  {heap:>6.1f} MiB, {download:<6}: {still / 1e9:>5.2f} s, {compared / 1e9:>5.2f} s; {whole:>5.2f} s; "
        f"{posts[0]} requests"
    )


def _run(there: Served, saved: SavedPlan, project: Path) -> list[dict[str, Any]]:
    from analyzer.policy.config import Config as Empty

    config: Config = Empty()
    url, raw = there.agent.transport.url, there.network.root_key
    told = Place("local", url, bytes.fromhex(raw), {}, None)
    connection = Connection(project, told, there.agent, ManagementClient(there.agent))
    folder = project / ".ctxcheck"
    orchestrator = MigrationOrchestrator(
        saved, NetworkOperations(there.agent), folder, keepers=keepers(connection, config, folder)
    )
    outcome = orchestrator.run()
    assert outcome.exit_code == 0, outcome
    from migrator.upgrade_report import report_of_run

    return [record._asdict() for record in report_of_run(folder, outcome.run).records]


def _certificates(there: Served) -> str:
    raw = Principal.parse(there.registry()).raw
    certificate = read_canister(there.agent, raw).certificate
    took = []
    for _ in range(20):
        begun = time.perf_counter()
        proven_canister(certificate, raw, root_key=there.agent.root_key)
        took.append(time.perf_counter() - begun)
    return f"  a certificate of {len(certificate):,} bytes is verified in {statistics.median(took) * 1000:.1f} ms"


def _targets(there: Served) -> str:
    names = [there.registry() for _ in range(TARGETS)]
    about = About("0.1.0", there.network, str(Principal(there.key.sender)), "All of them")
    begun = time.monotonic()
    wanted = [
        Wanted(f"{NAME}_{number}", registry.module(NEW), there.live(name), checks=_CHECKS)
        for number, name in enumerate(names)
    ]
    saved = make_plan(about, wanted)
    planned = time.monotonic() - begun
    with tempfile.TemporaryDirectory() as folder:
        begun = time.monotonic()
        orchestrator = MigrationOrchestrator(saved, NetworkOperations(there.agent), Path(folder) / ".ctxcheck")
        outcome = orchestrator.run()
        ran = time.monotonic() - begun
    assert outcome.exit_code == 0, outcome
    return (
        f"  {TARGETS} canisters in one plan: {planned:.1f} s to plan, {len(saved.data) / 2**20:.1f} MiB, "
        f"{ran:.1f} s to run ({ran / TARGETS:.2f} s each)"
    )
