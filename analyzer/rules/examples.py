"""The example of a rule: an old and a new version that it covers, and a near miss that it does not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import fixtures
from analyzer.model import Surface

if TYPE_CHECKING:
    from analyzer.rules.rule import Rule

_SUFFIX = {Surface.STABLE: ".most", Surface.CANDID: ".did"}
NO_EXAMPLE = frozenset({"S000", "C000"})  # what no rule explains: an example would be a fault


@dataclass(frozen=True, slots=True)
class Example:
    """Paths of two files or two folders, and of what takes the place of `new` in the near miss."""

    old: Path
    new: Path
    miss: Path

    @property
    def is_text(self) -> bool:
        """Whether it is two texts; some rules are about what a folder shows."""
        return self.old.is_file()


def example_of(rule: Rule) -> Example | None:
    """Return a rule's example; None where it has none."""
    if rule.id in NO_EXAMPLE:
        return None
    folder = Path(fixtures.__path__[0]) / "rules" / rule.id
    suffix = "" if (folder / "old").is_dir() else _SUFFIX[rule.surface]
    return Example(*(folder / f"{name}{suffix}" for name in ("old", "new", "miss")))
