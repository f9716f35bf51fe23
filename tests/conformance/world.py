"""A network that is somewhere behind a URL, and users who call its canisters."""

from __future__ import annotations

import time
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

from analyzer.candid.methods import method_of
from analyzer.candid.parse import parse_candid
from analyzer.candid.principal import Principal
from analyzer.candid.values import Case, decode, encode
from migrator.network.bls import raw_key
from migrator.network.certificate import nat, verified
from migrator.network.request import request_id
from migrator.network.tree import Found
from tests.replica.gateway.sender import Sender, ask, content, encoded, post

MANAGEMENT = parse_candid((Path(__file__).parent / "management.did").read_text("utf-8"), "management.did")
AT_ALL = 90  # seconds for an answer
_PAUSE = 0.05


class Outcome(NamedTuple):
    """What became of a request. words: `replied`, `rejected 5 IC0503`, `refused 4 IC0406` (before it was one), `HTTP 400`."""

    words: str
    reply: bytes = b""
    message: str = ""


class World:
    """A network. root_key: DER; every certificate is checked against it."""

    def __init__(self, url: str, root_key: bytes | None = None) -> None:
        self.url = url.rstrip("/")
        status = dict(ask(self.url, "GET", "/api/v2/status").fields())
        self.root_key = root_key or status["root_key"]
        self.owner, self.stranger = Sender(), Sender()

    # Requests.

    def call(self, canister: Principal, method: str, arg: bytes = b"", *, by: Sender | None = None) -> Outcome:
        return self._call(canister, canister, method, arg, by or self.owner)

    def query(self, canister: Principal, method: str, arg: bytes = b"", *, by: Sender | None = None) -> Outcome:
        fields = content("query", canister_id=canister.raw, method_name=method, arg=arg)
        said = post(self.url, f"/api/v3/canister/{canister}/query", encoded((by or self.owner).envelope(fields)))
        if said.status != HTTPStatus.OK:
            return Outcome(f"HTTP {said.status}", message=said.text)
        told = said.fields()
        if told["status"] == "replied":
            return Outcome("replied", told["reply"]["arg"])
        words = f"rejected {told['reject_code']} {told.get('error_code', '')}"
        return Outcome(words.strip(), message=told["reject_message"])

    def _call(self, canister: Principal, effective: Principal, method: str, arg: bytes, by: Sender) -> Outcome:
        envelope = by.envelope(content(canister_id=canister.raw, method_name=method, arg=arg))
        said = post(self.url, f"/api/v4/canister/{effective}/call", encoded(envelope))
        if said.status == HTTPStatus.OK:
            told = said.fields()
            if told["status"] == "non_replicated_rejection":
                words = f"refused {told['reject_code']} {told.get('error_code', '')}"
                return Outcome(words.strip(), message=told["reject_message"])
            return self._certified(told["certificate"], envelope["content"], effective) or Outcome("not certified")
        if said.status != HTTPStatus.ACCEPTED:
            return Outcome(f"HTTP {said.status}", message=said.text)
        return self._polled(envelope["content"], effective, by)

    def _polled(self, called: dict[str, Any], effective: Principal, by: Sender) -> Outcome:
        until = time.monotonic() + AT_ALL
        while time.monotonic() < until:
            fields = content("read_state", paths=[[b"request_status", request_id(called)]])
            said = post(self.url, f"/api/v3/canister/{effective}/read_state", encoded(by.envelope(fields)))
            if said.status == HTTPStatus.OK:
                outcome = self._certified(said.fields()["certificate"], called, effective)
                if outcome is not None:
                    return outcome
            time.sleep(_PAUSE)
        return Outcome("no answer")

    def _certified(self, certificate: bytes, called: dict[str, Any], effective: Principal) -> Outcome | None:
        tree = verified(certificate, root_key=raw_key(self.root_key), canister=effective.raw, now=time.time_ns())

        def at(field: bytes) -> bytes | None:
            found = tree.lookup(b"request_status", request_id(called), field)
            return found.value if isinstance(found, Found) else None

        status = at(b"status")
        if status == b"replied":
            return Outcome("replied", at(b"reply") or b"")
        if status == b"rejected":
            words = f"rejected {nat(at(b'reject_code') or b'')} {(at(b'error_code') or b'').decode()}"
            return Outcome(words.strip(), message=(at(b"reject_message") or b"").decode())
        return None

    def certified(self, canister: Principal, *path: bytes, by: Sender | None = None) -> str:
        """Return what is certified at a path, as hex; or `absent`, `unknown`, `HTTP 403`."""
        fields = content("read_state", paths=[list(path)])
        said = post(self.url, f"/api/v3/canister/{canister}/read_state", encoded((by or self.owner).envelope(fields)))
        if said.status != HTTPStatus.OK:
            return f"HTTP {said.status}"
        tree = verified(
            said.fields()["certificate"], root_key=raw_key(self.root_key), canister=canister.raw, now=time.time_ns()
        )
        found = tree.lookup(*path)
        return found.value.hex() if isinstance(found, Found) else type(found).__name__.lower()

    # The management canister.

    def manage(self, method: str, value: dict[Any, Any], *, by: Sender | None = None) -> Outcome:
        """Call a method of the management canister."""
        known = method_of(MANAGEMENT, method)
        assert known is not None, method
        target = value.get("canister_id", value.get("target_canister"))
        effective = target if isinstance(target, Principal) else Principal(bytes(8) + b"\1\1")
        arg = encode(MANAGEMENT, known.arguments, [value])
        return self._call(Principal(b""), effective, method, arg, by or self.owner)

    def managed(self, method: str, value: dict[Any, Any], *, by: Sender | None = None) -> Any:  # noqa: ANN401
        """Call a method that must succeed, and return its reply."""
        done = self.manage(method, value, by=by)
        assert done.words == "replied", (method, done)
        known = method_of(MANAGEMENT, method)
        assert known is not None
        replies = decode(done.reply, MANAGEMENT, known.results)
        return replies[0] if replies else None

    def created(self) -> Principal:
        """Return a new, empty canister of the owner."""
        made = self.managed("provisional_create_canister_with_cycles", {"amount": None, "settings": None})
        found: Principal = made["canister_id"]
        return found

    def install(self, canister: Principal, module: bytes, mode: object = None, *, by: Sender | None = None) -> Outcome:
        """Install a module. mode: a Candid value; None: `install`."""
        value: dict[Any, Any] = {
            "mode": mode or Case("install"),
            "canister_id": canister,
            "wasm_module": module,
            "arg": b"DIDL\0\0",
        }
        return self.manage("install_code", value, by=by)

    def running(self, module: bytes) -> Principal:
        """Return a canister that runs a module."""
        canister = self.created()
        done = self.install(canister, module)
        assert done.words == "replied", done
        return canister
