"""A network of one canister that echoes: enough to prove the HTTP side without an engine."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter

from analyzer.candid.principal import Principal
from replica.errors import Reject
from replica.http.network import MANAGEMENT, CanisterState, Message, RequestStatus, Section

ECHO = Principal.parse("rrkah-fqaaa-aaaaa-aaaaq-cai")
METRICS = bytes.fromhex("a0")
MODULE_HASH = hashlib.sha256(b"echo").digest()
LARGE = 16 * 1024 * 1024  # more than the buffers of a connection take
CANDID = b"service : { echo : (blob) -> (blob) query; put : (blob) -> (blob) }"


class EchoNetwork:
    """Methods: whoami; large; reject, trap (rejected when run); refused (before); slow; never (runs for ever). Any other echoes."""

    def __init__(self) -> None:
        self.controllers = [Principal.parse("2vxsx-fae")]
        self.runs: Counter[str] = Counter()
        self.patience = 0.2
        self._lock = threading.Lock()
        self._statuses: dict[bytes, RequestStatus] = {}

    def submit(self, message: Message) -> None:
        self._exists(message.canister)
        if message.method == "refused":
            raise Reject(4, "IC0406", "inspect_message said no")
        if message.method == "broken":
            msg = "the network is broken"
            raise RuntimeError(msg)
        with self._lock:
            if message.request_id in self._statuses:
                return
            self._put(message, "processing")
            self.runs[message.method] += 1
        if message.method == "slow":
            threading.Timer(self.patience, self._finish, [message]).start()
        elif message.method == "blocking":
            time.sleep(self.patience)
            self._finish(message)
        elif message.method != "never":
            self._finish(message)

    def request_status(self, request_id: bytes) -> RequestStatus | None:
        return self._statuses.get(request_id)

    def query(self, sender: Principal, canister: Principal, method: str, arg: bytes) -> bytes:
        self._exists(canister)
        self.runs[method] += 1
        return self._run(sender, method, arg)

    def canister(self, canister: Principal) -> CanisterState | None:
        return CanisterState(tuple(self.controllers), MODULE_HASH, 1, 2) if canister == ECHO else None

    def metadata(self, canister: Principal, name: str) -> Section | None:
        sections = {"candid:service": Section(CANDID, private=False), "secret": Section(b"hidden", private=True)}
        return sections.get(name) if canister == ECHO else None

    def metrics(self) -> bytes:
        return METRICS

    def time(self) -> int:
        return time.time_ns()

    def height(self) -> int:
        return sum(self.runs.values())

    def _exists(self, canister: Principal) -> None:
        if canister not in {ECHO, MANAGEMENT}:
            raise Reject(3, "IC0301", f"Canister {canister} not found")

    def _run(self, sender: Principal, method: str, arg: bytes) -> bytes:
        match method:
            case "whoami":
                return sender.raw
            case "large":
                return bytes(LARGE)
            case "reject":
                raise Reject(4, "IC0406", "no, thank you")
            case "trap":
                raise Reject(5, "IC0503", "Canister called `ic0.trap` with message: 'ouch'")
            case "missing":
                raise Reject(5, "IC0536", "Canister has no query method 'missing'")
            case "broken":
                msg = "the network is broken"
                raise RuntimeError(msg)
        return arg

    def _finish(self, message: Message) -> None:
        try:
            reply = self._run(message.sender, message.method, message.arg)
        except Reject as reject:
            self._put(message, "rejected", reject=reject)
        else:
            self._put(message, "replied", reply=reply)

    def _put(self, message: Message, state: str, *, reply: bytes | None = None, reject: Reject | None = None) -> None:
        self._statuses[message.request_id] = RequestStatus(
            state,  # type: ignore[arg-type]
            message.sender,
            message.canister,
            message.effective,
            reply,
            reject,
        )
