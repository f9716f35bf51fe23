"""A trial on the embedded replica: load the state, upgrade, ask again, look at each value, and go back."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from analyzer.candid.principal import Principal
from analyzer.report.words import clean
from migrator.rehearsal.closed import Closed
from migrator.rehearsal.judging import expected, judge
from migrator.rehearsal.model import Back, Call, Found, Held, Said, Sizes, Spent, nothing
from migrator.rehearsal.replies import Reply, holds, judged, questions
from migrator.rehearsal.script import Script, ScriptError
from migrator.rehearsal.values import Taken, compared
from replica import Reject, Replica
from replica.canister import Limits
from replica.module.prepare import prepare
from replica.snapshots.directory import read_directory

if TYPE_CHECKING:
    from migrator.rehearsal.model import Job
    from replica.canister import Canister
    from replica.management.snapshots import Snapshot

_LOGS = 50  # lines that are kept
_LINE = 300  # characters of one
_EMPTY = b"DIDL\0\0"


class _Stop(Exception):
    def __init__(self, found: Found) -> None:
        self.found = found


def run(job: Job) -> Found:
    """Rehearse an upgrade. Nothing of it leaves the process. Raises SourceError: a file of the job is none."""
    began = time.monotonic()
    with Replica(fakes=False) as ic:
        ic.stand_still()
        trial = _Trial(ic, job)
        try:
            found = trial.run()
        except _Stop as stop:
            found = stop.found
        spent = found.spent._replace(whole=_since(began))
        return found._replace(spent=spent, left=tuple(trial.closed.noted))


class _Trial:
    def __init__(self, ic: Replica, job: Job) -> None:
        self.ic, self.job = ic, job
        self.caller = Principal.parse(job.caller).raw
        self.did = None if job.candid is None else Path(job.candid).read_text("utf-8")
        self.new_did = None if job.new_candid is None else Path(job.new_candid).read_text("utf-8")
        self.closed = Closed()
        ic.engine.scheduler.outside = self.closed
        controllers = [Principal.parse(one).raw for one in job.controllers]
        self.name = ic.create(controllers=controllers, name=job.canister)
        if job.memory_limit is not None:
            self.canister.settings = replace(self.canister.settings, wasm_memory_limit=job.memory_limit)
        self.loaded = self.compiled = self.upgraded = 0
        self.script = None if job.script is None else Script(Path(job.script), self._scripted)
        self.held: list[Held] = []
        asked, self.unasked = ([], []) if self.did is None else questions(self.did)
        named = {one.name for one in job.asked}
        plain = [Call(name, name, "query", _EMPTY.hex(), expects="kept") for name in asked if name not in named]
        self.asked = [*plain, *job.asked]

    @property
    def canister(self) -> Canister:
        return self.ic.engine.canisters[Principal.parse(self.name).raw]

    def run(self) -> Found:
        self._put_in_place()
        self._calls("before")
        before = [self._ask(call) for call in self.asked]
        self.ic.stop(self.name, caller=self.caller)
        sizes, kept = self._sizes(), self.ic.snapshot(self.name)
        self._compile()
        fuel, logged = self.canister.instructions, self.canister.log_count
        began = time.monotonic()
        try:
            self._upgrade()
        except Reject as error:
            self.upgraded = _since(began)
            said = Said(error.error_code, self._plain(error.message), "upgrade")
            fuel = self.canister.instructions - fuel
            self.ic.start(self.name, caller=self.caller)
            logs, back = self._logs(logged), self._same_as(before, "the old version goes on")
            told = nothing("refused", None, said=said)._replace(before=sizes, logs=logs, back=back)
            return self._measured(told, fuel)
        self.upgraded, fuel = _since(began), self.canister.instructions - fuel
        after_sizes, after = self._sizes(), self.ic.snapshot(self.name)
        values = compared(_taken(kept), _taken(after))
        self.ic.start(self.name, caller=self.caller)
        queries = [
            judged(self.did, call, old, self._ask(call), may_differ=call.name in self.job.may_differ)
            for call, old in zip(self.asked, before, strict=True)
        ]
        self._expected(before)
        if self.job.timers:
            self.ic.advance_time(self.job.timers)
        self._calls("after")
        logs = self._logs(logged)
        back = self._back(kept, before)
        outcome, why = judge(queries, self.held, values, back, fuel)
        told = nothing(outcome, why)._replace(
            before=sizes, after=after_sizes, logs=logs, queries=tuple(queries), values=values, back=back
        )
        return self._measured(told, fuel)

    def _measured(self, told: Found, fuel: int) -> Found:
        """Add what holds of every trial that came to the upgrade."""
        return told._replace(
            spent=Spent(self.loaded, self.compiled, self.upgraded),
            fuel=fuel,
            limit=Limits().install,
            unasked=tuple(self.unasked),
            held=tuple(self.held),
        )

    # What is done.

    def _put_in_place(self) -> None:
        began = time.monotonic()
        try:
            if self.job.state is not None:
                self.ic.load(self.name, read_directory(Path(self.job.state)), caller=self.caller)
            elif self.job.old is not None:
                argument = bytes.fromhex(self.job.old_argument)
                self.ic.install(self.name, Path(self.job.old).read_bytes(), argument, caller=self.caller)
        except Reject as error:
            what = "load" if self.job.state is not None else "install"
            said = Said(error.error_code, self._plain(error.message), what)
            why = "the old version does not run here, so nothing can be said of its upgrade"
            raise _Stop(nothing("undecided", why, said=said)) from None
        self.loaded = _since(began)

    def _compile(self) -> None:
        """Compile the new module apart, so that it is not counted as the time of the upgrade."""
        began = time.monotonic()
        try:
            self.ic.engine.machine.compiled(prepare(Path(self.job.new).read_bytes()))
        except Reject:
            return  # the upgrade says so too
        finally:
            self.compiled = _since(began)

    def _upgrade(self) -> None:
        module, argument = Path(self.job.new).read_bytes(), bytes.fromhex(self.job.argument)
        keep: Literal["keep"] | None = "keep" if self.job.keep else None
        self.ic.upgrade(self.name, module, argument, persistence=keep, caller=self.caller)

    def _ask(self, call: Call) -> Reply:
        caller = self.caller if call.caller is None else Principal.parse(call.caller).raw
        ask = self.ic.query if call.kind == "query" else self.ic.update
        before = self.canister.instructions
        try:
            data = ask(self.name, call.method, bytes.fromhex(call.argument), caller=caller)
        except Reject as error:
            fuel = self.canister.instructions - before
            return Reply(None, error.error_code, self._plain(error.message), fuel)
        return Reply(data, fuel=self.canister.instructions - before)

    def _scripted(self, method: str, argument: bytes, caller: str | None, *, is_query: bool) -> Reply:
        return self._ask(Call(method, method, "query" if is_query else "update", argument.hex(), caller))

    def _calls(self, when: str) -> None:
        """Make the calls of a scenario. Those before the upgrade have to hold: else it is of another state."""
        is_before = when == "before"
        did = self.did if is_before else self.new_did
        for call in self.job.before if is_before else self.job.after:
            is_right, words = holds(did, call, self._ask(call))
            self.held.append(Held(call.name, "before" if is_before else "after", is_right, words))
        if self.script is not None:
            try:
                said = self.script.call(when, did)
            except ScriptError as error:
                self.held.append(
                    Held(f"script {when}", "before" if is_before else "after", holds=False, words=str(error))
                )
            else:
                if said is not None:
                    self.held.append(Held(f"script {when}", "before" if is_before else "after", holds=True, words=said))
        wrong = [one for one in self.held if not one.holds]
        if is_before and wrong:
            why = f"the scenario fails on the old version: {wrong[0].name}: {wrong[0].words}"
            raise _Stop(nothing("undecided", why)._replace(held=tuple(self.held)))

    def _expected(self, before: list[Reply]) -> None:
        """Look whether the calls that a plan or a scenario makes on both sides say what they are to say."""
        for call, old in zip(self.asked, before, strict=True):
            if call in self.job.asked:
                self.held.append(expected(self.did, self.new_did, call, old, self._ask(call)))

    def _back(self, kept: Snapshot, before: list[Reply]) -> Back:
        """Put the snapshot back and look whether all is as it was."""
        try:
            self.ic.stop(self.name, caller=self.caller)
            self.ic.load(self.name, kept, caller=self.caller)
            self.ic.start(self.name, caller=self.caller)
        except Reject as error:
            return Back(holds=False, words=f"the snapshot cannot be put back: {self._plain(error.message)}")
        found = self.ic.snapshot(self.name)
        same = (
            found.wasm() == kept.wasm()
            and found.state.globals == kept.state.globals
            and _equal(found, kept)
            and found.state.certified_data == kept.state.certified_data
        )
        if not same:
            return Back(holds=False, words="the snapshot was put back, and the canister is not what it was")
        if self.job.timers:  # the clock went on: a reply may tell the time
            return Back(holds=True, words="the snapshot is put back, byte for byte")
        return self._same_as(before, "the snapshot is put back, byte for byte")

    def _same_as(self, before: list[Reply], words: str) -> Back:
        wrong = [
            call.name
            for call, old in zip(self.asked, before, strict=True)
            if (now := self._ask(call))._replace(fuel=0) != old._replace(fuel=0)
            and not (now.data is not None and call.name in self.job.may_differ)
        ]
        if wrong:
            return Back(holds=False, words=f"{words}, and other replies come from {', '.join(wrong)}")
        asked = (
            f", {len(before):,} {'query answers' if len(before) == 1 else 'queries answer'} as before" if before else ""
        )
        return Back(holds=True, words=f"{words}{asked}")

    # What is found.

    def _sizes(self) -> Sizes:
        state = self.canister.state
        timer = None if not state.timer else max(0, state.timer - self.ic.engine.time())
        return Sizes(state.memory.size, state.stable.size, timer)

    def _logs(self, since: int) -> tuple[str, ...]:
        lines = [line for number, _, line in self.canister.logs if number >= since]
        return tuple(clean(line.decode("utf-8", "replace"), _LINE) for line in lines[-_LOGS:])

    def _plain(self, message: str) -> str:
        """Return the runtime's words without the trial's own id, which says nothing to anybody."""
        return clean(message.removeprefix(f"Error from Canister {self.name}: "), 2000)


def _equal(one: Snapshot, other: Snapshot) -> bool:
    """Tell whether two snapshots hold the same memories."""
    step = 1 << 22
    for a, b in ((one.state.memory, other.state.memory), (one.state.stable.image, other.state.stable.image)):
        if a.size != b.size:
            return False
        if any(a.read(at, step) != b.read(at, step) for at in range(0, a.size, step)):
            return False
    return True


def _taken(snapshot: Snapshot) -> Taken:
    return Taken(snapshot.state.memory, snapshot.wasm())


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
