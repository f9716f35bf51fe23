"""Where a migration's line goes in a program's text."""

from __future__ import annotations

import pytest

from analyzer.suggest.insert import NoPlace, with_migration

IMPORT = 'import Migration "Migration";'
LINE = "(with migration = Migration.run)"


@pytest.mark.parametrize(
    ("text", "after"),
    [
        pytest.param("persistent actor {};", f"{IMPORT}\n{LINE}\npersistent actor {{}};", id="a bare actor"),
        pytest.param('import M "mo:core/Map";\n\nactor A {};', f'import M "mo:core/Map";\n{IMPORT}\n\n{LINE}\nactor A {{}};', id="behind the imports"),
        pytest.param("type T = Nat;\nactor {};", f"{IMPORT}\ntype T = Nat;\n{LINE}\nactor {{}};", id="imports come before all else"),
        pytest.param("shared ({ caller }) persistent actor class C() = this {};", f"{IMPORT}\n{LINE}\nshared ({{ caller }}) persistent actor class C() = this {{}};", id="a shared class"),
        pytest.param("(with migration = Old.run)\nactor {};", f"{IMPORT}\n{LINE}\nactor {{}};", id="a migration that was there is replaced"),
        pytest.param("/// actor {}\nactor { /* actor {} */ };", f"{IMPORT}\n/// actor {{}}\n{LINE}\nactor {{ /* actor {{}} */ }};", id="comments are no actors"),
    ],
)  # fmt: skip
def test_the_line(text: str, after: str) -> None:
    assert with_migration(text, "main.mo", "Migration", "run").text == after


def test_a_name_that_is_taken_is_not_taken_again() -> None:
    made = with_migration('import Migration "Other";\nactor {};', "main.mo", "Migration", "run")
    assert made.lines == ('import Migration2 "Migration";', "(with migration = Migration2.run)")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        pytest.param("module {};", "there is no actor", id="a module"),
        pytest.param("(with migration = M.run; other = 1)\nactor {};", "more than a migration", id="other parentheses"),
    ],
)
def test_there_is_no_place(text: str, what: str) -> None:
    with pytest.raises(NoPlace, match=what):
        with_migration(text, "main.mo", "Migration", "run")
