"""Backups from the first to the last: made, listed, checked, damaged, restored, pruned, as a user does it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from analyzer.candid.principal import Principal
from ctxcheck.backing_up import runs
from ctxcheck.demonstration import FOLDER
from migrator.lock import locked
from migrator.network.agent import Agent, fetch_root_key
from migrator.network.bls import raw_key
from migrator.network.identity import Anonymous
from migrator.network.management import ManagementClient
from migrator.network.transport import Transport
from replica import Replica
from replica.faults import Fault
from tests.command.process import run
from tests.replica import registry
from tests.replica.icp import icp_in
from tests.shared import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from replica.faults import Kind
    from replica.http.serve import Server

NEW = "v02_safe_additions"


@pytest.fixture(scope="module")
def ic() -> Iterator[Replica]:
    with Replica() as network:
        yield network


@pytest.fixture(scope="module")
def server(ic: Replica) -> Iterator[Server]:
    with ic.serve() as serving:
        yield serving


class Project:
    """A project of icp-cli with one canister that runs."""

    def __init__(self, folder: Path, ic: Replica, server: Server) -> None:
        self.folder, self.ic = folder, ic
        self.canister = ic.create()
        ic.install(self.canister, registry.module(registry.FIRST))
        registry.fill(ic, self.canister)
        root = server.root_key.hex()
        self.network = ("-n", server.url, "-k", root, "--identity", "anonymous")
        self.write("icp.yaml", f"networks:\n  - name: test\n    mode: connected\n    url: {server.url}\n    root-key: {root}\n"
                   "environments:\n  - name: test\n    network: test\n")  # fmt: skip
        self.write(".icp/data/mappings/test.ids.json", json.dumps({"registry": self.canister}))
        self.write("src/main.mo", "actor {}")
        self.write(".env", "KEY=1")

    def write(self, name: str, content: str) -> None:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(content, "utf-8")

    def __call__(self, *arguments: str, code: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
        done = run(self.folder, *arguments, HOME=str(self.folder / "home"), **environment)
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    def taken_by_somebody(self) -> bytes:
        with closing(Transport(self.network[1])) as transport:
            client = ManagementClient(Agent(transport, Anonymous(), fetch_root_key(transport)))
            return client.take_snapshot(Principal.parse(self.canister).raw).id

    @property
    def on_chain(self) -> list[bytes]:
        return list(self.ic.engine.canisters[Principal.parse(self.canister).raw].snapshots)

    def records(self, canister: str | None = None) -> dict[str, list[Any] | str]:
        return registry.records(self.ic, canister or self.canister)

    def backups(self, kind: str) -> list[Path]:
        return sorted((self.folder / "backups").glob(f"{kind}*"))


@pytest.fixture
def project(tmp_path: Path, ic: Replica, server: Server) -> Project:
    return Project(tmp_path, ic, server)


ON = ("-e", "test")


def test_what_runs(project: Project) -> None:
    told = project("status", *ON).stdout
    assert project.canister in told
    assert "running" in told
    assert "enhanced orthogonal persistence" in told
    (one,) = json.loads(project("status", *ON, "--format", "json").stdout)["canisters"]
    assert (one["name"], one["status"], one["drift"]) == ("registry", "running", [])
    module = project.ic.module_hash(project.canister)
    assert module is not None
    assert one["module_hash"] == module.hex()
    did = (FOLDER / NEW / "context_registry.did").read_text("utf-8")
    project.write("deployed/registry.did", did)
    assert "deployed/registry.did is not what runs" in project("status", *ON, code=1).stdout


def test_verify(project: Project) -> None:
    told = project("verify", *ON).stdout
    assert "status                    Running" in told
    assert "getCurrentTime()" in told
    assert "listSeasons()             2 entries" in told
    wasm = project.folder / "new.wasm.gz"
    wasm.write_bytes(registry.module(NEW))
    project("verify", *ON, "--wasm", str(wasm), code=1)
    project.ic.upgrade(project.canister, registry.module(NEW), persistence="keep")
    project("verify", *ON, "--wasm", str(wasm))
    assert "the canister has no such method" in project("verify", *ON, "--call", "nothing", code=1).stdout
    project.ic.stop(project.canister)
    assert "Stopped" in project("verify", *ON, code=1).stdout


def test_a_snapshot_there_and_back(project: Project) -> None:
    before = project.records()
    done = project("backup", *ON)
    assert len(done.stdout.splitlines()) == 3
    assert "it was running: calls that were open then are broken by a restore" in done.stderr
    (snapshot,) = project.backups("snapshot-")
    assert not project.ic.engine.canisters[Principal.parse(project.canister).raw].snapshots
    assert "sound" in project("backup", "check", "--read-data").stdout
    assert project.canister in project("show", snapshot.name).stdout
    registry.call(project.ic, project.canister, registry.FIRST, "setMetadata", '("after", "the backup")')
    project.ic.upgrade(project.canister, registry.module(NEW), persistence="keep")
    assert project.records() != before
    project("restore", snapshot.name, *ON, code=2)  # nobody answers the question
    done = project("restore", snapshot.name, *ON, "-y")
    assert "everything that was written since is lost" in done.stderr
    assert "restored; it runs" in done.stderr
    assert project.records() == before
    # Into another canister of the same controller.
    other = project.ic.create()
    project("restore", snapshot.name, *ON, "--to", other, "-y")
    project.ic.start(other)
    assert project.records(other) == before


REFUSED = Fault("rejected", "load_canister_snapshot", error_code="IC0305")
STUCK = Fault("reject", "upload_canister_snapshot_data", code=1, error_code="IC0203")

GOES_WRONG = [
    pytest.param("execution", REFUSED, True, "it runs, with module", id="the load is refused: it runs again"),
    pytest.param("execution", REFUSED, False, "it is stopped, with module", id="it stood still before, and does"),
    pytest.param("call", STUCK, True, "", id="the upload breaks off: it was never stopped"),
]


@pytest.mark.parametrize(("kind", "fault", "running", "words"), GOES_WRONG)
def test_a_restore_that_goes_wrong(project: Project, kind: Kind, fault: Fault, running: bool, words: str) -> None:
    project("backup", *ON, "--no-files", "--no-data")
    (snapshot,) = project.backups("snapshot-")
    before = project.records()
    if not running:
        project.ic.stop(project.canister)
    project.ic.faults.add(kind, fault, count=1 if kind == "execution" else 100)
    try:
        done = project("restore", snapshot.name, *ON, "-y", code=5)
    finally:
        project.ic.faults.clear()
    assert words in done.stderr
    assert ("stopped" in done.stderr) == (kind == "execution")
    canister = project.ic.engine.canisters[Principal.parse(project.canister).raw]
    assert not canister.snapshots
    assert ("Running" in project("verify", *ON, code=0 if running else 1).stdout) == running
    if running:
        assert project.records() == before


def test_another_network_s_snapshot_of_the_same_id_is_not_ours(tmp_path: Path) -> None:
    """A local network that is begun anew gives the same ids again, also to what somebody else snapshots there."""
    with Replica() as first, first.serve() as serving:
        old = Project(tmp_path / "old", first, serving)
        before = old.records()
        old("backup", *ON, "--no-files", "--no-data")
        (snapshot,) = old.backups("snapshot-")
    with Replica() as again, again.serve() as serving:
        new = Project(tmp_path / "new", again, serving)
        assert new.canister == old.canister
        registry.call(again, new.canister, registry.FIRST, "setMetadata", '("site", "somebody\'s")')
        theirs = new.taken_by_somebody()
        assert json.loads((snapshot / "manifest.json").read_text("utf-8"))["snapshot_id"] == theirs.hex()
        old("restore", snapshot.name, *new.network, "--to", new.canister, "-y")
        assert new.records() == before
        old("prune", "--on-chain", *new.network, "-y")
        assert new.on_chain == [theirs]


def test_what_is_left_on_the_chain(project: Project) -> None:
    """What a backup left there when its download was cut off goes once nothing needs it; what others took stays."""
    theirs = project.taken_by_somebody()
    project.ic.faults.add("execution", Fault("rejected", "read_canister_snapshot_data"), count=100)
    try:
        project("backup", *ON, "--no-files", "--no-data", code=5)
    finally:
        project.ic.faults.clear()
    assert len(project.on_chain) == 2
    assert "nothing of ours" in project("prune", "--on-chain", *ON).stderr  # --resume needs it
    (cut,) = project.backups("snapshot-")
    shutil.rmtree(cut)
    shown = project("prune", "--on-chain", *ON)
    assert "of backup " in shown.stdout
    assert "1 would go" in shown.stderr
    assert "1 gone" in project("prune", "--on-chain", *ON, "-y").stderr
    assert project.on_chain == [theirs]


def test_the_newest_snapshot_is_offered(project: Project) -> None:
    project("backup", *ON, "--no-files")
    (data,) = project.backups("data-backup-")
    project("backup", *ON, "--no-files", "--no-data")
    newest = project.backups("snapshot-")[-1]
    assert f"ctxcheck restore {newest.name}\n" in project("restore", data.name, *ON, "-y").stderr


def test_nobody_restores_while_somebody_is_at_work(project: Project, server: Server) -> None:
    project("backup", *ON, "--no-files", "--no-data")
    (snapshot,) = project.backups("snapshot-")
    with locked(project.folder / ".ctxcheck", raw_key(server.root_key).hex(), [project.canister], "a run"):
        assert "by run a run" in project("restore", snapshot.name, *ON, "-y", code=7).stderr


def test_a_data_backup_has_the_variables_of_the_snapshot_beside_it(project: Project) -> None:
    told = project("backup", *ON, "--no-files")
    (snapshot,), (data,) = project.backups("snapshot-"), project.backups("data-backup-")
    document = json.loads(project("state", "export", snapshot.name).stdout)
    (kept,) = [one["variables"] for one in json.loads(data.read_text("utf-8"))["canisters"].values()]
    assert kept == {"snapshot": snapshot.name, "document": document, "why": None}
    assert f"variables of registry: {len(document['variables'])} of the snapshot" in told.stderr
    assert snapshot.name in project("show", data.name).stdout
    assert "sound" in project("backup", "check", data.name).stdout
    assert stat.S_IMODE(data.stat().st_mode) == 0o600
    # Without a snapshot the backup says that they are missing.
    data.unlink()
    project("backup", *ON, "--no-files", "--no-snapshot")
    (data,) = project.backups("data-backup-")
    assert "no snapshot was made with this backup" in " ".join(project("show", data.name).stdout.split())


def test_directories_of_icp_cli(project: Project) -> None:
    icp = icp_in(project.folder)
    project("backup", *ON, "--no-files", "--no-data")
    (snapshot,) = project.backups("snapshot-")
    project("restore", snapshot.name, "--directory", "out")
    other = project.ic.create()
    uploaded = icp("canister", "snapshot", "upload", other, "--input", "out", *project.network)
    assert uploaded.returncode == 0, uploaded.stderr
    before = project.records()
    project.ic.stop(project.canister)
    made = icp("canister", "snapshot", "create", project.canister, *project.network)
    listed = icp("canister", "snapshot", "list", project.canister, "--json", *project.network)
    assert made.returncode == listed.returncode == 0, made.stderr + listed.stderr
    (one,) = json.loads(listed.stdout)["snapshots"]
    down = icp(
        "canister",
        "snapshot",
        "download",
        project.canister,
        one["snapshot_id"],
        "--output",
        "theirs",
        *project.network,
    )
    assert down.returncode == 0, down.stderr
    project("backup", "import", "theirs", "registry", *ON)
    imported = project.backups("snapshot-")[-1]
    project.ic.start(project.canister)
    project("restore", imported.name, *ON, "--to", other, "-y")
    project.ic.start(other)
    assert project.records(other) == before
    assert "is not empty" in project("restore", imported.name, "--directory", "out", code=2).stderr
    assert "import takes a directory" in project("backup", "import", "theirs", code=2).stderr
    assert "no snapshot of icp-cli" in project("backup", "import", "src", "registry", *ON, code=3).stderr


def test_data_there_and_back(project: Project) -> None:
    project("backup", *ON, "--no-files", "--no-snapshot")
    (path,) = project.backups("data-backup-")
    assert "listSeasons" in project("show", path.name).stdout
    before = project.records()
    project.ic.reinstall(project.canister, registry.module(registry.FIRST))
    done = project("restore", path.name, *ON, "-y")
    assert "listSeasons: as in the backup" in done.stderr
    after = project.records()
    kept = ("listSeasons", "listNameRecords", "listFileReferences", "listMetadata", "listDocuments")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}


def test_files_there_and_back(project: Project) -> None:
    project("backup", *ON, "--no-data", "--no-snapshot")
    (path,) = project.backups("fs-backup-")
    assert ".env" in project("show", path.name).stdout
    (project.folder / "icp.yaml").unlink()
    project.write("src/main.mo", "broken")
    done = project("restore", path.name, "-y")
    assert "leave, edited after the backup: src/main.mo" in done.stderr
    assert (project.folder / "icp.yaml").exists()
    assert (project.folder / "src/main.mo").read_text() == "broken"
    project("restore", path.name, "-y", "--later-edits")
    assert (project.folder / "src/main.mo").read_text() == "actor {}"
    (replaced,) = project.backups("replaced-")
    assert (replaced / "src/main.mo").read_text() == "broken"


def test_damage_is_named_and_not_restored(project: Project) -> None:
    project("backup", *ON, "--no-files", "--no-data")
    (snapshot,) = project.backups("snapshot-")
    before = project.records()
    piece = max((project.folder / ".ctxcheck/store").rglob("*.zst"), key=lambda path: path.stat().st_size)
    content = bytearray(piece.read_bytes())
    content[len(content) // 2] ^= 1
    piece.write_bytes(content)
    name = piece.parent.name + piece.name.partition(".")[0]
    assert "sound" in project("backup", "check").stdout
    done = project("backup", "check", "--read-data", code=1)
    assert f"piece {name}" in done.stdout
    done = project("restore", snapshot.name, *ON, "-y", code=3)
    assert name in done.stderr
    assert project.records() == before
    assert "Running" in project("verify", *ON).stdout


def test_listed_pruned_and_removed_by_hand(project: Project) -> None:
    assert project("list").stdout == ""
    for _ in range(3):
        project("backup", *ON)
    for name in ("fs-backup-2024-01-01T12-00-00-000Z/dfx.json", "data-backup-2024-01-01T12-00-00-000Z.json"):
        project.write(f"backups/{name}", "{}")
    told = project("list").stdout
    assert told.count("unverified; of another tool") == 2
    for form in ("text", "json"):
        done = project("show", "fs-backup-2024-01-01T12-00-00-000Z", "--format", form, code=3)
        assert "no manifest of ctxcheck: a backup of the npm script" in done.stderr
    assert project("show", "data-backup-2024-01-01T12-00-00-000Z.json", "--format", "json").stdout == "{}"
    for made in (
        *project.backups("fs-backup-20")[1:],
        *project.backups("data-backup-20")[1:],
        *project.backups("snapshot-"),
    ):
        assert json.loads(project("show", made.name, "--format", "json").stdout)["schema"].startswith("ctxcheck.")
    assert len(json.loads(project("list", "--format", "json").stdout)["backups"]) == 11
    assert project("prune", "--keep-last", "2").stderr.startswith("3 would go")
    project("prune", "--keep-last", "2", "--yes")
    assert len(project.backups("snapshot-")) == 2
    shutil.rmtree(project.backups("snapshot-")[0])
    project("backup", "check", "--read-data")
    assert len(project.backups("fs-backup-2024")) == 1


def test_the_guide_s_words(project: Project) -> None:
    project("migrate", "backup", *ON, "--no-snapshot")
    assert "data-backup-" in project("migrate", "list").stdout
    assert "Running" in project("migrate", "verify", *ON).stdout
    (path,) = project.backups("data-backup-")
    project("migrate", "restore", f"backups/{path.name}", *ON, "-y")


def test_encrypted(project: Project) -> None:
    pyrage: Any = pytest.importorskip("pyrage")
    key = pyrage.x25519.Identity.generate()
    project.write("key.txt", f"{key}\n")
    project("backup", *ON, "--no-files", "--no-data", "--age-recipient", str(key.to_public()))
    (snapshot,) = project.backups("snapshot-")
    assert "is encrypted" in project("restore", snapshot.name, *ON, "-y", code=3).stderr
    project("restore", snapshot.name, *ON, "-y", "--age-identity", "key.txt")


def test_a_full_disk(project: Project) -> None:
    """A file may grow to 16 KiB: what is begun is no backup, and the canister is as it was."""
    words = [sys.executable, "-m", "ctxcheck", "backup", *ON, "--no-files", "--no-data", "--identity", "anonymous"]
    limited = ["bash", "-c", 'ulimit -f 16; exec "$@"', "bash", *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(project.folder / "home")}
    done = subprocess.run(limited, cwd=project.folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stderr
    assert "the system refuses: File too large" in done.stderr
    assert "ulimit -f" in done.stderr
    assert "Traceback" not in done.stderr
    assert not [one for one in project.backups("snapshot-") if (one / "COMPLETE").exists()]
    assert "going on with" in project("backup", *ON, "--no-files", "--no-data", "--resume").stderr
    assert not project.on_chain


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("restore", "nothing", *ON), 2, "there is no backup `nothing`"),
        (("show", "nothing"), 2, "there is no backup `nothing`"),
        (("status", "-e", "nowhere"), 2, "there is no network `nowhere`"),
        (("status", "stranger", *ON), 2, "`stranger` is no canister of test"),
        (("status", "-n", "http://127.0.0.1:9", "aaaaa-aa"), 5, "cannot be reached"),
        (("status", "-n", "http://example.org", "aaaaa-aa"), 2, "neither encrypted nor on this machine"),
        (("backup", *ON, "--identity", "nobody"), 2, "there is no identity `nobody`"),
        (("backup", *ON, "--identity", "x", "--identity-file", "y"), 2, "three ways to say one thing"),
        (("prune", "--older-than", "yesterday"), 2, "is no age"),
        (("status", "-n", "http://[bad", "aaaaa-aa"), 2, "is no URL of a network"),
        (("status", "-n", "http://127.0.0.1:9", "-k", "00" * 133, "aaaaa-aa"), 2, "--root-key is no root key"),
        (("status", *ON, "--identity-command", "icp 'x"), 2, "this is no command: No closing quotation"),
        (("show", "fs-backup-2024-01-01T12-00-00-000Z", "--format", "json"), 3, "a backup of the npm script"),
    ],
)
def test_mistakes(project: Project, arguments: tuple[str, ...], code: int, words: str) -> None:
    (project.folder / "backups" / "fs-backup-2024-01-01T12-00-00-000Z").mkdir(parents=True)  # of an earlier script
    assert words in project(*arguments, code=code).stderr


def test_what_runs_beside_what_is_to_run(project: Project, ic: Replica) -> None:
    new = str(FOLDER / NEW / "context_registry.wasm.gz")
    done = project("diff", "canister:registry", new, *ON)
    assert "passes under the policy" in done.stdout
    bad = str(FOLDER / "v03_optional_field" / "context_registry.wasm.gz")
    done = project("diff", f"ic:{project.canister}", bad, *ON, "--format", "json", code=1)
    (one,) = json.loads(done.stdout)["canisters"]
    assert one["surfaces"]["stable"]["compatible"] is False
    assert "certified" in done.stdout
    did = str(FOLDER / NEW / "context_registry.did")
    (one,) = json.loads(project("diff", "canister:registry", did, *ON, "--format", "json").stdout)["canisters"]
    assert set(one["surfaces"]) == {"candid"}
    private = ic.create(controllers=[b"\7"])
    ic.install(private, registry.module(registry.FIRST), caller=b"\7")
    done = project("diff", f"ic:{private}", new, *ON, code=1)
    assert "shown to controllers alone" in done.stdout
    assert "the project has no Motoko canister" in project("diff", "canister:registry", *ON, code=2).stderr
    assert "what runs is the old side" in project("diff", "canister:registry", "ic:aaaaa-aa", *ON, code=2).stderr
    empty = ic.create()
    assert "is empty" in project("diff", f"ic:{empty}", new, *ON, code=5).stderr


def test_somebody_who_controls_nothing(project: Project, ic: Replica) -> None:
    private = ic.create(controllers=[b"\7"])
    ic.install(private, registry.module(registry.FIRST), caller=b"\7")
    told = project("status", private, *ON).stdout
    assert "for controllers: this identity is none" in told
    assert "hidden" in told
    done = project("backup", private, *ON, "--no-files", "--no-data", code=5)
    assert "IC0512" in done.stderr
    assert "the identity does not control the canister" in done.stderr


CONFIG = """
[canisters.registry.data]
listings = ["listSeasons", "listMetadata"]
optional = ["listUserProfilesOfLater"]

[canisters.registry.data.restore]
listSeasons = "restoreSeasons"

[canisters.registry.verify]
calls = ["getCurrentTime"]

[canisters.registry.verify.at_least]
listSeasons = LEAST
"""


def test_what_is_listed_and_restored_is_configured(project: Project) -> None:
    project.write("ctxcheck.toml", CONFIG.replace("LEAST", "2"))
    project("backup", *ON, "--no-files", "--no-snapshot")
    (path,) = project.backups("data")
    told = json.loads(path.read_text("utf-8"))["canisters"]["registry"]
    assert sorted(told["queries"]) == ["listMetadata", "listSeasons"]
    verified = project("verify", *ON).stdout
    assert "2 entries" in verified
    assert "listNameRecords" not in verified
    project.write("ctxcheck.toml", CONFIG.replace("LEAST", "3"))
    assert "at least 3" in project("verify", *ON, code=1).stdout
    again = project("restore", path.name, *ON, "-y", "--identity", "anonymous")
    assert "restoreSeasons: 2 entries, " in again.stderr
    assert "the same is there now" in again.stderr
    assert "is as in the backup already" in again.stderr
    assert "--mode reinstall" in again.stderr
    project.ic.reinstall(project.canister, registry.module(registry.FIRST))
    assert project.records()["listSeasons"] == []
    asked = project("restore", path.name, *ON, "--identity", "anonymous", code=2).stderr
    for words in (
        "there now: 0 entries",
        "what was written since the backup is lost",
        "are sent: about",
        "nobody is there",
    ):
        assert words in asked
    assert project.records()["listSeasons"] == []
    done = project("restore", path.name, *ON, "-y", "--identity", "anonymous")
    assert "listSeasons: as in the backup" in done.stderr
    assert len(project.records()["listSeasons"]) == 2


def test_a_listing_that_comes_page_by_page(project: Project) -> None:
    paged = 'by = "cursor", size = 1, entries = "seasons", first = "0"'
    listed = '[canisters.registry.data]\nlistings = ["listSeasons"]\n'
    project.write("ctxcheck.toml", f"{listed}[canisters.registry.data.paged]\nlistSeasonsPage = {{{paged}}}\n")
    project("backup", *ON, "--no-files", "--no-snapshot")
    (path,) = project.backups("data")
    told = json.loads(path.read_text("utf-8"))["canisters"]["registry"]["queries"]
    assert (told["listSeasonsPage"]["count"], told["listSeasons"]["count"]) == (2, 2)
    assert told["listSeasonsPage"]["value"] == told["listSeasons"]["value"]
    assert told["listSeasonsPage"]["pages"] > 1


NETWORKS = [
    pytest.param("icp.yaml", "networks:\n  - name: local\n    mode: managed\n    gateway:\n      port: PORT\n", ".icp", id="of icp-cli"),
    pytest.param("icp.yaml", "networks:\n  - name: other\n    mode: managed\n    gateway:\n      port: PORT\n", ".icp", id="another one of icp-cli"),
    pytest.param("dfx.json", '{"networks": {"local": {"bind": "0.0.0.0:PORT"}}}', ".dfx", id="of dfx, that listens everywhere"),
    pytest.param("dfx.json", '{"networks": {"local": {"bind": 1}}}', ".dfx", id="nobody can tell"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "content", "folder"), NETWORKS)
def test_the_state_of_a_local_network_that_runs(
    tmp_path: Path, server: Server, file: str, content: str, folder: str
) -> None:
    port = server.url.rpartition(":")[2]
    (tmp_path / "icp.yaml").write_text("networks: []\n", "utf-8")  # of the other tool, which does not run
    (tmp_path / file).write_text(content.replace("PORT", port), "utf-8")
    (tmp_path / folder).mkdir()
    assert runs(tmp_path, folder)
    (tmp_path / file).write_text(content.replace("PORT", "9").replace("1}", '"127.0.0.1:9"}'), "utf-8")
    assert not runs(tmp_path, folder)


def test_the_state_of_a_local_network_comes_back_whole_or_not_at_all(project: Project) -> None:
    project.write(".icp/state/a", "1")
    project.write(".icp/state/b", "1")
    project("backup", *ON, "--no-data", "--no-snapshot")
    (path,) = project.backups("fs-backup-")
    (project.folder / ".icp/state/a").unlink()
    time.sleep(0.02)
    project.write(".icp/state/b", "2")
    done = project("restore", path.name, "-y")
    assert "leave: .icp, 1 of its files are newer than the backup" in done.stderr
    assert not (project.folder / ".icp/state/a").exists()
    project("restore", path.name, "-y", "--later-edits")
    assert [(project.folder / f".icp/state/{name}").read_text("utf-8") for name in "ab"] == ["1", "1"]


def test_a_backup_that_is_stopped_by_hand_goes_on(project: Project) -> None:
    """Ctrl-C in the middle of a download: no half backup counts, and nothing is fetched twice."""
    for _ in range(24):
        registry.call(project.ic, project.canister, registry.FIRST, "fill", "(1 : nat)")
    command = [sys.executable, "-m", "ctxcheck", "backup", *ON, "--no-files", "--no-data", "--identity", "anonymous"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(project.folder / "home")}
    process = subprocess.Popen(command, cwd=project.folder, env=environment, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        begun = [path for path in project.backups("snapshot") if (path / "pieces.jsonl").exists()]
        if begun and (begun[0] / "pieces.jsonl").stat().st_size > 2000:
            break
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    (folder,) = project.backups("snapshot")
    assert not (folder / "COMPLETE").exists()
    assert "there is no manifest" in project("list").stdout  # shown as what it is, and counted as none
    done = project("backup", *ON, "--no-files", "--no-data", "--identity", "anonymous", "--resume")
    assert "going on with" in done.stderr
    assert "of it came now" in done.stderr
    assert project.backups("snapshot") == [folder]
    assert "sound" in project("backup", "check", folder.name).stdout
