"""What `ctxcheck check` takes: real pairs of interfaces as one repository, and a project of twenty programs."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.sources.compiler import NPM_VERSION
from tests.oracles import oracle
from tests.proof.installed import Installed, install
from tests.proof.terminal import run
from tests.shared import CASES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

REAL = CASES / "candid-real.jsonl"
CANISTERS = 20
ROUNDS = 7
_PROGRAM = """\
import Map "mo:core/Map";
import Types "Types";
persistent actor {{
  let users = Map.empty<Principal, Types.User>();
  var names : [(Nat, Types.Name{number})] = [];
  var count : Nat = 0;
  public query func total() : async Nat {{ count + names.size() + Map.size(users) }};
  public query func find(id : Nat) : async ?Types.Name{number} {{
    for ((key, name) in names.values()) {{ if (key == id) return ?name }};
    null
  }};
}};
"""


def lines() -> Iterator[str]:
    """Yield the report line by line, while it is measured."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        installed = install(folder / "installed")
        yield f"ctxcheck check, installed, {os.cpu_count()} cores (medians of {ROUNDS})"
        if REAL.exists():
            yield from _texts(installed, folder / "texts")
        if oracle.available():
            yield from _programs(installed, folder / "programs")


def _texts(installed: Installed, folder: Path) -> Iterator[str]:
    with REAL.open(encoding="utf-8") as cases:
        pairs = [(f"c{number}", case["old"], case["new"]) for number, case in enumerate(map(json.loads, cases))]
    _repository(folder, {f"{name}.did": old for name, old, _ in pairs})
    for name, _, new in pairs:
        (folder / f"{name}.did").write_text(new, "utf-8")
    changed = sum(old != new for _, old, new in pairs)
    for label, cache in (
        ("without a cache", {"CTXCHECK_CACHE": "0"}),
        ("cached", {"XDG_CACHE_HOME": str(folder.parent)}),
    ):
        seconds = _median(installed, folder, cache, "--format", "short")
        yield f"  {changed} real pairs, {label}: {seconds:.2f} s, {changed / seconds:.0f} pairs/s"


def _programs(installed: Installed, folder: Path) -> Iterator[str]:
    types = [f"  public type Name{number} = {{ first : Text; last : Text }};" for number in range(CANISTERS)]
    text = "module {\n  public type User = { name : Text; age : Nat };\n" + "\n".join(types) + "\n};\n"
    names = [f"canister{number}" for number in range(CANISTERS)]
    project = {"canisters": {name: {"type": "motoko", "main": f"src/{name}.mo"} for name in names}}
    files = {f"src/{name}.mo": _PROGRAM.format(number=number) for number, name in enumerate(names)}
    _repository(folder, {**files, "src/Types.mo": text, "dfx.json": json.dumps(project)})
    cache = folder.parent / "cache"
    compiler = cache / "ctxcheck" / "moc" / NPM_VERSION
    compiler.mkdir(parents=True)
    (cache / "ctxcheck").chmod(0o700)
    (compiler / "node_modules").symlink_to(oracle.FOLDER / "node_modules")
    environment = {"XDG_CACHE_HOME": str(cache)}
    command = [str(installed.command), "check", "--format", "short"]
    yield f"  {CANISTERS} programs, nothing changed: {_median(installed, folder, environment):.2f} s"
    (folder / "src/Types.mo").write_text(text.replace("age : Nat", "age : Int"), "utf-8")
    first = run(command, folder, environment)
    yield f"  {CANISTERS} programs, a type of all changed, first run, which compiles {2 * CANISTERS}: {first.wall:.1f} s"
    yield f"  {CANISTERS} programs, a type of all changed, warm: {_median(installed, folder, environment):.2f} s"
    (folder / "src/Types.mo").write_text(text, "utf-8")
    main = folder / "src" / "canister0.mo"
    main.write_text(main.read_text("utf-8").replace("var count", "var more : Nat = 0;\n  var count"), "utf-8")
    yield f"  {CANISTERS} programs, one of them changed, compiled: {run(command, folder, environment).wall:.2f} s"
    yield f"  {CANISTERS} programs, one of them changed, warm: {_median(installed, folder, environment):.2f} s"


def _median(installed: Installed, folder: Path, environment: Mapping[str, str], *options: str) -> float:
    command = [str(installed.command), "check", *options]
    run(command, folder, environment)
    return statistics.median(run(command, folder, environment).wall for _ in range(ROUNDS))


def _repository(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    settings = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "one")):
        subprocess.run(["git", *settings, *words], cwd=folder, check=True)
