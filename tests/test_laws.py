"""Laws that hold for every pair of interfaces, tried on random ones."""

from __future__ import annotations

import json
import subprocess
import sys
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from analyzer import ParseError, Report, Verdict, compare_candid, compare_stable
from analyzer.candid.parse import parse_candid
from analyzer.candid.print import interface_text
from analyzer.model import ALL_CLIENTS, RANK
from analyzer.motoko.parse import parse_stable
from analyzer.motoko.print import signature_text
from analyzer.rules import GENERAL, find
from tests.generators import candid, stable

if TYPE_CHECKING:
    from analyzer.model import Occurrence
    from tests.generators.tree import Pair

seeds = st.integers(min_value=0, max_value=1 << 32)
law = settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
LATER_LOSSES = {"variable_any", "variable_consumed", "halves_unsorted", "types_unsure"}


def candid_pair(seed: int) -> Pair:
    pair = candid.pair(Random(seed))
    try:
        parse_candid(pair.old_text)
        parse_candid(pair.new_text)
    except ParseError:
        assume(False)
    return pair


def stable_pair(seed: int) -> Pair:
    pair = stable.pair(Random(seed))
    try:
        parse_stable(pair.old_text)
        parse_stable(pair.new_text)
    except ParseError:
        assume(False)
    return pair


@law
@given(seeds)
def test_a_candid_interface_is_no_change_to_itself(seed: int) -> None:
    text = candid_pair(seed).new_text
    for profile in ("didc", "dfx", "strict"):
        report = compare_candid(text, text, profile=profile)
        imported = [edit for edit in report.edits if edit.kind != "import_unread"]
        assert (report.compatible, imported) == (True, [])


@law
@given(seeds)
def test_a_stable_signature_is_no_change_to_itself(seed: int) -> None:
    text = stable_pair(seed).new_text
    report = compare_stable(text, text)
    kinds = {edit.kind for edit in report.edits}
    if parse_stable(text).form == "prepost":
        # What its inline migration needs is not what it leaves: it may well refuse itself, as moc says too.
        assert report.compatible or report.verdict in (Verdict.BREAKING, Verdict.UNDECIDED)
    else:
        assert report.compatible is not False
        assert kinds <= LATER_LOSSES


@law
@given(seeds)
def test_what_is_printed_reads_back_as_the_same(seed: int) -> None:
    text = candid_pair(seed).new_text
    printed = interface_text(parse_candid(text))
    assert interface_text(parse_candid(printed)) == printed
    if "import" not in text:
        assert (compare_candid(text, printed, profile="strict").compatible, compare_candid(printed, text).edits) == (
            True,
            [],
        )


@law
@given(seeds)
def test_a_signature_that_is_printed_reads_back_as_the_same(seed: int) -> None:
    text = stable_pair(seed).new_text
    signature = parse_stable(text)
    assume(signature.unsure is None and signature.sorted_halves)
    printed = signature_text(signature)
    assert signature_text(parse_stable(printed)) == printed
    old = "actor {}"
    assert compare_stable(old, text).codes == compare_stable(old, printed).codes


@law
@given(seeds)
def test_comments_and_another_order_of_definitions_are_no_change(seed: int) -> None:
    text = interface_text(parse_candid(candid_pair(seed).new_text))
    definitions, service = text.split("\nservice", 1) if "\nservice" in text else ("", text.removeprefix("service"))
    lines = definitions.split("\n") if definitions else []
    shuffled = "/* in */\n".join(reversed(lines))
    other = f"// another order\n{shuffled}\nservice{service}"
    assert (compare_candid(text, other, profile="strict").edits, compare_candid(other, text).compatible) == ([], True)


def breaks_officially(report: Report) -> bool:
    return any(
        o.verdict == Verdict.BREAKING and (o.clients == ALL_CLIENTS or o.opt_rule)
        for edit in report.edits
        for o in edit.occurrences
    )


@law
@given(seeds, st.sampled_from(["didc", "dfx"]))
def test_the_candid_verdict_is_never_better_than_the_relation(seed: int, profile: str) -> None:
    pair = candid_pair(seed)
    report = compare_candid(pair.old_text, pair.new_text, profile=profile)  # type: ignore[arg-type]
    if report.compatible is False:
        assert report.verdict == Verdict.BREAKING
        assert breaks_officially(report)
        assert all(edit.kind != "unexplained" for edit in report.edits)
    else:
        assert not breaks_officially(report) or report.notes


@law
@given(seeds)
def test_the_stable_verdict_is_never_better_than_the_relation(seed: int) -> None:
    pair = stable_pair(seed)
    report = compare_stable(pair.old_text, pair.new_text)
    broken = [o for edit in report.edits for o in edit.occurrences if o.verdict == Verdict.BREAKING]
    if report.compatible is False:
        assert broken
        assert {o.code for o in broken if o.code} >= set(report.codes)
        assert all(edit.kind != "unexplained" for edit in report.edits)
    elif report.compatible:
        assert not broken or report.notes or all("traps at the upgrade" in o.effect for o in broken)


@law
@given(seeds)
def test_profiles_are_nested(seed: int) -> None:
    pair = candid_pair(seed)
    didc, dfx, strict = (compare_candid(pair.old_text, pair.new_text, profile=p) for p in ("didc", "dfx", "strict"))
    assert didc.compatible or not dfx.compatible
    assert dfx.compatible or not strict.compatible
    assert RANK[didc.verdict] <= RANK[dfx.verdict]


@law
@given(seeds)
def test_fingerprints_are_unique_and_do_not_see_names_of_types(seed: int) -> None:
    pair = candid_pair(seed)
    first = compare_candid(pair.old_text, pair.new_text)
    # Printed anew: other lines, no argument names, aliases as they are.
    again = compare_candid(*(interface_text(parse_candid(t)) for t in (pair.old_text, pair.new_text)))
    prints = [
        [o.fingerprint for e in r.edits for o in e.occurrences if e.kind != "import_unread"] for r in (first, again)
    ]
    assert len(set(prints[0])) == len(prints[0])
    assert sorted(prints[0]) == sorted(prints[1])


def test_fingerprints_are_the_same_in_every_process() -> None:
    code = (
        "import json; from analyzer import compare_candid;"
        "r = compare_candid('type A = record { a : A2 }; type A2 = opt A; service : { m : () -> (A); n : (A) -> () }',"
        "'type B = record { a : opt B; b : nat; c : text }; service : { m : () -> (B); n : (B) -> () }');"
        "print(json.dumps([[o.fingerprint for o in e.occurrences] for e in r.edits]))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
            capture_output=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in ("1", "2", "3")
    }
    (output,) = outputs
    assert sum(map(len, json.loads(output))) == 4


@pytest.mark.parametrize("seed", range(5))
def test_the_generators_give_what_the_laws_need(seed: int) -> None:
    """A law over nothing holds always: most seeds must give valid pairs that differ."""
    texts = [candid.pair(Random(seed * 100 + i)) for i in range(100)]
    valid = [p for p in texts if p.old_text != p.new_text]
    assert len(valid) > 60


@law
@given(seeds)
def test_every_finding_has_a_rule_that_says_its_verdict(seed: int) -> None:
    for report in both_reports(seed):
        for edit in report.edits:
            for one in edit.occurrences:
                rule = find(one.rule or "")
                assert rule is not None
                assert rule.id not in GENERAL.values()
                # A rule is never laxer than the walk, and the walk never laxer than the relation.
                assert rule.verdict == one.verdict


@law
@given(seeds)
def test_no_rule_is_laxer_than_the_relation(seed: int) -> None:
    for report in both_reports(seed):
        worst_rule = max((RANK[rule_of(o)] for e in report.edits for o in e.occurrences), default=0)
        if report.compatible is False:
            assert worst_rule == RANK[Verdict.BREAKING]
        if report.compatible is None:
            assert worst_rule >= RANK[Verdict.UNDECIDED]


def rule_of(occurrence: Occurrence) -> Verdict:
    rule = find(occurrence.rule or "")
    assert rule is not None
    return rule.verdict


def both_reports(seed: int) -> list[Report]:
    candid_texts, stable_texts = candid_pair(seed), stable_pair(seed)
    return [
        compare_candid(candid_texts.old_text, candid_texts.new_text),
        compare_stable(stable_texts.old_text, stable_texts.new_text),
    ]
