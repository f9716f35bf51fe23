"""What the parser does at each production of `values.lark`: values as they are written, in a flat table."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from analyzer.candid.build import Builder, Member
from analyzer.candid.principal import Principal
from analyzer.candid.values.model import FuncRef, ServiceRef
from analyzer.literals import LiteralError, bytes_of, float_of, number_of
from analyzer.text import shortened

if TYPE_CHECKING:
    from collections.abc import Callable

    from analyzer.candid.types import CandidInterface
    from analyzer.table import Span

_WORDS = {"NaN": float("nan"), "inf": float("inf")}


class Form(Enum):
    """What a value is written as."""

    NULL = auto()
    BOOL = auto()
    NUMBER = auto()
    FLOAT = auto()
    TEXT = auto()
    BLOB = auto()
    OPT = auto()
    VEC = auto()
    RECORD = auto()
    VARIANT = auto()
    PRINCIPAL = auto()
    SERVICE = auto()
    FUNC = auto()


@dataclass(slots=True)
class Written:
    """Values as they are written, each after the values inside it.

    forms: what each is; atoms: its Python value where it holds no others; children: the values in it; labels: of a
    record or a variant, id and name of each; annotations: the types written behind it, innermost first, nodes of
    `interface`; roots: the values of the whole.
    """

    interface: CandidInterface
    forms: list[Form] = field(default_factory=list)
    atoms: list[Any] = field(default_factory=list)
    children: list[tuple[int, ...]] = field(default_factory=list)
    labels: list[tuple[tuple[int, str | None], ...]] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    annotations: dict[int, list[int]] = field(default_factory=dict)
    roots: list[int] = field(default_factory=list)


class ValueBuilder(Builder):
    """Builds values; the types behind them are built as in an interface."""

    def __init__(self, interface: CandidInterface, base: int) -> None:
        super().__init__(interface, base)
        self.written = Written(interface)

    def _put(
        self,
        form: Form,
        start: int,
        end: int,
        *,
        atom: object = None,
        children: tuple[int, ...] = (),
        labels: tuple[tuple[int, str | None], ...] = (),
    ) -> int:
        written = self.written
        written.forms.append(form)
        written.atoms.append(atom)
        written.children.append(children)
        written.labels.append(labels)
        written.spans.append((self.base + start, self.base + end))
        return len(written.forms) - 1

    def _literal(self, read: Callable[[str], Any], literal: str, start: int) -> Any:  # noqa: ANN401
        try:
            return read(literal)
        except LiteralError as error:
            self.interface.sources.fail(self.base + start + error.offset, str(error), "literal")

    def _principal_of(self, literal: str, start: int) -> Principal:
        try:
            return Principal.parse(self._text(literal, start))
        except ValueError as error:
            self.interface.sources.fail(self.base + start, str(error), "principal")

    # -- the whole

    def no_values(self, _values: list[Any], _start: int, _end: int) -> None:
        pass

    def all_values(self, values: list[Any], _start: int, _end: int) -> None:
        self.written.roots = values[0]

    def annotated(self, values: list[Any], _start: int, _end: int) -> int:
        node, annotation = values
        self.written.annotations.setdefault(node, []).append(annotation)
        return int(node)

    # -- values that hold no others

    def value_null(self, _values: list[Any], start: int, end: int) -> int:
        return self._put(Form.NULL, start, end)

    def value_true(self, _values: list[Any], start: int, end: int) -> int:
        return self._put(Form.BOOL, start, end, atom=True)

    def value_false(self, _values: list[Any], start: int, end: int) -> int:
        return self._put(Form.BOOL, start, end, atom=False)

    def value_number(self, values: list[Any], start: int, end: int) -> int:
        return self._put(Form.NUMBER, start, end, atom=self._literal(number_of, values[0], start))

    def value_negative(self, values: list[Any], start: int, end: int) -> int:
        return self._put(Form.NUMBER, start, end, atom=-self._literal(number_of, values[0], start))

    def value_float(self, values: list[Any], start: int, end: int) -> int:
        return self._put(Form.FLOAT, start, end, atom=self._literal(float_of, values[0], start))

    def value_negative_float(self, values: list[Any], start: int, end: int) -> int:
        return self._put(Form.FLOAT, start, end, atom=-self._literal(float_of, values[0], start))

    def _word(self, word: str, start: int) -> float:
        if word not in _WORDS:
            hint = f'a text is written in quotes: "{word}"'
            what = f'"{shortened(word)}"'
            self.interface.sources.fail(self.base + start, what, "syntax", expected="a value", hint=hint)
        return _WORDS[word]

    def value_word(self, values: list[Any], start: int, end: int) -> int:
        return self._put(Form.FLOAT, start, end, atom=self._word(values[0], start))

    def value_negative_word(self, values: list[Any], start: int, end: int) -> int:
        return self._put(Form.FLOAT, start, end, atom=-self._word(values[0], start))

    def value_text(self, values: list[Any], start: int, end: int) -> int:
        return self._put(Form.TEXT, start, end, atom=self._text(values[0], start))

    def value_blob(self, values: list[Any], start: int, end: int) -> int:
        return self._put(Form.BLOB, start, end, atom=self._literal(bytes_of, values[0], start))

    def value_principal(self, values: list[Any], start: int, end: int) -> int:
        return self._put(Form.PRINCIPAL, start, end, atom=self._principal_of(values[0], start))

    def value_service(self, values: list[Any], start: int, end: int) -> int:
        return self._put(Form.SERVICE, start, end, atom=ServiceRef(self._principal_of(values[0], start)))

    def value_func(self, values: list[Any], start: int, end: int) -> int:
        return self._put(Form.FUNC, start, end, atom=FuncRef(self._principal_of(values[0], start), values[1]))

    def value_func_text(self, values: list[Any], start: int, end: int) -> int:
        return self.value_func([values[0], self._text(values[1], start)], start, end)

    # -- values that hold others

    def value_opt(self, values: list[Any], start: int, end: int) -> int:
        return self._put(Form.OPT, start, end, children=(values[0],))

    def value_vec_empty(self, _values: list[Any], start: int, end: int) -> int:
        return self._put(Form.VEC, start, end)

    def value_vec(self, values: list[Any], start: int, end: int) -> int:
        return self._put(Form.VEC, start, end, children=tuple(values[0]))

    def item(self, values: list[Any], start: int, end: int) -> Member:
        return self.field(values, start, end)

    def item_named(self, values: list[Any], start: int, end: int) -> Member:
        return self.field_named(values, start, end)

    def item_text(self, values: list[Any], start: int, end: int) -> Member:
        return self.field_text(values, start, end)

    def item_number(self, values: list[Any], start: int, end: int) -> Member:
        return self.field_number(values, start, end)

    def tag(self, values: list[Any], start: int, end: int) -> Member:
        return self.field_named([values[0], self.value_null([], start, end)], start, end)

    def tag_text(self, values: list[Any], start: int, end: int) -> Member:
        return self.field_text([values[0], self.value_null([], start, end)], start, end)

    def tag_number(self, values: list[Any], start: int, end: int) -> Member:
        return self.field_number([values[0], self.value_null([], start, end)], start, end)

    def value_record_empty(self, _values: list[Any], start: int, end: int) -> int:
        return self._put(Form.RECORD, start, end)

    def value_record(self, values: list[Any], start: int, end: int) -> int:
        members = self.by_id(values[0])
        labels = tuple([(number, member.name) for number, member in members])
        return self._put(Form.RECORD, start, end, children=tuple([member.node for _, member in members]), labels=labels)

    def value_variant(self, values: list[Any], start: int, end: int) -> int:
        case: Member = values[0]
        return self._put(Form.VARIANT, start, end, children=(case.node,), labels=((case.id, case.name),))
