"""What a journal says about where a run is: a fold over its records, which can be done again with the same result."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from migrator.journal.record import Record


@dataclass(slots=True)
class Effect:
    """A change that was about to be made, or was: nobody knows yet. request: its id. expiry: ns since epoch."""

    step: str
    action: str
    request: str
    expiry: int


@dataclass(slots=True)
class Progress:
    """Where one target is. done: steps that are finished. begun: the one that is not, or "".

    effect: the change whose outcome is not known. made: `step:action` of those that were made. facts: what was found,
    by name. undoing: why it is being undone, "": it is not; failed: the step that it went wrong in. outcome:
    `committed`, `rolled back`, `refused`, `operator needed`, or "". exit_code: of the outcome, or of what went wrong.
    """

    done: list[str] = field(default_factory=list)
    begun: str = ""
    effect: Effect | None = None
    made: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    undoing: str = ""
    failed: str = ""
    undone: list[str] = field(default_factory=list)
    outcome: str = ""
    exit_code: int = 0


@dataclass(slots=True)
class RunState:
    """Where a run is. seq: of the next record. held: the step before which it waits for its operator, or ""."""

    plan: str = ""
    run: str = ""
    seq: int = 0
    held: str = ""
    targets: dict[str, Progress] = field(default_factory=dict)

    def of(self, target: str) -> Progress:
        """Return where a target is."""
        return self.targets.setdefault(target, Progress())


def apply(state: RunState, record: Record) -> None:
    """Take one more record in; one that was taken in changes nothing. Raises ValueError: it is not the next one."""
    if record.seq < state.seq:
        return
    if record.seq > state.seq:
        msg = f"record {record.seq} comes after {state.seq - 1}"
        raise ValueError(msg)
    state.seq += 1
    data, found = record.data, state.of(record.target) if record.target else Progress()
    match record.kind:
        case "run":
            state.plan, state.run = str(data.get("plan", "")), str(data.get("run", ""))
        case "begin" | "undo":
            found.begun = record.step
        case "prepare":
            found.effect = Effect(record.step, str(data["action"]), str(data["request"]), int(data["expiry"]))
        case "replied":
            found.effect = None
            found.made.append(f"{record.step}:{data.get('action', '')}")
        case "rejected" | "never":
            found.effect = None
        case "fact":
            found.facts.update(data)
        case "done":
            found.begun = ""
            if record.step not in found.done:
                found.done.append(record.step)
        case "undone":
            found.begun = ""
            if record.step not in found.undone:
                found.undone.append(record.step)
        case "fail":
            found.undoing = found.undoing or str(data.get("why", "")) or "it failed"
            found.failed = found.failed or record.step
            found.exit_code = _code(data)
        case "held":
            state.held = record.step
        case "resumed":
            state.held = ""
        case "outcome":
            found.outcome, found.begun = str(data["outcome"]), ""
            found.exit_code = _code(data)


def _code(data: dict[str, Any]) -> int:
    return data["exit"] if isinstance(data.get("exit"), int) else 0


def replay(records: Iterable[Record]) -> RunState:
    """Return where a run is, by all of its records."""
    state = RunState()
    for record in records:
        apply(state, record)
    return state
