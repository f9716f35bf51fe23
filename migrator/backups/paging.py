"""Listings that come page by page: read to their end, or not at all.

A short page proves nothing, for a canister may give fewer entries than were asked for. The end is an empty page, or a
cursor that is null; a listing whose end cannot be told is refused, so that it is never a shorter one.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from analyzer.candid.types import Kind, label_id
from analyzer.candid.values import Some, decode, encode
from analyzer.candid.values.parse import parse_values
from analyzer.errors import SourceError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from analyzer.candid.methods import Method
    from analyzer.candid.types import CandidInterface
    from analyzer.candid.values import Value

_MOST = 100_000  # pages
_TWO = 2
_TRIES = 3


class By(StrEnum):
    """What the first argument of a listing says: how many entries to leave out, which page, or where to go on."""

    OFFSET = "offset"
    PAGE = "page"
    CURSOR = "cursor"


class Paging(NamedTuple):
    """How a listing is asked for: `method(OFFSET, size)`, `method(PAGE, size)` or `method(CURSOR, size)`.

    Pages are counted from 0. size: entries of a page that are asked for. entries, next: of a cursor, the fields of the
    result that have the list, and where to go on. first: where a cursor begins that is not optional, Candid text.
    """

    by: By
    size: int
    entries: str = "entries"
    next: str = "next"
    first: str | None = None


class Whole(NamedTuple):
    """A listing to its end. node: the type of the list."""

    entries: list[Value]
    node: int
    pages: int


def read_pages(
    interface: CandidInterface, ask: Callable[[bytes], bytes], name: str, method: Method, paging: Paging
) -> Whole:
    """Read a listing to its end, and where it took several pages again: both have to be the same.

    An entry that goes away between two pages would move another one out of sight. ask: the reply to an argument;
    raises CtxError. Raises UsageError: the method is of another form than `paging` says. SourceError: the pages do not
    fit together, or the listing changes all the time.
    """
    node = _list_of(interface, name, method, paging)
    whole = _read_once(interface, ask, name, method, paging, node)
    for _ in range(_TRIES):
        if whole.pages == 1:
            return whole  # all of it came at once, or there is nothing
        before, whole = whole, _read_once(interface, ask, name, method, paging, node)
        if whole == before:
            return whole
    msg = "it changed while it was read page by page"
    raise SourceError(msg, where=name, hint="back it up while nobody writes")


def _read_once(
    interface: CandidInterface,
    ask: Callable[[bytes], bytes],
    name: str,
    method: Method,
    paging: Paging,
    node: int,
) -> Whole:
    entries: list[Value] = []
    place: Value = 0
    optional = False
    if paging.by == By.CURSOR:
        optional = interface.table.kinds[interface.heads[method.arguments[0]]] == Kind.OPT
        place = None if optional else _first(interface, name, method, paging)
    seen: set[bytes] = set()
    short = False
    for pages in range(1, _MOST + 1):
        arg = encode(interface, method.arguments, [place, paging.size])
        if arg in seen:
            msg = f"page {pages} is one that was read already"
            raise SourceError(msg, where=name)
        seen.add(arg)
        page, following = _page(interface, ask(arg), method, paging)
        if paging.by == By.CURSOR:
            entries += page
            if following is None:
                return Whole(entries, node, pages)
            place = following if optional else following.value
            continue
        if not page:
            return Whole(entries, node, pages)
        if len(page) > paging.size or (short and paging.by == By.PAGE):
            msg = f"its pages are of other sizes than {paging.size:,}: entries may be left out, or come twice"
            raise SourceError(msg, where=name)
        short = len(page) < paging.size
        entries += page
        place = len(entries) if paging.by == By.OFFSET else pages
    msg = f"it has no end after {_MOST:,} pages"
    raise SourceError(msg, where=name)


def _first(interface: CandidInterface, name: str, method: Method, paging: Paging) -> Value:
    """Return where a cursor begins. Raises ParseError."""
    (place,) = parse_values(f"({paging.first})", interface, method.arguments[:1], f"{name}, first")
    return place


def _list_of(interface: CandidInterface, name: str, method: Method, paging: Paging) -> int:
    """Return the node of the list that a method gives. Raises UsageError."""
    table, heads = interface.table, interface.heads
    node = heads[method.results[0]] if len(method.results) == 1 else -1
    fits = node >= 0 and len(method.arguments) == _TWO
    if fits and paging.by == By.CURSOR:
        labels = table.labels[node] if table.kinds[node] == Kind.RECORD else ()
        fits = label_id(paging.entries) in labels and label_id(paging.next) in labels
        if fits:
            following = heads[table.children[node][labels.index(label_id(paging.next))]]
            first = heads[method.arguments[0]]
            fits = table.kinds[following] == Kind.OPT
            fits = fits and (table.kinds[first] == Kind.OPT or paging.first is not None)
            node = heads[table.children[node][labels.index(label_id(paging.entries))]]
    fits = fits and table.kinds[node] == Kind.VEC and table.kinds[heads[table.children[node][0]]] != Kind.NAT8
    if not fits:
        form = {
            By.OFFSET: "(offset, size) -> (vec ...)",
            By.PAGE: "(page, size) -> (vec ...)",
            By.CURSOR: f"(opt cursor, size) -> (record {{ {paging.entries} : vec ...; {paging.next} : opt cursor }}), "
            "or (cursor, size) and `first` says where it begins",
        }[paging.by]
        msg = f"it is not of the form {form}"
        raise UsageError(msg, where=name)
    return node


def _page(interface: CandidInterface, reply: bytes, method: Method, paging: Paging) -> tuple[list[Value], Some | None]:
    (value,) = decode(reply, interface, method.results)
    if paging.by != By.CURSOR:
        assert isinstance(value, list)  # noqa: S101 - `_list_of` looked
        return value, None
    assert isinstance(value, dict)  # noqa: S101 - see above
    page, following = value[paging.entries], value[paging.next]
    assert isinstance(page, list)  # noqa: S101 - see above
    return page, following if isinstance(following, Some) else None
