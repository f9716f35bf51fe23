"""The two sides of `ctxcheck check`: what is about to be committed or pushed, and what it is to be merged into."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from analyzer.errors import SourceError
from analyzer.sources.git import changed, is_shallow, merge_base, revision, staged, working_changes
from analyzer.sources.worktree import WorkTree

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import PurePath

    from analyzer.sources.git import Revision

_BRANCHES = ("origin/HEAD", "origin/main", "origin/master", "main", "master")
_FETCH = "fetch the whole history: `fetch-depth: 0` of actions/checkout, or `git fetch --unshallow`"


class Sides(NamedTuple):
    """What is compared. base: the commit. against: how reports call it. changed: the files that differ."""

    base: Revision
    new: Revision | WorkTree
    against: str
    changed: frozenset[PurePath]


def sides(
    *,
    asked: str | None,
    baseline: str | None,
    index: bool,
    head: str | None,
    environment: Mapping[str, str] = os.environ,
) -> Sides:
    """Return the two sides.

    asked: the revision that a user names, baseline: the one of the configuration. index: the new side is what is
    staged. head: it is this revision; else it is the working files. Raises SourceError: nothing to compare with.
    """
    head = head or environment.get("PRE_COMMIT_TO_REF")  # of pre-commit, while something is pushed
    tip = revision(head or "HEAD")
    if tip is None:
        what = "there is no commit yet to compare with" if head is None else f"there is no revision {head!r}"
        hint = "the first commit has nothing to break: `git commit --no-verify`" if head is None else _FETCH
        raise SourceError(what, where="git", hint=f"{hint}; in CI: {_FETCH}" if head is None else hint)
    # What a CI checks is committed, as what is pushed is: compared with itself it would show nothing.
    past = head is not None or bool(environment.get("CI"))
    base, name = _base(tip, asked, baseline, environment, past=past)
    base.name = name
    new: Revision | WorkTree
    if head is not None:
        new, paths = tip.as_working_files(), changed(base.commit, tip.commit)
    elif index:
        new = tree = staged()
        paths = changed(base.commit, tree.commit)
    else:
        new, paths = WorkTree(base.top, base.prefix), working_changes(base.commit)
    return Sides(base, new, f"{name} ({base.commit[:7]})", frozenset(paths))


def _base(
    tip: Revision, asked: str | None, baseline: str | None, environment: Mapping[str, str], *, past: bool
) -> tuple[Revision, str]:
    """Return the commit that a change starts from, and how it is called. past: the tip itself is no change."""
    named = asked or baseline or _of_ci(environment)
    names = [named] if named else list(_BRANCHES)
    for name in names:
        found = revision(name)
        if found is None:
            continue
        common = merge_base(found.commit, tip.commit)
        if common is None:
            why = "this clone lacks the history" if is_shallow() else "they have no commit in common"
            msg = f"{name} and {tip.name} cannot be compared: {why}"
            raise SourceError(msg, where="git", hint=_FETCH)
        if past and common == tip.commit:
            return _parent(tip)
        base = revision(common)
        if base is not None:
            return base, name
    if named:
        msg = f"there is no revision {named!r} to compare with"
        raise SourceError(msg, where="git", hint=f"{_FETCH}; or name another one: `--base REV`")
    if past:
        msg = f"nothing says what {tip.name} is to be merged into: there is none of {', '.join(_BRANCHES)}"
        hint = f"name it: `--base REV`, or `baseline` in ctxcheck.toml; {_FETCH}"
        raise SourceError(msg, where="git", hint=hint)
    return tip, tip.name


def _parent(tip: Revision) -> tuple[Revision, str]:
    """Return the commit before one that is merged already: what it changed is what there is to see."""
    found = revision(f"{tip.commit}^")
    if found is None:
        msg = f"there is nothing before {tip.name} to compare with"
        raise SourceError(msg, where="git", hint=f"{_FETCH}; or name another one: `--base REV`")
    return found, f"the commit before {tip.name}"


def _of_ci(environment: Mapping[str, str]) -> str | None:
    """Return what a CI says that a change is to be merged into."""
    branch = environment.get("GITHUB_BASE_REF")
    return f"origin/{branch}" if branch else environment.get("CI_MERGE_REQUEST_DIFF_BASE_SHA") or None


def likely_baseline() -> str | None:
    """Return the revision that changes are merged into, as far as a clone shows it; None where it shows none."""
    for name in _BRANCHES[1:]:
        if revision(name) is not None:
            return name
    return None
