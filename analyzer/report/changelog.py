"""All changes between two versions as release notes, in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.model import Surface, Verdict
from analyzer.report.block import Block, blocks
from analyzer.report.commonmark import code, escaped
from analyzer.report.words import path_text, title, who_breaks
from analyzer.rules import find

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.compare.versions import Canister, ChangeSet

_HEADINGS = {
    Verdict.BREAKING: "Breaking",
    Verdict.UNDECIDED: "Cannot be proven safe",
    Verdict.LOSSY: "Accepted, with something lost",
    Verdict.SAFE: "Compatible",
}
_SURFACES = {Surface.STABLE: "stored data", Surface.CANDID: "clients"}


def changelog(changes: ChangeSet, old: str, new: str) -> str:
    """Return the notes. old, new: what the versions are called."""
    return "\n".join(_lines(changes, old, new)) + "\n"


def _lines(changes: ChangeSet, old: str, new: str) -> Iterator[str]:
    yield f"# Changes from {escaped(old)} to {escaped(new)}"
    several = len(changes.canisters) > 1
    for canister in changes.canisters:
        if several:
            yield ""
            yield f"## {escaped(canister.name)}"
        yield from _canister(canister, "###" if several else "##")


def _canister(canister: Canister, level: str) -> Iterator[str]:
    found = blocks(canister.edits)
    if not found:
        yield ""
        yield "No changes."
    for verdict, heading in _HEADINGS.items():
        of_this = [block for block in found if block.verdict == verdict]
        if of_this:
            yield ""
            yield f"{level} {heading}"
            yield ""
            for block in of_this:
                yield from _block(block)


def _block(block: Block) -> Iterator[str]:
    first = block.edits[0]
    owner = f" in {code(first.owner)}" if first.owner else ""
    what, _, rest = title(first).partition(": ")
    yield f"- {what[:1].upper()}{what[1:]}{f': {code(rest)}' if rest else ''}{owner}"
    for _, occurrences in block.sections:
        one = occurrences[0]
        where = path_text(one.root, one.path)
        at = f" at {code(where)}" if where else ""
        more = f" and {len(occurrences) - 1} more" if len(occurrences) > 1 else ""
        breaks = who_breaks(one)
        whom = f", breaks {breaks}" if one.verdict == Verdict.BREAKING and breaks else ""
        rule = find(one.rule) if one.rule else None
        says = f": {escaped(rule.why)}" if rule is not None and one.verdict != Verdict.SAFE else ""
        yield f"  - {_SURFACES[one.surface]}: {one.verdict}{whom} ({one.rule}){at}{more}{says}"
