"""How a canister keeps its data: classical persistence, or a switch from one to the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.lint.finding import Found
from analyzer.model import Verdict
from analyzer.text import Sources, location

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.interface import Persistence

_FLAGS = {"classical": "--legacy-persistence", "eop": "--enhanced-orthogonal-persistence"}
_CLASSICAL = "no upgrade is checked: a variable whose type does not fit is silently null, and starts anew"
_NAMES = {
    "classical": "classical persistence",
    "eop": "enhanced orthogonal persistence",
    "unknown": "the compiler's default",
}


def persistence(now: Persistence, before: Persistence | None, text: str, label: str, name: str) -> Iterator[Found]:
    """Yield what the flags of a canister say. before: of the version to compare with, None: there is none.

    text, label: of the project file that has the flags. name: its own.
    """
    sources = Sources()
    sources.add(label, text)
    flag = _FLAGS.get(now, "")
    at = max(0, text.find(flag)) if flag else 0
    where = location(sources, (at, at + len(flag)))
    if now == "classical":
        yield Found("persistence_classical", Verdict.LOSSY, name, _CLASSICAL, where, flag)
    if before is not None and before != now:
        effect = (
            f"from {_NAMES[before]} to {_NAMES[now]}: the way to classical is none, the other way is one without return"
        )
        yield Found("persistence_switched", Verdict.LOSSY, name, effect, where, flag or None)
