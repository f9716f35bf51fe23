"""A trial on the embedded replica: load the state, upgrade, ask again, look at each value, and go back."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from analyzer.candid.principal import Principal
from analyzer.errors import CtxError
from analyzer.report.words import clean
from migrator.rehearsal.closed import Closed
from migrator.rehearsal.model import HOLDS, Back, Call, Found, Held, Said, Sizes, Spent, nothing
from migrator.rehearsal.replies import Reply, judged, questions, shown
from migrator.rehearsal.script import Script, ScriptError
from migrator.rehearsal.values import compared
from replica import Reject, Replica
from replica.canister import Limits
from replica.module.prepare import prepare
from replica.snapshots.directory import read_directory

if TYPE_CHECKING:
    from migrator.rehearsal.model import Job, Outcome, Query, Values
    from replica.canister import Canister
    from replica.management.snapshots import Snapshot

MOST_TIMES = 2  # instructions of the Internet Computer for one of ours, at most (replica.md); at least 1.3
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
        values = compared(kept, after)
        self.ic.start(self.name, caller=self.caller)
        queries = [
            judged(self.did, call, old, self._ask(call), may_differ=call.name in self.job.may_differ)
            for call, old in zip(self.asked, before, strict=True)
        ]
        self._expected(before)
        self._calls("after")
        if self.job.timers:
            self.ic.advance_time(self.job.timers)
        logs = self._logs(logged)
        back = self._back(kept, before)
        outcome, why = self._judge(queries, values, fuel, back)
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
            holds, words = _holds(did, call, self._ask(call))
            self.held.append(Held(call.name, "before" if is_before else "after", holds, words))
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
            if call not in self.job.asked:
                continue
            new = self._ask(call)
            if call.expects in ("same", "kept"):
                query = judged(self.did, call, old, new, may_differ=False)
                holds = query.fate == "same" if call.expects == "same" else query.fate in HOLDS
                self.held.append(Held(call.name, "after", holds and new.data is not None, query.words))
            else:
                self.held.append(Held(call.name, "after", *_holds(self.new_did, call, new)))

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

    def _judge(self, queries: list[Query], values: Values, fuel: int, back: Back) -> tuple[Outcome, str | None]:
        wrong = [f"{one.name}: {one.words}" for one in queries if not one.holds]
        wrong += [
            f"{one.name}: {one.words}"
            for one in self.held
            if not one.holds and one.name not in {q.name for q in queries if not q.holds}
        ]
        if values.why is None and not values.kept:
            wrong.append(f"the stable variables: {values.summary}")
        if not back.holds:
            wrong.append(f"the way back: {back.words}")
        if wrong:
            more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
            return "failed", wrong[0] + more
        if fuel * MOST_TIMES > Limits().install:
            return "undecided", "the upgrade may take more instructions than the network allows"
        return "accepted", None

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


def _holds(did: str | None, call: Call, reply: Reply) -> tuple[bool, str]:
    """Tell whether a reply is what a call expects of itself alone."""
    if reply.data is None:
        return call.expects == "reject", reply.words
    words = f"{len(reply.data):,} bytes" if did is None else shown(did, call.method, reply.data)
    if call.expects == "reject":
        return False, f"is not rejected, as expected, but replies {words}"
    expected = bytes.fromhex(call.value or "")
    if call.expects == "value" and not _same_value(did, call.method, expected, reply.data):
        return False, f"replies {words}, which is not what is expected"
    return True, words


def _same_value(did: str | None, method: str, expected: bytes, found: bytes) -> bool:
    """Tell whether two replies stand for the same values: the same value may be written with other types."""
    if expected == found:
        return True
    if did is None:
        return False
    from analyzer.candid.methods import method_of  # noqa: PLC0415 - few calls name a value
    from analyzer.candid.parse import parse_candid  # noqa: PLC0415
    from analyzer.candid.values import decode  # noqa: PLC0415

    interface = parse_candid(did, "the interface")
    known = method_of(interface, method)
    try:
        return known is not None and decode(expected, interface, known.results) == decode(
            found, interface, known.results
        )
    except CtxError:
        return False


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
