"""`rehearsal.toml`: calls before and after an upgrade, and what must hold."""

from __future__ import annotations

import tomllib
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, cast

from analyzer.candid.methods import method_of
from analyzer.candid.parse import parse_candid
from analyzer.candid.principal import Principal
from analyzer.candid.values import EncodeError, encode
from analyzer.candid.values.parse import parse_values
from analyzer.errors import CtxError, UsageError
from analyzer.sources.files import read_bytes
from migrator.rehearsal.model import Call

if TYPE_CHECKING:
    from pathlib import Path

    from analyzer.candid.types import CandidInterface
    from migrator.rehearsal.model import Expects

Part: TypeAlias = Literal["before", "both", "after"]

NAME = "rehearsal.toml"
MAX_TIMERS = 366 * 24 * 60 * 60  # seconds
_PARTS: tuple[Part, ...] = ("before", "both", "after")
_KEYS = {
    "before": ("call", "args", "as", "name", "rejected", "replies"),
    "both": ("call", "args", "as", "name", "holds"),
    "after": ("call", "args", "as", "name", "rejected", "replies"),
}
_HOLDS = ("same", "kept")
_TOP = (*_PARTS, "may_differ", "timers")


class Step(NamedTuple):
    """A call as it is written. arguments: Candid text. caller: a principal. replies: Candid text. where: for errors."""

    part: Part
    name: str
    method: str
    arguments: str
    caller: str | None
    expects: Expects
    replies: str | None
    where: str


class Scenario(NamedTuple):
    """What a user wants to be tried. may_differ: queries whose replies may change. timers: seconds that they ring.

    script: a file of Python, which runs in the process of the rehearsal.
    """

    steps: tuple[Step, ...] = ()
    may_differ: tuple[str, ...] = ()
    timers: int = 0
    script: Path | None = None

    def calls(self, part: Part, interface: CandidInterface | None) -> tuple[Call, ...]:
        """Return the calls of a part, encoded as a client of an interface does. Raises UsageError, ParseError."""
        return tuple(_encoded(step, interface) for step in self.steps if step.part == part)


NOTHING_ASKED = Scenario()


def read_scenario(path: Path) -> Scenario:
    """Read a scenario; a file of Python is left to the process that rehearses. Raises UsageError, SourceError."""
    data = read_bytes(path)
    if path.suffix == ".py":
        return Scenario(script=path.resolve())
    try:
        document = tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        msg = f"this is no TOML: {error}"
        raise UsageError(msg, where=str(path)) from None
    _known(document, _TOP, str(path))
    steps = []
    for part in _PARTS:
        listed = document.get(part, [])
        if not isinstance(listed, list):
            raise _wrong(str(path), part, f"a list of calls: [[{part}]]")
        steps += [_step(part, one, f"{path}: {part}[{number}]") for number, one in enumerate(listed)]
    differ = document.get("may_differ", [])
    if not isinstance(differ, list) or not all(isinstance(one, str) for one in differ):
        raise _wrong(str(path), "may_differ", "a list of queries")
    timers = document.get("timers", 0)
    if type(timers) is not int or not 0 <= timers <= MAX_TIMERS:
        raise _wrong(str(path), "timers", f"a number of seconds, at most {MAX_TIMERS:,}")
    return Scenario(tuple(steps), tuple(differ), timers)


def _step(part: Part, told: Any, where: str) -> Step:  # noqa: ANN401 - of TOML
    if not isinstance(told, dict):
        raise _wrong(where, part, 'a table: call = "method"')
    _known(told, _KEYS[part], where)
    for key, value in told.items():
        kind = bool if key == "rejected" else str
        if type(value) is not kind:
            raise _wrong(where, key, "true or false" if kind is bool else "a text")
    if "call" not in told:
        raise _wrong(where, "call", "there; it names a method")
    caller = told.get("as")
    if caller is not None:
        try:
            Principal.parse(caller)
        except (ValueError, CtxError):
            raise _wrong(where, "as", "a principal") from None
    expects: Expects = "reply"
    if part == "both":
        holds = told.get("holds", "kept")
        if holds not in _HOLDS:
            raise _wrong(where, "holds", " or ".join(f'"{one}"' for one in _HOLDS))
        expects = cast("Expects", holds)
    elif told.get("rejected"):
        if "replies" in told:
            msg = "a call that is rejected replies nothing"
            raise UsageError(msg, where=where)
        expects = "reject"
    elif "replies" in told:
        expects = "value"
    method: str = told["call"]
    name: str = told.get("name", method)
    arguments: str = told.get("args", "()")
    return Step(part, name, method, arguments, caller, expects, told.get("replies"), where)


def _known(told: dict[str, Any], keys: tuple[str, ...], where: str) -> None:
    for key in told:
        if key not in keys:
            close = get_close_matches(key, keys, 1)
            hint = f"did you mean `{close[0]}`?" if close else f"there are {', '.join(keys)}"
            msg = f"there is no key `{key[:60]}`"
            raise UsageError(msg, where=where, hint=hint)


def _wrong(where: str, key: str, expected: str) -> UsageError:
    msg = f"`{key}` is not {expected}"
    return UsageError(msg, where=where)


def _encoded(step: Step, interface: CandidInterface | None) -> Call:
    side = "new" if step.part == "after" else "old"
    found = None if interface is None else method_of(interface, step.method)
    if interface is None or found is None:
        why = "does not show its interface" if interface is None else f"has no method `{step.method}`"
        msg = f"the {side} version {why}"
        raise UsageError(msg, where=step.where)
    is_query = found.mode in ("query", "composite_query")
    if step.part == "both" and not is_query:
        msg = f"`{step.method}` may change something: what is asked before and after has to be a query"
        raise UsageError(msg, where=step.where)

    def of(text: str, types: tuple[int, ...], what: str) -> str:
        values = parse_values(text, interface, types, f"{step.where}.{what}")
        try:
            return encode(interface, types, values).hex()
        except EncodeError as error:
            msg = f"`{what}` does not fit {step.method}: {error}"
            raise UsageError(msg, where=step.where) from None

    return Call(
        step.name,
        step.method,
        "query" if is_query else "update",
        of(step.arguments, found.arguments, "args"),
        step.caller,
        step.expects,
        None if step.replies is None else of(step.replies, found.results, "replies"),
    )


def interface_of(did: bytes | None, where: str) -> CandidInterface | None:
    """Return an interface by its text, None: it is not known. Raises ParseError."""
    return None if did is None else parse_candid(did.decode("utf-8", "replace"), where)
