"""What a step works with: the target, the network, and the journal between them.

Every change goes one way: what must hold is looked at, the request is signed and kept, the journal says so, it is sent,
and the journal says what became of it. A process may end between any two of these; what follows is found out then.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from analyzer.candid.principal import Principal
from analyzer.errors import CtxError
from migrator.failures import OperatorNeeded, Uncertain
from migrator.journal.replay import apply
from migrator.journal.replies import Replies
from migrator.network.errors import NetworkError, Rejected
from migrator.operations import Prepared

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrator.journal.envelopes import Envelopes
    from migrator.journal.file import Journal
    from migrator.journal.replay import Progress, RunState
    from migrator.keepers import Keepers
    from migrator.network.canister import CertifiedCanister
    from migrator.network.management import CanisterStatus
    from migrator.operations import Action, CanisterOperations, Fate
    from migrator.plan.file import SavedPlan
    from migrator.plan.model import Target

PATIENCE = 7 * 60.0  # seconds: what was signed expires after four minutes, and is then proven not to have run
WAIT = 10 * 60.0
_STOP = 2


@dataclass(slots=True)
class Context:
    """A target of a run. patience: seconds to find out what became of a change whose answer was lost.

    owned: snapshots that other runs of this folder took of the canister, oldest first: id, and when it was taken.
    told: words for who watches.
    """

    saved: SavedPlan
    target: Target
    operations: CanisterOperations
    journal: Journal
    envelopes: Envelopes
    state: RunState
    keepers: Keepers
    told: Callable[[str], None]
    patience: float = PATIENCE
    owned: list[tuple[str, int]] = field(default_factory=list)
    owned_to_compare: list[tuple[str, int]] = field(default_factory=list)

    # What is known.

    @property
    def canister(self) -> bytes:
        """The principal."""
        return Principal.parse(self.target.canister).raw

    @property
    def progress(self) -> Progress:
        """Where the target is."""
        return self.state.of(self.target.name)

    @property
    def facts(self) -> dict[str, Any]:
        """What was found, by name."""
        return self.progress.facts

    @property
    def replies(self) -> Replies:
        """What checks replied before."""
        return Replies(self.envelopes.folder, self.target.name)

    @property
    def old_hash(self) -> bytes:
        """The module that runs before."""
        return bytes.fromhex(self.target.old.module_hash)

    @property
    def new_hash(self) -> bytes:
        """The module that is to run."""
        return bytes.fromhex(self.target.new.module)

    @property
    def owned_new(self) -> list[tuple[str, int]]:
        """Snapshots that were taken to compare with, of this run and of others."""
        facts = self.facts
        mine = [(facts["snapshot_new"], facts["snapshot_new_taken"])] if "snapshot_new" in facts else []
        return [*self.owned_to_compare, *mine]

    @property
    def counted_by_stop(self) -> int:
        """By how much a stop counts the version up: for running to stopping, and for stopping to stopped.

        (Interface spec 0.66, "Canister version".) Where our own stop counted one, the network counts one.
        """
        running, stopped = self.facts.get("version_running"), self.facts.get("version_stopped")
        return 1 if running is not None and stopped is not None and stopped - running == 1 else _STOP

    def blob(self, name: str) -> bytes:
        """Return bytes of the plan."""
        return self.saved.blobs[name]

    def did(self, step: str, action: str) -> bool:
        """Tell whether it is proven that a step made a change."""
        return f"{step}:{action}" in self.progress.made

    def record(self, kind: str, step: str = "", **data: Any) -> None:  # noqa: ANN401 - JSON
        """Write something down."""
        apply(self.state, self.journal.append(kind, self.target.name, step, **data))

    def fact(self, **facts: Any) -> None:  # noqa: ANN401 - JSON
        """Write down what was found, unless it is known already."""
        if any(self.facts.get(name) != value for name, value in facts.items()):
            self.record("fact", "", **facts)

    # What is there.

    def certified(self) -> CertifiedCanister:
        """Return what is certified of the canister."""
        return self.operations.read_certified(self.canister)

    def snapshots(self) -> set[tuple[str, int]]:
        """Return its snapshots: id, and when each was taken (an id comes again where a network is begun anew)."""
        return {(one.id.hex(), one.taken_at) for one in self.operations.snapshots(self.canister)}

    def status(self) -> CanisterStatus:
        """Return its status."""
        return self.operations.status(self.canister)

    def module(self) -> bytes | None:
        """Return the hash of the module that runs, certified."""
        return self.certified().module_hash

    # What changes it.

    def change(
        self,
        step: str,
        action: Action,
        *,
        guard: Callable[[], None] = lambda: None,
        observed: Callable[[], bool | None] = lambda: None,
        called: str | None = None,
    ) -> Any:  # noqa: ANN401 - by the change
        """Make a change and return what it gives; None where that is not known, only that it was made.

        called: another name for it than the action's. guard: looks again at what must hold, before it is sent; raises.
        observed: whether it was made, by what is there; None: that does not tell. Raises Rejected, NetworkError: it was
        not made. Uncertain: nobody knows.
        """
        guard()
        prepared = self.operations.prepare(self.canister, action)
        self.envelopes.keep(prepared.request, prepared.plain)
        name = called or action.name
        self.record("prepare", step, action=name, request=prepared.request, expiry=prepared.expiry)
        return self._send(step, name, prepared, observed)

    def settle(self, guard: Callable[[], None], observed: Callable[[], bool | None]) -> None:
        """Find out what became of the change that was being made when the run stopped. guard, observed: as `change`.

        What was not seen by the network, and may still come, is sent again where its guard holds: the same bytes run
        once, whoever sends them. Raises Rejected, OperatorNeeded.
        """
        effect = self.progress.effect
        if effect is None:
            return
        plain = self.envelopes.find(effect.request)
        if plain is None:
            self._by_looking(effect.step, effect.action, effect.request, observed)
            return
        prepared = Prepared(effect.request, effect.expiry, plain)
        try:
            fate = self.operations.fate(prepared)
        except NetworkError as error:
            msg = f"nobody tells what became of {effect.action}: {error.what}"
            raise Uncertain(msg, hint="--resume when the network answers again") from None
        try:
            if fate.word == "unknown" and _holds(guard):
                self._send(effect.step, effect.action, prepared, observed)
            else:
                self._found_out(effect.step, effect.action, prepared, observed)
        except Rejected:
            raise
        except NetworkError as error:
            if error.ran != "no":
                raise

    def _send(self, step: str, action: str, prepared: Prepared, observed: Callable[[], bool | None]) -> Any:  # noqa: ANN401
        try:
            reply = self.operations.send(prepared, wait=WAIT)
        except Rejected as error:
            if error.ran != "unknown":
                self._rejected(step, action, prepared.request, error)
                raise
            return self._refused(error, step, action, prepared, observed)
        except NetworkError as error:
            if error.ran == "no":
                self._over("never", step, action, prepared.request)
                raise
            self.told(f"{action}: {error.what}; asking what became of it")
            return self._found_out(step, action, prepared, observed)
        self._over("replied", step, action, prepared.request)
        return reply

    def _refused(
        self, said: Rejected, step: str, action: str, prepared: Prepared, observed: Callable[[], bool | None]
    ) -> Any:  # noqa: ANN401
        """Find out what became of a change that one machine refused, which may say so of what it passed on."""
        self.told(f"{action}: {said.what}; one machine says so: waiting for the proof that it was not made")
        try:
            return self._found_out(step, action, prepared, observed)
        except NetworkError as proof:
            if proof.ran != "no":
                raise
            raise said from None

    def _found_out(self, step: str, action: str, prepared: Prepared, observed: Callable[[], bool | None]) -> Any:  # noqa: ANN401
        """Ask until it is certified what became of a change."""
        until, pause = time.monotonic() + self.patience, 0.25
        while True:
            try:
                fate: Fate | None = self.operations.fate(prepared)
            except NetworkError:
                fate = None
            match fate.word if fate is not None else "silent":
                case "replied":
                    assert fate is not None  # noqa: S101 - it has a word
                    self._over("replied", step, action, prepared.request)
                    return fate.reply
                case "rejected":
                    assert fate is not None and fate.reject is not None  # noqa: S101, PT018 - it was rejected
                    self._rejected(step, action, prepared.request, fate.reject)
                    raise fate.reject
                case "never":
                    self._over("never", step, action, prepared.request)
                    msg = f"{action}: the network did not take it in before it expired"
                    raise NetworkError(msg, ran="no")
                case "forgotten":
                    self._by_looking(step, action, prepared.request, observed)
                    return None
            if time.monotonic() + pause > until:
                msg = f"it is not known whether `{action}` of {self.target.name} was done"
                raise Uncertain(msg, hint="--resume in some minutes: then it is certified, or never happens")
            time.sleep(pause)
            pause = min(pause * 1.5, 5.0)

    def _by_looking(self, step: str, action: str, request: str, observed: Callable[[], bool | None]) -> None:
        """Find out by what is there what nobody can tell any more."""
        seen = observed()
        if seen is None:
            msg = f"nobody can tell any more whether `{action}` of {self.target.name} was done"
            raise OperatorNeeded(msg, hint="`ctxcheck recover` shows what is there")
        self._over("replied" if seen else "never", step, action, request, observed=True)

    def _rejected(self, step: str, action: str, request: str, error: Rejected) -> None:
        self._over("rejected", step, action, request, code=error.error_code, why=error.message[:500])

    def _over(self, kind: str, step: str, action: str, request: str, **data: Any) -> None:  # noqa: ANN401 - JSON
        self.record(kind, step, action=action, request=request, **data)
        self.envelopes.drop(request)


def _holds(guard: Callable[[], None]) -> bool:
    """Tell whether what must hold before a change does."""
    try:
        guard()
    except CtxError:
        return False
    return True
