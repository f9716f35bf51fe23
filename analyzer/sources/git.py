"""Files of a git revision, read through git itself: what was committed, whatever the working folder holds."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from pathlib import Path, PurePath, PurePosixPath

from analyzer.errors import SourceError
from analyzer.sources.files import MAX_BYTES

SECONDS = 30  # for one call of git
MAX_EXPORT = 512 * 1024 * 1024  # bytes of all files of a revision
_FILE_MODES = ("100644", "100755")


class Revision:
    """The files of one commit. name: as the user wrote it, e.g. `main`. commit: its full hash.

    top: the repository's folder. prefix: the working folder in it. Paths are the repository's, as git takes them.
    """

    kind = "git"

    def __init__(self, name: str, commit: str, top: PurePath, prefix: PurePath) -> None:
        self.name = name
        self.commit = commit
        self.top = top
        self.prefix = prefix

    def inside(self, path: str) -> PurePath:
        """Return a path that a user wrote behind a revision: from the repository's folder, with `./` from the own.

        As git has it; but what is not there is looked for from the working folder too.
        """
        written = PurePosixPath(path or ".")
        near = self.prefix / written
        if not path or path.startswith("./") or self.is_folder(written) is None:
            return near
        return written

    def label(self, path: PurePath) -> str:
        """Return how reports call a file of this revision."""
        return f"{self.name}:{path.as_posix()}"

    def is_folder(self, path: PurePath) -> bool | None:
        """Tell whether a path is a folder; None where there is nothing."""
        if str(path) == ".":
            return True
        entry = self._entries(path.as_posix())
        return None if not entry else entry[0][0] == "tree"

    def listed(self, folder: PurePath) -> list[PurePath]:
        """Return the files of a folder, by name; symbolic links and submodules are none."""
        found = self._entries("" if str(folder) == "." else f"{folder.as_posix()}/")
        return sorted(PurePosixPath(path) for kind, path in found if kind == "file")

    def read(self, path: PurePath) -> bytes:
        """Return the bytes of a file, at most MAX_BYTES. Raises SourceError."""
        where = self.label(path)
        size = _git("cat-file", "-s", f"{self.commit}:{path.as_posix()}")
        if size is None:
            msg = "there is no such file in this revision"
            raise SourceError(msg, where=where)
        if int(size) > MAX_BYTES:
            msg = f"{int(size):,} bytes are too many for an interface (at most {MAX_BYTES:,})"
            raise SourceError(msg, where=where)
        data = _git("cat-file", "blob", f"{self.commit}:{path.as_posix()}")
        if data is None:
            msg = "this is not a file"
            raise SourceError(msg, where=where)
        return data

    def export(self, folder: str) -> None:
        """Write all files of the revision into a folder, which is its owner's alone. Raises SourceError."""
        packed = _git("-C", str(self.top), "archive", "--format=tar", self.commit)
        if packed is None or len(packed) > MAX_EXPORT:
            what = "cannot be exported" if packed is None else f"has more than {MAX_EXPORT:,} bytes"
            msg = f"this revision {what}"
            raise SourceError(msg, where=self.name)
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            # Files alone, none of them outside: no links, no devices, whatever was committed.
            for member in archive.getmembers():
                content = archive.extractfile(member) if member.isfile() else None
                if content is not None and ".." not in PurePosixPath(member.name).parts:
                    target = Path(folder, member.name.lstrip("/"))
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(content.read())

    def _entries(self, path: str) -> list[tuple[str, str]]:
        """Return kind (`file`, `tree`, `other`) and path of all at a path; in it where it ends in `/` or is empty."""
        listed = _git("ls-tree", "-z", "--full-tree", self.commit, *(["--", path] if path else []))
        entries = []
        for line in (listed or b"").decode("utf-8", "replace").split("\0"):
            if line:
                mode, kind, _ = line.split(" ", 2)
                name = line.split("\t", 1)[1]
                entries.append(("tree" if kind == "tree" else "file" if mode in _FILE_MODES else "other", name))
        return entries


def revision(name: str) -> Revision | None:
    """Return a revision of the repository around the working folder; None where there is none of that name."""
    if name.startswith("-") or "\0" in name:
        return None
    found = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    if found is None:
        return None
    where = (_git("rev-parse", "--show-toplevel", "--show-prefix") or b"\n").decode("utf-8", "replace").split("\n")
    return Revision(name, found.decode("ascii").strip(), PurePath(where[0]), PurePosixPath(where[1] or "."))


def _git(*arguments: str) -> bytes | None:
    """Return what a call of git prints; None where it says no. Raises SourceError where git cannot be asked."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_TRACE")}
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            ["git", "--no-pager", "--literal-pathspecs", *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except FileNotFoundError:
        msg = "git is not installed"
        raise SourceError(msg, where="git", hint="name files or folders instead of a revision") from None
    except subprocess.TimeoutExpired:
        msg = f"git did not answer within {SECONDS} s"
        raise SourceError(msg, where="git") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace")
        if "dubious ownership" in said or "not a git repository" in said:
            msg = "git does not read this folder's repository" if "dubious" in said else "this is not a git repository"
            hint = "git config --global --add safe.directory FOLDER" if "dubious" in said else None
            raise SourceError(msg, where=os.getcwd(), hint=hint)  # noqa: PTH109 - pathlib would add nothing
        return None
    return done.stdout
