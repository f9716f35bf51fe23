"""Small canisters in the text form of WebAssembly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import wasmtime

from replica.execution.interface import FUNCTIONS

if TYPE_CHECKING:
    from replica.api import Replica


def canister(body: str, *, wide: bool = False, imports: str | None = None, memory: str = "1") -> bytes:
    """Return a module whose functions may call all of the system interface, or what is named in `imports`."""
    pointer = "i64" if wide else "i32"
    kinds = {"I": pointer, "i": "i32", "l": "i64"}
    lines = []
    there = [name for name, one in FUNCTIONS.items() if not (wide and one.narrow)]
    for name in there if imports is None else imports.split():
        function = FUNCTIONS[name]
        parameters = "".join(f" (param {kinds[one]})" for one in function.parameters)
        result = f" (result {kinds[function.result]})" if function.result else ""
        lines.append(f'(import "ic0" "{name}" (func ${name}{parameters}{result}))')
    size = f"i64 {memory}" if wide else memory
    return bytes(wasmtime.wat2wasm(f'(module {" ".join(lines)} (memory (export "mem") {size}) {body})'))


def module(text: str) -> bytes:
    """Return any module."""
    return bytes(wasmtime.wat2wasm(text))


def running(ic: Replica, body: str, *, wide: bool = False) -> str:
    """Return a new canister that runs a module."""
    name = ic.create()
    ic.install(name, canister(body, wide=wide), b"")
    return name


def method(name: str, code: str, kind: str = "update") -> str:
    return f'(func (export "canister_{kind} {name}") {code})'


REPLY = "(call $msg_reply)"
# Answers with the 8 bytes at 0.
ANSWER = f"(call $msg_reply_data_append (i32.const 0) (i32.const 8)) {REPLY}"
