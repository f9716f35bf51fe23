"""All changes as a table: a row for each rule that a change falls under."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.report.html.card import badge, card_id, edit_ids, filters, path_list
from analyzer.report.html.element import Element, element
from analyzer.report.words import clean, title, who_breaks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from analyzer.model import Edit, Occurrence
    from analyzer.report.block import Block

COLUMNS = ("verdict", "surface", "rule", "change", "where", "breaks")


def table(caption: str, rows: list[Element]) -> Element:
    """Return the table of some rows."""
    head = element("thead", element("tr", *(element("th", name, scope="col") for name in COLUMNS)))
    inner = element("table", element("caption", caption), head, element("tbody", *rows))
    return element("div", inner, class_="scroll", tabindex=0, role="region", aria_label=caption)


def rows(found: Iterable[tuple[str | None, Block]], *, linked: set[str]) -> Iterator[Element]:
    """Yield the rows of some changes, each with its canister, where not clear. linked: the changes that have a card."""
    for canister, block in found:
        for edit, occurrences in block.sections:
            yield _row(canister, block, edit, occurrences, linked=card_id(block) in linked)


def _row(canister: str | None, block: Block, edit: Edit, occurrences: list[Occurrence], *, linked: bool) -> Element:
    first = occurrences[0]
    what = element("a", title(edit), href=f"#{card_id(block)}") if linked else title(edit)
    owner = element("span", f" in {clean(edit.owner)}", class_="owner") if edit.owner else None
    more = element("span", f"and {len(occurrences) - 1} more", class_="more") if len(occurrences) > 1 else None
    return element(
        "tr",
        element("td", badge(first.verdict)),
        element("td", edit.surface),
        element("td", first.rule or ""),
        element("td", what, owner),
        element("td", element("b", clean(canister)) if canister is not None else None, path_list(first), more),
        element("td", who_breaks(first) or "nobody"),
        data_edit=edit_ids(block),
        **filters([first.verdict], [edit.surface.value], blocked=bool(first.blocked_by)),
    )
