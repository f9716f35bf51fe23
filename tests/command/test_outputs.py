"""`--format` and `--output`: what goes where, whole or not at all."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING

import pytest

from analyzer.report.formats import FORMATS
from tests.command.process import run

if TYPE_CHECKING:
    from pathlib import Path

OLD, NEW = "service : { get : () -> (nat) query }", "service : { get : () -> (text) query }"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "old.did").write_text(OLD, "utf-8")
    (tmp_path / "new.did").write_text(NEW, "utf-8")
    return tmp_path


def test_each_format_goes_to_standard_output_or_to_a_file_and_is_the_same(folder: Path) -> None:
    outputs = [part for form in FORMATS for part in ("--output", f"{form}=out.{form}")]
    done = run(folder, "diff", "old.did", "new.did", *outputs, FORCE_COLOR="1")
    assert (done.returncode, done.stderr) == (1, "")
    assert "\x1b[" in done.stdout
    for form in FORMATS:
        written = (folder / f"out.{form}").read_text("utf-8")
        assert "\x1b" not in written
        assert written == run(folder, "diff", "old.did", "new.did", "--format", form).stdout
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        ["old.did", "new.did", *(f"out.{form}" for form in FORMATS)]
    )


@pytest.mark.parametrize(
    ("output", "says"),
    [
        pytest.param("xml=a", "there is no format 'xml'; there are text, short, json, html, github, markdown, sarif, junit, gitlab", id="no such format"),
        pytest.param("json", "'json' names no file: json=FILE", id="no file"),
        pytest.param("json=", "'json=' names no file: json=FILE", id="an empty file name"),
        pytest.param("json=gone/a.json", "error: gone/a.json: the report cannot be written: no such file or directory", id="no such folder"),
        pytest.param("json=new.did/a.json", "error: new.did/a.json: the report cannot be written: not a directory", id="a folder that is a file"),
        pytest.param("json=.", "error: .: the report cannot be written: is a directory", id="a folder"),
    ],
)  # fmt: skip
def test_errors(folder: Path, output: str, says: str) -> None:
    done = run(folder, "diff", "old.did", "new.did", "--output", output)
    assert (done.returncode, done.stdout, "Traceback" in done.stderr) == (2, "", False)
    assert says in " ".join(done.stderr.split())
    assert sorted(path.name for path in folder.iterdir()) == ["new.did", "old.did"]


def test_two_reports_need_two_files(folder: Path) -> None:
    done = run(folder, "diff", "old.did", "new.did", "--output", "json=a", "--output", "sarif=a")
    assert (done.returncode, "a is named twice" in done.stderr) == (2, True)


def test_a_file_is_replaced_and_not_written_over(folder: Path) -> None:
    (folder / "a.json").write_text("old", "utf-8")
    (folder / "link.json").symlink_to("a.json")
    kept = (folder / "a.json").open(encoding="utf-8")
    assert run(folder, "diff", "old.did", "new.did", "--output", "json=link.json").returncode == 1
    with kept:
        assert kept.read() == "old"  # who had it open reads what it was
    assert (folder / "link.json").is_symlink()
    assert json.loads((folder / "a.json").read_text("utf-8"))["schema"] == "ctxcheck.report/1"


def test_who_may_read_a_report_is_up_to_the_mask(folder: Path) -> None:
    before = os.umask(0o027)
    try:
        run(folder, "diff", "old.did", "new.did", "--output", "json=a.json")
    finally:
        os.umask(before)
    assert stat.S_IMODE((folder / "a.json").stat().st_mode) == 0o640


def test_a_device_stays_one(folder: Path) -> None:
    done = run(folder, "diff", "old.did", "new.did", "--format", "short", "--output", "short=/dev/stderr")
    assert done.stderr == done.stdout
