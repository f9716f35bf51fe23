"""The GitHub Action: how it fetches, checks and shows, in real repositories; its files are what GitHub reads."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from ctxcheck import action
from tests.schemas import ACTION, GITLAB_CI, WORKFLOW, faults, public
from tests.shared import ROOT

if TYPE_CHECKING:
    from pathlib import Path

REAL = action.CHECK
# Stands in for `ctxcheck check`: it tells what it was given and writes the reports.
CHECK = """
import sys
for argument in sys.argv[1:]:
    if argument.startswith("--output="):
        form, _, path = argument.removeprefix("--output=").partition("=")
        open(path, "w").write(f"::notice::{form}\\n")
print("GIVEN", *[a for a in sys.argv[1:] if not a.startswith("--output=")])
sys.exit(1)
"""


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, encoding="utf-8", check=True)
    return done.stdout.strip()


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """Make a repository whose branch `work` left `main` 60 commits ago, and which main has left by two."""
    folder = tmp_path / "origin"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "config", "uploadpack.allowAnySHA1InWant", "true")
    git(folder, "commit", "--quiet", "--allow-empty", "-m", "before")
    git(folder, "commit", "--quiet", "--allow-empty", "-m", "base")
    git(folder, "switch", "--quiet", "-c", "work")
    for number in range(60):
        git(folder, "commit", "--quiet", "--allow-empty", "-m", f"work {number}")
    git(folder, "switch", "--quiet", "main")
    git(folder, "commit", "--quiet", "--allow-empty", "-m", "after")
    git(folder, "switch", "--quiet", "--orphan", "alone")
    git(folder, "commit", "--quiet", "--allow-empty", "-m", "alone")
    return folder


@pytest.fixture
def checkout(origin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make what actions/checkout leaves: one commit of the branch."""
    git(tmp_path, "clone", "--quiet", "--depth=1", "--branch=work", f"file://{origin}", "checkout")
    folder = tmp_path / "checkout"
    (tmp_path / "check.py").write_text(CHECK, "utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.setattr(action, "CHECK", (sys.executable, str(tmp_path / "check.py")))
    for name in ("BASE", "POLICY", "CANISTERS"):
        monkeypatch.delenv(f"CTXCHECK_{name}", raising=False)
    monkeypatch.setenv("CTXCHECK_REPORTS", str(tmp_path / "reports"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    return folder


def test_the_base_is_fetched_until_it_meets_the_head(checkout: Path, origin: Path) -> None:
    base = git(origin, "rev-parse", "main")
    assert git(checkout, "rev-list", "--count", "HEAD") == "1"
    assert action.fetched(base) == base
    assert git(checkout, "merge-base", base, "HEAD") == git(origin, "rev-parse", "main~1")


def test_the_base_may_be_a_branch(checkout: Path, origin: Path) -> None:
    assert action.fetched("main") == git(origin, "rev-parse", "main")
    assert git(checkout, "rev-parse", "--is-shallow-repository") in ("true", "false")


def test_a_history_that_reaches_is_left_as_it_is(origin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(tmp_path, "clone", "--quiet", "--depth=62", "--branch=work", f"file://{origin}", "deep")
    monkeypatch.chdir(tmp_path / "deep")
    before = git(origin, "rev-parse", "main~1")
    assert action.fetched(before) == before
    assert git(tmp_path / "deep", "rev-list", "--count", "HEAD") == "62"


def test_a_whole_history_stays_whole(origin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(tmp_path, "clone", "--quiet", "--single-branch", "--branch=work", f"file://{origin}", "whole")
    monkeypatch.chdir(tmp_path / "whole")
    for base in ("main", git(origin, "rev-parse", "main")):
        assert action.fetched(base) == git(origin, "rev-parse", "main")
    assert git(tmp_path / "whole", "rev-list", "--count", "HEAD") == "62"


@pytest.mark.parametrize(
    ("base", "status", "says"),
    [
        pytest.param("gone", 3, "the base gone cannot be fetched", id="no such branch"),
        pytest.param("alone", 3, "nothing in common", id="another history"),
        pytest.param("--upload-pack=touch x", 2, "is no commit and no branch", id="an option"),
    ],
)
def test_a_base_that_is_none(
    checkout: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    base: str,
    status: int,
    says: str,
) -> None:
    monkeypatch.setenv("CTXCHECK_BASE", base)
    assert action.main() == status
    assert says in capsys.readouterr().err
    assert not (checkout / "x").exists()


def test_it_checks_shows_and_ends_as_the_check_does(
    checkout: Path,
    origin: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert checkout.exists()
    monkeypatch.setenv("CTXCHECK_BASE", "main")
    monkeypatch.setenv("CTXCHECK_POLICY", "wire")
    monkeypatch.setenv("CTXCHECK_CANISTERS", "ledger --format=json $(id)")
    assert action.main() == 1
    lines = capfd.readouterr().out.splitlines()
    stop = re.fullmatch(r"::stop-commands::(\w{32})", lines[0])
    assert stop is not None
    base = git(origin, "rev-parse", "main")
    assert lines[1:] == [
        f"GIVEN --fetch-compiler --base={base} --policy=wire -- ledger --format=json $(id)",
        f"::{stop[1]}::",
        "::notice::github",
    ]
    assert (tmp_path / "summary.md").read_text("utf-8") == "::notice::markdown\n"
    assert (tmp_path / "output").read_text("utf-8") == f"reports={tmp_path}/reports\nstatus=1\n"
    assert sorted(path.name for path in (tmp_path / "reports").iterdir()) == sorted(action.FILES.values())


@pytest.mark.parametrize("base", ["", "0" * 40])
@pytest.mark.usefixtures("checkout")
def test_without_a_base_the_check_takes_its_own(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], base: str
) -> None:
    monkeypatch.setenv("CTXCHECK_BASE", base)
    assert action.main() == 1
    assert "GIVEN --fetch-compiler --\n" in capfd.readouterr().out


def test_a_pull_request_is_really_checked(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (checkout / "api.did").write_text("service : { pay : () -> (); total : () -> (nat) }", "utf-8")
    git(checkout, "add", "-A")
    git(checkout, "commit", "-q", "-m", "first")
    base = git(checkout, "rev-parse", "HEAD")
    (checkout / "api.did").write_text("service : { total : () -> (nat) }", "utf-8")
    git(checkout, "commit", "-q", "-a", "-m", "second")
    monkeypatch.setattr(action, "CHECK", REAL)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("DFX_MOC_PATH", "/bin/true")  # a compiler is there: none is fetched
    monkeypatch.setenv("CTXCHECK_BASE", base)
    assert action.main() == 1
    said = capfd.readouterr().out
    assert "C102 candid-method-removed" in said
    assert "::error " in said
    assert "C102" in (tmp_path / "summary.md").read_text("utf-8")
    assert sorted(path.name for path in (tmp_path / "reports").iterdir()) == sorted(action.FILES.values())


def loaded(text: str) -> dict[str, Any]:
    document = yaml.safe_load(text)
    assert isinstance(document, dict)
    # YAML 1.1 takes `on` for true, and GitHub does not.
    return {"on" if key is True else key: value for key, value in document.items()}


def recipes() -> list[tuple[str, str, str]]:
    """Return each YAML text of the action, the workflows and the documentation: name, schema, text."""
    found = [("action.yml", ACTION, (ROOT / "action.yml").read_text("utf-8"))]
    found += [
        (path.name, WORKFLOW, path.read_text("utf-8")) for path in sorted((ROOT / "docs/workflows").glob("*.yml"))
    ]
    page = (ROOT / "docs/ci.md").read_text("utf-8")
    for number, text in enumerate(re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)):
        found.append((f"ci.md {number}", WORKFLOW if "\njobs:" in text else GITLAB_CI, text))
    return found


RECIPES = recipes()


@pytest.mark.parametrize(("schema", "text"), [one[1:] for one in RECIPES], ids=[one[0] for one in RECIPES])
def test_a_recipe_is_what_its_reader_reads(schema: str, text: str) -> None:
    document = loaded(text)
    assert faults(public(schema), document) == []
    for step in steps(document):
        # A value of a pull request that becomes part of a shell's line is a line of whoever sent it.
        assert "${{" not in str(step.get("run", ""))


def steps(document: dict[str, Any]) -> list[dict[str, Any]]:
    jobs = [document["runs"]] if "runs" in document else list(document.get("jobs", {}).values())
    return [step for job in jobs for step in job.get("steps", [])]


def test_the_check_may_only_read_and_the_comment_checks_nothing_out() -> None:
    check, comment = (loaded((ROOT / f"docs/workflows/{name}.yml").read_text("utf-8")) for name in ("check", "comment"))
    assert check["permissions"] == {"contents": "read"}
    assert set(check["on"]) == {"pull_request", "push"}
    assert "permissions" not in check["jobs"]["check"]
    assert comment["on"] == {"workflow_run": {"workflows": [check["name"]], "types": ["completed"]}}
    assert comment["permissions"] == {}
    assert comment["jobs"]["comment"]["permissions"] == {"actions": "read", "pull-requests": "write"}
    assert [step["uses"] for step in steps(comment) if "uses" in step] == ["actions/setup-python@v5"]


def test_the_action_and_the_comment_agree_on_the_artifact() -> None:
    from ctxcheck.comment import ARTIFACT, REPORT  # noqa: PLC0415 - what it loads is not needed above

    document = loaded((ROOT / "action.yml").read_text("utf-8"))
    assert [step["with"]["name"] for step in steps(document) if "upload" in step.get("uses", "")] == [ARTIFACT]
    assert REPORT in action.FILES.values()
