"""ctxcheck answers as the official checkers do on random pairs, and the proof would notice if it did not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from analyzer import compare_candid
from tests.generators.shrink import CANDID, STABLE, shrink
from tests.generators.tree import nodes
from tests.oracles.needed import ask_skip_or_fail
from tests.oracles.oracle import StableAnswer
from tests.proof.agreement import SURFACES, Disagreement, Tally, check, our_candid, our_stable, pair_of, stable_word

if TYPE_CHECKING:
    from tests.proof.agreement import Surface

COUNT = 1500
SEED = 20_260


@pytest.fixture
def _official_checkers() -> None:
    ask_skip_or_fail()


def run(surface: Surface, count: int, seed: int = SEED) -> Tally:
    """Return what a run found."""
    tally = Tally()
    for _ in check(surface, count, seed, tally):
        pass
    return tally


@pytest.mark.usefixtures("_official_checkers")
@pytest.mark.parametrize("name", SURFACES)
def test_random_pairs_get_the_official_answer(name: str) -> None:
    tally = run(SURFACES[name], COUNT)
    assert not tally.disagreements, str(tally.disagreements[0])
    assert tally.proven, str(tally)
    # A generator that drifts to one answer would prove little.
    shares = {answer: number / tally.pairs for answer, number in tally.answers.items()}
    assert 0.35 <= shares["compatible"] <= 0.6
    assert shares["incompatible"] >= 0.3
    assert 0.02 <= sum(share for answer, share in shares.items() if answer.startswith("invalid")) <= 0.08


def without_opt_rule(old: str, new: str) -> str:
    """Answer as the relation does without its special rule for opt."""
    answer = our_candid(old, new)
    if answer == "compatible" and not compare_candid(old, new, profile="dfx").compatible:
        return "incompatible"
    return answer


def blind_to_lost_data(old: str, new: str) -> str:
    """Answer as ordinary subtyping does."""
    answer = our_stable(old, new)
    return "compatible" if answer == "incompatible M0216" else answer


@pytest.mark.usefixtures("_official_checkers")
@pytest.mark.parametrize(
    ("surface", "count", "telling"),
    [
        pytest.param(
            replace(SURFACES["candid"], ours=without_opt_rule), 600, "opt", id="candid: no special rule for opt"
        ),
        pytest.param(replace(SURFACES["stable"], ours=blind_to_lost_data), 600, "", id="stable: data may be dropped"),
    ],
)
def test_a_defect_is_found_and_shown_small(surface: Surface, count: int, telling: str) -> None:
    tally = run(surface, count)
    assert not tally.proven
    smallest = tally.disagreements[0]
    assert len(smallest.old) + len(smallest.new) <= 160, str(smallest)
    assert telling in smallest.old
    assert f"{surface.name} pair {smallest.number}: ctxcheck says {smallest.ours}" in str(smallest)


@pytest.mark.usefixtures("_official_checkers")
def test_an_error_is_a_disagreement() -> None:
    def failing(old: str, new: str) -> str:
        return "error KeyError" if "variant" in new else our_candid(old, new)

    tally = run(replace(SURFACES["candid"], ours=failing), 100)
    assert tally.disagreements[0].ours == "error KeyError"
    assert tally.disagreements[0].new.count("variant") == 1


@pytest.mark.parametrize("name", SURFACES)
def test_a_seed_gives_the_same_pairs_always(name: str) -> None:
    surface = SURFACES[name]
    pairs = [pair_of(surface, 1, number) for number in range(50)]
    assert pairs == [pair_of(surface, 1, number) for number in range(50)]
    assert pairs != [pair_of(surface, 2, number) for number in range(50)]
    assert len({pair.old_text for pair in pairs}) > 40


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        (
            "candid",
            {
                "def",
                "main",
                "prim",
                "ref",
                "opt",
                "vec",
                "record",
                "variant",
                "field",
                "func",
                "arg",
                "service",
                "method",
            },
        ),
        (
            "stable",
            {
                *(
                    "single",
                    "prepost",
                    "multi",
                    "step",
                    "stable",
                    "stable var",
                    "in",
                    "in var",
                    "ref",
                    "opt",
                    "weak",
                    "array",
                ),
                *(
                    "vararray",
                    "tuple",
                    "object",
                    "val",
                    "var",
                    "typefield",
                    "variant",
                    "case",
                    "func",
                    "oneway",
                    "actor",
                    "bind",
                ),
                *("and", "or"),
            },
        ),
    ],
)
def test_every_form_is_met(name: str, kinds: set[str]) -> None:
    pairs = [pair_of(SURFACES[name], 1, number) for number in range(600)]
    assert kinds <= {node.kind for pair in pairs for tree in (pair.old, pair.new) for _, node in nodes(tree)}


@pytest.mark.parametrize("name", SURFACES)
def test_shrinking_stops_at_a_local_minimum(name: str) -> None:
    """What is looked for is kept, all else goes: no single simplification may be left."""
    language = {"candid": CANDID, "stable": STABLE}[name]
    wanted = {"candid": "opt", "stable": "?"}[name]
    pairs = (pair_of(SURFACES[name], 3, number) for number in range(200))
    pair = next(pair for pair in pairs if pair.old_text.count(wanted) > 2 and pair.new_text.count(wanted) > 2)

    def disagrees(old: str, new: str) -> bool:
        return wanted in old and wanted in new

    old, new = shrink(pair, disagrees, language)
    assert (old.count(wanted), new.count(wanted)) == (1, 1)
    assert len(old) + len(new) < 120


def test_shrinking_keeps_within_its_budget() -> None:
    asked = 0

    def disagrees(_old: str, _new: str) -> bool:
        nonlocal asked
        asked += 1
        return asked == 1

    pair = next(pair for pair in (pair_of(SURFACES["candid"], 1, i) for i in range(50)) if len(pair.old_text) > 500)
    shrink(pair, disagrees, CANDID, budget=7)
    assert asked == 7


def test_what_only_the_layout_shows_is_shrunk_as_text() -> None:
    pair = replace(
        pair_of(SURFACES["candid"], 1, 1), old_text="/* a */ service : {} // here\n", new_text="service : {}"
    )
    old, new = shrink(pair, lambda old, _: "here" in old, CANDID)
    assert (old, new) == ("here", "")


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (StableAnswer(compatible=True, codes=frozenset()), "compatible"),
        (StableAnswer(compatible=False, codes=frozenset({"M0216", "M0169"})), "incompatible M0169 M0216"),
        (StableAnswer(compatible=False, codes=frozenset({"M0253"})), "invalid"),
        (StableAnswer(compatible=None, codes=frozenset()), "trap"),
    ],
)
def test_the_compiler_is_put_into_our_words(answer: StableAnswer, word: str) -> None:
    assert stable_word(answer) == word


@pytest.mark.parametrize(
    ("tally", "proven", "text"),
    [
        pytest.param(
            Tally(2000, 1998, 2), True, "2000 pairs: 1998 agree, 0 disagree, 2 traps excluded", id="few traps"
        ),
        pytest.param(
            Tally(2000, 1997, 3), False, "2000 pairs: 1997 agree, 0 disagree, 3 traps excluded", id="many traps"
        ),
        pytest.param(
            Tally(2000, 1997, 1, 2),
            False,
            "2000 pairs: 1997 agree, 0 disagree, 1 traps excluded, 2 undecided",
            id="undecided counts as unanswered",
        ),
        pytest.param(
            Tally(2000, 1999, disagreements=[Disagreement("candid", 0, "", "", "compatible", "incompatible")]),
            False,
            "2000 pairs: 1999 agree, 1 disagree, 0 traps excluded",
            id="one disagreement is enough",
        ),
    ],
)
def test_when_a_run_is_a_proof(tally: Tally, proven: bool, text: str) -> None:
    assert (tally.proven, str(tally)) == (proven, text)
