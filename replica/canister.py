"""A canister: its module, its memories, and what one message after the other makes of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

from analyzer.candid.principal import Principal
from replica.errors import CANISTER_ERROR, Reject
from replica.execution.interface import Interface
from replica.execution.message import INIT, PRE_UPGRADE, START, UNREPLICATED, Message
from replica.execution.trap import Trap
from replica.management import cycles
from replica.management.history import KEPT
from replica.management.sizes import code, memory
from replica.memory.image import Image, new_image
from replica.memory.stable import StableMemory

if TYPE_CHECKING:
    from replica.execution.instance import Instance, Machine
    from replica.execution.message import OutCall
    from replica.management.cycles import Charges
    from replica.management.history import Change
    from replica.management.settings import Settings
    from replica.management.snapshots import Snapshot
    from replica.module.prepare import Prepared

RUNNING, STOPPING, STOPPED = 1, 2, 3
# How far the hook for low memory is, in the words of snapshots.
CALM, READY, EXECUTED = "condition_not_satisfied", "ready", "executed"
HOOK = "canister_on_low_wasm_memory"
MOST_NARROW, MOST_WIDE = 4 << 30, 6 << 30  # bytes of a main memory (spec, "Resource limits")
_LIMITED = ("I", "U")  # messages that the setting `wasm_memory_limit` is for (spec, "create_canister")
_WORDS = {RUNNING: "running", STOPPING: "stopping", STOPPED: "stopped"}


class Limits(NamedTuple):
    """Instructions of one message, by how it enters (spec 0.66, "Resource limits")."""

    update: int = 40_000_000_000
    query: int = 5_000_000_000
    install: int = 300_000_000_000
    inspect: int = 200_000_000


class Surroundings(Protocol):
    """What a canister asks of the network."""

    machine: Machine
    limits: Limits
    charges: Charges

    def time(self) -> int:
        """Return ns since epoch."""

    def certificate(self, canister: bytes) -> bytes:
        """Return a certificate of the certified data of a canister."""

    def root_key(self) -> bytes:
        """Return the network's public key, DER."""

    def subnet(self) -> bytes:
        """Return the principal of the subnet."""


@dataclass(slots=True)
class State:
    """What a snapshot keeps of a canister, and an upgrade may put back."""

    module: Prepared | None = None
    memory: Image = field(default_factory=new_image)
    globals: list[int | float] = field(default_factory=list)
    stable: StableMemory = field(default_factory=StableMemory)
    certified_data: bytes = b""
    timer: int = 0

    def copy(self) -> State:
        """Return the same state, on its own."""
        return State(
            self.module, self.memory.copy(), list(self.globals), self.stable.copy(), self.certified_data, self.timer
        )


class Canister:
    """One canister. id: principal. cycles: its balance. version: the spec's "canister version".

    created, installed: ns since epoch. chunks: by their hashes. snapshots: by their ids. changes: how many there were.
    consumed: cycles by what they went for (`replica.management.cycles.USES`).
    """

    def __init__(self, name: bytes, settings: Settings, balance: int, around: Surroundings) -> None:
        self.id = name
        self.settings = settings
        self.cycles = balance
        self.created = 0
        self.installed: int | None = None
        self.chunks: dict[bytes, bytes] = {}
        self.snapshots: dict[bytes, Snapshot] = {}
        self.snapshot_count = 0
        self.history: list[Change] = []
        self.changes = 0
        self.consumed: dict[str, int] = {}
        self.version = 0
        self.instructions = 0  # of all messages, queries too
        self.run_status = RUNNING
        self.state = State()
        self.logs: list[tuple[int, int, bytes]] = []  # number, time in ns, line
        self.log_count = 0
        self.around = around
        self.hook = CALM
        self._instance: Instance | None = None
        self._used = 0

    # What the system interface asks (`replica.execution.interface.Host`).

    @property
    def controllers(self) -> list[bytes]:
        """Principals."""
        return self.settings.controllers

    @property
    def variables(self) -> dict[str, str]:
        """Environment variables."""
        return self.settings.environment_variables

    def freezing_limit(self) -> int:
        """Return the balance below which it is frozen."""
        return cycles.freezing_limit(self)

    def cost_of_call(self, size: int) -> int:
        """Return what a call costs whose method's name and argument have so many bytes."""
        return self.around.charges.call(size)

    def cost_of_canister(self) -> int:
        """Return what it costs to make a canister."""
        return self.around.charges.create

    @property
    def certified_data(self) -> bytes:
        """At most 32 bytes."""
        return self.state.certified_data

    @property
    def timer(self) -> int:
        """When the global timer rings, ns since epoch; 0: never."""
        return self.state.timer

    @property
    def stable(self) -> StableMemory:
        """Stable memory, with what the running message has written."""
        return self.state.stable

    @property
    def wide(self) -> bool:
        """Whether pointers have 64 bits."""
        return self.module().wide

    def status(self) -> int:
        """Return 1 running, 2 stopping, 3 stopped."""
        return self.run_status

    def balance(self) -> int:
        """Return the cycles."""
        return self.cycles

    def time(self) -> int:
        """Return ns since epoch."""
        return self.around.time()

    def certificate(self) -> bytes:
        """Return a certificate of the certified data."""
        return self.around.certificate(self.id)

    def root_key(self) -> bytes:
        """Return the network's public key, DER."""
        return self.around.root_key()

    def subnet(self) -> bytes:
        """Return the principal of the subnet."""
        return self.around.subnet()

    def used(self) -> int:
        """Return the instructions of the running message so far, or of the last one."""
        return self._used if self._instance is None else self._instance.used

    def memory(self) -> tuple[int, int]:
        """Return address and size (bytes) of the main memory."""
        return self._running().memory()

    def memory_size(self) -> int:
        """Return how many bytes are kept for it, snapshots too."""
        return sum(memory(self).values())

    def code_size(self) -> int:
        """Return how many bytes it gives back when its code is taken away."""
        return code(self)

    def pay(self, use: str, amount: int) -> None:
        """Take cycles, as many as there are. use: what for (`replica.management.cycles.USES`)."""
        taken = min(amount, self.cycles)
        if taken:
            self.cycles -= taken
            self.consumed[use] = self.consumed.get(use, 0) + taken

    def record(self, change: Change) -> None:
        """Put a change into the history."""
        self.history = [*self.history, change][-KEPT:]
        self.changes += 1

    # Messages.

    def module(self) -> Prepared:
        """Return the installed module. Raises Reject (IC0537)."""
        if self.state.module is None:
            msg = "Attempted to execute a message, but the canister contains no Wasm module."
            raise Reject(CANISTER_ERROR, "IC0537", msg)
        return self.state.module

    def ready(self) -> None:
        """Check that calls are taken.

        Raises Reject: it is stopped (IC0508), stopping (IC0509), empty (IC0537), or frozen (IC0207).
        """
        if self.run_status != RUNNING:
            msg = f"Canister {Principal(self.id)} is {_WORDS[self.run_status]}"
            raise Reject(CANISTER_ERROR, "IC0508" if self.run_status == STOPPED else "IC0509", msg)
        self.module()
        cycles.check(self)

    def method(self, name: str, kinds: tuple[str, ...]) -> str:
        """Return the kind of a method. Raises Reject (IC0536): there is none of the kinds."""
        kind = self.module().methods.get(name)
        if kind not in kinds:
            msg = f"Canister has no {kinds[0]} method '{name}'."
            raise Reject(CANISTER_ERROR, "IC0536", msg)
        return kind

    def execute(self, message: Message, target: str | tuple[int, int], limit: int, *, keep: bool) -> None:
        """Run a message and keep what it changed, or nothing where it is a query. Raises Trap: nothing is kept."""
        instance = self._running()
        try:
            instance.run(Interface(self, message), target, limit)
            self._check_growth(instance, message)
        except Trap as error:
            self._log(message, error)
            self._undo(instance)
            self._charge(message, self.used())
            raise
        self._log(message)
        if keep:
            self._keep(instance, message)
        else:
            self._undo(instance)
        self._charge(message, self.used())

    def _charge(self, message: Message, instructions: int) -> None:
        self.instructions += instructions
        if message.entry not in UNREPLICATED:  # queries cost nothing (docs, "Cycle costs")
            self.pay(cycles.INSTRUCTIONS, self.around.charges.execution(instructions))

    def _check_growth(self, instance: Instance, message: Message) -> None:
        """Raise Trap (IC0539) if a message of a kind that the setting is for has grown the memory beyond it."""
        limit, size = self.settings.wasm_memory_limit, instance.memory()[1]
        if message.entry in _LIMITED and limit and size > limit and size > self.state.memory.size:
            msg = (
                f"Canister exceeded its current Wasm memory limit of {limit} bytes. "
                f"The peak Wasm memory usage was {size} bytes."
            )
            raise Trap(msg, "IC0539")

    def look_at_memory(self) -> None:
        """Arm the hook for low memory (spec, "On Low Wasm Memory")."""
        if not self.is_low(self.state.memory.size):
            self.hook = CALM
        elif self.hook == CALM:
            self.hook = READY

    def is_low(self, size: int) -> bool:
        """Tell whether a main memory of a size (bytes) leaves less room than the setting says.

        Without a limit there is as much room as pointers reach (spec, "On Low Wasm Memory"; its abstract rule would
        call all memory low then, against the "never" of the setting's default).
        """
        wide = self.state.module is not None and self.state.module.wide
        limit = self.settings.wasm_memory_limit or (MOST_WIDE if wide else MOST_NARROW)
        return limit < size + self.settings.wasm_memory_threshold

    def take_hook(self) -> bool:
        """Tell whether the hook for low memory is to be run now; it is told once."""
        if self.hook != READY or self.state.module is None or HOOK not in self.state.module.entries:
            return False
        self.hook = EXECUTED
        return True

    def _running(self) -> Instance:
        if self._instance is None:
            from replica.execution.instance import Instance  # noqa: PLC0415 - wasmtime is loaded for the first canister

            instance = Instance(self.around.machine, self.module())
            try:
                self._load(instance)
            except Trap:
                instance.close()
                raise
            self._instance = instance
        self.around.machine.use(self)
        return self._instance

    def _load(self, instance: Instance) -> None:
        instance.grow_to(self.state.memory.size)
        self.state.memory.load(instance.memory()[0])
        if self.state.globals:
            instance.set_state(self.state.globals)

    def _keep(self, instance: Instance, message: Message) -> None:
        self.state.memory.commit(*instance.memory())
        self.state.globals = instance.state()
        self.state.stable.commit()
        if message.certified_data is not None:
            self.state.certified_data = message.certified_data
        if message.timer is not None:
            self.state.timer = message.timer
        self.look_at_memory()
        self.cycles += message.accepted_cycles - sum(call.cycles for call in message.calls)
        self.pay(cycles.BURNED, message.burned)
        if message.entry not in UNREPLICATED:
            for call in message.calls:
                self.pay(cycles.TRANSMISSION, self.cost_of_call(call.size))
        self.version += 1

    def hear(self, call: OutCall, answer: int, refund: int) -> None:
        """Take back what a call did not need. answer: its bytes. refund: cycles that came with it."""
        back = self.cost_of_call(call.size) - self.around.charges.called(call.size, answer)
        back = max(0, min(back, self.consumed.get(cycles.TRANSMISSION, 0)))
        if back:
            self.consumed[cycles.TRANSMISSION] -= back
        self.cycles += refund + back

    def _undo(self, instance: Instance) -> None:
        self.state.stable.rollback()
        address, size = instance.memory()
        if size > self.state.memory.size:
            self.put_down()  # a memory cannot shrink
            return
        self.state.memory.rollback(address)
        instance.set_state(self.state.globals)

    def scratch(self) -> Canister:
        """Return a copy of what is committed, to try something out on."""
        copy = Canister(self.id, self.settings, self.cycles, self.around)
        copy.state, copy.version, copy.run_status = self.state.copy(), self.version, self.run_status
        return copy

    def put_down(self) -> None:
        """Give the running instance back; the next message makes another one from what is committed."""
        if self._instance is not None:
            self._used = self._instance.used
            self._instance.close()
            self._instance = None
            self.around.machine.leave(self)

    def _log(self, message: Message, error: Trap | Reject | None = None) -> None:
        """Keep what a message printed, and how it failed; queries leave no logs (spec, "Canister logs")."""
        if message.entry in UNREPLICATED:
            return
        if error is not None:
            message.logs.append(f"[TRAP]: {error.message}".encode())
        most = self.settings.log_memory_limit
        for line in message.logs:
            self.logs.append((self.log_count, self.time(), line[:most]))
            self.log_count += 1
        self.trim_logs()

    def trim_logs(self) -> None:
        """Forget the oldest lines for which there is no room (spec, "Trimming canister logs")."""
        room = self.settings.log_memory_limit
        for index in range(len(self.logs) - 1, -1, -1):
            room -= len(self.logs[index][2])
            if room < 0:
                self.logs = self.logs[index + 1 :]
                break

    # Code.

    def install(self, module: Prepared, arg: bytes, caller: bytes) -> None:
        """Start anew with a module: nothing of before is kept. Raises Trap: then everything is as it was."""
        before, logs = self.state, self.logs
        self.state, self.logs = State(module), []
        try:
            self._begin(before, Message(INIT, caller, arg), "canister_init", self.around.limits.install, before=None)
        except (Trap, Reject):
            self.logs = [*logs, *self.logs]
            raise

    def upgrade(
        self, module: Prepared, arg: bytes, caller: bytes, *, persistence: str | None, skip_pre_upgrade: bool = False
    ) -> None:
        """Go on with another module. persistence: `keep` or `replace` the main memory, None: not said.

        Raises Reject: the two modules do not go together so. Trap: then everything is as it was.
        """
        old = self.module()
        keeps = _keeps(old, module, persistence)
        before, version = self.state.copy(), self.version
        limit = self.around.limits.install  # of all parts together
        try:
            if not skip_pre_upgrade and "canister_pre_upgrade" in old.entries:
                message = Message(PRE_UPGRADE, caller)
                self.execute(message, "canister_pre_upgrade", limit, keep=True)
                limit -= self.used()
        except Trap:
            self.state = before
            raise
        finally:
            self.version = version  # an upgrade counts once
        after = self.state
        self.state = State(
            module, after.memory.copy() if keeps else new_image(), [], after.stable, after.certified_data
        )
        self._begin(before, Message(INIT, caller, arg), "canister_post_upgrade", limit, before=before)

    def _begin(self, fallback: State, message: Message, entry: str, limit: int, *, before: State | None) -> None:
        """Run the start function and then an entry of a new module; where one traps, put back what was."""
        from replica.execution.instance import Instance  # noqa: PLC0415 - see above

        running, self._instance = self._instance, None
        version = self.version
        try:
            module = self.module()
            self._instance = instance = Instance(self.around.machine, module)
            if before is not None:
                instance.grow_to(self.state.memory.size)
                self.state.memory.load(instance.memory()[0])
            spent = 0
            try:
                instance.start(Interface(self, Message(START, message.caller)), limit)
                if entry in module.entries:
                    spent = instance.used if module.has_start else 0
                    self.version = version + 1  # what it asks for is the new one
                    instance.run(Interface(self, message), entry, limit - spent)
            finally:
                self._charge(message, spent + instance.used)
            self._check_growth(instance, message)
        except (Trap, Reject) as error:
            self._log(message, error)
            self.put_down()
            self.state, self.version = fallback, version
            # What ran before was put down as well: a hook may have changed its memory.
            if running is not None:
                running.close()
            raise
        if running is not None:
            running.close()
        self.around.machine.use(self)
        self._log(message)
        self.state.timer = 0
        self._keep(instance, message)
        self.version = version + 1

    def uninstall(self) -> None:
        """Take the code and all that it kept away (spec, "uninstall_code")."""
        self.replace(State())
        self.chunks = {}
        self.logs = []
        self.installed = None
        self.version += 1

    def replace(self, state: State) -> None:
        """Go on with another state."""
        self.put_down()
        self.state = state

    def try_state(self) -> None:
        """Load what is committed. Raises Reject: it does not fit into the module."""
        try:
            self._running()
        except Trap as error:
            raise error.rejected(self.id) from None


def _keeps(old: Prepared, new: Prepared, persistence: str | None) -> bool:
    """Tell whether an upgrade keeps the main memory.

    Spec 0.66, "install_code"; the words are those of the replica, recalled.
    """
    if persistence is None and old.eop:
        msg = (
            "Missing upgrade option: Enhanced orthogonal persistence requires the `wasm_memory_persistence` "
            "upgrade option."
        )
        raise Reject(CANISTER_ERROR, "IC0504", msg)
    if persistence == "keep" and not new.eop:
        msg = (
            "Invalid upgrade option: The `wasm_memory_persistence: opt Keep` upgrade option requires that the new "
            "canister module supports enhanced orthogonal persistence."
        )
        raise Reject(CANISTER_ERROR, "IC0504", msg)
    return persistence == "keep"
