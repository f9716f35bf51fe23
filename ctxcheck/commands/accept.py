"""`ctxcheck accept`."""

from __future__ import annotations

import subprocess
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import click

from analyzer.errors import UsageError
from analyzer.policy.accepted import Accepted, accepted_text
from analyzer.policy.levels import may_be_accepted
from analyzer.report.finding import findings, short_fingerprint
from analyzer.report.words import clean, path_text, title
from analyzer.sources.decisions import read_decisions
from analyzer.sources.paths import read_versions
from ctxcheck.checking import Call, check
from ctxcheck.comparison import Asked, compared
from ctxcheck.progress import Progress
from ctxcheck.reports import write_whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyzer.compare.versions import Canister, ChangeSet
    from analyzer.model import Edit, Occurrence
    from analyzer.policy.gate import Judged

_LEAST = 8  # hex digits that name a change


def _day(_ctx: click.Context, _param: click.Parameter, given: str | None) -> date | None:
    try:
        return None if given is None else date.fromisoformat(given)
    except ValueError:
        msg = f"{given!r} is no day, as 2026-12-31"
        raise click.BadParameter(msg) from None


@click.command("accept", short_help="Let changes through, with a reason, for a time.")
@click.argument("fingerprints", nargs=-1, metavar="[FINGERPRINT]...")
@click.option("--all", "everything", is_flag=True, help="All that blocks and may be accepted.")
@click.option("--reason", metavar="TEXT", help="Why; a person will read it in a review.")
@click.option("--until", metavar="DATE", callback=_day, help="The last day on which it counts, as 2026-12-31.")
@click.option("--between", nargs=2, metavar="OLD NEW", help="Of this comparison, as `ctxcheck diff OLD NEW` takes it.")
@click.option("--base", metavar="REV", help="Of a check against this revision, as `ctxcheck check` takes it.")
@click.option("--lint", "looked", is_flag=True, help="Of what `ctxcheck lint` finds.")
@click.option("--prune", is_flag=True, help="Remove what matches nothing any more, and what has expired.")
@click.pass_context
def command(  # noqa: PLR0913 - what users may ask for
    ctx: click.Context,
    fingerprints: tuple[str, ...],
    reason: str | None,
    until: date | None,
    between: tuple[str, str] | None,
    base: str | None,
    *,
    everything: bool,
    looked: bool,
    prune: bool,
) -> None:
    """Write changes that `ctxcheck check` found into ctxcheck.accepted.toml, which is committed and reviewed.

    A fingerprint is what reports show in brackets; its first digits are enough. What breaks stored data, or may, cannot
    be accepted: it takes a migration function.

    \b
    Exit status:
      0  written
      1  a change may not be accepted
      2  the call is wrong: no such change, no reason
      3  an input cannot be read
    """  # noqa: D301 - click's mark for lines that stay as they are
    if not prune and not fingerprints and not everything:
        msg = "name fingerprints, or --all, or --prune"
        raise click.UsageError(msg, ctx)
    if not prune and not (reason or "").strip():
        msg = "--reason is missing: who reviews this wants to know why"
        raise click.UsageError(msg, ctx)
    today = datetime.now(UTC).date()
    if until is not None and until < today:
        msg = f"--until {until} has passed"
        raise click.UsageError(msg, ctx)
    with Progress("comparing"):
        decided = read_decisions()
        if looked:
            from ctxcheck.linting import lint  # noqa: PLC0415 - most accept changes

            changes, found_by = lint(base=base)
            judged: Judged | None = found_by
        elif between is None:
            found = check(Call(base=base))
            changes, judged = found.changes, found.judged
        else:
            changes, judged = compared(read_versions(*between), Asked(), decided)
    kept = {entry.fingerprint: entry for entry in decided.accepted}
    gone = 0
    if prune and judged is not None:
        for entry in (*judged.unused, *judged.expired):
            gone += kept.pop(entry.fingerprint, None) is not None
    chosen, refused = _chosen(changes, fingerprints, everything=everything)
    for canister, edit, occurrence in chosen:
        kept[occurrence.fingerprint] = Accepted(
            occurrence.fingerprint,
            canister.name,
            occurrence.rule or "",
            clean(title(edit), 200),
            clean(path_text(occurrence.root, occurrence.path), 300),
            reason or "",
            _who(),
            today,
            until,
        )
    if chosen or gone:
        write_whole(str(decided.accepted_file), accepted_text(kept.values()))
        click.echo(f"{decided.accepted_file.name}: {len(chosen)} accepted, {gone} removed; commit it with the change")
    elif not refused:
        click.echo("nothing to accept" if not prune else "nothing to remove")
    for occurrence in refused:
        where = path_text(occurrence.root, occurrence.path)
        click.echo(f"not accepted: [{short_fingerprint(occurrence)}] {occurrence.rule} {where}", err=True)
    if refused:
        click.echo("stored data is at stake: the way through is a migration function", err=True)
    ctx.exit(1 if refused else 0)


def _chosen(
    changes: ChangeSet, fingerprints: Sequence[str], *, everything: bool
) -> tuple[list[tuple[Canister, Edit, Occurrence]], list[Occurrence]]:
    """Return the occurrences that are meant, and of those that block the ones that may not be accepted."""
    chosen: list[tuple[Canister, Edit, Occurrence]] = []
    refused: list[Occurrence] = []
    for fingerprint in fingerprints:
        _meant(changes, fingerprint)
    for finding in findings(changes):
        if finding.canister is None:
            continue
        for occurrence in finding.occurrences:
            meant = any(occurrence.fingerprint.startswith(text.lower()) for text in fingerprints)
            if not meant and not (everything and occurrence.blocked_by):
                continue
            if may_be_accepted(occurrence):
                chosen.append((finding.canister, finding.edit, occurrence))
            else:
                refused.append(occurrence)
    return chosen, refused


def _meant(changes: ChangeSet, text: str) -> None:
    """Raise UsageError where the first digits of a fingerprint stand for none, or for several."""
    if len(text) < _LEAST or not all(c in "0123456789abcdefABCDEF" for c in text):
        msg = f"{text!r} is no fingerprint: at least {_LEAST} hexadecimal digits"
        raise UsageError(msg)
    found = {o.fingerprint for o in changes.occurrences if o.fingerprint.startswith(text.lower())}
    if not found:
        msg = f"no change has the fingerprint {text}"
        raise UsageError(msg, hint="`ctxcheck check --format short` shows those of what changed, in brackets")
    if len(found) > 1:
        msg = f"{text} stands for {len(found)} changes"
        raise UsageError(msg, hint=f"name one of them: {', '.join(sorted(found)[:5])}")


def _who() -> str:
    """Return the person as git knows them."""
    found = []
    for key in ("user.name", "user.email"):
        try:
            done = subprocess.run(
                ["git", "config", key], capture_output=True, encoding="utf-8", errors="replace", timeout=10, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        found.append(done.stdout.strip())
    name, email = [*found, "", ""][:2]
    return " ".join(part for part in (name, f"<{email}>" if email else "") if part) or "unknown"
