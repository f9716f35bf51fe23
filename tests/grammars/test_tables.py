"""The shipped tables are those of the grammars, and our loop over them accepts what Lark's own parser accepts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from lark.exceptions import UnexpectedInput

import grammars
from grammars import SyntaxProblem, build, load
from tests.shared import recorded

if TYPE_CHECKING:
    from pathlib import Path

NAMES = sorted(path.stem for path in build.HERE.glob("*.lark"))


@pytest.mark.parametrize("name", NAMES)
def test_shipped_tables_are_those_of_the_grammar(name: str) -> None:
    shipped = (build.HERE / "tables" / f"{name}.json").read_text(encoding="utf-8")
    assert shipped == build.render(build.tables_of(build.source_of(name))), "run `make grammars`"


class Silent:
    """Actions that do nothing, for a question of yes or no."""

    def __getattr__(self, _name: str) -> object:
        return lambda _values, _start, _end: None


def accepts(name: str, text: str) -> bool:
    try:
        load(name).parse(text, Silent())
    except SyntaxProblem:
        return False
    return True


def test_our_loop_and_larks_agree_on_every_recorded_candid_text() -> None:
    lark = build.lark_of(build.source_of("candid"))
    disagree = []
    for case in recorded("candid"):
        for side in ("old", "new"):
            text = case[side]
            if "/*" in text:
                continue  # Lark has no nested comments; ours are skipped by hand
            try:
                lark.parse(text)
                larks = True
            except UnexpectedInput:
                larks = False
            if accepts("candid", text) != larks:
                disagree.append((case["name"], side))
    assert disagree == []


def test_an_edited_grammar_is_compiled_instead_of_its_stale_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited = build.source_of("candid").replace('"oneway"', '"sometimes"')
    (tmp_path / "candid.lark").write_text(edited, encoding="utf-8")
    (tmp_path / "tables").mkdir()
    shipped = json.loads((build.HERE / "tables" / "candid.json").read_text(encoding="utf-8"))
    (tmp_path / "tables" / "candid.json").write_text(json.dumps(shipped), encoding="utf-8")
    monkeypatch.setattr(grammars, "_HERE", tmp_path)
    grammars.load.cache_clear()
    try:
        assert accepts("candid", "service : { m : () -> () sometimes }")
        assert not accepts("candid", "service : { m : () -> () oneway }")
    finally:
        monkeypatch.undo()
        grammars.load.cache_clear()


@pytest.mark.parametrize(
    ("text", "at", "expected"),
    [
        pytest.param("type A = record { a : nat", 25, ('";"', '"}"'), id="a field list is left open"),
        pytest.param("type = nat", 5, ("id",), id="a type has no name"),
        pytest.param(
            "service : { m : func () -> () }", 16, ('"("', "id"), id="func is not written before a method's type"
        ),
        pytest.param("service : {} x", 13, ('";"', "the end of the text"), id="nothing follows the service"),
    ],
)
def test_an_error_names_only_what_could_really_come(text: str, at: int, expected: tuple[str, ...]) -> None:
    with pytest.raises(SyntaxProblem) as caught:
        load("candid").parse(text, Silent())
    assert (caught.value.start, caught.value.expected) == (at, expected)
