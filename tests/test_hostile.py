"""Hostile input: a clear error or `undecided`, within 10 seconds and 500 MB, and never a traceback."""

from __future__ import annotations

import os
import random
import resource
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from analyzer import ParseError, Report, Verdict, compare_candid, compare_stable
from tests.shared import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SECONDS = 10
MEGABYTES = 500

# Runs the command and tells the most memory that it had, behind its own output on standard error.
MEASURED = """
import sys
from ctxcheck.main import main
try:
    main(sys.argv[1:])
finally:
    from tests.memory import peak
    print(peak(), file=sys.stderr)
"""


def limited() -> None:
    """Stop a process that takes three times what it may, so that a fault does not take the machine down."""
    resource.setrlimit(resource.RLIMIT_AS, (3 * MEGABYTES * 1024 * 1024,) * 2)


def diff(folder: Path, *names: str) -> tuple[int, str, str]:
    """Return exit status, standard output and the error; holds time, memory and that there is no traceback."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, "diff", *names],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=SECONDS,
        check=False,
        preexec_fn=limited,
    )
    error, _, memory = done.stderr.decode().rstrip("\n").rpartition("\n")
    assert "Traceback" not in error
    assert int(memory) < MEGABYTES
    return done.returncode, done.stdout.decode(), error


GOOD = {"did": "service : {}", "most": "actor {};"}
GARBAGE: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "100 MB of garbage": ("did", lambda: random.Random(1).randbytes(1 << 20) * 100, "bytes are too many"),
    "16 MB of words": ("did", lambda: b"a " * (8 << 20), "expected"),
    "invalid UTF-8": ("did", lambda: b"service : {} // \xff", "is not UTF-8"),
    "a NUL": ("did", lambda: b"service : {}\0", "unknown character"),
    "a byte order mark": ("most", lambda: b"\xef\xbb\xbfactor {};", "byte order mark"),
    "a million (": ("did", lambda: b"(" * 1_000_000, "expected"),
    "a million ( in a type": ("most", lambda: b"type T = " + b"(" * 1_000_000, "nested too deeply"),
    "a million opt": ("did", lambda: b"type T = " + b"opt " * 1_000_000 + b"nat;", "nested too deeply"),
    "a million records": ("did", lambda: b"type T = " + b"record { a : " * 1_000_000, "nested too deeply"),
    "a million open comments": ("did", lambda: b"/*" * 1_000_000, "never closed"),
    "an open text of 15 MB": ("did", lambda: b'service : { "' + b"\\a" * 7_500_000, "never closed"),
    "a name of 15 MB": ("did", lambda: b"type " + b"a" * 15_000_000, "expected"),
    "a number of 15 MB": (
        "did",
        lambda: b"type T = record { " + b"1" * 15_000_000 + b" : nat };",
        "at most 4294967295",
    ),
    "15 million empty lines": ("did", lambda: b"\n" * 15_000_000 + b"x", ":15000001:1:"),
    "names of one hash": ("did", lambda: b"type T = record { btbrdy : nat; gfzevc : nat }; service : {}", "same id"),
    "an alias cycle": ("did", lambda: b"type A = B; type B = A; service : {}", "defined as itself"),
    "a type without an end": ("most", lambda: b"type A = B; type B = A; actor {};", "defined as itself"),
    "an expansive type": ("most", lambda: b"type T<A> = ?T<[A]>; actor {stable x : T<Nat>};", "grows each time"),
}


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_gets_a_clear_error(tmp_path: Path, name: str) -> None:
    kind, make, says = GARBAGE[name]
    (tmp_path / f"old.{kind}").write_text(GOOD[kind], "utf-8")
    (tmp_path / f"new.{kind}").write_bytes(make())
    status, output, error = diff(tmp_path, f"old.{kind}", f"new.{kind}")
    assert (status, output) == (3, "")
    assert says in error
    assert len(error) < 2000
    assert f"new.{kind}" in error


def mutual(prefix: str, copies: int, shape: str, last: str) -> str:
    """Return 500 types that refer to each other, in one or more copies that take turns."""
    lines = []
    for copy in range(copies):
        for i in range(500):
            fields = "; ".join(f"f{j} : T{prefix}{(copy + 1) % copies}_{(i * 7 + j * 13) % 500}" for j in range(10))
            lines.append(f"type {prefix}{copy}_{i} = " + shape.replace("FIELDS", fields).replace("T" + prefix, prefix))
    return "\n".join(lines) + last.replace("ROOT", f"{prefix}0_0")


CANDID = ("record { FIELDS };", "service : { m : (opt ROOT) -> (opt ROOT) }")
STABLE = ("{ FIELDS };", "actor { stable m : ?ROOT };")
ROTATED = (
    "type T<A, B, C, D, E, F, G, H, I> = {a : ?T<B, C, D, E, F, G, H, I, A>; b : ?T<B, A, C, D, E, F, G, H, I>; c : A};"
)
ROTATED += "actor {stable x : T<Nat, Nat8, Nat16, Nat32, Nat64, Int, Int8, Int16, Int32>};"
DOUBLED = "type A0<T> = (T, T);" + "".join(f"type A{i}<T> = A{i - 1}<A{i - 1}<T>>;" for i in range(1, 40))
DOUBLED += "actor {stable x : A39<Nat>};"
PROBED = "".join(f"type P{i} = record {{ 0 : opt P{i + 1}; 1 : opt P{i + 1}; 2 : nat }};" for i in range(60))
PROBED += "type P60 = nat; service : { m : () -> (opt P0) }"


@pytest.mark.parametrize(
    ("kind", "old", "new", "verdicts"),
    [
        pytest.param("did", mutual("A", 1, *CANDID), mutual("B", 2, *CANDID), ("no changes",), id="candid: unrolled"),
        pytest.param("most", mutual("A", 1, *STABLE), mutual("B", 2, *STABLE), ("no changes",), id="stable: unrolled"),
        pytest.param("most", ROTATED, ROTATED, ("UNDECIDED", "no changes"), id="stable: 9! instances"),
        pytest.param("most", DOUBLED, DOUBLED.replace("Nat", "Int"), ("UNDECIDED", "SAFE"), id="stable: 2^40 parts"),
        pytest.param("did", PROBED, PROBED.replace("2 : nat", "2 : text"), ("LOSSY", "UNDECIDED", "BREAKING"), id="candid: 2^60 probes"),
    ],
)  # fmt: skip
def test_types_that_explode_end(tmp_path: Path, kind: str, old: str, new: str, verdicts: tuple[str, ...]) -> None:
    for name, text in (("old", old), ("new", new)):
        (tmp_path / f"{name}.{kind}").write_text(text, "utf-8")
    status, output, _ = diff(tmp_path, f"old.{kind}", f"new.{kind}")
    assert status in (0, 1)
    assert any(verdict in output.splitlines()[0] for verdict in verdicts)


@pytest.mark.parametrize("levels", [5000])
def test_deep_types_are_compared(levels: int) -> None:
    nested = "record { a : opt " * levels + "nat" + " }" * levels
    texts = [f"service : {{ m : () -> ({nested.replace('nat', leaf)}) }}" for leaf in ("nat", "text")]
    assert compare_candid(texts[0], texts[0], profile="dfx").compatible is True
    assert compare_candid(*texts, profile="dfx").compatible is False
    signatures = [f"actor {{stable v : {'{a : ' * levels}{leaf}{'}' * levels}}};" for leaf in ("Nat", "Text")]
    assert compare_stable(signatures[0], signatures[0]).compatible is True
    assert compare_stable(*signatures).codes == ["M0170"]


def test_a_folder_of_odd_files_never_hangs(tmp_path: Path) -> None:
    for side in ("old", "new"):
        folder = tmp_path / side
        folder.mkdir()
        (folder / "ok.did").write_text("service : {}", "utf-8")
        (folder / "folder.did").mkdir()
        (folder / "loop.did").symlink_to("loop.did")
        os.mkfifo(folder / "pipe.did")
        (folder / "evil\x1b[31m\n.did").write_text("service : {}", "utf-8")
    status, output, _ = diff(tmp_path, "old", "new")
    assert status == 0
    assert "\x1b" not in output


@pytest.mark.parametrize("seed", range(20))
def test_damaged_texts_are_refused_or_compared(seed: int) -> None:
    rng = random.Random(seed)
    folder = ROOT / "fixtures" / "demo" / "old"
    for path, compare in (
        (folder / "context_registry.did", compare_candid),
        (folder / "context_registry.most", compare_stable),
    ):
        whole = path.read_text("utf-8")
        for _ in range(15):
            text = list(whole)
            for _ in range(rng.randint(1, 4)):
                at = rng.randrange(len(text))
                text[at : at + rng.randint(0, 3)] = rng.choice(
                    ["", "{", "}", "(", ";", '"', "/*", "type ", "\0", "é", "->", "<"]
                )
            assert_refused_or_compared(compare, whole, "".join(text))


def assert_refused_or_compared(compare: Callable[[str, str], Report], old: str, new: str) -> None:
    """Hold that a text gets an answer, or an error that says where in it."""
    error = None
    try:
        report = compare(old, new)
    except ParseError as raised:
        error = raised
    if error is None:
        assert report.verdict in Verdict
    else:
        assert (error.side, str(error)[:4]) == ("new", "new:")
        assert 1 <= error.line <= new.count("\n") + 1
        assert error.column >= 1
