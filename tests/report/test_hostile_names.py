"""Text from a user's file is only text, in each format: no markup, no command, no mention, nothing that hides."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET  # reads what was written here

import pytest
from markdown_it import MarkdownIt

from analyzer.candid.parse import parse_candid
from analyzer.compare.versions import ChangeSet, compare_versions
from analyzer.interface import Interface, Provenance, Versions
from analyzer.model import Surface, Verdict
from analyzer.report.commonmark import code, element, escaped
from analyzer.report.formats import FORMATS
from analyzer.report.words import clean
from tests.report.decision import decision
from tests.report.test_formats import commands
from tests.schemas import SARIF, faults, own, public

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

HOSTILE = {
    "an element": '<img src=x onerror=1>"',
    "a script": "</script><script>alert(1)</script>",
    "the end of a folded part": "</details></summary></code>",
    "a workflow command": "::error::x",
    "a workflow command of old": "##[error]x",
    "a property of a workflow command": "x,file=/etc/passwd,title=y::z",
    "an escape of a workflow command": "%0A::error::x%0D%25",
    "right to left": "a\u202eb",
    "nothing to be seen": "a\u200bb\u2066c",
    "a fence": "```",
    "a longer fence": "`````` ~~~~",
    "a backtick at the end": "a`",
    "cells": "| a | b",
    "a bar behind a backslash": "a\\|b\\",
    "a mention": "@everyone",
    "a mention of a team": "x @org/team",
    "a reference": "#1 GH-1 org/repo#2",
    "a comment": "<!-- -->",
    "the marker": "<!-- ctxcheck:report -->",
    "a link": "[x](http://y)",
    "a picture": "![x](http://y/z.png)",
    "a bare link": "http://y www.y.com a@b.com",
    "a formula": "$`x`$ $$y$$",
    "an entity": "&lt;b&gt; &#64;",
    "emphasis": "*a* _b_ **c** __d__ ~~e~~",
    "the terminal's red": "\u001b[31mred",
    "line breaks": "a\r\n\n# b\u2028c",
    "a command of a shell": "$(rm -rf /) `id`",
    "placeholders": "{0} {{1}} %s",
    "the end of a section of XML": "]]><x/>",
    "half of a pair": "\ufffe\uffff",
    "blanks": "  ",
}


def changes(name: str, *, accepted: bool = False) -> ChangeSet:
    """Return a change set that has a name everywhere: canister, file, type's owner, method, field, case, reason."""
    literal = "".join(c if c.isalnum() else f"\\u{{{ord(c):x}}}" for c in name)
    old = f'type T = variant {{ "{literal}" }}; service : {{ "{literal}" : (record {{ "{literal}" : nat }}) -> (T) }}'
    new = (
        f'type T = variant {{ "{literal}"; "{literal}2" }};'
        f'service : {{ "{literal}" : (record {{ "{literal}" : text }}) -> (T); "{literal}3" : () -> () }}'
    )
    sides = []
    for text, side in ((old, "old"), (new, "new")):
        label = f"{name}{side}.did"
        candid = parse_candid(text, label)
        sides.append(Interface(name, candid=candid, provenance={Surface.CANDID: Provenance("file", label, "0" * 64)}))
    found = compare_versions([Versions(name, sides[0], sides[1])] * 2, profile="didc", surfaces=[Surface.CANDID])
    assert {Verdict.BREAKING, Verdict.SAFE} <= {edit.verdict for edit in found.edits}
    for occurrence in found.occurrences if accepted else ():
        occurrence.accepted = decision(name, by=name)
        occurrence.blocked_by = ()
    return found


@pytest.fixture(params=[False, True], ids=["blocked", "accepted"])
def accepted(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


each = pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE.keys())


@each
@pytest.mark.parametrize("form", [form for form in FORMATS if form != "html"])
def test_every_character_can_be_seen(name: str, form: str, accepted: bool) -> None:
    text = FORMATS[form](changes(name, accepted=accepted), "0.0.0")
    # The joiner, by which Markdown's mentions are broken, is ours: one from a file is shown by its number.
    assert {c for c in text if not c.isprintable()} <= ({"\n", "\u200d"} if form == "markdown" else {"\n"})


@each
def test_github(name: str, accepted: bool) -> None:
    found = commands(changes(name, accepted=accepted))  # every line is one command, whatever the name
    assert {level for level, _, _ in found} == ({"notice"} if accepted else {"error", "notice"})
    for _, about, _ in found:
        assert set(about) <= {"file", "line", "endLine", "col", "endColumn", "title"}
    titles = {about["title"] for _, about, _ in found}
    assert all(re.fullmatch(r"ctxcheck|\w+ [CS]\d{3} [\w-]+", title) for title in titles)


@each
def test_sarif(name: str, accepted: bool) -> None:
    log = json.loads(FORMATS["sarif"](changes(name, accepted=accepted), "0.0.0"))
    assert faults(public(SARIF), log) == []
    for result in log["runs"][0]["results"]:
        text = result["message"]["text"]
        assert not re.search(r"\[[^\]]*\]\(", text)  # a link
        assert not re.search(r"(?<!\{)\{(\{\{)*\d+\}", text)  # a placeholder
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"[\w.~%/-]+", uri, re.ASCII)


@each
def test_junit(name: str, accepted: bool) -> None:
    root = ET.fromstring(FORMATS["junit"](changes(name, accepted=accepted), "0.0.0"))  # noqa: S314 - written here
    assert {node.tag for node in root.iter()} <= {"testsuites", "testsuite", "testcase", "failure", "system-out"}
    assert {suite.get("name") for suite in root} == {clean(name)}


@each
def test_gitlab(name: str, accepted: bool) -> None:
    issues = json.loads(FORMATS["gitlab"](changes(name, accepted=accepted), "0.0.0"))
    assert faults(own("gitlab.json"), issues) == []


MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
OURS = re.compile(r"</?(details|summary|code|br)>|&#\d+;|<!-- ctxcheck:report -->")


def tokens(text: str) -> Iterator[Token]:
    for token in MARKDOWN.parse(text):
        yield token
        yield from token.children or ()


@each
def test_markdown(name: str, accepted: bool) -> None:
    text = FORMATS["markdown"](changes(name, accepted=accepted), "0.0.0")
    found = list(tokens(text))
    assert {token.type.removesuffix("_open").removesuffix("_close") for token in found} <= {
        "html_block", "heading", "inline", "text", "text_special", "paragraph", "softbreak", "code_inline",
        "bullet_list", "list_item", "table", "thead", "tbody", "tr", "th", "td", "html_inline", "strong",
    }  # fmt: skip
    assert sum(token.content.startswith("<!--") for token in found if token.type == "html_block") == 1
    for token in found:
        if token.type in ("html_inline", "html_block"):
            bare = OURS.sub("", token.content)
            assert not re.search("[<>@&]", bare), bare
        if token.type in ("text", "text_special"):
            # Mentions, references and bare links are looked for in text that is no code.
            assert not re.search(r"@\w|#\d|://|\bwww\.", token.content), token.content
    rows = MARKDOWN.render(text).split("<tr>")[1:]
    assert {row.count("<td") + row.count("<th") - row.count("<thead") for row in rows} == {5}
    elements = "".join(token.content for token in found if token.type == "html_block")
    assert elements.count("<details>") == elements.count("</details>") == elements.count("</summary>")


@each
@pytest.mark.parametrize("write", [escaped, code, element])
@pytest.mark.parametrize("frame", ["a {} b", "| x | y |\n|---|---|\n| {} | z |"], ids=["line", "cell"])
def test_markdown_shows_the_name_itself(name: str, write: object, frame: str) -> None:
    assert callable(write)
    shown = MARKDOWN.render(frame.format(write(name)))
    bare = html.unescape(re.sub("</?[a-z]+>", "", shown)).replace("\u200d", "")
    assert " ".join(clean(name).split()) in " ".join(bare.split())


@each
def test_html(name: str) -> None:
    text = FORMATS["html"](changes(name), "0.0.0")
    assert "<img" not in text
    assert text.count("<script") == text.count("</script>") == 2  # its own, and the data
    assert all(c.isprintable() or c == "\n" for c in text)
