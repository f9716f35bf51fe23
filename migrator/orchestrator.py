"""A run: the steps of a plan, one target after the other, forward, and back where that is safe.

Whatever happens to the process, the journal says how far it came, and the same run goes on from there. A subclass adds
what a project needs: methods `before_STEP` and `after_STEP`, and `on_failure`.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from analyzer.candid.principal import Principal
from analyzer.errors import CtxError, UsageError, of_system
from migrator import runs
from migrator.approval import granted, read_approvals
from migrator.context import PATIENCE, Context
from migrator.failures import HookFailed, OperatorNeeded, StalePlan, StepFailed
from migrator.hooks import FAILURE, CommandHooks, check_names
from migrator.journal.envelopes import Envelopes
from migrator.journal.file import Journal
from migrator.journal.replay import replay
from migrator.keepers import Keepers
from migrator.lock import locked
from migrator.network.errors import NetworkError, Rejected
from migrator.outcome import (
    CODES,
    COMMITTED,
    HELD,
    OPERATOR,
    REFUSED,
    ROLLED_BACK,
    WAITING,
    Outcome,
    TargetOutcome,
    ending,
)
from migrator.plan.form import to_json
from migrator.plan.proven import proven
from migrator.sequence import COMMIT, HOLD, sequence
from migrator.stale import of_network
from migrator.steps import all_steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from migrator.operations import CanisterOperations
    from migrator.plan.file import SavedPlan
    from migrator.plan.model import Target

_FIRST, _LAST = 0.5, 10.0  # seconds before a step is tried again, when the network does not answer


class MigrationOrchestrator:
    """Runs a plan. folder: `.ctxcheck` of the project. commands: hooks by name, see `CommandHooks`. told: progress.

    hold: stop before the new version is started, until the run is resumed. patience: seconds to wait for a network that
    does not answer, or to find out what became of a change.
    """

    def __init__(
        self,
        saved: SavedPlan,
        operations: CanisterOperations,
        folder: Path,
        *,
        keepers: Keepers | None = None,
        commands: Mapping[str, Sequence[str]] | None = None,
        told: Callable[[str], None] = lambda _: None,
        hold: bool = False,
        patience: float = PATIENCE,
    ) -> None:
        self.saved = saved
        self.operations = operations
        self.folder = folder
        self.keepers = keepers or Keepers()
        self.told = told
        self.hold = hold
        self.patience = patience
        self.run_name: str | None = None
        self._commands = CommandHooks(commands or {})

    def __init_subclass__(cls) -> None:
        """Refuse methods that are named like hooks and would never be called."""
        check_names(vars(cls), cls.__name__)

    # Hooks.

    def on_failure(self, step: str, at: Context, error: CtxError) -> None:
        """Do what a project does when a step fails, before anything is undone. An error of its own is told, no more."""

    def _hook(self, when: str, step: str, at: Context) -> None:
        """Call the method and the command of a hook. Raises HookFailed. After a stop they are called again."""
        name = f"{when}_{step}"
        method = getattr(self, name, None)
        if method is not None:
            try:
                method(at)
            except CtxError:
                raise
            except Exception as error:
                msg = f"{type(error).__name__}: {error}"
                raise HookFailed(msg, where=f"hook {name}") from error
        self._commands.call(name, at, step)

    def _failed(self, step: str, at: Context, error: CtxError) -> None:
        try:
            self.on_failure(step, at, error)
            self._commands.call(FAILURE, at, step, str(error))
        except Exception as problem:  # noqa: BLE001 - whatever a hook does, the canister is brought back
            self.told(f"hook {FAILURE}: {problem}")

    # What users do.

    def describe(self) -> list[str]:
        """Return what a run will do, step by step, also as commands of icp-cli."""
        lines = []
        for target in self.saved.plan.targets:
            lines.append(f"{target.name} ({target.canister})")
            for number, step in enumerate(sequence(target), 1):
                first, *more = all_steps()[step].describe(target)
                lines += [f"  {number}. {first}", *(f"     {line}" for line in more)]
        return lines

    def run(self, message: str | None = None) -> Outcome:
        """Run the plan. message: a sentence for the history, instead of the plan's.

        Raises Blocked, NotApproved, StalePlan, PlanError, LockHeld, OperatorNeeded (another run is not over): nothing
        was begun. Everything else is in the outcome.
        """
        proven(self.saved)
        plan = self.saved.plan
        self._refuse_other_network()
        with self._locked("a new run"):
            runs.refuse_unfinished(self.folder, plan)
            now = max(self.operations.read_certified(_raw(target)).time for target in plan.targets)
            given, refused = read_approvals(self.folder, self.saved.digest)
            for words in refused:
                self.told(f"not an approval: {words}")
            approvals = granted(self.saved, given, now, local=self.operations.is_local)
            self.run_name = run = runs.begin(self.folder, self.saved)
            with self._opened(run) as (journal, envelopes):
                sentence = plan.message if message is None else message
                journal.append(
                    "run",
                    plan=self.saved.digest,
                    run=run,
                    message=sentence,
                    approvals=to_json(approvals),
                    pid=os.getpid(),
                )
                return self._go(journal, envelopes)

    def resume(self, run: str) -> Outcome:
        """Go on with a run where it stopped. Raises UsageError: there is none; DamagedJournal, LockHeld."""
        with self._again(run) as (journal, envelopes):
            if replay(journal.records).held:
                journal.append("resumed", step=replay(journal.records).held)
            return self._go(journal, envelopes)

    def roll_back(self, run: str, reason: str, *, forced: bool = False) -> Outcome:
        """Undo a run because an operator says so. forced: also where what was written since is lost.

        Raises UsageError: the run is over and undone, or nothing is left to go back to.
        """
        with self._again(run) as (journal, envelopes):
            state = replay(journal.records)
            for at in self._contexts(journal, envelopes):
                progress = state.of(at.target.name)
                if progress.outcome in (ROLLED_BACK, REFUSED) or not progress.done:
                    continue
                if not progress.undoing:
                    at.record("fail", progress.begun or progress.done[-1], why=f"the operator: {reason}", exit=8)
                if forced:
                    at.fact(forced=True)
            return self._go(journal, envelopes)

    def give_up(self, run: str, reason: str) -> None:
        """Write down that an operator has dealt with what a run left, so that others may follow."""
        with self._again(run) as (journal, envelopes):
            for at in self._contexts(journal, envelopes):
                if not at.progress.outcome:
                    at.record("outcome", outcome=OPERATOR, exit=CODES[OPERATOR], why=reason)

    def tell(self, run: str) -> list[str]:
        """Return how it stands with a run that nobody is at work on: what runs, where the copies are."""
        with self._again(run) as (journal, envelopes):
            lines = []
            for at in self._contexts(journal, envelopes):
                lines += [f"{at.target.name}: {line}" for line in ending(at, "")]
            return lines

    # The machine.

    def _go(self, journal: Journal, envelopes: Envelopes) -> Outcome:
        contexts = list(self._contexts(journal, envelopes))
        open_ones = {at.progress.effect.request for at in contexts if at.progress.effect is not None}
        for name in envelopes.names():
            if name not in open_ones:  # it ended before it was dropped, or before the journal knew of it
                envelopes.drop(name)
        error: CtxError | None = None
        words: dict[str, tuple[str, int, str]] = {}
        for at in contexts:  # all are looked at before one is changed
            if error is None and "precheck" not in at.progress.done and not at.progress.undoing:
                error = self._forward(at, ("precheck",))
        for at in contexts:
            if error is None and not at.progress.undoing:
                error = self._forward(at, sequence(at.target))
            if at.progress.undoing and at.progress.outcome in ("", COMMITTED):
                error = self._back(at, error) or error
            words[at.target.name] = self._word(at, error)
            if words[at.target.name][1] and error is None:
                break
        outcomes = []
        for at in contexts:
            word, code, why = words.get(at.target.name, (WAITING, 0, ""))
            outcomes.append(TargetOutcome(at.target.name, at.target.canister, word, code, why, ending(at, word)))
        return Outcome(contexts[0].state.run, tuple(outcomes), error)

    def _word(self, at: Context, error: CtxError | None) -> tuple[str, int, str]:
        """Return how it stands with a target: word, exit code, why."""
        progress = at.progress
        finished = set(sequence(at.target)) <= set(progress.done)
        if progress.outcome == COMMITTED and progress.undoing:
            return OPERATOR, CODES[OPERATOR], str(error or progress.undoing)
        if progress.outcome == COMMITTED and not finished and error is not None:
            return COMMITTED, CODES[OPERATOR], str(error)
        if progress.outcome:
            return progress.outcome, progress.exit_code, progress.undoing
        if at.state.held:
            return HELD, CODES[HELD], "held before start"
        if not progress.made and progress.effect is None and not progress.undoing:
            return WAITING, 0, ""
        return OPERATOR, CODES[OPERATOR], progress.undoing or str(error or "")

    def _forward(self, at: Context, steps: Sequence[str]) -> CtxError | None:
        """Do what is not done of some steps; return what went wrong, None: nothing."""
        for name in steps:
            if name in at.progress.done:
                self._commit(name, at)
                continue
            if name == HOLD and self._holds(at):
                return None
            try:
                self._step(name, at)
            except OperatorNeeded as error:
                return error
            except CtxError as error:
                if at.progress.outcome != COMMITTED:
                    at.record("fail", name, why=str(error), exit=error.exit_code)
                self._failed(name, at, error)
                return error
            self._commit(name, at)
        return None

    def _commit(self, name: str, at: Context) -> None:
        """Write down that the new version stays, once that step is done."""
        if name == COMMIT and not at.progress.outcome:
            at.record("outcome", outcome=COMMITTED, exit=0)
            self.told(f"{at.target.name}: committed")

    def _holds(self, at: Context) -> bool:
        """Tell whether the run waits here for its operator."""
        was_held = any(record.kind == "held" and record.target == at.target.name for record in at.journal.records)
        if self.hold and not was_held:
            at.record("held", HOLD)
        return bool(at.state.held)

    def _step(self, name: str, at: Context) -> None:
        """Do a step, again while the network does not answer. Raises CtxError."""
        step, until, pause = all_steps()[name], time.monotonic() + self.patience, _FIRST
        if at.progress.begun != name:
            at.record("begin", name)
        self.told(f"{at.target.name}: {step.describe(at.target)[0]}")
        self._hook("before", name, at)
        while True:
            try:
                self._settle(at)
                step.run(at)
                step.verify(at)
                break
            except (Rejected, BrokenPipeError):
                raise
            except OSError as error:
                raise of_system(error) from None
            except NetworkError as error:
                if time.monotonic() + pause > until:
                    raise
                self.told(f"{error}; trying again")
            except CtxError:
                raise
            except Exception as error:
                raise _of_ours(error) from error
            time.sleep(pause)
            pause = min(2 * pause, _LAST)
        self._hook("after", name, at)
        at.record("done", name)

    @staticmethod
    def _settle(at: Context) -> None:
        """Find out what became of a change that was being made. Raises CtxError."""
        effect = at.progress.effect
        if effect is not None:
            step = all_steps()[effect.step]
            at.settle(lambda: step.holds(at, effect.action), lambda: step.made(at, effect.action))

    def _back(self, at: Context, error: CtxError | None) -> CtxError | None:
        """Undo what was done, the last first. Return what went wrong with that; None: it is undone."""
        progress = at.progress
        names = sequence(at.target)
        last = names.index(progress.failed) if progress.failed in names else len(names) - 1
        try:
            self._settle_quietly(at)
            for name in reversed(names[: last + 1]):
                if name not in progress.undone:
                    at.record("undo", name)
                    self._undo(name, at)
                    at.record("undone", name)
        except OperatorNeeded as problem:
            return problem
        except CtxError as problem:
            msg = f"going back did not work either: {problem}"
            return OperatorNeeded(msg, hint=problem.hint)
        if at.did("install", "load_snapshot"):
            # A timer that was armed and is not any more: the data are there, and what runs by the clock is not.
            stands = at.facts.get("timer") and not at.facts.get("timer_back")
            word, code = ROLLED_BACK, CODES[OPERATOR if stands else ROLLED_BACK]
        else:
            # Where nothing at all was changed, the code says why.
            word, code = REFUSED, progress.exit_code if not progress.made and progress.exit_code else CODES[REFUSED]
        at.record("outcome", outcome=word, exit=code, why=progress.undoing)
        self.told(f"{at.target.name}: {word}")
        return error

    def _settle_quietly(self, at: Context) -> None:
        """Find out what became of a change; that it was rejected is no reason to stop going back."""
        try:
            self._settle(at)
        except Rejected:
            return

    def _undo(self, name: str, at: Context) -> None:
        """Undo a step, again while the network does not answer. Raises CtxError."""
        until, pause = time.monotonic() + self.patience, _FIRST
        while True:
            try:
                self._settle_quietly(at)
                all_steps()[name].undo(at)
            except (Rejected, BrokenPipeError):
                raise
            except OSError as error:
                raise of_system(error) from None
            except NetworkError as error:
                if time.monotonic() + pause > until:
                    raise
                self.told(f"{error}; trying again")
            except CtxError:
                raise
            except Exception as error:
                raise _of_ours(error) from error
            else:
                return
            time.sleep(pause)
            pause = min(2 * pause, _LAST)

    # Files.

    def _refuse_other_network(self) -> None:
        found = of_network(self.saved, self.operations)
        if found:
            raise StalePlan(self.saved.plan.network.name, found)

    @contextmanager
    def _locked(self, run: str) -> Iterator[None]:
        plan = self.saved.plan
        with locked(self.folder, plan.network.root_key, (target.canister for target in plan.targets), run):
            yield

    @contextmanager
    def _opened(self, run: str) -> Iterator[tuple[Journal, Envelopes]]:
        folder = runs.folder_of(self.folder, run)
        journal = Journal(folder)
        try:
            yield journal, Envelopes(folder)
        finally:
            journal.close()

    @contextmanager
    def _again(self, run: str) -> Iterator[tuple[Journal, Envelopes]]:
        """Open a run that was begun, with this plan."""
        if not runs.exists(self.folder, run):
            msg = f"there is no run `{run[:80]}`"
            raise UsageError(msg, hint=f"known: {', '.join(runs.names(self.folder)) or 'none'}")
        self._refuse_other_network()
        with self._locked(run), self._opened(run) as opened:
            if replay(opened[0].records).plan not in ("", self.saved.digest):
                msg = f"the run {run} is one of another plan"
                raise UsageError(msg)
            if not opened[0].records:  # it ended before its first record: nothing was done
                opened[0].append("run", plan=self.saved.digest, run=run, message="", approvals=[], pid=os.getpid())
            yield opened

    def _contexts(self, journal: Journal, envelopes: Envelopes) -> Iterator[Context]:
        state = replay(journal.records)
        for target in self.saved.plan.targets:
            owned = runs.owned_snapshots(self.folder, target.canister, but=state.run)
            to_compare = runs.owned_snapshots(self.folder, target.canister, but=state.run, fact="snapshot_new")
            yield Context(
                self.saved,
                target,
                self.operations,
                journal,
                envelopes,
                state,
                self.keepers,
                self.told,
                self.patience,
                owned,
                to_compare,
            )


def _of_ours(error: Exception) -> StepFailed:
    """Return a fault of ours as a step that failed: the canister is brought back, whatever it is."""
    msg = f"a fault of ctxcheck: {type(error).__name__}: {str(error)[:200]}"
    return StepFailed(msg, hint="please report it, with this line")


def _raw(target: Target) -> bytes:
    return Principal.parse(target.canister).raw
