"""Find a witness and prove it: it is written as the one version writes it and read as the other one reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from analyzer.candid.methods import method_of
from analyzer.candid.pair import Pair
from analyzer.candid.values.decode import decode
from analyzer.candid.values.encode import encode
from analyzer.candid.values.errors import DecodeError
from analyzer.candid.values.print import values_text
from analyzer.candid.witness.compare import loss_between
from analyzer.candid.witness.search import MAX_STATES, Loss, Search, State, Way
from analyzer.candid.witness.smallest import MAX_SIZE, Smallest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from analyzer.candid.types import CandidInterface
    from analyzer.candid.values.model import Value
    from analyzer.model import Step

SHOWN = 200  # characters of a value in a report


class Witness(NamedTuple):
    """A proven example.

    loss: what happens to it. values, message: all arguments or results, as values of the writer's types and as bytes.
    text: the values on one line, elided when it is long. error: why the reader refuses them; None where it does not.
    read: what the reader reads instead, on one line; None where it refuses.
    """

    loss: Loss
    values: list[Value]
    message: bytes
    text: str
    error: str | None = None
    read: str | None = None


class Witnesses:
    """All witnesses between two versions; what they share is made once."""

    def __init__(self, old: CandidInterface, new: CandidInterface) -> None:
        self.old = old
        self.new = new
        self._searches: dict[bool, Search] = {}

    def find(
        self, method: str, *, results: bool, path: tuple[Step, ...] = (), loss: Loss | None = None
    ) -> Witness | None:
        """Return the witness of a change in a method: in its arguments (old clients write) or results (they read).

        path: the occurrence's, from the method on; the witness then shows that place where one can. loss: the one that
        is asked for; without it the first of refused, nulled, dropped that there is. None where no value shows it.
        """
        of_old, of_new = method_of(self.old, method), method_of(self.new, method)
        if of_old is None or of_new is None:
            return None
        writer, reader = (self.new, self.old) if results else (self.old, self.new)
        search = self._searches.get(results)
        if search is None:
            search = self._searches[results] = Search(Pair(old=reader, new=writer), Smallest(writer))
        if results:
            return _found(search, of_new.results, of_old.results, path, loss)
        return _found(search, of_old.arguments, of_new.arguments, path, loss)


def find(
    writer: CandidInterface,
    written: Sequence[int],
    reader: CandidInterface,
    read: Sequence[int],
    *,
    path: tuple[Step, ...] = (),
    loss: Loss | None = None,
) -> Witness | None:
    """Return the smallest values of the `written` types that are not read as they are at the `read` types.

    path, loss: see `Witnesses.find`. The search is bounded; None where there is no such value, or none small enough.
    """
    return _found(Search(Pair(old=reader, new=writer), Smallest(writer)), written, read, path, loss)


def _found(
    search: Search, written: Sequence[int], read: Sequence[int], path: tuple[Step, ...], loss: Loss | None
) -> Witness | None:
    sizes = [search.smallest.size(node) for node in written]
    if any(size is None or size > MAX_SIZE for size in sizes):
        return None
    search.left = MAX_STATES
    for candidate in _candidates(search, written, read, path, loss):
        witness = _proven(search.pair.new, written, search.pair.old, read, candidate)
        if witness is not None and loss in (None, witness.loss):
            return witness
    return None


def _candidates(
    search: Search, written: Sequence[int], read: Sequence[int], path: tuple[Step, ...], loss: Loss | None
) -> Iterator[list[Value]]:
    """Yield values that may be a witness, the one that shows the path's end best first."""
    least = [search.smallest.value(node) for node in written]
    if len(read) != len(written):
        yield least  # a value that is missing, or one too many, whatever the others are
    first = path[0].index if path and path[0].kind in ("argument", "result") else None
    common = min(len(written), len(read))
    for position in [first] if first is not None and first < common else range(common):
        assert position is not None  # noqa: S101 - it is not, in either list
        start: State = (
            search.pair.heads[written[position]],
            search.pair.heads[read[position] + search.pair.offset],
        )
        for ways, end in _ways(search, start, path[1:] if first is not None else (), loss):
            values = least.copy()
            values[position] = search.value(ways, end)
            yield values


def _ways(
    search: Search, start: State, path: tuple[Step, ...], loss: Loss | None
) -> Iterator[tuple[list[tuple[State, Way]], int]]:
    """Yield ways to a loss: from the end of the path, then from each place before it."""
    along = search.along(start, path)
    for length in range(len(along), -1, -1):
        prefix = along[:length]
        end, state = search.end(start, prefix)
        if state is None:
            yield prefix, end
            continue
        # Refused inside an `opt` of the path is nulled as a whole: the proof tells.
        wanted = [Loss.DROPPED] if loss == Loss.DROPPED else [Loss.REFUSED, Loss.NULLED, Loss.DROPPED]
        for one in wanted:
            found = search.smallest_loss(state, one)
            if found is not None and found[0] <= MAX_SIZE:
                ways = [*prefix, *found[1]]
                yield ways, search.end(start, ways)[0]


def _proven(
    writer: CandidInterface,
    written: Sequence[int],
    reader: CandidInterface,
    read: Sequence[int],
    values: list[Value],
) -> Witness | None:
    message = encode(writer, written, values)
    text = values_text(values, writer, written, annotated=False, limit=SHOWN)
    try:
        got = decode(message, reader, read)
    except DecodeError as error:
        return Witness(Loss.REFUSED, values, message, text, error=str(error))
    loss = loss_between(writer, written, values, reader, read, got)
    if loss is None:
        return None
    return Witness(loss, values, message, text, read=values_text(got, reader, read, annotated=False, limit=SHOWN))
