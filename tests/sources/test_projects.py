"""Project files: which canisters they name, what is refused, and what becomes of a whole project."""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from pathlib import Path, PurePath

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.errors import CtxError, SourceError
from analyzer.policy.config import read_config
from analyzer.sources.compiler import NPM_VERSION
from analyzer.sources.disk import Disk
from analyzer.sources.flags import flags
from analyzer.sources.packages import packages
from analyzer.sources.projects.read import project_above, project_in
from tests.command.process import run
from tests.oracles.needed import ask_skip_or_fail
from tests.oracles.oracle import FOLDER as ORACLES
from tests.sources.test_revisions import git

ICP = """
canisters:
  - name: backend
    recipe:
      type: "@dfinity/motoko@v4.1.0"
      configuration:
        main: src/main.mo
        args: --default-persistent-actors -A M0194
  - name: frontend
    recipe: { type: "@dfinity/asset-canister@v2.1.0", configuration: { dir: dist } }
  - canisters/*
"""
CANISTER = 'name: inner\nrecipe: {type: "@dfinity/motoko@v4.0.0", configuration: {main: inner.mo, args: ""}}\n'
MOPS = """
[moc]
args = ["--default-persistent-actors"]
[canisters]
ledger = "src/ledger.mo"
[canisters.archive]
main = "src/archive.mo"
args = ["--incremental-gc"]
migrations = { chain = "src/migrations" }
"""


def lay(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")


def dfx(**canisters: object) -> str:
    return json.dumps({"canisters": canisters})


@pytest.mark.parametrize(
    ("files", "found"),
    [
        pytest.param({"dfx.json": dfx(a={"type": "motoko", "main": "a.mo", "args": ["--enhanced-orthogonal-persistence"]})}, {"a": ("a.mo", "")}, id="dfx: flags as a list"),
        pytest.param({"dfx.json": dfx(a={"main": "src/a.mo", "args": "--default-persistent-actors -A M0194"})}, {"a": ("src/a.mo", "--default-persistent-actors")}, id="dfx: flags as a text, and no type"),
        pytest.param({"dfx.json": json.dumps({"canisters": {"a": {"main": "a.mo"}}, "defaults": {"build": {"args": "--require-persistent-actors", "packtool": "mops sources"}}})}, {"a": ("a.mo", "--require-persistent-actors")}, id="dfx: flags for all"),
        pytest.param({"dfx.json": dfx(a={"type": "rust", "package": "a"}, b={"type": "assets"}, c={"type": "motoko", "main": "c.mo"})}, {"c": ("c.mo", "")}, id="dfx: other languages are left out"),
        pytest.param({"icp.yaml": ICP, "canisters/one/canister.yaml": CANISTER}, {"backend": ("src/main.mo", "--default-persistent-actors"), "inner": ("canisters/one/inner.mo", "")}, id="icp-cli: recipes, and files for canisters"),
        pytest.param({"mops.toml": MOPS}, {"ledger": ("src/ledger.mo", "--default-persistent-actors"), "archive": ("src/archive.mo", "--default-persistent-actors")}, id="mops"),
        pytest.param({"icp.yaml": 'canisters: [{name: ledger, recipe: {type: "@dfinity/motoko@v5.1.0"}}]', "mops.toml": '[canisters]\nledger = "l.mo"'}, {"ledger": ("l.mo", "")}, id="icp-cli leaves the program to mops"),
        pytest.param({"dfx.json": dfx(a={"main": "./src/../a.mo"}), "mops.toml": '[canisters]\na = "a.mo"\nb = "b.mo"'}, {"a": ("a.mo", ""), "b": ("b.mo", "")}, id="two files that agree"),
    ],
)  # fmt: skip
def test_canisters(tmp_path: Path, files: dict[str, str], found: dict[str, tuple[str, str]]) -> None:
    lay(tmp_path, files)
    (tmp_path / "deep/er").mkdir(parents=True)
    project = project_above(Disk(), PurePath(tmp_path / "deep/er"))
    assert project is not None
    assert {
        name: (str(target.main.relative_to(tmp_path)), " ".join(target.flags.words))
        for name, target in project.targets.items()
    } == found


def test_a_chain_of_migrations(tmp_path: Path) -> None:
    lay(tmp_path, {"mops.toml": MOPS})
    project = project_in(Disk(), PurePath(tmp_path))
    assert project is not None
    assert project.targets["archive"].flags.migrations == PurePath("src/migrations")


@pytest.mark.parametrize(
    ("files", "says"),
    [
        pytest.param({"dfx.json": '{"canisters": {"a": }}'}, "dfx.json:1:21: this is not JSON", id="no JSON"),
        pytest.param({"dfx.json": "[" * 100_000}, "nested too deeply", id="deep JSON"),
        pytest.param({"dfx.json": dfx(a=3)}, "canisters.a is not a table", id="a canister that is a number"),
        pytest.param({"dfx.json": dfx(a={"type": "motoko"})}, "canisters.a.main is not a path", id="no program"),
        pytest.param({"dfx.json": dfx(a={"main": "/etc/a.mo"})}, "a path that other machines do not have", id="a path from the root"),
        pytest.param({"dfx.json": dfx(a={"main": "a.mo", "args": {"x": 1}})}, "neither a text nor a list", id="flags that are a table"),
        pytest.param({"dfx.json": dfx(a={"main": "a.mo", "args": "--ir-dump x"})}, "the compiler flag --ir-dump is not known here", id="a flag that is not known"),
        pytest.param({"dfx.json": dfx(a={"main": "a.mo", "args": "--package x ../../x"})}, "outside the project", id="a package outside"),
        pytest.param({"dfx.json": dfx(a={"main": "a.mo", "args": "--max-stable-pages"})}, "takes a word after it", id="a flag without its word"),
        pytest.param({"dfx.json": dfx(a={"main": "a.mo"}), "mops.toml": '[canisters]\na = "b.mo"'}, "canister a has two programs", id="two files that contradict each other"),
        pytest.param({"icp.yaml": "canisters: [\n  {name: a\n"}, "icp.yaml:3:1: this is not YAML", id="no YAML"),
        pytest.param({"icp.yaml": "canisters: !!python/object/apply:os.system [echo]"}, "this is not YAML", id="YAML that would run something"),
        pytest.param({"icp.yaml": "[" * 100_000}, "nested too deeply", id="deep YAML"),
        pytest.param({"icp.yaml": "canisters: {a: b}"}, "canisters is not a list", id="a table of canisters"),
        pytest.param({"icp.yaml": "canisters: [gone]"}, "there is no canister.yaml in gone", id="a canister that is not there"),
        pytest.param({"icp.yaml": 'canisters: [{name: a, recipe: {type: "@dfinity/motoko@v5.1.0"}}]'}, "leaves the program to mops.toml", id="a program that nobody names"),
        pytest.param({"mops.toml": "[canisters"}, "this is not TOML", id="no TOML"),
    ],
)  # fmt: skip
def test_what_is_refused(tmp_path: Path, files: dict[str, str], says: str) -> None:
    lay(tmp_path, files)
    with pytest.raises(SourceError) as raised:
        project_in(Disk(), PurePath(tmp_path))
    assert says in str(raised.value)


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("--public-metadata candid:service --release -A=M0194", ""),
        ("--default-persistent-actors -W M1 -E M2", "--default-persistent-actors"),
        ("--implicit-package core", "--implicit-package core"),
    ],
)
def test_flags_that_say_nothing_of_types_are_left_out(words: str, left: str) -> None:
    assert " ".join(flags(words.split(), "dfx.json").words) == left


LOCK = json.dumps({"version": 3, "deps": {"core": "1.0.0", "map": "9.0.1"}})


@pytest.mark.parametrize(
    ("files", "there", "missing"),
    [
        pytest.param({"mops.toml": '[dependencies]\ncore = "1.0.0"'}, {"core": "core@1.0.0", "map": "map@9.0.1"}, [], id="the version that is asked for"),
        pytest.param({"mops.toml": '[dependencies]\ncore = "1.5.0"'}, {"core": "core@2.10.0", "map": "map@9.0.1"}, [], id="a later one, as mops resolves it"),
        pytest.param({"mops.toml": '[dependencies]\ncore = "3.0.0"'}, {"map": "map@9.0.1"}, ["core 3.0.0"], id="one that is not installed"),
        pytest.param({"mops.toml": '[dependencies]\ncore = "2.9.0"', "mops.lock": LOCK}, {"core": "core@1.0.0", "map": "map@9.0.1"}, [], id="the lock says"),
        pytest.param({"mops.toml": '[dependencies]\nown = "./libs/own"', "libs/own/src/lib.mo": ""}, {"own": "libs/own/src", "core": "core@2.10.0", "map": "map@9.0.1"}, [], id="a package of the project's own"),
        pytest.param({"mops.toml": '[dependencies]\ngh = "https://github.com/a/gh#v1@abc"', ".mops/_github/gh#v1@abc/src/lib.mo": ""}, {"gh": "_github/gh#v1@abc", "core": "core@2.10.0", "map": "map@9.0.1"}, [], id="a package of GitHub"),
    ],
)  # fmt: skip
def test_packages(tmp_path: Path, files: dict[str, str], there: dict[str, str], missing: list[str]) -> None:
    lay(tmp_path, files)
    for name in ("core@1.0.0", "core@2.9.0", "core@2.10.0", "map@9.0.1"):
        (tmp_path / ".mops" / name / "src").mkdir(parents=True)
    (tmp_path / ".mops/empty@1.0.0").mkdir()
    found = packages(Disk(), PurePath(tmp_path))
    names = {name: str(path.parent.relative_to(tmp_path / ".mops")) for name, path in found.installed.items()}
    names |= {name: str(path.relative_to(tmp_path)) for name, path in found.own.items()}
    assert (names, found.missing) == (there, missing)


def test_a_lock_that_is_none(tmp_path: Path) -> None:
    lay(tmp_path, {"mops.toml": "", "mops.lock": '{"version": 1}'})
    with pytest.raises(SourceError, match="not a lock file of mops"):
        packages(Disk(), PurePath(tmp_path))


def counter(kind: str, initial: str, more: str = "") -> str:
    return f"persistent actor {{ var count : {kind} = {initial}; {more}public query func get() : async {kind} {{ count }} }};"


@pytest.fixture
def project(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """Return a repository of two canisters, one of them with a package of its own, and the environment for it."""
    ask_skip_or_fail()
    cache = tmp_path / "cache"
    installed = cache / "ctxcheck/moc" / NPM_VERSION
    installed.mkdir(parents=True, mode=0o700)
    (cache / "ctxcheck").chmod(0o700)
    (installed / "node_modules").symlink_to(ORACLES / "node_modules")
    folder = tmp_path / "project"
    lay(
        folder,
        {
            "dfx.json": dfx(counter={"type": "motoko", "main": "src/counter.mo"}, ledger={"type": "motoko", "main": "src/ledger.mo"}),
            "mops.toml": '[dependencies]\nkinds = "./kinds"\nsizes = "1.0.0"\n',
            ".mops/sizes@1.0.0/src/lib.mo": "module { public type Size = Nat };",
            ".gitignore": ".mops\n",
            "kinds/src/lib.mo": "module { public type Kind = Nat };",
            "src/counter.mo": f'import S "mo:sizes"; {counter("Nat", "0", "var size : S.Size = 0; ")}',
            "src/ledger.mo": 'import K "mo:kinds"; persistent actor { var k : K.Kind = 0; public func f() : async () {} };',
        },
    )  # fmt: skip
    for words in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", "one")):
        git(folder, *words)
    return folder, {"XDG_CACHE_HOME": str(cache), "CTXCHECK_CACHE": "1"}


def test_a_project_against_a_revision(project: tuple[Path, dict[str, str]]) -> None:
    folder, environment = project
    done = run(folder, "diff", "main", **environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == "✓ no changes"
    # A package inside the project is that of the revision on the old side; here it changes what is stored.
    lay(
        folder,
        {
            "kinds/src/lib.mo": "module { public type Kind = Int };",
            "src/counter.mo": f'import S "mo:sizes"; {counter("Nat", "0", "var size : S.Size = 0; var more : Nat = 0; ")}',
        },
    )
    deeper = folder / "src"
    done = run(deeper, "diff", "main", "--format", "short", **environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert {"S101 stable-variable-added: more", "S120 stable-number-widened: k"} <= {
        line.partition(" safe ")[2].rpartition(":")[0] for line in done.stdout.splitlines()
    }
    lay(
        folder,
        {
            "kinds/src/lib.mo": "module { public type Kind = Text };",
            "src/ledger.mo": 'import K "mo:kinds"; persistent actor { var k : K.Kind = ""; public func f() : async () {} };',
        },
    )
    done = run(deeper, "diff", "main", "--format", "short", **environment)
    assert (done.returncode, done.stderr) == (1, "")
    (folder / "dfx.json").write_text(
        dfx(counter={"type": "motoko", "main": "src/counter.mo"}, fresh={"main": "src/counter.mo"}), "utf-8"
    )
    for arguments in (("main",), ("main", "."), ("main:dfx.json", "../dfx.json"), ("main:.", "../")):
        done = run(deeper, "diff", *arguments, "--format", "json", **environment)
        assert done.returncode == 1, (arguments, done.stderr)
        canisters = json.loads(done.stdout)["canisters"]
        assert [(c["name"], c["added"], c["removed"]) for c in canisters] == [
            ("counter", False, False), ("fresh", True, False), ("ledger", False, True),
        ]  # fmt: skip


def test_what_was_compiled_is_not_compiled_again(project: tuple[Path, dict[str, str]]) -> None:
    folder, environment = project
    assert run(folder, "diff", "main", **environment).returncode == 0
    # Without node nothing can be compiled, but nothing has to be. The npm compiler is looked for by its folder.
    node = folder.parent / "bin" / "node"
    node.parent.mkdir()
    node.write_text("#!/bin/sh\nexit 9\n", "utf-8")
    node.chmod(0o755)
    git_folder = str(Path(shutil.which("git") or "git").parent)
    environment["PATH"] = f"{node.parent}:{git_folder}"
    assert run(folder, "diff", "main", **environment).returncode == 0
    lay(folder, {"kinds/src/lib.mo": "module { public type Kind = Int };"})
    done = run(folder, "diff", "main", **environment)
    assert (done.returncode, "src/ledger.mo: it does not compile" in done.stderr) == (3, True)


def test_a_revision_that_asks_for_other_packages(project: tuple[Path, dict[str, str]]) -> None:
    folder, environment = project
    lay(
        folder,
        {
            "mops.toml": '[dependencies]\nkinds = "./kinds"\nsizes = "2.0.0"\n',
            ".mops/sizes@2.0.0/src/lib.mo": "module { public type Size = Int };",
        },
    )
    done = run(folder, "diff", "main", "--format", "short", **environment)
    assert (done.returncode, "safe S120 stable-number-widened: size" in done.stdout) == (0, True)
    shutil.rmtree(folder / ".mops/sizes@1.0.0")
    done = run(folder, "diff", "main", **environment)
    assert (
        done.returncode,
        "main:src/counter.mo: it takes packages that are not installed: sizes 1.0.0" in done.stderr,
    ) == (3, True)


def test_a_program_is_called_as_its_project_calls_it(project: tuple[Path, dict[str, str]]) -> None:
    folder, environment = project
    done = run(folder, "diff", "main:src/ledger.mo", "src/ledger.mo", "--format", "json", **environment)
    assert json.loads(done.stdout)["canisters"][0]["name"] == "ledger"


def test_a_command_of_the_project_is_run_only_if_asked_for(project: tuple[Path, dict[str, str]]) -> None:
    folder, environment = project
    tool = folder.parent / "tool"
    tool.write_text("#!/bin/sh\ntouch ran\necho --package far ../far\n", "utf-8")
    tool.chmod(0o755)
    lay(folder.parent, {"far/lib.mo": "module { public type Kind = Nat };"})
    text = 'import K "mo:far"; persistent actor { var k : K.Kind = 0; public func f() : async () {} };'
    packtool = {"defaults": {"build": {"packtool": str(tool)}}, "canisters": {"a": {"main": "src/a.mo"}}}
    lay(folder, {"src/a.mo": text, "dfx.json": json.dumps(packtool)})
    done = run(folder, "diff", ".", ".", **environment)
    assert (done.returncode, (folder / "ran").exists()) == (3, False)
    assert "it takes packages that are not installed: far" in done.stderr
    assert "--run-project-commands" in done.stderr
    done = run(folder, "diff", ".", ".", "--run-project-commands", **environment)
    assert (done.returncode, (folder / "ran").exists(), done.stderr) == (0, True, "")
    # Or where the user's own configuration trusts the project; the project's cannot.
    (folder / "ran").unlink()
    own = {"XDG_CONFIG_HOME": str(folder.parent / "config")}
    lay(folder.parent, {"config/ctxcheck/config.toml": f'trusted = ["{folder.parent / "other"}"]'})
    assert run(folder, "diff", ".", ".", **environment, **own).returncode == 3
    lay(folder.parent, {"config/ctxcheck/config.toml": f'trusted = ["{folder}"]'})
    assert run(folder, "diff", ".", ".", **environment, **own).returncode == 0
    assert (folder / "ran").exists()
    lay(folder.parent, {"config/ctxcheck/config.toml": "trusted = true"})
    assert run(folder, "diff", ".", ".", **environment, **own).returncode == 2


# The keys that mean something, so that random values get to where they are looked at.
KEYS = st.sampled_from(
    [
        "canisters",
        "defaults",
        "build",
        "args",
        "packtool",
        "type",
        "main",
        "name",
        "recipe",
        "configuration",
        "moc",
        "migrations",
        "chain",
        "candid",
        "policy",
        "levels",
        "clients",
        "paths",
        "deployed",
        "rules",
        "C305",
        "a",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(KEYS, VALUES, max_size=4), st.sampled_from(["dfx.json", "icp.yaml", "mops.toml", "ctxcheck.toml"])
)
def test_whatever_a_project_file_holds_it_is_read_or_refused(
    tmp_path: Path, value: dict[str, object], name: str
) -> None:
    # JSON is YAML too; as TOML most of it is refused before it is looked at, which its own test makes up for.
    text = json.dumps(value) if name in ("dfx.json", "icp.yaml") else toml(value)
    for known in ("dfx.json", "icp.yaml", "mops.toml"):
        (tmp_path / known).unlink(missing_ok=True)
    with suppress(CtxError):
        if name == "ctxcheck.toml":
            read_config(text, name)
        else:
            (tmp_path / name).write_text(text, "utf-8")
            project_in(Disk(), PurePath(tmp_path))


def toml(value: object) -> str:
    """Return a table as TOML, as far as TOML has its values."""
    if not isinstance(value, dict):
        return "0" if value is None else json.dumps(value)
    return "\n".join(f"{json.dumps(key)} = {inline(inner)}" for key, inner in value.items())


def inline(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {inline(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(inline, value)) + "]"
    return "0" if value is None else json.dumps(value)
