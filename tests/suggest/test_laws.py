"""What holds of the migration between any two signatures."""

from __future__ import annotations

import random
import re

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from analyzer.errors import ParseError
from analyzer.motoko.parse import parse_stable
from analyzer.motoko.source.parse import parse_source
from analyzer.suggest.convert import TooLarge
from analyzer.suggest.insert import with_migration
from analyzer.suggest.migration import Suggestion, suggest
from tests.generators import stable


def of_seed(seed: int) -> Suggestion | None:
    pair = stable.pair(random.Random(seed))
    try:
        return suggest(parse_stable(pair.old_text), parse_stable(pair.new_text))
    except (ParseError, TooLarge):
        return None


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.integers(0, 1 << 32))
def test_a_migration_can_be_read_and_names_what_it_says(seed: int) -> None:
    found = of_seed(seed)
    assume(found is not None)
    assert found is not None
    unit = parse_source(found.module, "Migration.mo").unit
    assert unit is not None
    assert unit.kind == "module"
    (run,) = [d for d in unit.inside if "public" in d.marks]
    assert run.name == found.function
    # Every mark of the text is told, and none else.
    assert set(re.findall(r"CHECK: (.*?)(?: \*/|\n)", found.module)) == set(found.checks)
    # What is dropped is told as a loss, whatever it is.
    dropped = {one.name for one in found.variables if one.what == "dropped"}
    assert dropped <= {one.where for one in found.losses}
    names = {one.name for one in found.variables if one.what in ("converted", "renamed")}
    assert names <= set(found.made)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.integers(0, 1 << 32))
def test_nothing_is_needed_from_a_version_to_itself(seed: int) -> None:
    pair = stable.pair(random.Random(seed))
    for text in (pair.old_text, pair.new_text):
        try:
            one, other = parse_stable(text), parse_stable(text)
        except ParseError:
            continue
        assert suggest(one, other) is None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.integers(0, 1 << 32))
def test_the_line_goes_before_the_actor_and_only_there(seed: int) -> None:
    found = of_seed(seed)
    assume(found is not None and found.form == "inline")
    assert found is not None
    made = with_migration(found.skeleton, "main.mo", "Migration", found.function)
    unit = parse_source(made.text, "main.mo").unit
    assert unit is not None
    assert unit.parenthetical is not None
    assert "".join(made.text.split("\n")) == "".join(made.text.splitlines())
    left = made.text
    for line in made.lines:
        left = left.replace(f"{line}\n", "", 1) if f"{line}\n" in left else left.replace(f"\n{line}", "", 1)
    assert left == found.skeleton
