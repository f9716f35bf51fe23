"""The page: well-formed, one file, nothing from outside, and text from users' files is never markup."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from analyzer.model import Verdict
from analyzer.report.block import blocks
from analyzer.report.html.element import ATTRIBUTES, TAGS, VOID, Element, element, html, inline
from analyzer.report.html.page import MAX_BYTES, html_text
from analyzer.report.json import document
from analyzer.rules import find
from tests.canister.build import NAME, REGISTRY, versions
from tests.proof.service import large_service
from tests.report.test_reports import HOSTILE, changes, of_texts
from tests.shared import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from analyzer.compare.versions import ChangeSet

UPGRADES = {name: entry["upgrades"] for name, entry in versions().items() if "upgrades" in entry}


class Parsed(HTMLParser):
    """A page as a browser takes it apart. Raises AssertionError where it is not balanced or has what pages do not."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.raw: dict[str, list[str]] = {"style": [], "script": []}
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        assert len(named) == len(attrs)
        assert tag in TAGS or tag in self.raw
        assert named.keys() <= {name.lower() for name in ATTRIBUTES}
        assert not any(name.startswith("on") or name in ("style", "src") for name in named)
        assert (named.get("href") or "#").startswith(("#", "data:"))
        self.tags.append((tag, named))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in self.raw:
            self.raw[self.open[-1]].append(data)
        else:
            self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        pytest.fail(f"a comment: {data}")

    def ids(self) -> list[str]:
        return [named["id"] or "" for _, named in self.tags if "id" in named]


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch) -> ChangeSet:
    monkeypatch.chdir(ROOT)
    return changes("fixtures/demo/old", "fixtures/demo/new")


def test_the_page_says_all_that_there_is(demo: ChangeSet) -> None:
    page = Parsed(html_text(demo, "0.0.0"))
    text = "".join(page.texts)
    for block in blocks(demo.canisters[0].edits):
        for edit, occurrences in block.sections:
            first = occurrences[0]
            rule = find(first.rule or "")
            assert rule is not None
            said = [rule.id, rule.slug, first.fingerprint[:12], edit.owner or "", *(o.root for o in occurrences)]
            if first.verdict != Verdict.SAFE:
                said += [rule.why, *rule.fix, first.witness.value if first.witness else ""]
            said = [one.replace("`", "") for one in said]  # what stands in backticks is code
            assert [one for one in said if one not in text] == []
    assert "This upgrade may not pass: stored data is at stake." in text


def test_every_link_leads_somewhere(demo: ChangeSet) -> None:
    page = Parsed(html_text(demo, "0.0.0"))
    ids = page.ids()
    assert len(ids) == len(set(ids))
    links = [named["href"] or "" for tag, named in page.tags if tag == "a"]
    assert links
    assert {link[1:] for link in links} <= set(ids)


def test_the_policy_lets_in_this_style_and_this_script_alone(demo: ChangeSet) -> None:
    page = Parsed(html_text(demo, "0.0.0"))
    (policy,) = [named["content"] or "" for _, named in page.tags if "http-equiv" in named]
    (style,), script = page.raw["style"], page.raw["script"][-1]
    digests = {
        kind: base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for kind, text in (("style", style), ("script", script))
    }
    assert policy.split("; ") == [
        "default-src 'none'",
        f"style-src 'sha256-{digests['style']}'",
        f"script-src 'sha256-{digests['script']}'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    assert not re.search(r"https?:|//\w|url\(|@import|fetch\(|import\(", style + script)


def test_the_page_carries_the_json_report(demo: ChangeSet) -> None:
    page = Parsed(html_text(demo, "0.0.0"))
    assert json.loads(page.raw["script"][0]) == document(demo, "0.0.0")


@pytest.mark.parametrize("name", UPGRADES)
def test_every_version_of_the_example_renders(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REGISTRY)
    text = "".join(Parsed(html_text(changes(UPGRADES[name], name), "0.0.0")).texts)
    assert NAME in text


NAMES = {
    **HOSTILE,
    "an end of a script": "</script><script>alert(1)</script>",
    "a comment": "<!-- x",
    "an end of a comment": "--> x",
    "an end of a style": "</style><b>",
    "a quote that ends an attribute": '" onmouseover="alert(1)',
    "another quote": "' autofocus onfocus='alert(1)",
    "a reference": "&lt;b&gt; &amp; &#60;",
    "a link": "javascript:alert(1)",
    "data": "]]><svg onload=alert(1)>",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_a_name_from_a_file_is_only_text(name: str) -> None:
    literal = name.replace("\\", "\\\\").replace('"', '\\"')
    old = f'service : {{ "{literal}" : (record {{ "{literal}" : nat }}) -> () }}'
    new = f'service : {{ "{literal}" : (record {{ "{literal}" : text }}) -> () }}'
    compared = of_texts(old, new)
    compared.canisters[0].name = name
    harmless = of_texts(*(text.replace(literal, "harmless") for text in (old, new)))
    page, other = Parsed(text := html_text(compared, name)), Parsed(html_text(harmless, "0.0.0"))
    assert all(c.isprintable() or c == "\n" for c in text)
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in other.tags]
    assert [list(named) for _, named in page.tags] == [list(named) for _, named in other.tags]
    assert page.raw["style"] == other.raw["style"]
    assert page.raw["script"][1:] == other.raw["script"][1:]


@pytest.mark.parametrize(
    ("pair", "cards"),
    [
        pytest.param(large_service(90_000), 11, id="a large service"),
        pytest.param(
            tuple(f"service : {{ {'; '.join(f'm{i} : () -> ({kind})' for i in range(3000))} }}" for kind in ("nat", "text")),
            20,
            id="three thousand breaks",
        ),
    ],
)  # fmt: skip
def test_the_page_stays_small(pair: tuple[str, str], cards: int) -> None:
    text = html_text(of_texts(*pair), "0.0.0")
    assert len(text.encode()) < MAX_BYTES
    page = Parsed(text)
    assert sum((named.get("class") or "").startswith("card ") for _, named in page.tags) >= cards


def test_a_link_leads_only_to_a_card_that_there_is() -> None:
    # Cards that fill the page at once: there is room for few, and the picture shows more.
    long = "; ".join(f"{'x' * 70}{i} : nat" for i in range(5))
    methods = [
        f"m{i} : (record {{ {long} }}) -> (variant {{ a : record {{ {long}; c%s : nat }} }})" for i in range(150)
    ]
    pair = ("; ".join(methods).replace("%s", side) for side in ("1", "2"))
    page = Parsed(html_text(of_texts(*(f"service : {{ {text} }}" for text in pair)), "0.0.0"))
    assert {(named["href"] or "")[1:] for tag, named in page.tags if tag == "a"} <= set(page.ids())


def test_of_several_canisters_each_change_says_whose_it_is(tmp_path: Path) -> None:
    for side, result in (("old", "nat"), ("new", "text")):
        (tmp_path / side).mkdir()
        for name in ("ledger", "registry"):
            (tmp_path / side / f"{name}.did").write_text(f"service : {{ get : () -> ({result}) }}", "utf-8")
    compared = changes(str(tmp_path / "old"), str(tmp_path / "new"))
    page = Parsed(html_text(compared, "0.0.0"))
    assert len(page.ids()) == len(set(page.ids()))
    # In the banner twice, above its picture, in its card and in its row.
    assert [page.texts.count(name) for name in ("ledger", "registry")] == [4, 4]


def test_nothing_changed() -> None:
    text = html_text(of_texts("service : {}", "service : {}"), "0.0.0")
    assert "No changes" in "".join(Parsed(text).texts)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: element("iframe"), id="an element"),
        pytest.param(lambda: element("p", onclick="x"), id="an attribute"),
        pytest.param(lambda: element("a", href="javascript:x"), id="a link that runs"),
        pytest.param(lambda: element("a", href="https://a.example"), id="a link that leads out"),
        pytest.param(lambda: inline("script", "x</script>"), id="a script that ends early"),
        pytest.param(lambda: inline("script", "x<!--<script>"), id="a script that hides its end"),
        pytest.param(lambda: inline("p", "x"), id="markup"),
    ],
)
def test_what_pages_do_not_have_is_refused(make: object) -> None:
    assert callable(make)
    with pytest.raises(ValueError, match=r"a page|stand in"):
        make()


@pytest.mark.parametrize(
    ("node", "written"),
    [
        (element("p", "<b> & \"x\" 'y'"), "<p>&lt;b&gt; &amp; &quot;x&quot; &#39;y&#39;</p>"),
        (element("p", "a\u202eb\u200b\x00\t"), "<p>a\\u{202e}b\\u{200b}\\u{0}    </p>"),
        (element("a", "x", href="#a", title=None, data_edit='"'), '<a href="#a" data-edit="&quot;">x</a>'),
        (element("br"), "<br>"),
        (element("path", d="M0"), '<path d="M0"></path>'),
    ],
)
def test_what_is_written(node: Element, written: str) -> None:
    assert html(node) == written


def test_the_command_writes_it(tmp_path: Path) -> None:
    from tests.command.process import run  # noqa: PLC0415

    (tmp_path / "old.did").write_text("service : {}", "utf-8")
    (tmp_path / "new.did").write_text("service : { m : () -> () }", "utf-8")
    done = run(tmp_path, "diff", "old.did", "new.did", "--format", "html")
    assert (done.returncode, done.stdout[:15], done.stderr) == (0, "<!doctype html>", "")
    Parsed(done.stdout)
