"""What a run leaves in the project: the interface that is deployed, and its line in the history."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.errors import SourceError
from analyzer.sources.wasm import read_module
from migrator.backups.private import make_folder, write_file
from migrator.history import SCHEMA, Approved, Entry, add
from migrator.network.canister import CANDID, STABLE
from migrator.plan.words import proof_words
from migrator.runs import folder_of

if TYPE_CHECKING:
    from typing import Literal

    from migrator.context import Context

_SUFFIXES = {STABLE: ".most", CANDID: ".did"}


class ProjectFiles:
    """The files of a project. folder: `.ctxcheck`. deployed, history: as ctxcheck.toml names them."""

    def __init__(self, project: Path, folder: Path, deployed: str, history: str) -> None:
        self._project = project
        self._folder = folder
        self._deployed = project / deployed
        self._history = project / history

    def write(self, at: Context) -> None:
        """Write what runs now, and the line. What was there before is kept with the run."""
        metadata = read_module(at.blob(at.target.new.module), "the plan's module").metadata
        wrote = dict(at.facts.get("wrote", {}))
        for section, suffix in _SUFFIXES.items():
            content, path = metadata.get(section), self._deployed / f"{Path(at.target.name).name}{suffix}"
            if content is None:
                continue
            name = path.relative_to(self._project).as_posix()
            if name not in wrote:
                wrote[name] = [sha256(content).hexdigest(), self._keep(at, path)]
                at.fact(wrote=dict(wrote))  # before it is written: a rollback puts back what was there, or nothing
            _put(path, content)
        add(self._history, self._entry(at, "committed"))

    def put_back(self, at: Context) -> None:
        """Put back the files that still are what was written; say in the history that it was undone."""
        wrote = at.facts.get("wrote")
        if wrote is None:
            return
        for name, (written, kept) in sorted(wrote.items()):
            path = self._project / name
            try:
                now = path.read_bytes()
            except OSError:
                continue
            if sha256(now).hexdigest() != written:
                at.told(f"{name} was changed since, and stays as it is")
            elif kept is None:
                path.unlink()
            else:
                _put(path, (self._kept(at) / kept).read_bytes())
        add(self._history, self._entry(at, "rolled back"))

    def _kept(self, at: Context) -> Path:
        return folder_of(self._folder, at.state.run) / "replaced"

    def _keep(self, at: Context, path: Path) -> str | None:
        """Keep a file as it is; return its name there, None where there is none."""
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        name = sha256(content).hexdigest()
        write_file(make_folder(self._kept(at)) / name, content)
        return name

    def _entry(self, at: Context, outcome: Literal["committed", "rolled back"]) -> Entry:
        plan, target = at.saved.plan, at.target
        first = at.journal.records[0].data
        approvals = tuple(Approved(one["approver"], one["reason"]) for one in first.get("approvals", ()))
        compared = at.facts.get("compared", target.proof.compared)
        proven = target._replace(proof=target.proof._replace(compared=compared), state_compare="no")
        return Entry(
            SCHEMA,
            at.certified().time,
            outcome,
            target.name,
            target.canister,
            sha256(bytes.fromhex(plan.network.root_key)).hexdigest()[:16],
            plan.network.name,
            target.old.module_hash,
            target.new.module,
            str(first.get("message") or plan.message),
            target.build.commit,
            at.saved.digest,
            at.state.run,
            plan.sender,
            approvals,
            proof_words(proven),
        )


def _put(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.new")
        draft.write_bytes(content)
        draft.replace(path)
    except OSError as error:
        msg = f"this cannot be written: {error.strerror}"
        raise SourceError(msg, where=str(path)) from None
