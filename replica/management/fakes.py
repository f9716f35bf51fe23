"""Two canisters of the mainnet as icp-cli 1.5 needs them to create, top up and delete canisters (seen).

The Cycles Minting Canister names the subnet; the cycles ledger gives cycles for nothing, takes them in, and keeps no
books.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.candid.methods import method_of
from analyzer.candid.parse import parse_candid
from analyzer.candid.principal import Principal
from analyzer.candid.values import Case, DecodeError, decode, encode
from replica.errors import CANISTER_ERROR, CANISTER_REJECT, Reject
from replica.management.asked import Given
from replica.management.history import By
from replica.management.settings import wanted

if TYPE_CHECKING:
    from analyzer.candid.types import CandidInterface
    from replica.engine import Engine
    from replica.management.asked import Asked

MINTING = Principal.parse("rkp4c-7iaaa-aaaaa-aaaca-cai").raw
LEDGER = Principal.parse("um5iw-rqaaa-aaaaq-qaaba-cai").raw
_METHODS = {MINTING: ("get_default_subnets",), LEDGER: ("create_canister", "withdraw", "deposit", "icrc1_balance_of")}
_BALANCE = 10**18  # what everybody has


@cache
def _interface() -> CandidInterface:
    return parse_candid(Path(__file__).with_name("fakes.did").read_text("utf-8"), "fakes.did")


class Fake:
    """One of the two, by its id."""

    def __init__(self, engine: Engine, name: bytes) -> None:
        self._engine = engine
        self._name = name

    def call(self, asked: Asked) -> Given:
        """Return the answer. Raises Reject: there is no such method, or its argument is another."""
        reply, taken = self._run(asked.caller, asked.method, asked.arg, asked.cycles)
        return Given(reply, asked.cycles - taken)

    def query(self, caller: bytes, method: str, arg: bytes) -> bytes:
        """Return the reply of a query. Raises Reject."""
        return self._run(caller, method, arg, 0)[0]

    def _run(self, caller: bytes, method: str, arg: bytes, cycles: int) -> tuple[bytes, int]:
        known = method_of(_interface(), method)
        if known is None or method not in _METHODS[self._name]:
            raise Reject(CANISTER_ERROR, "IC0536", f"Canister has no update method '{method}'.")
        try:
            values: list[Any] = decode(arg, _interface(), known.arguments)
        except DecodeError as error:
            raise Reject(CANISTER_REJECT, "IC0406", str(error)) from None
        reply: Any
        match method:
            case "get_default_subnets":
                reply = [Principal(self._engine.subnet())]
            case "create_canister":
                args = values[0]["creation_args"]
                settings = None if args is None else args.value["settings"]
                chosen = {} if settings is None else wanted(settings.value)
                made = self._engine.operations.create(By(caller), chosen, values[0]["amount"])
                reply = Case("Ok", {"block_id": 0, "canister_id": Principal(made.id)})
            case "withdraw":
                self._engine.operations.deposit(values[0]["to"].raw, values[0]["amount"])
                reply = Case("Ok", 0)
            case "deposit":
                return self._encoded(known.results, {"block_index": 0, "balance": _BALANCE}), cycles
            case _:
                reply = _BALANCE
        return self._encoded(known.results, reply), 0

    @staticmethod
    def _encoded(types: tuple[int, ...], value: Any) -> bytes:  # noqa: ANN401 - of the method's type
        return encode(_interface(), types, [value])
