"""icp-cli on real canisters: what people do with it, from creating a canister to deleting it."""

from __future__ import annotations

import gzip
import json
import random
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from replica import Replica
from replica.snapshots.directory import read_directory, write_directory
from tests.replica import registry
from tests.replica.icp import icp_in
from tests.replica.wat import canister

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from replica.http.serve import Server

V1, V2, V3 = "v01_first", "v02_safe_additions", "v03_optional_field"
LARGE = 2_300_000  # bytes of a module that goes in chunks


@pytest.fixture(scope="module")
def ic() -> Iterator[Replica]:
    with Replica() as network:
        yield network


@pytest.fixture(scope="module")
def server(ic: Replica) -> Iterator[Server]:
    with ic.serve() as serving:
        yield serving


class Icp:
    """icp-cli in a folder of its own, as a user of its own."""

    def __init__(self, folder: Path, server: Server) -> None:
        self._run = icp_in(folder)
        self.folder = folder
        self.network = ("-n", server.url, "-k", server.root_key.hex())
        self("identity", "new", "alice", "--storage", "plaintext", on=())
        self("identity", "default", "alice", on=())

    def __call__(self, *arguments: str, fails: bool = False, on: tuple[str, ...] | None = None) -> str:
        """Run a command and return what it prints; of one that fails, its errors."""
        done = self._run(*arguments, *(self.network if on is None else on))
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stderr if fails else done.stdout.strip()

    def created(self) -> str:
        return self("canister", "create", "--detached", "--quiet").split()[-1]

    def file(self, name: str, content: bytes) -> str:
        (self.folder / name).write_bytes(content)
        return name


@pytest.fixture
def icp(tmp_path: Path, server: Server) -> Icp:
    return Icp(tmp_path, server)


def test_a_canister_from_its_creation_to_its_end(icp: Icp) -> None:
    name = icp.created()
    icp("canister", "install", name, "--wasm", icp.file("v1.wasm.gz", registry.module(V1)))
    assert "ok" in icp("canister", "call", name, "setMetadata", '("k", "v")')
    plain = icp.file("v2.wasm", gzip.decompress(registry.module(V2)))
    icp("canister", "install", name, "--wasm", plain, "--mode", "upgrade")
    assert 'value = "v"' in icp("canister", "call", name, "listMetadata", "()", "--query")
    status = icp("canister", "status", name)
    assert sha256((icp.folder / plain).read_bytes()).hexdigest() in status
    assert "Status: Running" in status
    assert "getMotto" in icp("canister", "metadata", name, "candid:service")
    icp("canister", "settings", "update", name, "--freezing-threshold", "1000")
    assert "Freezing threshold: 1_000" in icp("canister", "settings", "show", name)
    icp("canister", "logs", name)
    icp("canister", "stop", name)
    assert "IC0508" in icp("canister", "call", name, "listMetadata", "()", "--query", fails=True)
    icp("canister", "start", name)
    icp("canister", "delete", name)
    assert "IC0301" in icp("canister", "call", name, "listMetadata", "()", "--query", fails=True)


def test_an_upgrade_that_is_refused(icp: Icp) -> None:
    name = icp.created()
    icp("canister", "install", name, "--wasm", icp.file("v1.wasm.gz", registry.module(V1)))
    icp("canister", "call", name, "setMetadata", '("k", "v")')
    refused = icp(
        "canister", "install", name, "--wasm", icp.file("v3.wasm.gz", registry.module(V3)),
        "--mode", "upgrade", "--yes", fails=True,
    )  # fmt: skip
    assert "Memory-incompatible program upgrade" in refused
    assert 'value = "v"' in icp("canister", "call", name, "listMetadata", "()", "--query")
    assert "Memory-incompatible program upgrade" in icp("canister", "logs", name)


def test_somebody_else_controls_nothing(icp: Icp) -> None:
    name = icp.created()
    icp("identity", "new", "bob", "--storage", "plaintext", on=())
    assert "IC0512" in icp("canister", "stop", name, "--identity", "bob", fails=True)


def test_a_large_module_goes_in_chunks(icp: Icp) -> None:
    module = canister("")
    padding = b"\x04more" + bytes(LARGE)
    module += b"\0" + leb(len(padding)) + padding
    name = icp.created()
    icp("canister", "install", name, "--wasm", icp.file("large.wasm", module))
    assert sha256(module).hexdigest() in icp("canister", "status", name)


def leb(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def test_snapshots_go_from_one_canister_to_another(icp: Icp) -> None:
    one, other = icp.created(), icp.created()
    module = icp.file("v1.wasm.gz", registry.module(V1))
    icp("canister", "install", one, "--wasm", module)
    icp("canister", "call", one, "setMetadata", '("k", "before")')
    icp("canister", "stop", one)
    icp("canister", "snapshot", "create", one)
    listed = json.loads(icp("canister", "snapshot", "list", one, "--json"))
    (snapshot,) = [item["snapshot_id"] for item in listed["snapshots"]]
    icp("canister", "snapshot", "download", one, snapshot, "--output", "snap")
    assert (icp.folder / "snap" / "wasm_module.bin").read_bytes() == registry.module(V1)
    icp("canister", "start", one)
    icp("canister", "call", one, "setMetadata", '("k", "after")')
    icp("canister", "stop", one)
    icp("canister", "snapshot", "restore", one, snapshot)
    icp("canister", "snapshot", "delete", one, snapshot)
    icp("canister", "start", one)
    assert "before" in icp("canister", "call", one, "listMetadata", "()", "--query")
    icp("canister", "install", other, "--wasm", module)
    icp("canister", "stop", other)
    icp("canister", "snapshot", "upload", other, "--input", "snap")
    listed = json.loads(icp("canister", "snapshot", "list", other, "--json"))
    icp("canister", "snapshot", "restore", other, listed["snapshots"][0]["snapshot_id"])
    icp("canister", "start", other)
    assert "before" in icp("canister", "call", other, "listMetadata", "()", "--query")
    icp("canister", "install", other, "--wasm", icp.file("v2.wasm.gz", registry.module(V2)), "--mode", "upgrade")
    assert "before" in icp("canister", "call", other, "listMetadata", "()", "--query")


def test_settings_from_the_first_moment_on(icp: Icp) -> None:
    options = ("--freezing-threshold", "1000", "--memory-allocation", "10mib")
    name = icp("canister", "create", "--detached", "--quiet", *options).split()[-1]
    icp("canister", "settings", "update", name, "--log-memory-limit", "1mib", "--wasm-memory-threshold", "1kib")
    icp("canister", "settings", "update", name, "--add-environment-variable", "ledger=aaaaa-aa")
    shown = icp("canister", "settings", "show", name)
    for line in (
        "Freezing threshold: 1_000", "Memory allocation: 10_485_760", "Log memory limit: 1_048_576",
        "Wasm memory threshold: 1_024", "ledger",
    ):  # fmt: skip
        assert line in shown
    before = icp("canister", "status", name)
    assert "Cycles: 2_000_000_000_000" in before
    icp("canister", "top-up", name, "--amount", "1t")
    assert "Cycles: 3_000_000_000_000" in icp("canister", "status", name)


def test_who_sees_a_status(icp: Icp) -> None:
    name = icp.created()
    icp("identity", "new", "carol", "--storage", "plaintext", on=())
    assert "IC0512" in icp("canister", "stop", name, "--identity", "carol", fails=True)
    icp("canister", "settings", "update", name, "--status-visibility", "public")
    assert "Status: Running" in icp("canister", "status", name, "--identity", "carol")


def test_a_frozen_canister_and_the_way_out(icp: Icp, ic: Replica) -> None:
    name = icp.created()
    icp("canister", "install", name, "--wasm", icp.file("v1.wasm.gz", registry.module(V1)))
    ic.set_cycles(name, 1000)
    said = icp("canister", "call", name, "setMetadata", '("k", "v")', fails=True)
    assert "IC0207" in said
    assert "please top up the canister with at least" in said
    assert "IC0207" in icp("canister", "stop", name, fails=True)
    icp("canister", "settings", "update", name, "--freezing-threshold", "0", "--force")
    icp("canister", "call", name, "setMetadata", '("k", "v")')


def test_a_snapshot_in_the_place_of_another(icp: Icp) -> None:
    name = icp.created()
    icp("canister", "install", name, "--wasm", icp.file("v1.wasm.gz", registry.module(V1)))
    icp("canister", "stop", name)
    first = icp("canister", "snapshot", "create", name, "--quiet")
    second = icp("canister", "snapshot", "create", name, "--quiet", "--replace", first)
    listed = json.loads(icp("canister", "snapshot", "list", name, "--json"))
    assert [one["snapshot_id"] for one in listed["snapshots"]] == [second]
    assert "IC0305" in icp("canister", "snapshot", "restore", name, first, fails=True)


def test_a_directory_goes_to_and_fro(icp: Icp) -> None:
    """What icp-cli downloads is opened here, upgraded here, and what is written here icp-cli uploads."""
    name = icp.created()
    icp("canister", "install", name, "--wasm", icp.file("v1.wasm.gz", registry.module(V1)))
    icp("canister", "call", name, "setMetadata", '("k", "from afar")')
    icp("canister", "stop", name)
    snapshot = icp("canister", "snapshot", "create", name, "--quiet")
    icp("canister", "snapshot", "download", name, snapshot, "--output", "down")
    with Replica() as rehearsal:
        trial = rehearsal.create()
        rehearsal.load(trial, read_directory(icp.folder / "down"))
        write_directory(read_directory(icp.folder / "down"), icp.folder / "same")
        rehearsal.upgrade(trial, registry.module(V2), persistence="keep")
        write_directory(rehearsal.snapshot(trial), icp.folder / "up")
    icp("canister", "start", name)
    icp("canister", "call", name, "setMetadata", '("k", "later")')
    icp("canister", "stop", name)
    for folder, module in (("up", V2), ("same", V1)):
        uploaded = json.loads(icp("canister", "snapshot", "upload", name, "--input", folder, "--json"))
        icp("canister", "snapshot", "restore", name, uploaded["snapshot_id"])
        icp("canister", "start", name)
        assert "from afar" in icp("canister", "call", name, "listMetadata", "()", "--query")
        assert sha256(registry.module(module)).hexdigest() in icp("canister", "status", name)
        icp("canister", "stop", name)


def test_a_large_packed_module_goes_in_chunks(icp: Icp) -> None:
    padding = b"\x04more" + random.Random(7).randbytes(LARGE)
    packed = gzip.compress(canister("") + b"\0" + leb(len(padding)) + padding)
    name = icp.created()
    for mode in ("install", "reinstall"):
        icp("canister", "install", name, "--wasm", icp.file("large.wasm.gz", packed), "--mode", mode, "--yes")
        assert sha256(packed).hexdigest() in icp("canister", "status", name)


def test_deploying_a_project(icp: Icp, server: Server) -> None:
    (icp.folder / "icp.yaml").write_text(
        f"""
canisters:
  - name: registry
    build:
      steps:
        - type: pre-built
          path: registry.wasm.gz
networks:
  - name: embedded
    mode: connected
    url: {server.url}
    root-key: {server.root_key.hex()}
environments:
  - name: test
    network: embedded
""",
        "utf-8",
    )
    icp.file("registry.wasm.gz", registry.module(V1))
    icp("deploy", "-e", "test", on=())
    icp("canister", "call", "registry", "setMetadata", '("k", "v")', "-e", "test", on=())
    icp.file("registry.wasm.gz", registry.module(V2))
    icp("deploy", "-e", "test", on=())
    assert 'value = "v"' in icp("canister", "call", "registry", "listMetadata", "()", "--query", "-e", "test", on=())
