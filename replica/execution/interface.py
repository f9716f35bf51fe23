"""The system interface `ic0`: what a canister may ask of the network, and when.

Interface spec 0.66, "System interface (System API)": names, types, and the letters of its table of entry points.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from replica.errors import SYS_TRANSIENT
from replica.execution.message import UNREPLICATED, Building, Message, OutCall
from replica.execution.trap import Trap, contract

if TYPE_CHECKING:
    from collections.abc import Callable

    from replica.memory.stable import StableMemory

MAX_REPLY = 2 * 1024 * 1024  # bytes of what a message sends or answers (spec, "Resource limits")
MAX_CERTIFIED = 32  # bytes of certified data
MAX_LOG = 32 * 1024  # bytes of one line
_MASK = (1 << 64) - 1
MAX_METHOD = 20_000  # bytes of a method's name (spec, "Cycle cost calculation")
MAX_PRINCIPAL = 29  # bytes
MAX_VARIABLE = 128  # bytes of an environment variable's name
_PAGES_32 = 1 << 16  # of a stable memory that functions of 32 bits reach
_NO_KEY = 2  # "key_name unknown" (spec, `ic0.cost_sign_with_ecdsa`)
_ALL = "I G U RQ NRQ CQ Ry Rt CRy CRt C CC F T"
_ALL_AND_START = f"{_ALL} s"
_ARGUMENT = "I U RQ NRQ CQ Ry CRy F"
_ANSWER = "U RQ NRQ CQ Ry Rt CRy CRt"
_INFO = "U RQ NRQ CQ Ry Rt CRy CRt C CC F"
_CYCLES = "U RQ Rt Ry"
_CALL = "U CQ Ry Rt CRy CRt T"
_PAY = "U Ry Rt T"
_CHANGE = "I G U Ry Rt C T"
_REPLICATED = "I G U RQ Ry Rt C T"


class Host(Protocol):
    """What the interface knows of the canister and of the network around it."""

    id: bytes

    @property
    def controllers(self) -> list[bytes]:
        """Principals."""

    version: int

    @property
    def timer(self) -> int:
        """When the global timer rings, ns since epoch; 0: never."""

    @property
    def stable(self) -> StableMemory:
        """Stable memory."""

    @property
    def variables(self) -> dict[str, str]:
        """Environment variables."""

    def freezing_limit(self) -> int:
        """Return the balance below which the canister is frozen."""

    def cost_of_call(self, size: int) -> int:
        """Return what a call costs whose method's name and argument have so many bytes."""

    def cost_of_canister(self) -> int:
        """Return what it costs to make a canister."""

    def status(self) -> int:
        """Return 1 running, 2 stopping, 3 stopped."""

    def balance(self) -> int:
        """Return the cycles of the canister."""

    def time(self) -> int:
        """Return ns since epoch."""

    def certificate(self) -> bytes:
        """Return a certificate of the certified data."""

    def used(self) -> int:
        """Return the instructions of this message so far."""

    def memory(self) -> tuple[int, int]:
        """Return address and size (bytes) of the main memory."""

    def root_key(self) -> bytes:
        """Return the network's public key, DER."""

    def subnet(self) -> bytes:
        """Return the principal of the subnet."""


class Function(NamedTuple):
    """One function. parameters, result: `I` a pointer, `i` 32 bits, `l` 64 bits. where: the entry points.

    narrow: it is there for pointers of 32 bits alone.
    """

    name: str
    parameters: str
    result: str
    where: frozenset[str]
    run: Callable[..., Any]
    narrow: bool


FUNCTIONS: dict[str, Function] = {}


def _function(name: str, parameters: str, result: str, where: str, *, narrow: bool = False) -> Callable[[Any], Any]:
    def taken(run: Callable[..., Any]) -> Callable[..., Any]:
        FUNCTIONS[name] = Function(name, parameters, result, frozenset(where.split()), run, narrow)
        return run

    return taken


class Interface:
    """The interface during one message."""

    def __init__(self, host: Host, message: Message) -> None:
        self.host = host
        self.message = message
        self._now = 0

    # Memory. Every pointer of a canister goes through `_place`.

    def _place(self, pointer: int, size: int) -> int:
        address, length = self.host.memory()
        if pointer < 0 or size < 0 or pointer + size > length:
            msg = "heap out of bounds"
            raise Trap(msg, "IC0502")
        return address + pointer

    def read(self, pointer: int, size: int) -> bytes:
        """Return bytes of the main memory. Raises Trap: beyond its end."""
        return ctypes.string_at(self._place(pointer, size), size)

    def _write(self, pointer: int, data: bytes) -> None:
        ctypes.memmove(self._place(pointer, len(data)), data, len(data))

    def _copy(self, data: bytes, to: int, offset: int, size: int) -> None:
        if offset + size > len(data):
            msg = "offset and size are beyond the end of what is copied"
            raise contract(msg)
        self._write(to, data[offset : offset + size])

    def _amount(self, to: int, value: int) -> None:
        self._write(to, value.to_bytes(16, "little"))

    # The message.

    @_function("msg_arg_data_size", "", "I", _ARGUMENT)
    def _arg_size(self) -> int:
        return len(self.message.arg)

    @_function("msg_arg_data_copy", "III", "", _ARGUMENT)
    def _arg_copy(self, to: int, offset: int, size: int) -> None:
        self._copy(self.message.arg, to, offset, size)

    @_function("msg_caller_size", "", "I", _ALL)
    def _caller_size(self) -> int:
        return len(self.message.caller)

    @_function("msg_caller_copy", "III", "", _ALL)
    def _caller_copy(self, to: int, offset: int, size: int) -> None:
        self._copy(self.message.caller, to, offset, size)

    @_function("msg_reject_code", "", "i", "Ry Rt CRy CRt C")
    def _reject_code(self) -> int:
        return 0 if self.message.reject is None else self.message.reject.code

    @_function("msg_reject_msg_size", "", "I", "Rt CRt")
    def _reject_size(self) -> int:
        return len(self._reject_message())

    @_function("msg_reject_msg_copy", "III", "", "Rt CRt")
    def _reject_copy(self, to: int, offset: int, size: int) -> None:
        self._copy(self._reject_message(), to, offset, size)

    def _reject_message(self) -> bytes:
        if self.message.reject is None:
            msg = "there is no reject message"
            raise contract(msg)
        return self.message.reject.message.encode()

    @_function("msg_deadline", "", "l", "U RQ NRQ CQ Ry Rt CRy CRt")
    def _deadline(self) -> int:
        return self.message.deadline

    @_function("msg_reply_data_append", "II", "", _ANSWER)
    def _append(self, at: int, size: int) -> None:
        self._unanswered()
        if len(self.message.reply) + size > MAX_REPLY:
            msg = f"a reply has at most {MAX_REPLY:,} bytes"
            raise contract(msg)
        self.message.reply += self.read(at, size)

    @_function("msg_reply", "", "", _ANSWER)
    def _reply(self) -> None:
        self._unanswered()
        self.message.replied = bytes(self.message.reply)
        self.message.give_back()

    @_function("msg_reject", "II", "", _ANSWER)
    def _reject(self, at: int, size: int) -> None:
        self._unanswered()
        if size > MAX_REPLY:
            msg = f"a reject message has at most {MAX_REPLY:,} bytes"
            raise contract(msg)
        self.message.rejected = _text(self.read(at, size), "a reject message")
        self.message.give_back()

    def _unanswered(self) -> None:
        message = self.message
        if message.answered or message.replied is not None or message.rejected is not None:
            msg = "the call has been answered already"
            raise contract(msg)

    # Cycles.

    @_function("msg_cycles_available", "", "l", _CYCLES, narrow=True)
    def _available(self) -> int:
        return self._small(self.message.available)

    @_function("msg_cycles_available128", "I", "", _CYCLES)
    def _available128(self, to: int) -> None:
        self._amount(to, self.message.available)

    @_function("msg_cycles_refunded", "", "l", "Ry Rt", narrow=True)
    def _refunded(self) -> int:
        return self._small(self.message.refunded)

    @_function("msg_cycles_refunded128", "I", "", "Ry Rt")
    def _refunded128(self, to: int) -> None:
        self._amount(to, self.message.refunded)

    @_function("msg_cycles_accept", "l", "l", _CYCLES, narrow=True)
    def _accept(self, most: int) -> int:
        return self._accepted(most)

    @_function("msg_cycles_accept128", "llI", "", _CYCLES)
    def _accept128(self, high: int, low: int, to: int) -> None:
        self._amount(to, self._accepted(high << 64 | low))

    def _accepted(self, most: int) -> int:
        taken = min(most, self.message.available)
        self.message.available -= taken
        self.message.accepted_cycles += taken
        return taken

    @_function("cycles_burn128", "llI", "", _REPLICATED)
    def _burn(self, high: int, low: int, to: int) -> None:
        burnt = min(high << 64 | low, self._liquid_now())
        self.message.burned += burnt
        self._amount(to, burnt)

    def _balance_now(self) -> int:
        message = self.message
        spent = sum(call.cycles + self._cost_of(call) for call in message.calls) + message.burned
        spent += message.building.cycles if message.building else 0
        return max(0, self.host.balance() + message.accepted_cycles - spent)

    @_function("canister_cycle_balance", "", "l", _ALL, narrow=True)
    def _balance(self) -> int:
        return self._small(self._balance_now())

    @_function("canister_cycle_balance128", "I", "", _ALL)
    def _balance128(self, to: int) -> None:
        self._amount(to, self._balance_now())

    @_function("canister_liquid_cycle_balance128", "I", "", _ALL)
    def _liquid(self, to: int) -> None:
        self._amount(to, self._liquid_now())

    def _liquid_now(self) -> int:
        return max(0, self._balance_now() - self.host.freezing_limit())

    @staticmethod
    def _small(amount: int) -> int:
        if amount > _MASK:
            msg = "the amount of cycles does not fit into 64 bits"
            raise contract(msg)
        return amount

    # The canister and the network.

    @_function("canister_self_size", "", "I", _ALL)
    def _self_size(self) -> int:
        return len(self.host.id)

    @_function("canister_self_copy", "III", "", _ALL)
    def _self_copy(self, to: int, offset: int, size: int) -> None:
        self._copy(self.host.id, to, offset, size)

    @_function("canister_status", "", "i", _ALL)
    def _status(self) -> int:
        return self.host.status()

    @_function("canister_version", "", "l", _ALL)
    def _version(self) -> int:
        return self.host.version

    @_function("subnet_self_size", "", "I", _ALL)
    def _subnet_size(self) -> int:
        return len(self.host.subnet())

    @_function("subnet_self_copy", "III", "", _ALL)
    def _subnet_copy(self, to: int, offset: int, size: int) -> None:
        self._copy(self.host.subnet(), to, offset, size)

    @_function("root_key_size", "", "I", _REPLICATED)
    def _root_size(self) -> int:
        return len(self.host.root_key())

    @_function("root_key_copy", "III", "", _REPLICATED)
    def _root_copy(self, to: int, offset: int, size: int) -> None:
        self._copy(self.host.root_key(), to, offset, size)

    @_function("is_controller", "II", "i", _ALL_AND_START)
    def _is_controller(self, at: int, size: int) -> int:
        if size > MAX_PRINCIPAL:
            msg = f"a principal has at most {MAX_PRINCIPAL} bytes"
            raise contract(msg)
        return int(self.read(at, size) in self.host.controllers)

    @_function("in_replicated_execution", "", "i", _ALL_AND_START)
    def _replicated(self) -> int:
        return int(self.message.entry not in UNREPLICATED)

    @_function("time", "", "l", _ALL)
    def _time(self) -> int:
        if not self._now:  # one time for all of a message
            self._now = self.host.time()
        return self._now

    @_function("performance_counter", "i", "l", _ALL_AND_START)
    def _counter(self, kind: int) -> int:
        if kind not in (0, 1):
            msg = f"there is no performance counter {kind}"
            raise contract(msg)
        return self.host.used() + (self.message.spent if kind else 0)

    @_function("global_timer_set", "l", "l", _CHANGE)
    def _timer(self, time: int) -> int:
        before = self.host.timer if self.message.timer is None else self.message.timer
        self.message.timer = time
        return before

    @_function("msg_method_name_size", "", "I", "F")
    def _method_size(self) -> int:
        return len(self.message.method.encode())

    @_function("msg_method_name_copy", "III", "", "F")
    def _method_copy(self, to: int, offset: int, size: int) -> None:
        self._copy(self.message.method.encode(), to, offset, size)

    @_function("accept_message", "", "", "F")
    def _accept_message(self) -> None:
        if self.message.accepted:
            msg = "the message has been accepted already"
            raise contract(msg)
        self.message.accepted = True

    # Certified data.

    @_function("certified_data_set", "II", "", "I G U Ry Rt T")
    def _certify(self, at: int, size: int) -> None:
        if size > MAX_CERTIFIED:
            msg = f"certified data have at most {MAX_CERTIFIED} bytes"
            raise contract(msg)
        self.message.certified_data = self.read(at, size)

    @_function("data_certificate_present", "", "i", _ALL)
    def _certificate_present(self) -> int:
        return int(self.message.certified)

    @_function("data_certificate_size", "", "I", "NRQ CQ")
    def _certificate_size(self) -> int:
        return len(self._certificate())

    @_function("data_certificate_copy", "III", "", "NRQ CQ")
    def _certificate_copy(self, to: int, offset: int, size: int) -> None:
        self._copy(self._certificate(), to, offset, size)

    def _certificate(self) -> bytes:
        if not self.message.certified:
            msg = "there is no certificate here"
            raise contract(msg)
        return self.host.certificate()

    # Calls.

    @_function("call_new", "IIIIIIII", "", _CALL)
    def _call_new(self, *words: int) -> None:
        callee, callee_size, name, name_size, reply, reply_env, reject, reject_env = words
        if callee_size > MAX_PRINCIPAL:
            msg = f"a principal has at most {MAX_PRINCIPAL} bytes"
            raise contract(msg)
        if name_size > MAX_METHOD:
            msg = f"the name of a method has at most {MAX_METHOD:,} bytes"
            raise contract(msg)
        method = _text(self.read(name, name_size), "the name of a method")
        principal = self.read(callee, callee_size)
        self.message.building = Building(principal, method, (reply, reply_env), (reject, reject_env))

    def _building(self) -> Building:
        if self.message.building is None:
            msg = "there is no call that is being made: ic0.call_new comes first"
            raise contract(msg)
        return self.message.building

    @_function("call_on_cleanup", "II", "", _CALL)
    def _on_cleanup(self, function: int, environment: int) -> None:
        building = self._building()
        if building.on_cleanup is not None:
            msg = "ic0.call_on_cleanup was called already"
            raise contract(msg)
        building.on_cleanup = (function, environment)

    @_function("call_data_append", "II", "", _CALL)
    def _call_data(self, at: int, size: int) -> None:
        building = self._building()
        if len(building.arg) + size > MAX_REPLY:
            msg = f"an argument has at most {MAX_REPLY:,} bytes"
            raise contract(msg)
        building.arg += self.read(at, size)

    @_function("call_with_best_effort_response", "i", "", _CALL)
    def _best_effort(self, seconds: int) -> None:
        building = self._building()
        if building.timeout is not None:
            msg = "ic0.call_with_best_effort_response was called already"
            raise contract(msg)
        building.timeout = seconds

    @_function("call_cycles_add", "l", "", _PAY, narrow=True)
    def _add_cycles(self, amount: int) -> None:
        self._pay(amount)

    @_function("call_cycles_add128", "ll", "", _PAY)
    def _add_cycles128(self, high: int, low: int) -> None:
        self._pay(high << 64 | low)

    def _pay(self, amount: int) -> None:
        building = self._building()
        if amount > self._liquid_now():
            msg = f"Canister is out of cycles: {amount} are to be sent, and {self._liquid_now()} can be"
            raise Trap(msg, "IC0207")
        building.cycles += amount

    @_function("call_perform", "", "i", _CALL)
    def _perform(self) -> int:
        made = self._building()
        call = OutCall(
            made.callee,
            made.method,
            bytes(made.arg),
            made.cycles,
            made.on_reply,
            made.on_reject,
            made.on_cleanup,
            made.timeout,
        )
        affordable = self._cost_of(call) <= self._liquid_now()
        self.message.building = None
        if not affordable:
            return SYS_TRANSIENT  # spec, "create_canister", freezing_threshold: the call would freeze it
        self.message.calls.append(call)
        return 0

    def _cost_of(self, call: OutCall) -> int:
        return 0 if self.message.entry in UNREPLICATED else self.host.cost_of_call(call.size)

    # Stable memory, in pages of 64 KiB.

    @_function("stable64_size", "", "l", _ALL_AND_START)
    def _stable_size(self) -> int:
        return self.host.stable.pages

    @_function("stable64_grow", "l", "l", _ALL_AND_START)
    def _stable_grow(self, pages: int) -> int:
        return self.host.stable.grow(pages) & _MASK

    @_function("stable64_write", "lll", "", _ALL_AND_START)
    def _stable_write(self, offset: int, at: int, size: int) -> None:
        try:
            self.host.stable.write(offset, self.read(at, size))
        except IndexError as error:
            raise Trap(str(error), "IC0502") from None

    @_function("stable64_read", "lll", "", _ALL_AND_START)
    def _stable_read(self, to: int, offset: int, size: int) -> None:
        try:
            self._write(to, self.host.stable.read(offset, size))
        except IndexError as error:
            raise Trap(str(error), "IC0502") from None

    @_function("stable_size", "", "i", _ALL_AND_START, narrow=True)
    def _stable32_size(self) -> int:
        self._small_stable()
        return self.host.stable.pages

    def _small_stable(self) -> None:
        if self.host.stable.pages > _PAGES_32:
            msg = "the stable memory is too large for functions of 32 bits"
            raise contract(msg)

    @_function("stable_grow", "i", "i", _ALL_AND_START, narrow=True)
    def _stable32_grow(self, pages: int) -> int:
        self._small_stable()
        if self.host.stable.pages + pages > _PAGES_32:
            return -1
        return self.host.stable.grow(pages)

    @_function("stable_write", "iii", "", _ALL_AND_START, narrow=True)
    def _stable32_write(self, offset: int, at: int, size: int) -> None:
        self._small_stable()
        self._stable_write(offset, at, size)

    @_function("stable_read", "iii", "", _ALL_AND_START, narrow=True)
    def _stable32_read(self, to: int, offset: int, size: int) -> None:
        self._small_stable()
        self._stable_read(to, offset, size)

    # What users of canister signatures say of themselves: senders here have none.

    @_function("msg_caller_info_data_size", "", "I", _INFO)
    def _info_size(self) -> int:
        return 0

    @_function("msg_caller_info_data_copy", "III", "", _INFO)
    def _info_copy(self, to: int, offset: int, size: int) -> None:
        self._copy(b"", to, offset, size)

    @_function("msg_caller_info_signer_size", "", "I", _INFO)
    def _signer_size(self) -> int:
        return 0

    @_function("msg_caller_info_signer_copy", "III", "", _INFO)
    def _signer_copy(self, to: int, offset: int, size: int) -> None:
        self._copy(b"", to, offset, size)

    # Environment variables.

    def _variable(self, index: int) -> bytes:
        names = list(self.host.variables)
        if index >= len(names):
            msg = f"there is no environment variable {index}"
            raise contract(msg)
        return names[index].encode()

    def _named(self, at: int, size: int) -> str | None:
        if size > MAX_VARIABLE:
            msg = f"the name of an environment variable has at most {MAX_VARIABLE} bytes"
            raise contract(msg)
        return self.host.variables.get(_text(self.read(at, size), "the name of an environment variable"))

    def _value(self, at: int, size: int) -> bytes:
        value = self._named(at, size)
        if value is None:
            msg = "there is no environment variable of this name"
            raise contract(msg)
        return value.encode()

    @_function("env_var_count", "", "I", _ALL)
    def _variables(self) -> int:
        return len(self.host.variables)

    @_function("env_var_name_size", "I", "I", _ALL)
    def _variable_size(self, index: int) -> int:
        return len(self._variable(index))

    @_function("env_var_name_copy", "IIII", "", _ALL)
    def _variable_copy(self, index: int, to: int, offset: int, size: int) -> None:
        self._copy(self._variable(index), to, offset, size)

    @_function("env_var_name_exists", "II", "i", _ALL)
    def _variable_exists(self, at: int, size: int) -> int:
        return int(self._named(at, size) is not None)

    @_function("env_var_value_size", "II", "I", _ALL)
    def _value_size(self, at: int, size: int) -> int:
        return len(self._value(at, size))

    @_function("env_var_value_copy", "IIIII", "", _ALL)
    def _value_copy(self, at: int, size: int, to: int, offset: int, length: int) -> None:
        self._copy(self._value(at, size), to, offset, length)

    # What things cost. Outcalls and threshold signatures there are none: they have no price and no keys.

    @_function("cost_call", "llI", "", _ALL_AND_START)
    def _cost_call(self, name: int, payload: int, to: int) -> None:
        self._amount(to, self.host.cost_of_call(name + payload))

    @_function("cost_create_canister", "I", "", _ALL_AND_START)
    def _cost_create(self, to: int) -> None:
        self._amount(to, self.host.cost_of_canister())

    @_function("cost_http_request", "llI", "", _ALL_AND_START)
    def _cost_http(self, _request: int, _response: int, to: int) -> None:
        self._amount(to, 0)

    @_function("cost_http_request_v2", "III", "", _ALL_AND_START)
    def _cost_http_2(self, at: int, size: int, to: int) -> None:
        self.read(at, size)
        self._amount(to, 0)

    @_function("cost_sign_with_ecdsa", "IIiI", "i", _ALL_AND_START)
    def _cost_ecdsa(self, at: int, size: int, _curve: int, _to: int) -> int:
        self.read(at, size)
        return _NO_KEY

    @_function("cost_sign_with_schnorr", "IIiI", "i", _ALL_AND_START)
    def _cost_schnorr(self, at: int, size: int, _algorithm: int, _to: int) -> int:
        self.read(at, size)
        return _NO_KEY

    @_function("cost_vetkd_derive_key", "IIiI", "i", _ALL_AND_START)
    def _cost_vetkd(self, at: int, size: int, _curve: int, _to: int) -> int:
        self.read(at, size)
        return _NO_KEY

    @_function("subnet_self_node_count", "", "i", _ALL)
    def _nodes(self) -> int:
        return 1

    # Words for people.

    @_function("debug_print", "II", "", _ALL_AND_START)
    def _print(self, at: int, size: int) -> None:
        self.message.logs.append(self.read(at, min(size, MAX_LOG)))

    @_function("trap", "II", "", _ALL_AND_START)
    def _trap(self, at: int, size: int) -> None:
        said = self.read(at, min(size, MAX_LOG)).decode("utf-8", "replace")
        msg = f"Canister called `ic0.trap` with message: '{said}'"
        raise Trap(msg, "IC0503")


def _text(data: bytes, what: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        msg = f"{what} is not UTF-8"
        raise contract(msg) from None
