"""Messages that show what a change does: what an old client sends or reads, proven by encoding and decoding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.candid.methods import method_of
from analyzer.candid.types import Kind, label_id
from analyzer.edits.candid import INIT_ROOT
from analyzer.model import Verdict, Witness

if TYPE_CHECKING:
    from analyzer.candid.types import CandidInterface
    from analyzer.candid.witness import Witness as Message
    from analyzer.candid.witness import Witnesses
    from analyzer.model import Occurrence, Step

MAX_TYPES = 120  # that a message may consist of: to write and read it takes time for each of them
MAX_IN_ALL = 5_000  # over all messages of one comparison


class Messages:
    """The messages between two versions that show something."""

    def __init__(self, old: CandidInterface, new: CandidInterface) -> None:
        self.old = old
        self.new = new
        self._witnesses: Witnesses | None = None
        self._left = MAX_IN_ALL

    def witness(self, occurrence: Occurrence) -> Witness | None:
        """Return what shows an occurrence; None where nothing does, or where the types are too many to try."""
        results = occurrence.path[0].kind == "result"
        if occurrence.root == INIT_ROOT or not self._affordable(occurrence.root, results=results):
            return None
        from analyzer.candid.witness import Loss, Witnesses  # noqa: PLC0415 - it loads all that values take

        if self._witnesses is None:
            self._witnesses = Witnesses(self.old, self.new)
        refused = occurrence.verdict == Verdict.BREAKING and not occurrence.opt_rule
        wanted = Loss.REFUSED if refused else Loss.NULLED if occurrence.opt_rule else None
        message = self._witnesses.find(occurrence.root, results=results, path=occurrence.path, loss=wanted)
        if message is None or (wanted is None and message.loss == Loss.REFUSED):
            return None
        sent = f"the new version replies {message.text}" if results else f"an old client sends {message.text}"
        return Witness(sent, _outcome(message, "an old client" if results else "the new version", occurrence.path))

    def _affordable(self, method: str, *, results: bool) -> bool:
        for interface in (self.old, self.new):
            of = method_of(interface, method)
            if of is None:
                return False
            count = _reachable(interface, of.results if results else of.arguments)
            if count > min(MAX_TYPES, self._left):
                return False
            self._left -= count
        return True


def _reachable(interface: CandidInterface, roots: tuple[int, ...]) -> int:
    """Return of how many types some types consist, counted up to one more than is affordable."""
    heads, table = interface.heads, interface.table
    seen: set[int] = set()
    todo = [heads[node] for node in roots]
    while todo and len(seen) <= MAX_TYPES:
        node = todo.pop()
        if table.kinds[node] > Kind.PRINCIPAL and node not in seen:
            seen.add(node)
            todo += [heads[child] for child in table.children[node]]
    return len(seen)


def _outcome(message: Message, reader: str, path: tuple[Step, ...]) -> str:
    if message.read is not None:
        return f"{reader} reads {message.read}"
    _, _, why = (message.error or "").partition(": ")  # without the byte where it shows
    for step in path:
        # A message has no names: what is refused has one all the same, where it is what changed.
        if step.kind == "case" and step.name is not None:
            why = why.replace(f"the case with id {label_id(step.name)}", f"the case {step.name}")
    return f"{reader} refuses it: {why}"
