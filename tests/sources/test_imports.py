"""The files that a Motoko program is made of."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

import pytest

from analyzer.sources.disk import Disk
from analyzer.sources.imports import closure, imported

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param('import A "a"; import B = "./b";', ("a", "./b"), id="modules"),
        pytest.param('import { type T; f } "mo:core/Map"; actor {}', ("mo:core/Map",), id="names out of a package"),
        pytest.param('// import A "a"\nimport B "b"', ("b",), id="after a line comment"),
        pytest.param('/* import A "a" /* nested */ import B "b" */ import C "c"', ("c",), id="comments nest"),
        pytest.param('/* it\'s "x */ import A "a"', ("a",), id="quotes in a comment are no texts"),
        pytest.param('let s = "import \\"q\\""; let c = \'"\'; import A "a"', ("a",), id="an import inside a text"),
        pytest.param('import A "a" // "b"', ("a",), id="a text in a comment behind it"),
        pytest.param("persistent actor {}", (), id="none"),
        pytest.param('/* import A "a"', (), id="a comment that does not end"),
    ],
)
def test_what_a_text_imports(text: str, found: tuple[str, ...]) -> None:
    assert imported(text) == found


def test_the_closure(tmp_path: Path) -> None:
    files = {
        "src/main.mo": 'import A "Types"; import P "mo:map/Map"; import L "../lib"; import C "canister:other"; import V "mo:vendored"',
        "src/Types.mo": 'import M "./main"',
        "src/unused.mo": "",
        "lib/lib.mo": 'import X "../gone"',
        "packages/map/Map.mo": 'import I "./inner"; import S "mo:sha/lib"',
        "packages/map/inner.mo": "",
        "packages/sha/lib.mo": "",
        "vendored/lib.mo": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    installed = {"map": tmp_path / "packages/map", "sha": tmp_path / "packages/sha"}
    own = {"vendored": PurePath(tmp_path / "vendored")}
    found = closure(Disk(), PurePath(tmp_path / "src/main.mo"), installed, own)
    assert {str(path.relative_to(tmp_path)) for path in found.own} == {
        "src/main.mo", "src/Types.mo", "lib/lib.mo", "vendored/lib.mo",
    }  # fmt: skip
    assert {str(path.relative_to(tmp_path / "packages")) for path in found.packages} == {
        "map/Map.mo", "map/inner.mo", "sha/lib.mo",
    }  # fmt: skip
