"""The official checkers answer as was recorded, and are asked without losing, mixing up or waiting for answers."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.oracles.needed import ask_skip_or_fail
from tests.oracles.oracle import (
    FOLDER,
    WINDOW,
    CandidOracle,
    OracleError,
    StableAnswer,
    StableOracle,
    candid_statuses,
    missing,
    stable_answers,
)
from tests.shared import ROOT, recorded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SHARED = ROOT.parent / "shared"
WARNINGS = {"M0166", "M0167"}


@pytest.fixture(autouse=True)
def _official_checkers() -> None:
    ask_skip_or_fail()


def asked_directly(script: Path, questions: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Return what `node SCRIPT --batch` answers to all questions at once."""
    lines = "".join(json.dumps({"name": str(i), **question}) + "\n" for i, question in enumerate(questions))
    done = subprocess.run(
        ["node", str(script), "--batch"], input=lines, capture_output=True, encoding="utf-8", timeout=300, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def reference_script(name: str, folder: Path) -> Path:
    """Return the script kept beside the project, copied to where it finds our node_modules."""
    script = SHARED / "oracles" / name
    if not script.is_file():
        pytest.skip(f"the reference scripts are kept beside the project, and {script.name} is not there")
    copy = folder / name
    copy.write_bytes(script.read_bytes())
    (folder / "node_modules").symlink_to(FOLDER / "node_modules", target_is_directory=True)
    return copy


@pytest.mark.parametrize(("name", "every"), [("candid", 3), ("candid-real", 4)])
def test_candid_answers_as_recorded(name: str, every: int) -> None:
    cases = recorded(name)[::every]
    found = candid_statuses((case["old"], case["new"]) for case in cases)
    assert [(c["name"], f) for c, f in zip(cases, found, strict=True)] == [(c["name"], c["expected"]) for c in cases]


def test_stable_answers_as_recorded() -> None:
    cases = recorded("stable")[::4]
    found = stable_answers((case["pre"], case["post"]) for case in cases)
    expected = [
        (case["name"], StableAnswer(case["expected"] == "compatible", frozenset(case["codes"]) - WARNINGS))
        for case in cases
    ]
    assert [(case["name"], answer) for case, answer in zip(cases, found, strict=True)] == expected


def test_candid_answers_as_the_reference_script(tmp_path: Path) -> None:
    cases = recorded("candid")[::9] + recorded("candid-real")[::9]
    pairs = [{"old": case["old"], "new": case["new"]} for case in cases]
    reference = asked_directly(reference_script("candid.mjs", tmp_path), pairs)
    assert asked_directly(FOLDER / "candid.mjs", pairs) == reference


def test_stable_answers_as_the_reference_script(tmp_path: Path) -> None:
    pairs = [{"pre": case["pre"], "post": case["post"]} for case in recorded("stable")[::9]]
    reference = asked_directly(reference_script("stable.mjs", tmp_path), pairs)
    assert asked_directly(FOLDER / "stable.mjs", pairs) == reference


@pytest.mark.parametrize(
    ("script", "files", "status", "answer"),
    [
        pytest.param(
            "candid.mjs",
            {"new.did": "service : { a : () -> (); b : () -> () }", "old.did": "service : { a : () -> () }"},
            0,
            "compatible",
            id="candid: a method is added",
        ),
        pytest.param(
            "candid.mjs",
            {"new.did": "service : {}", "old.did": "service : { a : () -> () }"},
            1,
            "incompatible",
            id="candid: a method is removed",
        ),
        pytest.param(
            "candid.mjs", {"new.did": "", "old.did": "service : {}"}, 2, "invalid-new", id="candid: no service"
        ),
        pytest.param("candid.mjs", {"new.did": "service : {}", "old.did": "?"}, 2, "invalid-old", id="candid: syntax"),
        pytest.param(
            "stable.mjs",
            {"old.most": "actor { stable a : Nat };", "new.most": "actor { stable a : Int };"},
            0,
            {"compatible": True, "codes": [], "messages": []},
            id="stable: a type is widened",
        ),
        pytest.param(
            "stable.mjs",
            {"old.most": "actor { stable a : Nat; stable b : Text };", "new.most": "actor { stable a : Text };"},
            1,
            ["M0169", "M0170"],
            id="stable: one variable dropped, another changed",
        ),
        pytest.param(
            "stable.mjs",
            {"old.most": "actor {};", "new.most": "actor { stable a : T };"},
            1,
            ["M0029"],
            id="stable: unbound",
        ),
    ],
)
def test_one_pair_of_files(tmp_path: Path, script: str, files: dict[str, str], status: int, answer: object) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    paths = [str(tmp_path / name) for name in files]
    done = subprocess.run(
        ["node", str(FOLDER / script), *paths], capture_output=True, encoding="utf-8", timeout=60, check=False
    )
    found: object = done.stdout.strip()
    if script == "stable.mjs":
        found = json.loads(done.stdout) if isinstance(answer, dict) else json.loads(done.stdout)["codes"]
    assert (done.returncode, found) == (status, answer)


def test_a_motoko_file_is_compiled_with_its_imports(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "Kind.mo").write_text("module { public type Kind = { #small; #large } }", "utf-8")
    (tmp_path / "Main.mo").write_text(
        'import Kind "lib/Kind"; import Map "mo:core/Map";\n'
        "actor { stable var kind : Kind.Kind = #small; stable let seen = Map.empty<Nat, Text>();\n"
        "  public query func get() : async Kind.Kind { ignore Map.size(seen); kind } }",
        "utf-8",
    )
    out = tmp_path / "out"
    command = ["node", str(FOLDER / "stable.mjs"), "--compile", str(tmp_path / "Main.mo"), str(out), "--legacy-actors"]
    subprocess.run(command, capture_output=True, timeout=120, check=True)
    assert out.with_suffix(".wasm").read_bytes().startswith(b"\0asm")
    assert "get: () -> (Kind) query" in out.with_suffix(".did").read_text("utf-8")
    signature = out.with_suffix(".most").read_text("utf-8")
    assert "stable var kind" in signature
    assert stable_answers([(signature, signature)]) == [StableAnswer(True, frozenset())]


def test_a_fault_in_a_motoko_file_is_told_in_short(tmp_path: Path) -> None:
    main = tmp_path / "Main.mo"
    main.write_text("actor { stable var a : Nat = true }", "utf-8")
    command = ["node", str(FOLDER / "stable.mjs"), "--compile", str(main), str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=120, check=False)
    assert done.returncode == 2
    assert 0 < len(done.stderr) < 1000
    assert not (tmp_path / "out.wasm").exists()


@pytest.mark.parametrize("count", [0, 1, WINDOW - 1, WINDOW, 3 * WINDOW + 5])
def test_answers_keep_their_order_over_windows(count: int) -> None:
    def service(methods: int) -> str:
        return f"service : {{ {'; '.join(f'm{i} : () -> ()' for i in range(methods))} }}"

    with CandidOracle() as oracle:
        found = list(oracle.statuses((service(2), service(i % 5)) for i in range(count)))
    assert found == ["compatible" if i % 5 >= 2 else "incompatible" for i in range(count)]


def test_texts_larger_than_a_pipe_do_not_block() -> None:
    large = f"// {'x' * 200_000}\nservice : {{}}"
    assert candid_statuses([(large, large)] * 60) == ["compatible"] * 60


def test_a_trap_spoils_no_later_answer() -> None:
    deep = f"service : {{ a : () -> ({'vec ' * 20_000}nat) }}"
    flat = "service : { a : () -> (nat) }"
    assert candid_statuses([(flat, flat), (deep, deep), (flat, flat), (flat, "?")]) == [
        "compatible",
        "trap",
        "compatible",
        "invalid-new",
    ]


SILENT = "setInterval(() => {}, 1000);"
ENDING = "process.exit(3);"
CONFUSED = """
import { createInterface } from "node:readline";
for await (const line of createInterface({ input: process.stdin })) console.log('{"name": "other", "status": "trap"}');
"""


@pytest.mark.parametrize(
    ("source", "message"),
    [
        pytest.param(SILENT, "no answer within 0.5 s", id="it hangs"),
        pytest.param(ENDING, "it ended", id="it ends"),
        pytest.param(CONFUSED, "asked about 0, answered about other", id="it answers another question"),
    ],
)
def test_a_checker_that_misbehaves_is_reported(tmp_path: Path, source: str, message: str) -> None:
    script = tmp_path / "script.mjs"
    script.write_text(source, "utf-8")
    # Slow starts must not look like hanging, so only the case that hangs has a short deadline.
    deadline = 0.5 if source == SILENT else 60
    with CandidOracle(script, deadline=deadline) as oracle, pytest.raises(OracleError, match=message):
        list(oracle.statuses([("service : {}", "service : {}")]))


def test_both_oracles_stay_open_side_by_side() -> None:
    with CandidOracle() as candid, StableOracle() as stable:
        for old, new, compatible in [("Nat", "Int", True), ("Int", "Nat", False)] * 3:
            status = next(
                candid.statuses(
                    [(f"service : {{ a : ({old.lower()}) -> () }}", f"service : {{ a : ({new.lower()}) -> () }}")]
                )
            )
            answer = next(stable.answers([(f"actor {{ stable a : {old} }}", f"actor {{ stable a : {new} }}")]))
            assert (status == "compatible", answer.compatible) == (compatible, compatible)


def test_a_missing_checker_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uncached: Callable[[], str | None] = missing.__wrapped__
    monkeypatch.setattr("tests.oracles.oracle.FOLDER", tmp_path)
    assert uncached() == "tests/oracles/node_modules is absent: run `make setup`"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert uncached() == "node is not installed"


@pytest.mark.parametrize(
    ("required", "outcome"),
    [
        pytest.param("", pytest.skip.Exception, id="skipped"),
        pytest.param("1", pytest.fail.Exception, id="a failure in CI"),
    ],
)
def test_without_checkers_a_test_is(
    monkeypatch: pytest.MonkeyPatch, required: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setattr("tests.oracles.needed.missing", lambda: "node is not installed")
    monkeypatch.setenv("CTXCHECK_REQUIRE_ORACLES", required)
    with pytest.raises(outcome, match="node is not installed"):
        ask_skip_or_fail()
