"""A scenario in Python: a file whose functions `before` and `after` call the canister and assert what must hold."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any

from analyzer.candid.methods import method_of
from analyzer.candid.parse import parse_candid
from analyzer.candid.values import decode, encode
from analyzer.candid.values.parse import parse_values
from analyzer.errors import CtxError
from analyzer.report.words import clean

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Protocol

    from migrator.rehearsal.replies import Reply

    class Ask(Protocol):
        """Calls the trial."""

        def __call__(self, method: str, argument: bytes, caller: str | None, *, is_query: bool) -> Reply:
            """Return the answer."""


class ScriptError(Exception):
    """What a scenario asserts does not hold, or it fails itself; says where."""


class Rejected(Exception):
    """A call that was rejected. code: such as IC0503."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class Subject:
    """The canister, as a scenario has it in hand."""

    def __init__(self, ask: Ask, did: str | None) -> None:
        self._ask = ask
        self._interface = None if did is None else parse_candid(did, "the interface")

    def call(self, method: str, arguments: str = "()", *, caller: str | None = None) -> Any:  # noqa: ANN401 - values of Candid
        """Call a method with Candid text; return its result, a list where it has not exactly one. Raises Rejected."""
        found = None if self._interface is None else method_of(self._interface, method)
        if self._interface is None or found is None:
            msg = f"the interface has no method {method}"
            raise LookupError(msg)
        values = parse_values(arguments, self._interface, found.arguments, method)
        data = encode(self._interface, found.arguments, values)
        reply = self._ask(method, data, caller, is_query=found.mode in ("query", "composite_query"))
        if reply.data is None:
            raise Rejected(reply.code, reply.message)
        results = decode(reply.data, self._interface, found.results)
        return results[0] if len(results) == 1 else results


class Script:
    """A file of Python. Raises ScriptError: it cannot be read, or fails."""

    def __init__(self, path: Path, ask: Ask) -> None:
        self._ask = ask
        self._name = path.name
        self._found: dict[str, Any] = {"__name__": "rehearsal", "__file__": str(path)}
        self._error: str | None = None
        try:
            exec(compile(path.read_bytes(), str(path), "exec"), self._found)  # noqa: S102 - named by the user, for this
        except BaseException as error:  # noqa: BLE001 - whatever it raises is its failure
            self._error = self._told(error)

    def call(self, name: str, did: str | None) -> str | None:
        """Call one of its functions, if it has it, and return what it says; None: it does not have it."""
        if self._error is not None:
            raise ScriptError(self._error)
        function = self._found.get(name)
        if function is None:
            return None
        try:
            said = function(Subject(self._ask, did))
        except BaseException as error:  # noqa: BLE001 - see above
            raise ScriptError(self._told(error)) from None
        return "" if said is None else clean(str(said), 200)

    def _told(self, error: BaseException) -> str:
        lines = [
            one.lineno for one in traceback.extract_tb(error.__traceback__) if one.filename == self._found["__file__"]
        ]
        where = f"{self._name}:{lines[-1]}: " if lines else f"{self._name}: "
        what = str(error) if isinstance(error, CtxError) else f"{type(error).__name__}: {error}".rstrip(": ")
        return clean(where + what, 400)
