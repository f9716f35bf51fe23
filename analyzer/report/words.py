"""How reports call things: paths, edits, verdicts, who breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.model import Edit, Step, Surface, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from analyzer.compare.versions import Canister
    from analyzer.model import Occurrence
    from analyzer.rules.rule import Rule

_NAME_LIMIT = 80
_STEPS = {
    "element": "[]",
    "option": "?",
    "pointer": "weak",
    "type": "type",
    "key": "key",
}


def clean(text: str, limit: int = _NAME_LIMIT) -> str:
    """Return text from a user's file fit for a line: nothing that moves a cursor, hides or reorders."""
    shown = "".join(c if c.isprintable() else f"\\u{{{ord(c):x}}}" for c in text[: limit + 1])
    return shown if len(text) <= limit else shown[: limit - 1] + "…"


def step_text(step: Step) -> str:
    """Return a step as paths show it."""
    match step.kind:
        case "argument":
            return f"arg {step.index}"
        case "result":
            return f"result {step.index}"
        case "item":
            return f".{step.index}"
        case "case":
            return f"#{clean(step.name or '')}"
        case "method":
            return f"method {clean(step.name or '')}"
        case "parameter":
            return f"parameter {step.index}"
        case "elided":
            return f"({step.index} steps)"
        case "field" | "variable" | "migration" | "import":
            return clean(step.name or "")
        case kind:
            return _STEPS[kind]


def path_text(root: str, path: Iterable[Step], separator: str = " ▸ ") -> str:
    """Return a path from its root, e.g. `listSeasons ▸ result 0 ▸ [] ▸ status ▸ #paused`."""
    parts = [clean(root)] if root else []
    return separator.join(parts + [step_text(step) for step in path])


def title(edit: Edit) -> str:
    """Return an edit in a few words, e.g. `field added: status : Status`."""
    kind = edit.kind.replace("_", " ")
    label = "" if edit.label is None else clean(edit.label)
    old, new = edit.old.type, edit.new.type
    if edit.kind.endswith("_renamed"):
        return f"{kind}: {label} -> {clean(edit.renamed_to or '')}"
    if old is not None and new is not None:
        return f"{kind}: {old} -> {new}" if not label else f"{kind}: {label} : {old} -> {new}"
    shown = old if old is not None else new
    if edit.kind.startswith(("argument", "result")):
        return f"{kind}: {shown}"
    if edit.kind.startswith("case") and shown in ("null", "()"):
        return f"{kind}: {label}"
    return (
        f"{kind}: {label} : {shown}" if shown is not None and label else f"{kind}: {label or shown or ''}".rstrip(": ")
    )


def who_breaks(occurrence: Occurrence) -> str:
    """Return whom an occurrence breaks, e.g. `clients (js)`; empty where nobody breaks."""
    words = []
    for who in occurrence.breaks:
        several = who == "clients" and occurrence.clients
        words.append(f"{who} ({', '.join(occurrence.clients)})" if several else who)
    return ", ".join(words)


def blocked_by(occurrence: Occurrence) -> str:
    """Return for whose sake an occurrence blocks, e.g. `blocked by: clients (js)`; empty where it does not."""
    words = [
        f"{who} ({', '.join(occurrence.clients)})" if who == "clients" and occurrence.clients else who
        for who in occurrence.blocked_by
    ]
    return f"blocked by: {', '.join(words)}" if words else ""


def decided(occurrence: Occurrence) -> Iterator[tuple[str, str]]:
    """Yield label and text of what the gate says of an occurrence: that it was accepted, who changes with it."""
    if occurrence.accepted is not None:
        entry = occurrence.accepted
        until = f", until {entry.until.isoformat()}" if entry.until is not None else ""
        yield "let", f"accepted by {clean(entry.by)} on {entry.on.isoformat()}{until}: {clean(entry.reason, 300)}"
    if occurrence.note is not None:
        yield "calls", occurrence.note


def guide_says(rule: Rule) -> str:
    """Return what the migration guide says of a kind of change, and whether that is so; empty where it says nothing."""
    if rule.guide is None:
        return ""
    said = rule.guide.value
    called = f'calls it {"safe" if said.safe else "breaking"} ("{said.text}")'
    if rule.guide_only:
        return f"{called}; the official checkers accept this"
    if said.safe and rule.verdict != Verdict.SAFE:
        return f"{called}; the truth: {said.stable if rule.surface == Surface.STABLE else said.candid}"
    return called


def advice(rule: Rule) -> Iterator[tuple[str, str]]:
    """Yield label and text of what a rule tells to do, and what else it says."""
    for i, fix in enumerate(rule.fix):
        yield "fix" if i == 0 else "or", fix
    if rule.note is not None:
        yield "note", rule.note
    if rule.guide is not None:
        yield "guide", guide_says(rule)


def counted(edits: Iterable[Edit]) -> dict[Verdict, int]:
    """Return how many edits have each verdict, worst first."""
    counts = dict.fromkeys(reversed(Verdict), 0)
    for edit in edits:
        counts[edit.verdict] += 1
    return counts


def totals(edits: Iterable[Edit]) -> str:
    """Return e.g. `2 breaking, 3 safe, 1 accepted`: edits by verdict, and of those the ones that were let through."""
    edits = list(edits)
    words = [f"{count} {verdict}" for verdict, count in counted(edits).items() if count]
    accepted = sum(any(o.accepted is not None for o in edit.occurrences) for edit in edits)
    if accepted:
        words.append(f"{accepted} accepted")
    return ", ".join(words) or "no changes"


def called(canister: Canister, limit: int = _NAME_LIMIT) -> str:
    """Return a canister's name, and what it is compared with where that is to be told."""
    name = clean(canister.name, limit)
    return f"{name}, against {clean(canister.against)}" if canister.against else name


def official(surface: Surface, compatible: bool | None, profile: str | None) -> str:  # noqa: FBT001 - an answer
    """Return the official answer as a phrase."""
    checker = (
        "moc"
        if surface == Surface.STABLE
        else {"didc": "didc", "dfx": "dfx", "strict": "didc --strict"}[profile or "didc"]
    )
    return f"{checker}: {'undecided' if compatible is None else 'compatible' if compatible else 'not compatible'}"
