"""Files of a git revision, read through git itself: what was committed, whatever the working folder holds."""

from __future__ import annotations

import os
import subprocess
from functools import cached_property
from pathlib import Path, PurePath, PurePosixPath
from typing import NamedTuple

from analyzer.errors import SourceError
from analyzer.sources.files import MAX_BYTES

SECONDS = 30  # for one call of git
MAX_AT_ONCE = 64 * 1024 * 1024  # bytes of files that are read in one call
_LARGE = 2 * 1024 * 1024  # bytes of a file that is read only when it is asked for
_FILE_MODES = ("100644", "100755")


class _Entry(NamedTuple):
    """A file of a revision. name: git's, of its content. size: bytes."""

    name: str
    size: int


class Revision:
    """The files of one commit, or of what is staged. name: as the user wrote it, e.g. `main`. commit: its full hash.

    top: the repository's folder. prefix: the working folder in it. Paths are the repository's, as git takes them.
    """

    def __init__(self, name: str, commit: str, top: PurePath, prefix: PurePath) -> None:
        self.name = name
        self.commit = commit
        self.top = top
        self.prefix = prefix
        self.kind = "git"
        self._read: dict[str, bytes] = {}

    def as_working_files(self) -> Revision:
        """Call its files as those on the disk are called, and return it: it is what a change leads to."""
        self.kind = "file"
        return self

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
        return os.path.relpath(self.disk(path)) if self.kind == "file" else f"{self.name}:{path.as_posix()}"

    def disk(self, path: PurePath) -> Path:
        """Return where on the disk the working copy of a path is, whatever is there."""
        return Path(self.top, path)

    def is_folder(self, path: PurePath) -> bool | None:
        """Tell whether a path is a folder; None where there is nothing."""
        written = path.as_posix()
        if written in self._files:
            return False
        return True if written == "." or written in self._folders else None

    def listed(self, folder: PurePath) -> list[PurePath]:
        """Return the files of a folder, by name; symbolic links and submodules are none."""
        return self._folders.get(folder.as_posix(), [])

    def folders(self, folder: PurePath) -> list[PurePath]:
        """Return the folders in a folder, by name."""
        inside = "" if str(folder) == "." else f"{folder.as_posix()}/"
        there = [PurePosixPath(path) for path in self._folders if path.startswith(inside) and path != "."]
        return sorted(path for path in there if path.parent.as_posix() == folder.as_posix())

    def read(self, path: PurePath) -> bytes:
        """Return the bytes of a file, at most MAX_BYTES. Raises SourceError."""
        written = path.as_posix()
        entry = self._files.get(written)
        if entry is None:
            folder = written in self._folders or written == "."
            msg = "this is a folder" if folder else "there is no such file in this revision"
            raise SourceError(msg, where=self.label(path))
        if entry.size > MAX_BYTES:
            msg = f"{entry.size:,} bytes are too many for an interface (at most {MAX_BYTES:,})"
            raise SourceError(msg, where=self.label(path))
        if entry.name not in self._read:
            self._read |= self._contents(path, entry)
        return self._read[entry.name]

    def all_files(self, largest: int) -> list[PurePath]:
        """Return all files of at most so many bytes."""
        return [PurePosixPath(path) for path, entry in self._files.items() if entry.size <= largest]

    @cached_property
    def _files(self) -> dict[str, _Entry]:
        """All files by their paths."""
        listed = git_output("ls-tree", "-r", "-z", "-l", "--full-tree", self.commit)
        found: dict[str, _Entry] = {}
        for line in (listed or b"").decode("utf-8", "surrogateescape").split("\0"):
            about, _, path = line.partition("\t")
            if about.startswith(_FILE_MODES):
                _, _, name, size = about.split()
                found[path] = _Entry(name, int(size))
        return found

    @cached_property
    def _folders(self) -> dict[str, list[PurePath]]:
        """The files of each folder, by name; a folder of folders alone has none."""
        found: dict[str, list[PurePath]] = {}
        for written in sorted(self._files):
            path = PurePosixPath(written)
            folder = path.parent
            found.setdefault(folder.as_posix(), []).append(path)
            while folder.name and (folder := folder.parent).as_posix() not in found:
                found[folder.as_posix()] = []
        return found

    def _contents(self, path: PurePath, asked: _Entry) -> dict[str, bytes]:
        """Return what a file has, and what all files of its kind have: who reads one program reads more of it."""
        names = {asked.name}
        left = MAX_AT_ONCE
        if path.suffix:
            for written, entry in self._files.items():
                if written.endswith(path.suffix) and entry.size <= min(left, _LARGE):
                    names.add(entry.name)
                    left -= entry.size
        order = sorted(names)
        packed = git_output("cat-file", "--batch", stdin="\n".join(order).encode("ascii") + b"\n") or b""
        found: dict[str, bytes] = {}
        at = 0
        while at < len(packed):
            end = packed.index(b"\n", at)
            name, kind, size = packed[at:end].decode("ascii").split()
            if kind != "blob":
                break
            found[name] = packed[end + 1 : end + 1 + int(size)]
            at = end + 2 + int(size)
        if asked.name not in found:
            msg = "git does not have this file: it was left out of this clone"
            raise SourceError(msg, where=self.label(path), hint="fetch it all: `git fetch --refetch --no-filter`")
        return found


def revision(name: str) -> Revision | None:
    """Return a revision of the repository around the working folder; None where there is none of that name."""
    if name.startswith("-") or "\0" in name:
        return None
    found = git_output("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    return None if found is None else _revision(name, found)


def staged() -> Revision:
    """Return what is staged: what the next commit will have. Raises SourceError: conflicts that are not resolved."""
    tree = git_output("write-tree")
    if tree is None:
        msg = "what is staged cannot be committed: there are conflicts"
        raise SourceError(msg, where="git", hint="resolve them and `git add` the files")
    return _revision("staged", tree).as_working_files()


def _revision(name: str, found: bytes) -> Revision:
    where = (
        (git_output("rev-parse", "--show-toplevel", "--show-prefix") or b"\n").decode("utf-8", "replace").split("\n")
    )
    return Revision(name, found.decode("ascii").strip(), PurePath(where[0]), PurePosixPath(where[1] or "."))


def merge_base(one: str, other: str) -> str | None:
    """Return the last commit that two revisions have in common; None where there is none, or the clone lacks it."""
    found = git_output("merge-base", "--end-of-options", one, other)
    return None if found is None else found.decode("ascii").split()[0]


def is_shallow() -> bool:
    """Tell whether the clone lacks a part of its history."""
    return (git_output("rev-parse", "--is-shallow-repository") or b"").strip() == b"true"


def changed(commit: str, tree: str) -> list[PurePosixPath]:
    """Return the files that differ between a commit and another one or a tree; of a renamed file both paths."""
    found = git_output("diff-tree", "-r", "-z", "--no-renames", "--name-only", "--no-commit-id", commit, tree) or b""
    return [PurePosixPath(path) for path in found.decode("utf-8", "surrogateescape").split("\0") if path]


def working_changes(commit: str) -> list[PurePosixPath]:
    """Return the working files that differ from a commit, those too that git does not know yet."""
    known = git_output("diff", "-z", "--no-renames", "--no-ext-diff", "--name-only", commit) or b""
    fresh = git_output("ls-files", "-z", "--others", "--exclude-standard", "--full-name", ":/") or b""
    return [PurePosixPath(path) for path in (known + fresh).decode("utf-8", "surrogateescape").split("\0") if path]


def git_output(*arguments: str, stdin: bytes = b"") -> bytes | None:
    """Return what a call of git prints; None where it says no. Raises SourceError where git cannot be asked."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_TRACE")}
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            ["git", "--no-pager", *arguments],
            env=environment,
            input=stdin,
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
