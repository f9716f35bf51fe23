"""`ctxcheck check` and `ctxcheck accept`: what is compared with what, what blocks, what is let through."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.command.process import run
from tests.sources.test_revisions import git

if TYPE_CHECKING:
    from pathlib import Path

OLD = {
    "api/ledger.did": "service : { total : () -> (nat); pay : (nat) -> () }",
    "api/ledger.most": "actor { stable var total : Nat };",
    "api/other.did": "service : { m : () -> () }",
}
SAFE = {"api/ledger.did": "service : { total : () -> (nat); pay : (nat) -> (); more : () -> () }"}
GONE = {"api/ledger.did": "service : { total : () -> (nat) }"}  # a method
REFUSED = {"api/ledger.most": "actor { stable var total : Text };"}


def lay(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")


def commit(folder: Path, files: dict[str, str], message: str = "x") -> str:
    lay(folder, files)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", message)
    return git(folder, "rev-parse", "HEAD").strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    commit(folder, OLD)
    return folder


@pytest.mark.parametrize(
    ("files", "status", "says"),
    [
        pytest.param({}, 0, "nothing changed that a canister is made of, against main", id="nothing"),
        pytest.param({"README": "x"}, 0, "nothing changed that a canister is made of, against main", id="something else"),
        pytest.param(SAFE, 0, "✓ SAFE", id="safe"),
        pytest.param(GONE, 1, "blocked by: clients", id="a method is gone"),
        pytest.param(REFUSED, 1, "blocked by: state", id="stored data is refused"),
        pytest.param({"api/ledger.did": "service : {"}, 3, "error (new): api/ledger.did:1:12", id="it cannot be read"),
        pytest.param({"backups/data-backup-1.json": "{}"}, 1, "backups/data-backup-1.json: a backup or a journal is about to be committed", id="a backup"),
        pytest.param({"backups/.gitignore": "*"}, 0, "nothing changed", id="what keeps backups out"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("how", ["working", "staged", "branch"])
def test_what_is_checked(repository: Path, files: dict[str, str], status: int, says: str, how: str) -> None:
    arguments = ["check"]
    if how == "branch":
        git(repository, "checkout", "-q", "-b", "work")
        commit(repository, files)
        arguments += ["--head", "work"]
    else:
        lay(repository, files)
        if how == "staged":
            git(repository, "add", "-A", "-f")
            lay(repository, OLD)  # what is not staged does not count
            arguments += ["--staged"]
    done = run(repository, *arguments)
    assert done.returncode == status, done.stderr
    assert says in done.stdout + done.stderr


def test_a_change_is_compared_with_where_it_branched_off(repository: Path) -> None:
    git(repository, "checkout", "-q", "-b", "work")
    commit(repository, SAFE)
    git(repository, "checkout", "-q", "main")
    moved = {"api/other.did": "service : { m : () -> (); n : () -> () }"}
    commit(repository, moved)
    git(repository, "checkout", "-q", "work")
    found = json.loads(run(repository, "check", "--format", "json").stdout)
    assert [canister["name"] for canister in found["canisters"]] == ["ledger"]
    assert found["canisters"][0]["against"].startswith("main (")
    # From a folder inside, the same.
    assert json.loads(run(repository / "api", "check", "--format", "json").stdout) == found | {
        "canisters": [json.loads(json.dumps(found["canisters"][0]).replace('"api/ledger', '"ledger'))]
    }


@pytest.mark.parametrize(
    ("deployed", "status", "against"),
    [
        pytest.param({}, 0, ["main (X)"], id="nothing is known of what is deployed"),
        pytest.param({"deployed/ledger.did": OLD["api/ledger.did"]}, 0, ["main (X) and deployed/ledger.did"], id="the same"),
        pytest.param({"deployed/ledger.did": "service : { total : () -> (nat); gone : () -> () }"}, 1, ["main (X)", "deployed/ledger.did"], id="something else"),
        pytest.param({"deployed/ledger.most": "actor { stable var other : Nat };"}, 1, ["main (X)", "deployed/ledger.most"], id="one surface"),
    ],
)  # fmt: skip
def test_what_is_deployed_counts_too(
    repository: Path, deployed: dict[str, str], status: int, against: list[str]
) -> None:
    base = commit(repository, deployed)
    lay(repository, SAFE)
    done = run(repository, "check", "--format", "json")
    assert done.returncode == status
    found = [canister["against"].replace(base[:7], "X") for canister in json.loads(done.stdout)["canisters"]]
    assert found == against


def test_nothing_to_compare_with_is_never_an_empty_comparison(tmp_path: Path, repository: Path) -> None:
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    git(fresh, "init", "-q")
    lay(fresh, OLD)
    git(fresh, "add", "-A")
    done = run(fresh, "check", "--staged")
    assert (done.returncode, "there is no commit yet to compare with" in done.stderr) == (3, True)
    assert "fetch-depth: 0" in done.stderr
    commit(repository, SAFE)
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repository}", "shallow")
    for arguments in (("--base", "HEAD~1"), ("--head", "HEAD"), ("--base", "origin/release")):
        done = run(shallow, "check", *arguments)
        assert (done.returncode, done.stdout) == (3, "")
        assert "fetch-depth: 0" in done.stderr
    empty = tmp_path / "empty"
    empty.mkdir()
    git(empty, "init", "-q")
    commit(empty, {"README": ""})
    done = run(empty, "check")
    assert (done.returncode, "there is nothing to check" in done.stderr) == (3, True)
    outside = tmp_path / "outside"
    outside.mkdir()
    assert run(outside, "check").returncode == 3


def test_what_is_merged_already_is_compared_with_the_commit_before(repository: Path) -> None:
    commit(repository, GONE)
    done = run(repository, "check", "--head", "HEAD")
    assert (done.returncode, "against the commit before HEAD" in done.stdout) == (1, True)


def test_in_a_ci_what_is_committed_is_not_compared_with_itself(repository: Path) -> None:
    assert (run(repository, "check").returncode, run(repository, "check", CI="1").returncode) == (0, 3)  # one commit
    commit(repository, GONE)
    assert run(repository, "check").returncode == 0  # nothing is changed here
    done = run(repository, "check", CI="1")
    assert (done.returncode, "against the commit before HEAD" in done.stdout) == (1, True)
    # A checkout of a commit alone, as many CIs make it.
    git(repository, "checkout", "-q", "--detach")
    git(repository, "branch", "-q", "-D", "main")
    done = run(repository, "check", CI="1")
    assert (done.returncode, "nothing says what HEAD is to be merged into" in done.stderr) == (3, True)
    assert run(repository, "check", "--base", "HEAD~1", CI="1").returncode == 1


def test_types_that_others_import(repository: Path) -> None:
    commit(
        repository,
        {"api/types.did": "type T = nat;", "api/user.did": 'import "types.did"; service : { m : () -> (T) }'},
    )
    lay(repository, {"api/types.did": "type T = text;"})
    done = run(repository, "check", "--format", "json")
    assert done.returncode == 1
    assert [canister["name"] for canister in json.loads(done.stdout)["canisters"]] == ["user"]


def test_one_canister_of_several(repository: Path) -> None:
    lay(repository, {**GONE, "api/other.did": "service : {}"})
    done = run(repository, "check", "other", "--format", "json")
    assert [canister["name"] for canister in json.loads(done.stdout)["canisters"]] == ["other"]
    done = run(repository, "check", "othr")
    assert (done.returncode, "there is no canister 'othr' here" in done.stderr) == (2, True)


def fingerprints(folder: Path) -> dict[str, str]:
    """Return the fingerprint of what each rule found."""
    found = json.loads(run(folder, "check", "--format", "json").stdout)
    edits = [edit for canister in found["canisters"] for edit in canister["edits"]]
    return {o["rule"]: o["fingerprint"] for edit in edits for o in edit["occurrences"]}


def test_a_change_that_is_accepted_passes_until_its_day(repository: Path) -> None:
    lay(repository, GONE)
    (fingerprint,) = fingerprints(repository).values()
    done = run(repository, "accept", fingerprint[:12], "--reason", "nobody calls it", "--until", "2999-01-01")
    assert (done.returncode, done.stdout) == (
        0,
        "ctxcheck.accepted.toml: 1 accepted, 0 removed; commit it with the change\n",
    )
    done = run(repository, "check")
    assert done.returncode == 0
    assert "accepted by" in done.stdout
    assert "nobody calls it" in done.stdout
    file = repository / "ctxcheck.accepted.toml"
    file.write_text(file.read_text("utf-8").replace("2999-01-01", "2020-01-01"), "utf-8")
    done = run(repository, "check")
    assert (done.returncode, "accepted until 2020-01-01, and no longer" in done.stderr) == (1, True)
    lay(repository, OLD)
    assert run(repository, "accept", "--prune").returncode == 0
    assert "[[accepted]]" not in file.read_text("utf-8")


def test_a_change_that_nothing_matches_any_more_is_reported(repository: Path) -> None:
    lay(repository, GONE)
    assert run(repository, "accept", "--all", "--reason", "r").returncode == 0
    lay(repository, SAFE)
    done = run(repository, "check")
    assert (done.returncode, "1 accepted change matches nothing any more" in done.stderr) == (0, True)


def test_what_breaks_stored_data_is_never_accepted(repository: Path) -> None:
    lay(repository, {**GONE, **REFUSED})
    done = run(repository, "accept", "--all", "--reason", "we are sure")
    assert (done.returncode, "stored data is at stake" in done.stderr) == (1, True)
    # Not by hand either.
    file = repository / "ctxcheck.accepted.toml"
    text = file.read_text("utf-8")
    for fingerprint in fingerprints(repository).values():
        text += (
            text.partition("[[accepted]]")[1]
            + "\n"
            + "\n".join(
                line if not line.startswith("fingerprint") else f'fingerprint = "{fingerprint}"'
                for line in text.partition("[[accepted]]\n")[2].splitlines()[:8]
            )
            + "\n"
        )
    file.write_text(text, "utf-8")
    done = run(repository, "check", "--format", "json")
    found = [o for edit in json.loads(done.stdout)["canisters"][0]["edits"] for o in edit["occurrences"]]
    assert {(o["rule"][0], o["accepted"] is not None) for o in found} == {("S", False), ("C", True)}
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param((), "name fingerprints, or --all, or --prune", id="nothing"),
        pytest.param(("--all",), "--reason is missing", id="no reason"),
        pytest.param(("00000000", "--reason", "r"), "no change has the fingerprint 00000000", id="no such change"),
        pytest.param(("12", "--reason", "r"), "'12' is no fingerprint", id="too short"),
        pytest.param(("--all", "--reason", "r", "--until", "soon"), "'soon' is no day", id="no day"),
        pytest.param(("--all", "--reason", "r", "--until", "2020-01-01"), "--until 2020-01-01 has passed", id="a day that has passed"),
    ],
)  # fmt: skip
def test_a_wrong_call_of_accept(repository: Path, arguments: tuple[str, ...], says: str) -> None:
    lay(repository, GONE)
    done = run(repository, "accept", *arguments)
    assert (done.returncode, says in done.stderr) == (2, True)
    assert not (repository / "ctxcheck.accepted.toml").exists()


LEVELS = [
    pytest.param("", 1, id="no configuration"),
    pytest.param('policy = "state"', 0, id="a policy"),
    pytest.param('[levels]\nC403 = "warn"', 0, id="a level"),
    pytest.param('[canisters.ledger]\npolicy = "state"', 0, id="a policy of the canister"),
    pytest.param('policy = "state"\n[canisters.ledger]\npolicy = "wire"', 1, id="a stricter policy of the canister"),
    pytest.param('policy = "state"\n[levels]\nC403 = "block"', 1, id="a level above the policy"),
    pytest.param('[canisters.ledgr]\npolicy = "state"', 2, id="a canister that is none"),
]  # fmt: skip


@pytest.mark.parametrize(("config", "status"), LEVELS)
def test_the_configuration_decides(repository: Path, config: str, status: int) -> None:
    lay(repository, GONE)
    (rule,) = fingerprints(repository)
    lay(repository, {"ctxcheck.toml": config.replace("C403", rule)})
    assert run(repository, "check").returncode == status
    if status < 2:
        assert run(repository, "check", "--policy", "wire").returncode == (0 if "warn" in config else 1)


def test_a_rule_that_is_off_is_counted(repository: Path) -> None:
    lay(repository, GONE)
    (rule,) = fingerprints(repository)
    lay(repository, {"ctxcheck.toml": f'[levels]\n{rule} = "off"'})
    done = run(repository, "check")
    assert (done.returncode, f"{rule} is off in ctxcheck.toml: 1 not shown" in done.stdout) == (0, True)


CALLS = {
    "web/a.ts": "const x = await actor.pay(3n);",
    "web/b.svelte": "const { total, pay } = backend;",
    "src/c.mo": "await Ledger.payment(1)",
    "docs/d.md": "call `pay` with care: actor.pay(1)",
    "src/declarations/ledger/ledger.did.js": "IDL.Service({'pay' : IDL.Func([], [], [])})",
}


@pytest.mark.parametrize(
    ("changed", "status", "says"),
    [
        pytest.param({}, 1, "called in files that do not change: web/a.ts:1, web/b.svelte:1", id="no caller changes"),
        pytest.param({"web/a.ts": "const x = await actor.pay(3n, 4n);"}, 1, "called in files that do not change: web/b.svelte:1", id="one of them changes"),
        pytest.param({"web/a.ts": "// actor.pay( is gone", "web/b.svelte": "const { total } = backend;"}, 0, "in-repo: each call changes with it: web/a.ts:1", id="all change"),
        pytest.param({"web/a.ts": "", "web/b.svelte": ""}, 0, "nothing in this repository calls it by its name", id="nobody calls it any more"),
    ],
)  # fmt: skip
def test_clients_in_the_repository(repository: Path, changed: dict[str, str], status: int, says: str) -> None:
    commit(repository, {**CALLS, "ctxcheck.toml": '[canisters.ledger]\nclients = "in-repo"\n'})
    lay(repository, {**GONE, **changed})
    done = run(repository, "check", COLUMNS="200")
    assert (done.returncode, says in done.stdout) == (status, True), done.stdout
    # Stored data has no callers.
    lay(repository, REFUSED)
    assert run(repository, "check").returncode == 1


def test_all_reports_at_once(repository: Path) -> None:
    lay(repository, GONE)
    forms = ("json", "html", "github", "markdown", "sarif", "junit", "gitlab", "short", "text")
    options = [f"--output={form}=report.{form}" for form in forms]
    assert run(repository, "check", *options).returncode == 1
    assert all((repository / f"report.{form}").stat().st_size > 100 for form in forms)
    lay(repository, OLD)
    done = run(repository, "check", *options)
    assert (done.returncode, done.stderr) == (0, "")
