"""A trial on a local network that runs already: over HTTP, with a canister and a key that are made for it alone."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, NamedTuple

from analyzer.candid.principal import Principal
from analyzer.errors import UsageError
from analyzer.report.words import clean
from migrator.backups.icp import Directory
from migrator.network.agent import Agent, fetch_root_key
from migrator.network.errors import NetworkError, Rejected
from migrator.network.identity import new_key
from migrator.network.management import PIECE, ManagementClient
from migrator.network.operations import NetworkOperations
from migrator.network.transport import Transport
from migrator.operations import Action
from migrator.rehearsal.judging import expected, judge
from migrator.rehearsal.model import Back, Call, Found, Held, Said, Sizes, Spent, nothing
from migrator.rehearsal.replies import Reply, holds, judged, questions
from migrator.rehearsal.values import Taken, compared
from replica.snapshots.metadata import from_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from migrator.backups.image import SnapshotImage
    from migrator.rehearsal.model import Query

_EMPTY = b"DIDL\0\0"
_KINDS = ("wasm_module", "wasm_memory", "stable_memory")
_WAIT = 600.0  # seconds for the upgrade


class Trial(NamedTuple):
    """What is to be tried there; see `migrator.rehearsal.model.Job`. source: the state, None: `old` is installed."""

    source: SnapshotImage | Directory | None
    old: bytes
    old_argument: bytes
    new: bytes
    argument: bytes
    keep: bool
    did: str | None
    new_did: str | None
    before: tuple[Call, ...]
    asked: tuple[Call, ...]
    after: tuple[Call, ...]
    may_differ: tuple[str, ...]


def run_on(url: str, trial: Trial) -> Found:
    """Rehearse on a local network; the canister that is made for it is deleted afterwards.

    Raises UsageError: the network is not on this machine, or the scenario calls as somebody; NetworkError.
    """
    transport = Transport(url)
    if not transport.is_local:
        transport.close()
        msg = f"{url} is not on this machine: canisters are tried on a local network alone"
        raise UsageError(msg)
    if any(call.caller is not None for call in (*trial.before, *trial.asked, *trial.after)):
        transport.close()
        msg = "a scenario that calls as somebody (`as`) takes the embedded replica: another network asks for their key"
        raise UsageError(msg)
    began = time.monotonic()
    try:
        agent = Agent(transport, new_key(), fetch_root_key(transport), clock=time.time_ns)
        client = ManagementClient(agent)
        canister = client.create_provisional()
        try:
            found = _Remote(agent, client, canister, trial).run()
        finally:
            with contextlib.suppress(NetworkError):
                client.stop(canister)
                client.delete(canister)
        return found._replace(spent=found.spent._replace(whole=_since(began)))
    finally:
        transport.close()


class _Piece(NamedTuple):
    """The main memory of a snapshot on the network."""

    client: ManagementClient
    canister: bytes
    snapshot: bytes
    size: int

    def read(self, offset: int, size: int, /) -> bytes:
        end = min(offset + size, self.size)
        return b"".join(
            self.client.read_snapshot(self.canister, self.snapshot, "wasm_memory", at, min(PIECE, end - at))
            for at in range(offset, end, PIECE)
        )


class _Remote:
    def __init__(self, agent: Agent, client: ManagementClient, canister: bytes, trial: Trial) -> None:
        self.agent, self.client, self.canister, self.trial = agent, client, canister, trial
        self.operations = NetworkOperations(agent)
        asked, self.unasked = ([], []) if trial.did is None else questions(trial.did)
        named = {one.name for one in trial.asked}
        plain = [Call(name, name, "query", _EMPTY.hex(), expects="kept") for name in asked if name not in named]
        self.asked = [*plain, *trial.asked]
        self.held: list[Held] = []
        self.unsteady = set(trial.may_differ)

    def run(self) -> Found:
        trial, client, canister = self.trial, self.client, self.canister
        began = time.monotonic()
        try:
            self._put_in_place()
        except Rejected as error:
            why = "the old version does not run there, so nothing can be said of its upgrade"
            return nothing("undecided", why, said=self._said(error, "load"))
        spent = Spent(loaded=_since(began))
        self._calls(trial.before, trial.did, "before")
        wrong = [one for one in self.held if not one.holds]
        if wrong:
            why = f"the scenario fails on the old version: {wrong[0].name}: {wrong[0].words}"
            return nothing("undecided", why)._replace(held=tuple(self.held))
        before = [self._ask(call) for call in self.asked]
        # The clock goes on there: what differs by itself tells nothing about the upgrade.
        again = [self._ask(call) for call in self.asked]
        self.unsteady |= {call.name for call, a, b in zip(self.asked, before, again, strict=True) if a != b}
        client.stop(canister)
        kept = client.take_snapshot(canister).id
        sizes = self._sizes(kept)
        began = time.monotonic()
        try:
            action = Action("install", module=trial.new, argument=trial.argument, keep=trial.keep)
            self.operations.send(self.operations.prepare(canister, action), wait=_WAIT)
        except Rejected as error:
            client.start(canister)
            back = self._same_as(before, "the old version goes on")
            told = nothing("refused", None, said=self._said(error, "upgrade"))
            return told._replace(
                spent=spent._replace(upgraded=_since(began)), before=sizes, back=back, held=tuple(self.held)
            )
        spent = spent._replace(upgraded=_since(began))
        new = client.take_snapshot(canister).id
        after = self._sizes(new)
        values = compared(self._taken(kept), self._taken(new))
        client.start(canister)
        queries = self._queries(before)
        self._calls(trial.after, trial.new_did, "after")
        back = self._back(kept, before)
        outcome, reason = judge(queries, self.held, values, back, 0)
        return nothing(outcome, reason)._replace(
            spent=spent, before=sizes, after=after, logs=self._logs(), queries=tuple(queries),
            unasked=tuple(self.unasked), held=tuple(self.held), values=values, back=back,
        )  # fmt: skip

    def _put_in_place(self) -> None:
        trial, client, canister = self.trial, self.client, self.canister
        if trial.source is None:
            client.install_anew(canister, trial.old, trial.old_argument)
            return
        source = trial.source
        metadata: dict[str, Any]
        chunks: Iterator[bytes]
        if isinstance(source, Directory):
            metadata = from_json(source.metadata(), str(source.folder))
            chunks = (source.chunk(one["hash"]) for one in metadata["wasm_chunk_store"])
        else:
            metadata, chunks = source.metadata, source.chunks()
        made = client.begin_upload(canister, metadata)
        for kind in _KINDS:
            size = metadata[f"{kind}_size"]
            for at in range(0, size, PIECE):
                data = source.read(kind, at, min(PIECE, size - at))
                if data.strip(b"\0") or kind == "wasm_module":  # memories begin with zeros
                    client.write_snapshot(canister, made, kind, at, data)
        for chunk in chunks:
            client.write_chunk(canister, made, chunk)
        client.load_snapshot(canister, made)
        client.delete_snapshot(canister, made)

    def _ask(self, call: Call) -> Reply:
        ask = self.agent.query if call.kind == "query" else self.agent.call
        try:
            return Reply(ask(self.canister, call.method, bytes.fromhex(call.argument)))
        except Rejected as error:
            return Reply(None, error.error_code or "rejected", self._plain(error.message))

    def _queries(self, before: list[Reply]) -> list[Query]:
        found = []
        for call, old in zip(self.asked, before, strict=True):
            new = self._ask(call)
            one = judged(self.trial.did, call, old, new, may_differ=call.name in self.unsteady)
            if one.may_differ and call.name not in self.trial.may_differ:
                if one.fate == "differs":
                    one = one._replace(words="it differs without an upgrade too")
                else:
                    one = one._replace(may_differ=False)
            found.append(one)
            if call in self.trial.asked:
                self.held.append(expected(self.trial.did, self.trial.new_did, call, old, new))
        return found

    def _calls(self, calls: tuple[Call, ...], did: str | None, when: str) -> None:
        for call in calls:
            is_right, words = holds(did, call, self._ask(call))
            self.held.append(Held(call.name, "before" if when == "before" else "after", is_right, words))

    def _back(self, kept: bytes, before: list[Reply]) -> Back:
        try:
            self.client.stop(self.canister)
            self.client.load_snapshot(self.canister, kept)
            self.client.start(self.canister)
        except Rejected as error:
            return Back(holds=False, words=f"the snapshot cannot be put back: {self._plain(error.message)}")
        return self._same_as(before, "the snapshot is put back")

    def _same_as(self, before: list[Reply], words: str) -> Back:
        wrong = [
            call.name
            for call, old in zip(self.asked, before, strict=True)
            if call.name not in self.unsteady and self._ask(call) != old
        ]
        if wrong:
            return Back(holds=False, words=f"{words}, and other replies come from {', '.join(wrong)}")
        asked = len([one for one in self.asked if one.name not in self.unsteady])
        return Back(holds=True, words=f"{words}, {asked:,} queries answer as before")

    def _taken(self, snapshot: bytes) -> Taken:
        metadata = self.client.snapshot_metadata(self.canister, snapshot)
        memory = _Piece(self.client, self.canister, snapshot, metadata["wasm_memory_size"])
        return Taken(memory, self.operations.snapshot_module(self.canister, snapshot))

    def _sizes(self, snapshot: bytes) -> Sizes:
        told = self.client.snapshot_metadata(self.canister, snapshot)
        due = None if told["global_timer"] is None else told["global_timer"].value
        timer = max(0, due.value - time.time_ns()) if due is not None and due.label == "active" else None
        return Sizes(told["wasm_memory_size"], told["stable_memory_size"], timer)

    def _logs(self) -> tuple[str, ...]:
        try:
            return tuple(clean(line, 300) for line in self.client.logs(self.canister)[-50:])
        except NetworkError:
            return ()

    def _said(self, error: Rejected, during: str) -> Said:
        return Said(error.error_code or "rejected", self._plain(error.message), during)

    def _plain(self, message: str) -> str:
        return clean(message.removeprefix(f"Error from Canister {Principal(self.canister)}: "), 2000)


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
