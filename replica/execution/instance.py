"""A module in wasmtime, with the system interface linked to whichever message runs."""

from __future__ import annotations

import ctypes
import platform
from collections import OrderedDict
from contextlib import suppress
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Protocol

import wasmtime

from replica.execution.interface import FUNCTIONS, Interface
from replica.execution.trap import Trap, contract
from replica.module.cache import ModuleCache
from replica.module.prepare import CALLBACK, MEMORY, START
from replica.module.reader import malformed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from replica.execution.interface import Function
    from replica.module.prepare import Prepared

PAGE = 1 << 16
RESIDENT = 200  # canisters with an instance; each reserves addresses and some pages
_SETUP = 2  # to be raised when modules are prepared or the machine is set up in another way
_MASK32, _MASK64 = (1 << 32) - 1, (1 << 64) - 1
_RESERVED = (
    16 << 30
)  # bytes of addresses for each memory, so that it never moves; the system gives pages as they are used
MAX_NARROW, MAX_WIDE = 4 << 30, 6 << 30  # bytes of a main memory (spec, "Resource limits")
_OUT_OF_FUEL = wasmtime.TrapCode.OUT_OF_FUEL


class Resident(Protocol):
    """Somebody who has an instance."""

    def put_down(self) -> None:
        """Give it back."""


class Machine:
    """wasmtime, set up as the Internet Computer needs it, the modules that it has compiled, and who has instances.

    cache: a folder for compiled modules; None: they last as long as the machine. resident: how many instances live.
    """

    def __init__(self, *, cache: Path | None = None, resident: int = RESIDENT) -> None:
        config = wasmtime.Config()
        config.consume_fuel = True
        config.wasm_memory64 = True
        # What the Internet Computer does not take (dfinity/ic, `wasmtime_validation_config`; recalled).
        config.wasm_threads = False
        config.wasm_multi_memory = False
        config.wasm_gc = False
        config.wasm_function_references = False
        config.wasm_exceptions = False
        config.wasm_relaxed_simd = False
        config.cranelift_nan_canonicalization = True  # the same bits on every machine
        config.memory_reservation = _RESERVED
        config.memory_may_move = False
        config.memory_init_cow = False  # what a module writes into its memory at first is seen as written
        self.engine = wasmtime.Engine(config)
        self._compiled: dict[bytes, wasmtime.Module] = {}
        self._cache = (
            None if cache is None else ModuleCache(cache, f"{version('wasmtime')} {platform.machine()} {_SETUP}")
        )
        self._most = resident
        self._residents: OrderedDict[int, Resident] = OrderedDict()

    def use(self, resident: Resident) -> None:
        """Note who uses an instance; the one that has not used its own for the longest time gives it back."""
        self._residents[id(resident)] = resident
        self._residents.move_to_end(id(resident))
        if len(self._residents) > self._most:
            _, oldest = self._residents.popitem(last=False)
            oldest.put_down()

    def leave(self, resident: Resident) -> None:
        """Note that somebody has no instance any more."""
        self._residents.pop(id(resident), None)

    def compiled(self, prepared: Prepared) -> wasmtime.Module:
        """Return a module, compiled once. Raises Reject (IC0505): it is invalid, or imports what there is not."""
        known = self._compiled.get(prepared.sha256)
        if known is not None:
            return known
        module = self._made(prepared)
        for one in module.imports:
            function = FUNCTIONS.get(str(one.name)) if one.module == "ic0" else None
            if function is None or (function.narrow and prepared.wide):
                width = " for pointers of 64 bits" if function else ""
                msg = f"it imports {one.module}.{one.name}, which the system interface does not have{width}"
                raise malformed(msg)
        for export in module.exports:
            kind = export.type
            name = str(export.name)
            if name.startswith("canister_") and isinstance(kind, wasmtime.FuncType) and (kind.params or kind.results):
                msg = f"{name!r} takes or gives something"  # spec, "Canister module format": they have type () -> ()
                raise malformed(msg)
        self._compiled[prepared.sha256] = module
        return module

    def _made(self, prepared: Prepared) -> wasmtime.Module:
        """Return a module from the cache, or compile it. Raises Reject (IC0505): it is invalid."""
        kept = None if self._cache is None else self._cache.get(prepared.sha256)
        if kept is not None:
            with suppress(wasmtime.WasmtimeError):
                return wasmtime.Module.deserialize(self.engine, kept)
        try:
            module = wasmtime.Module(self.engine, prepared.code)
        except wasmtime.WasmtimeError as error:
            raise malformed(str(error)[:300]) from None
        if self._cache is not None:
            self._cache.put(prepared.sha256, bytes(module.serialize()))
        return module


class Instance:
    """One instance of a module. Its memory stands where it is as long as it lives."""

    def __init__(self, machine: Machine, prepared: Prepared) -> None:
        self.prepared = prepared
        self.store = wasmtime.Store(machine.engine)
        self.store.set_limits(memory_size=MAX_WIDE if prepared.wide else MAX_NARROW)
        self._interface: Interface | None = None
        self._limit = 1 << 40
        module = machine.compiled(prepared)
        linker = wasmtime.Linker(machine.engine)
        for one in module.imports:
            name = str(one.name)
            linker.define_func("ic0", name, *self._linked(FUNCTIONS[name]))
        self.store.set_fuel(1 << 40)
        try:
            self.exports = linker.instantiate(self.store, module).exports(self.store)
        except (wasmtime.WasmtimeError, wasmtime.Trap) as error:
            raise malformed(str(error)[:300]) from None
        memory = self.exports[MEMORY]
        assert isinstance(memory, wasmtime.Memory)  # noqa: S101 - prepared so
        self._memory = memory

    def _linked(self, function: Function) -> tuple[wasmtime.FuncType, Callable[..., Any]]:
        letters = {"I": "l" if self.prepared.wide else "i"}
        kinds = {"i": wasmtime.ValType.i32(), "l": wasmtime.ValType.i64()}
        parameters = [letters.get(one, one) for one in function.parameters]
        results = [letters.get(one, one) for one in function.result]
        masks = [_MASK32 if one == "i" else _MASK64 for one in parameters]
        bits = 32 if results == ["i"] else 64

        def called(*words: int) -> int | None:
            interface = self._interface
            assert interface is not None  # noqa: S101 - nothing runs outside of a message
            if interface.message.entry not in function.where:
                msg = f'"{function.name}" cannot be executed in {_ENTRIES[interface.message.entry]}'
                raise contract(msg)
            found = function.run(interface, *[word & mask for word, mask in zip(words, masks, strict=True)])
            if not results:
                return None
            value = int(found)
            return value - (1 << bits) if value >> (bits - 1) else value

        signature = wasmtime.FuncType([kinds[one] for one in parameters], [kinds[one] for one in results])
        return signature, called

    def run(self, interface: Interface, target: str | tuple[int, int], limit: int) -> None:
        """Run an exported function, or one of the table with its environment. limit: instructions.

        Raises Trap; memory and globals are then as the trap left them.
        """
        self._interface, self._limit = interface, limit
        self.store.set_fuel(limit)
        try:
            if isinstance(target, str):
                self._function(target)(self.store)
            elif self.prepared.has_callbacks and target[0] <= _MASK32:
                index, environment = target
                self._function(CALLBACK)(
                    self.store, index, environment - (1 << 64) if environment >> 63 else environment
                )
            else:
                msg = "Canister trapped: undefined element: out of bounds table access"
                raise Trap(msg, "IC0502")
        except wasmtime.Trap as error:
            raise _translated(error, limit) from None
        except wasmtime.WasmtimeError as error:
            if self.store.get_fuel() == 0:
                raise _exceeded(limit) from None
            msg = f"Canister trapped: {str(error)[:300]}"
            raise Trap(msg, "IC0502") from None
        finally:
            self._interface = None

    def _function(self, name: str) -> wasmtime.Func:
        found = self.exports[name]
        assert isinstance(found, wasmtime.Func)  # noqa: S101 - asked for by its name among functions
        return found

    def start(self, interface: Interface, limit: int) -> None:
        """Run the module's start function, where it has one. Raises Trap."""
        if self.prepared.has_start:
            self.run(interface, START, limit)

    @property
    def used(self) -> int:
        """Instructions of the last message, so far."""
        return self._limit - int(self.store.get_fuel())

    def memory(self) -> tuple[int, int]:
        """Return address and size (bytes) of the main memory."""
        address = ctypes.cast(self._memory.data_ptr(self.store), ctypes.c_void_p).value or 0
        return address, self._memory.data_len(self.store)

    def grow_to(self, size: int) -> None:
        """Make the main memory at least so large (bytes). Raises Trap: the module does not allow it."""
        missing = size - self._memory.data_len(self.store)
        if missing > 0:
            try:
                self._memory.grow(self.store, -(-missing // PAGE))
            except wasmtime.WasmtimeError:
                msg = "the memory of the canister does not fit into the module"
                raise Trap(msg, "IC0507") from None

    def state(self) -> list[int | float]:
        """Return the values of the mutable globals."""
        return [self._global(name).value(self.store) for name in self.prepared.globals]

    def set_state(self, values: list[int | float]) -> None:
        """Set the values of the mutable globals."""
        for name, value in zip(self.prepared.globals, values, strict=True):
            self._global(name).set_value(self.store, value)

    def _global(self, name: str) -> wasmtime.Global:
        found = self.exports[name]
        assert isinstance(found, wasmtime.Global)  # noqa: S101 - prepared so
        return found

    def close(self) -> None:
        """Give the memory back."""
        self.store.close()


_ENTRIES = {
    "I": "init or post upgrade", "G": "pre upgrade", "U": "update", "RQ": "replicated query", "NRQ": "query",
    "CQ": "composite query", "Ry": "reply callback", "Rt": "reject callback", "CRy": "composite reply callback",
    "CRt": "composite reject callback", "C": "cleanup callback", "CC": "composite cleanup callback", "s": "start",
    "F": "inspect message", "T": "system task",
}  # fmt: skip


def _translated(error: wasmtime.Trap, limit: int) -> Trap:
    if error.trap_code == _OUT_OF_FUEL:
        return _exceeded(limit)
    reason = str(error).rpartition("wasm trap: ")[2].strip().partition("\n")[0]
    return Trap(f"Canister trapped: {reason}", "IC0502")


def _exceeded(limit: int) -> Trap:
    return Trap(f"Canister exceeded the limit of {limit} instructions for single message execution.", "IC0522")
