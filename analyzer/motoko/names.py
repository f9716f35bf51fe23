"""No two fields, tags or variables of one name (M0018), nor of one Candid id (M0019)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from analyzer.text import shortened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyzer.table import Span
    from analyzer.text import Sources

TYPE_FIELD = "type "  # what the name of a type field begins with; it has a name space of its own


def field_order(name: str) -> tuple[bool, str]:
    """Return by what moc 2.2 orders the fields of an object: type fields come last."""
    return name.startswith(TYPE_FIELD), name


class Member(NamedTuple):
    """A field, tag, stable variable or type parameter as read."""

    name: str
    node: int
    span: Span
    mutable: bool = False
    required: bool = False


class Names:
    """The Candid ids of all names met so far."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._ids: dict[str, int] = {}

    def _id(self, name: str) -> int:
        known = self._ids.get(name)
        if known is None:
            bare = name.removeprefix(TYPE_FIELD)
            known = self._ids[name] = _field_hash(bare) | (0 if bare == name else 0x80000000)
        return known

    def refuse_duplicates(self, members: Sequence[Member], kind: str) -> None:
        """Raise ParseError for the first member that is there already. kind: how errors call one."""
        ids = self._ids
        numbers = {ids[m.name] if m.name in ids else self._id(m.name) for m in members}
        if len(numbers) < len(members):
            self._refuse(members, kind)

    def _refuse(self, members: Sequence[Member], kind: str) -> None:
        known: dict[int, str] = {}
        for name, _, span, _, _ in members:
            number = self._id(name)
            if number not in known:
                known[number] = name
            elif known[number] == name:
                self._sources.fail(span[0], f'the {kind} "{shortened(name)}" is there twice', "M0018")
            else:
                what = f'the {kind}s "{shortened(known[number])}" and "{shortened(name)}" have the same Candid id'
                self._sources.fail(span[0], what, "M0019", hint="rename one of the two")


def _field_hash(name: str) -> int:
    """Return the field hash of the Candid spec; moc keeps 31 bits of it."""
    value = 0
    for byte in name.encode():
        value = (value * 223 + byte) & 0x7FFFFFFF
    return value
