"""Programs on an embedded network, and what is read from their memory."""

from __future__ import annotations

import gzip
import json
from functools import cache
from typing import TYPE_CHECKING, Any

from analyzer.candid.methods import method_of
from analyzer.candid.parse import parse_candid
from analyzer.candid.values import decode, encode
from analyzer.candid.values.parse import parse_values
from analyzer.heap.export import Export
from analyzer.heap.image import FlatImage
from analyzer.heap.state import State, read_state
from analyzer.motoko.parse import parse_stable
from replica.execution.message import PRE_UPGRADE, Message
from replica.snapshots.metadata import to_json
from tests.heap.build import PROGRAMS

if TYPE_CHECKING:
    from pathlib import Path

    from analyzer.candid.types import CandidInterface
    from analyzer.motoko.types import StableSignature
    from replica import Replica
    from replica.management.snapshots import Snapshot

LIMIT = 10**12  # instructions


@cache
def module(name: str) -> bytes:
    return gzip.decompress((PROGRAMS / name / "program.wasm.gz").read_bytes())


@cache
def interface(name: str) -> CandidInterface:
    return parse_candid((PROGRAMS / name / "program.did").read_text("utf-8"), name)


@cache
def signature(name: str) -> StableSignature:
    return parse_stable((PROGRAMS / name / "program.most").read_text("utf-8"), name)


class Program:
    """One of the programs, installed."""

    def __init__(self, name: str, ic: Replica) -> None:
        self.name = name
        self.ic = ic
        self.id = ic.create()
        ic.install(self.id, module(name))

    def upgrade(self, name: str) -> None:
        self.ic.upgrade(self.id, module(name), persistence="keep")
        self.name = name

    def call(self, method: str, arg: str = "()") -> list[Any]:
        known = interface(self.name)
        found = method_of(known, method)
        assert found is not None, method
        return self.send(method, encode(known, found.arguments, parse_values(arg, known, found.arguments)))

    def send(self, method: str, data: bytes) -> list[Any]:
        known = interface(self.name)
        found = method_of(known, method)
        assert found is not None, method
        ask = self.ic.query if found.mode == "query" else self.ic.update
        return decode(ask(self.id, method, data), known, found.results)

    def memory(self) -> bytes:
        memory = self.ic.snapshot(self.id).state.memory
        return bytes(memory.read(0, memory.size))

    def state(self) -> State:
        return state_of(self.name, self.memory())

    def values(self) -> dict[str, Any]:
        return exported(self.state())[0]

    def within_upgrade(self) -> bytes:
        """Return the memory after the first half of an upgrade, which is run on a copy (route C)."""
        trial = self.ic._canister(self.id).scratch()
        trial.execute(Message(PRE_UPGRADE, b"\x04"), "canister_pre_upgrade", LIMIT, keep=True)
        found = bytes(trial.state.memory.read(0, trial.state.memory.size))
        trial.put_down()
        return found


def state_of(name: str, memory: bytes) -> State:
    return read_state(FlatImage(memory), module(name), signature(name))


def document(state: State) -> dict[str, Any]:
    found: dict[str, Any] = json.loads("".join(Export(state).document()))
    return found


def exported(state: State) -> tuple[dict[str, Any], list[Any]]:
    """Return values by variable, and the objects that they refer to."""
    found = document(state)
    return {name: one["value"] for name, one in found["variables"].items()}, found["objects"]


def write_snapshot(snapshot: Snapshot, folder: Path) -> Path:
    """Write a snapshot as icp-cli does."""
    (folder / "wasm_chunk_store").mkdir(parents=True)
    (folder / "metadata.json").write_text(json.dumps(to_json(snapshot.metadata())), "utf-8")
    (folder / "wasm_module.bin").write_bytes(snapshot.wasm())
    for kind, memory in (("wasm_memory", snapshot.state.memory), ("stable_memory", snapshot.state.stable)):
        (folder / f"{kind}.bin").write_bytes(bytes(memory.read(0, memory.size)))
    return folder
