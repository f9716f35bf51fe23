"""How a run ended, in words that need nothing of ours: what runs, where the copies are, what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from migrator.network.errors import NetworkError

if TYPE_CHECKING:
    from analyzer.errors import CtxError
    from migrator.context import Context

COMMITTED, ROLLED_BACK, REFUSED = "committed", "rolled back", "refused"
OPERATOR, HELD, WAITING = "operator needed", "held", "not begun"
CODES = {COMMITTED: 0, ROLLED_BACK: 8, REFUSED: 5, OPERATOR: 6, HELD: 6, WAITING: 0}


class TargetOutcome(NamedTuple):
    """How it ended for a target. lines: what runs, where the copies are, what next."""

    name: str
    canister: str
    word: str
    exit_code: int
    why: str
    lines: tuple[str, ...]


class Outcome(NamedTuple):
    """How a run ended. run: its name. error: what went wrong first, None: nothing."""

    run: str
    targets: tuple[TargetOutcome, ...]
    error: CtxError | None

    @property
    def exit_code(self) -> int:
        """The first that is not 0."""
        return next((one.exit_code for one in self.targets if one.exit_code), 0)


def ending(at: Context, word: str) -> tuple[str, ...]:
    """Return what an operator has to know, also in icp-cli's words."""
    target, facts, url = at.target, at.facts, at.saved.plan.network.url
    where = f"{target.canister} -n {url}"
    lines = [_runs(at)]
    if "snapshot" in facts:
        lines.append(f"snapshot {facts['snapshot']} is on the chain, unless it was pruned")
    lines += [f"{name.removeprefix('backup_')}: {facts[name]}" for name in sorted(facts) if name.startswith("backup_")]
    if "timer_back" in facts:
        now = "is armed" if facts["timer_back"] else "is NOT armed: what it does by the clock stands still"
        how = " (the old module was put on itself)" if at.did("install", "rearm") else ""
        lines.append(f"its timer was armed before, and {now}{how}")
    run = at.state.run
    match word:
        case "committed":
            lines.append("next: ctxcheck verify, ctxcheck history; commit deployed/ and the history")
        case "refused" | "rolled back":
            lines += [f"next: ctxcheck status {target.canister}", f"      icp canister status {where}"]
        case "held":
            lines.append(f"next: ctxcheck migrate --resume {run}, or ctxcheck rollback {run}")
        case "operator needed":
            lines.append(f"next: ctxcheck recover {target.canister}; ctxcheck migrate --resume {run}")
            lines.append(f"  by hand: icp canister status {where}; icp canister snapshot list {where}")
            if "snapshot" in facts:
                lines.append(f"  back: icp canister stop {where}")
                lines.append(f"        icp canister snapshot restore {target.canister} {facts['snapshot']} -n {url}")
            lines.append(f"  on: icp canister start {where}")
    return tuple(lines)


def _runs(at: Context) -> str:
    try:
        certified, status = at.certified(), at.status()
    except NetworkError as error:
        return f"what runs is not known: {error.what}"
    known = {at.old_hash: "the old version", at.new_hash: "the new version"}
    which = known.get(certified.module_hash or b"", "another module than those of the plan")
    module = "none" if certified.module_hash is None else certified.module_hash.hex()[:12]
    return f"{which} (module {module}) is {status.status}"
