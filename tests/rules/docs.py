"""Write what follows from the rules, the pages under `docs/` and the rules' index: `python -m tests.rules.docs`.

rules.md: a chapter a rule. coverage.md: each known kind of change and what it falls under. guide.md: the migration guide's
kinds of change, edit by edit, and what blocks under each policy. config.md and ctxcheck.schema.json: the keys of
ctxcheck.toml.
"""

from __future__ import annotations

import json
import sys
from difflib import unified_diff
from typing import TYPE_CHECKING, Any

from analyzer.model import RULES_VERSION, Polarity, Surface, Verdict
from analyzer.policy.config import KEYS, may_be_lowered, schema
from analyzer.policy.levels import LEVELS, Policy
from analyzer.report.rule_page import facts
from analyzer.rules import INDEX, all_rules, index_text
from analyzer.rules.examples import example_of
from analyzer.rules.guide import Kind, Promise
from tests.rules.rows import CANDID, CANDID_TEXTS, STABLE, STABLE_TEXTS
from tests.shared import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from analyzer.rules.rule import Rule
    from tests.rules.rows import Row

DOCS = ROOT / "docs"
RULES = ROOT / "analyzer" / "rules"
MADE = "<!-- `make docs` writes this page from the rules. -->"
DIRECTIONS = {Polarity.IN: "argument", Polarity.OUT: "result", Polarity.STATE: "stored", None: "argument, result"}


def pages() -> dict[str, str]:
    """Return the text of each page by its name."""
    return {
        "rules.md": "\n".join(_rules()) + "\n",
        "coverage.md": "\n".join(_coverage()) + "\n",
        "guide.md": "\n".join(_guide()) + "\n",
        "config.md": "\n".join(_config()) + "\n",
        "ctxcheck.schema.json": json.dumps(schema(), indent=2) + "\n",
    }


def _rules() -> Iterator[str]:
    yield from (MADE, f"# The rules ({RULES_VERSION})", "")
    yield "## The relation decides, the rules explain"
    yield ""
    yield (
        "Whether an upgrade is compatible is the official checkers' answer, asked about the whole. A rule explains one "
        "difference. Its verdict may be worse than that answer, never better; a no that no rule explains is `S000` or "
        "`C000`, and blocks."
    )
    yield ""
    yield "## What a version shows"
    yield ""
    yield (
        "A part that only one version shows, an interface or a signature, cannot be compared: it is undecided and "
        "blocks, and is never skipped. A canister that is new has nothing to lose."
    )
    for surface, heading in (
        (Surface.STABLE, "Stable: the data that an upgrade keeps"),
        (Surface.CANDID, "Candid: what clients see"),
    ):
        yield from ("", f"## {heading}")
        for rule in all_rules():
            if rule.surface == surface:
                yield from _chapter(rule)


def _chapter(rule: Rule) -> Iterator[str]:
    yield from ("", f"### {rule.id} {rule.slug}", "", f"{rule.title}.", "")
    for label, text in facts(rule):
        if label != "surface":
            yield f"- **{label}** {text}"
    example = example_of(rule)
    if example is None or not example.is_text:
        return
    difference = list(_difference(example.old, example.new))
    if len(difference) < 30:
        yield from ("", "```diff", *difference, "```")


def _difference(old: Path, new: Path) -> Iterator[str]:
    before, after = (path.read_text("utf-8").splitlines() for path in (old, new))
    yield from list(unified_diff(before, after, lineterm="", n=10))[3:] or (f" {line}" for line in before)


def _coverage() -> Iterator[str]:
    yield from (MADE, "# What is covered", "")
    yield (
        "Each kind of change whose consequence is known, and the rules that an example of it falls under. Where there is "
        "none, the change is none on the wire or in memory, and a comparison is empty. The examples are tests."
    )
    rules = {rule.id: rule for rule in all_rules()}
    for heading, rows in (("Stable", (*STABLE, *STABLE_TEXTS)), ("Candid", (*CANDID, *CANDID_TEXTS))):
        yield from ("", f"## {heading}", "", "| change | where | rules |", "|---|---|---|")
        for row in rows:
            yield f"| {row.change} | {row.place} | {_named(row, rules)} |"


def _named(row: Row, rules: dict[str, Rule]) -> str:
    if not row.rules:
        return "no change"
    return ", ".join(f"[{name}](rules.md#{_anchor(rules[name])}) {rules[name].verdict}" for name in sorted(row.rules))


def _anchor(rule: Rule) -> str:
    return f"{rule.id.lower()}-{rule.slug}"


def _guide() -> Iterator[str]:
    yield from (MADE, "# The migration guide, and what is true", "")
    yield (
        "The guide sorts changes into five safe and five breaking kinds. For each of them: what is true of stored data "
        "and of clients, and for each edit that falls under it, whether it blocks under the policies `state`, `wire` "
        "and `guide`. `ctxcheck rules --guide` prints the short form."
    )
    for safe, heading in ((True, "Safe, says the guide"), (False, "Breaking, says the guide")):
        yield from ("", f"## {heading}")
        for kind in Kind:
            if kind.value.safe == safe:
                yield from _kind(kind)
    yield from ("", "## Promised of Enhanced Orthogonal Persistence")
    for promise in Promise:
        yield from ("", f"### {promise.value.text}", "", promise.value.truth)
        named = [rule for rule in all_rules() if promise in rule.promises]
        if named:
            yield from ("", "Rules: " + ", ".join(f"[{r.id}](rules.md#{_anchor(r)})" for r in named))


def _config() -> Iterator[str]:
    yield from (MADE.replace("the rules", "the keys"), "# ctxcheck.toml", "")
    yield "What a project holds itself to. Found upward from the working folder; an option of a call overrules it."
    yield "Without the file the defaults hold: policy `guide`, all clients, dfx's Candid answer where dfx or icp-cli deploys."
    yield ""
    yield "`#:schema ./ctxcheck.schema.json` in its first line makes editors complete and check it: "
    yield "[ctxcheck.schema.json](ctxcheck.schema.json). A key that there is not is an error that names the nearest one."
    yield from ("", "| key | value | what |", "|---|---|---|")
    yield from _keys(KEYS, "")
    yield from ("", "## Levels", "")
    yield "A rule's findings can be made to `block` whatever the policy, to `warn`, or be turned `off`: then they are counted."
    yield (
        "Rules of stored data cannot be lowered: "
        + ", ".join(rule.id for rule in all_rules() if not may_be_lowered(rule.surface, rule.verdict))
        + "."
    )


def _keys(keys: Mapping[str, Any], path: str) -> Iterator[str]:
    for name, key in keys.items():
        inner = {"canisters": "NAME.", "levels": "RULE", "hooks": "HOOK"}.get(name, "")
        kind = {"count": "number", "words": "list of texts"}.get(key.inner or key.kind, "text")
        values = ", ".join(f"`{choice}`" for choice in key.choices) or ("" if key.keys else kind)
        if not key.keys:
            yield f"| `{path}{name}{'.' + inner if inner else ''}` | {values} | {key.help} |"
        yield from _keys(key.keys, f"{path}{name}.{inner}")


def _kind(kind: Kind) -> Iterator[str]:
    said = kind.value
    yield from ("", f"### {said.text}", "", f"- **stored data** {said.stable}", f"- **clients** {said.candid}")
    rules = [rule for rule in all_rules() if rule.guide is kind]
    if rules:
        yield from (
            "",
            "| surface | edit | where | rule | verdict | state | wire | guide |",
            "|---|---|---|---|---|---|---|---|",
        )
    for rule in rules:
        for edit in rule.edits:
            blocks = " | ".join("blocks" if policy in blocking_policies(rule) else "" for policy in Policy)
            name = f"[{rule.id}](rules.md#{_anchor(rule)})"
            where = DIRECTIONS[Polarity.STATE if rule.surface == Surface.STABLE else rule.polarity]
            under = ", under opt" if rule.opt_rule else ""
            yield f"| {rule.surface} | {edit.replace('_', ' ')} | {where}{under} | {name} | {rule.verdict} | {blocks} |"


def blocking_policies(rule: Rule) -> set[Policy]:
    """Return the policies under which what falls under a rule blocks."""
    who = ""
    if rule.surface == Surface.STABLE:
        who = "" if rule.verdict == Verdict.SAFE else "state"
    elif rule.verdict in (Verdict.BREAKING, Verdict.UNDECIDED):
        who = "clients"
    elif rule.guide_only:
        who = "guide"
    ranks = list(Policy)
    return set(ranks[ranks.index(LEVELS[who]) :]) if who else set()


def main() -> None:
    """Write the pages that changed."""
    for path, text in {RULES / INDEX: index_text(), **{DOCS / name: text for name, text in pages().items()}}.items():
        if not path.exists() or path.read_text("utf-8") != text:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
            sys.stdout.write(f"{path.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
