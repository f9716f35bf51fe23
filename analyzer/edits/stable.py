"""What differs between what two programs keep, variable by variable, and what an upgrade does to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.edits.assemble import digest_of_all
from analyzer.edits.renames import renames
from analyzer.edits.stable_types import Flow, StableTypes
from analyzer.edits.walk import Finding, Met, Part, Walk
from analyzer.model import Polarity, Verdict
from analyzer.motoko.compatible import DROPPED, MISSING
from analyzer.motoko.types import Kind
from analyzer.motoko.universe import Undecided

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.motoko.compatible import Compatibility, Variable
    from analyzer.motoko.types import StableField


class StableEdits:
    """All that differs between two signatures."""

    def __init__(self, compatibility: Compatibility) -> None:
        self.compatibility = compatibility
        self.universe = compatibility.universe
        self.types = StableTypes(compatibility)
        self._variables = {v.name: v for v in compatibility.variables}

    def met(self) -> tuple[list[Met], int]:
        """Return what each variable meets; and how many roots were not listed.

        Where the types are too large to be walked, `unsure` is set and what moc refuses stays unexplained.
        """
        try:
            met, omitted = self._met()
        except Undecided:
            self.compatibility.unsure = self.compatibility.unsure or "its types are too large to be walked"
            met, omitted = [], 0
        return [*met, *self._unexplained(met, omitted)], omitted

    def _met(self) -> tuple[list[Met], int]:
        compatibility = self.compatibility
        both = [(v, v.old, v.new) for v in compatibility.variables]
        gone = [v for v, old, new in both if new is None]
        come = [v for v, old, new in both if old is None and new is not None and not new.required]
        paired = renames(gone, come, self._structure_of) if gone and come else []
        renamed = {v.name for pair in paired for v in pair}
        met = [self._renamed(old, new) for old, new in paired]
        met += [self._gone(v) for v in gone if v.name not in renamed]
        met += [self._come(v) for v, old, _ in both if old is None and v.name not in renamed]
        roots = []
        for variable, old, new in both:
            if old is not None and new is not None:
                met += self._taken_over(variable, old, new)
                roots += [
                    (variable.name, state)
                    for _, state in self.types.into((), compatibility.old_node(old), new.node, Flow.KEEP)
                ]
        walk = Walk(roots, self.types.expand)
        return met + walk.met(), walk.omitted

    def _unexplained(self, met: list[Met], omitted: int) -> Iterator[Met]:
        """Yield a finding for each variable that moc refuses and in which no difference was found to refuse."""
        explained = {one.root for one in met if one.finding.verdict == Verdict.BREAKING}
        for variable in self.compatibility.variables:
            if variable.code is None or variable.name in explained or omitted:
                continue
            old, new = (
                Part(None, side.span) if field is None else Part(None, field.span)
                for side, field in (
                    (self.compatibility.old, variable.old),
                    (self.compatibility.new, variable.new),
                )
            )
            effect = "why is not known to ctxcheck"
            finding = self._finding("unexplained", (old, new), variable.name, Verdict.BREAKING, effect, variable.code)
            yield Met(variable.name, finding, ())

    def digests(self, root: str) -> tuple[str, str]:
        """Return the digest of a variable's type on each side, "" where a side does not have it."""
        old, new = self._root_types(root)
        try:
            return digest_of_all(map(self._digest, old)), digest_of_all(map(self._digest, new))
        except Undecided:
            return "", ""  # nothing that is undecided can be accepted, so nothing is looked up by this

    def _root_types(self, root: str) -> tuple[list[int], list[int]]:
        variable = self._variables.get(root)
        if variable is None:
            return [], []
        old = [] if variable.old is None else [self.compatibility.old_node(variable.old)]
        return old, [] if variable.new is None else [variable.new.node]

    def _digest(self, node: int) -> str:
        return self.types.structure.digest(self.universe.expand(node))

    def _structure_of(self, variable: Variable) -> int:
        old, new = self._root_types(variable.name)
        return self.types.structure.classes[self.universe.expand((old or new)[0])]

    # -- variables

    def _finding(
        self,
        kind: str,
        parts: tuple[Part, Part],
        label: str | None,
        verdict: Verdict,
        effect: str,
        code: str | None = None,
        cause: str = "",
    ) -> Finding:
        breaks = ("state",) if verdict in (Verdict.BREAKING, Verdict.LOSSY) else ()
        return Finding(kind, *parts, label, None, Polarity.STATE, verdict, effect, cause, breaks=breaks, code=code)

    def _gone(self, variable: Variable) -> Met:
        assert variable.old is not None  # noqa: S101 - this is what gone means
        parts = self._old_part(variable.old), Part(None, self.compatibility.new.span)
        effect = "its data would be discarded"
        finding = self._finding("variable_removed", parts, variable.name, Verdict.BREAKING, effect, DROPPED)
        return Met(variable.name, finding, ())

    def _come(self, variable: Variable) -> Met:
        assert variable.new is not None  # noqa: S101
        parts = Part(None, self.compatibility.old.span), Part(variable.new.node, variable.new.span)
        kind, verdict, effect = "variable_added", Verdict.SAFE, "the new program initialises it"
        code = None
        if variable.new.required:
            kind, verdict, code = "variable_missing", Verdict.BREAKING, MISSING
            effect = "the migration needs it and the old program does not have it"
        elif self._same_last_migration():
            verdict = Verdict.BREAKING
            effect = "no migration produces it: moc accepts that, and the canister traps at the upgrade"
        elif self.universe.kinds[self.universe.expand(variable.new.node)] == Kind.ANY:
            verdict, effect = Verdict.LOSSY, "a variable of type Any is reset at every upgrade"
        return Met(variable.name, self._finding(kind, parts, variable.name, verdict, effect, code), ())

    def _same_last_migration(self) -> bool:
        old, new = self.compatibility.old.chain, self.compatibility.new.chain
        return bool(old) and bool(new) and old[-1].label == new[-1].label

    def _renamed(self, old: Variable, new: Variable) -> Met:
        assert old.old is not None and new.new is not None  # noqa: S101, PT018
        parts = self._old_part(old.old), Part(new.new.node, new.new.span)
        effect = f"{old.name} is now called {new.name}: its data would be discarded; a migration carries it over"
        found = self._finding("variable_renamed", parts, old.name, Verdict.BREAKING, effect, DROPPED)
        return Met(old.name, found._replace(renamed_to=new.name), ())

    def _taken_over(self, variable: Variable, old: StableField, new: StableField) -> Iterator[Met]:
        """Yield what moc accepts and loses all the same."""
        parts = self._old_part(old), Part(new.node, new.span)
        consumed = self._consumed(variable.name)
        if consumed is not None:
            cause = self.compatibility.new.form
            finding = self._finding("variable_consumed", parts, variable.name, Verdict.LOSSY, consumed, cause=cause)
            yield Met(variable.name, finding, ())
        elif self.universe.kinds[self.universe.expand(new.node)] == Kind.ANY and variable.code is None:
            effect = "a variable of type Any is reset at every upgrade"
            yield Met(variable.name, self._finding("variable_any", parts, variable.name, Verdict.LOSSY, effect), ())

    def _consumed(self, name: str) -> str | None:
        """Return what a migration does to a variable that it consumes, or None where the variable is kept."""
        old, new = self.compatibility.old, self.compatibility.new
        if new.form == "prepost":
            if any(field.name == name and field.required for field in new.before):
                return (
                    "the migration consumes it; only the compiler can tell whether it produces it again (M0206, M0207)"
                )
        elif new.form == "chain":
            done = old.chain[-1].label if old.chain else None
            for migration in reversed(new.chain):
                if migration.label == done:
                    break
                if any(f.name == name for f in migration.domain) and all(f.name != name for f in migration.range):
                    return f'the migration "{migration.label}" consumes it and does not produce it'
        return None

    def _old_part(self, field: StableField) -> Part:
        return Part(self.compatibility.old_node(field), field.span)
