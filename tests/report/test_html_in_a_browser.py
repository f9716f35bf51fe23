"""The page in Chromium: real clicks and keys, narrow and wide, light and dark, and without scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from analyzer.report.html.page import html_text
from tests.proof.service import large_service
from tests.report.browser import CHROMIUM, Page, browser
from tests.report.test_reports import changes, of_texts
from tests.shared import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")

CARDS = "#changes > [data-verdict]"


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        path.write_text(html_text(changes("fixtures/demo/old", "fixtures/demo/new"), "0.0.0"), "utf-8")
    return path


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "large.html"
    path.write_text(html_text(of_texts(*large_service(90_000)), "0.0.0"), "utf-8")
    return path


def shown(page: Page, selector: str = CARDS) -> int:
    """Return how many elements are there to be seen."""
    return int(page.value(f"[...document.querySelectorAll('{selector}')].filter((e) => e.offsetParent).length"))


@pytest.mark.parametrize(
    ("clicks", "cards", "rows"),
    [
        pytest.param([], 9, 15, id="nothing chosen"),
        pytest.param([".filters .breaking"], 5, 6, id="what breaks"),
        pytest.param([".filters .safe"], 4, 8, id="what is safe"),
        pytest.param([".filters .lossy"], 1, 1, id="a change that breaks and loses is found by both"),
        pytest.param([".filters .breaking", ".filters .safe"], 9, 14, id="two verdicts add up"),
        pytest.param([".filters .stable"], 6, 6, id="stored data"),
        pytest.param([".filters .stable", ".filters .safe"], 2, 3, id="a verdict and a surface"),
        pytest.param([".filters .yes"], 5, 7, id="what blocks"),
        pytest.param([".filters .safe", ".filters .safe"], 9, 15, id="clicked twice"),
        pytest.param([".filters .safe", "#reset"], 9, 15, id="cleared"),
    ],
)
def test_filters(page: Page, report: Path, clicks: list[str], cards: int, rows: int) -> None:
    page.open(report)
    for selector in clicks:
        page.click(selector)
    assert (shown(page), shown(page, "tbody tr")) == (cards, rows)
    assert page.value("document.getElementById('shown').value") == f"{cards} of 9 changes"


def test_search_by_keys(page: Page, report: Path) -> None:
    page.open(report)
    page.press("/", *"paused status")
    assert (shown(page), shown(page, "tbody tr")) == (1, 3)
    page.press("Escape")
    assert shown(page) == 9


def test_keys_go_from_change_to_change(page: Page, report: Path) -> None:
    page.open(report)
    focused = "[...document.querySelectorAll('" + CARDS + "')].indexOf(document.activeElement)"
    page.press("j", "j", "k", "j")
    assert page.value(focused) == 1


def test_a_fold_opens(page: Page, report: Path) -> None:
    page.open(report)
    assert page.value("document.querySelectorAll('details[open]').length") == 0
    page.click("details.card > summary")
    assert page.value("document.querySelectorAll('details.card[open]').length") == 1


def test_a_link_shows_what_was_hidden(page: Page, report: Path) -> None:
    page.open(report)
    page.click(".filters .breaking")
    page.click("tbody tr a")
    assert page.value("document.querySelector(':target').offsetParent !== null")


def test_a_fingerprint_is_copied(page: Page, report: Path) -> None:
    page.open(report)
    page.click(".copy")
    assert page.value("document.querySelector('.copy').textContent") == "copied"
    page.click("#search")
    page.call("Input.dispatchKeyEvent", type="keyDown", key="v", modifiers=2, commands=["paste"])
    assert page.value("document.querySelector('.copy').dataset.copy === document.getElementById('search').value")


def test_without_scripts_all_can_be_read(page: Page, report: Path) -> None:
    page.open(report, scripts=False)
    # Expressions of the driver run all the same; those of the page do not.
    assert page.value("document.documentElement.className") == ""
    assert (shown(page), shown(page, "tbody tr")) == (9, 15)
    assert (shown(page, ".filters"), shown(page, ".copy"), shown(page, ".keys")) == (0, 0, 0)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1400, 400])
def test_it_fits_and_can_be_read(page: Page, report: Path, width: int, dark: bool) -> None:
    page.open(report, width=width, dark=dark)
    assert page.value("document.documentElement.scrollWidth <= innerWidth")
    ground, ink = (
        page.value(f"getComputedStyle(document.body).{name}.match(/\\d+/g).slice(0, 3).reduce((a, b) => a + +b, 0)")
        for name in ("backgroundColor", "color")
    )
    assert (ground < 150 and ink > 600) if dark else (ground > 600 and ink < 150)


# Text needs a contrast of 4.5 to what it stands on (WCAG 2.2, 1.4.3).
CONTRAST = """
(() => {
  const parts = (c) => c.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const c = parts(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] > 0) return c;
    }
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const poor = [];
  for (let node; (node = walker.nextNode());) {
    const e = node.parentElement;
    if (!node.data.trim() || !e.getClientRects().length || e.closest("svg, .skip")) continue;
    const [a, b] = [light(parts(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
    if ((a + .05) / (b + .05) < 4.5) poor.push(`${e.tagName}.${e.className}: ${node.data.trim().slice(0, 30)}`);
  }
  return poor;
})()
"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_stands_out_from_its_ground(page: Page, report: Path, dark: bool) -> None:
    page.open(report, dark=dark)
    assert page.value(CONTRAST) == []


def test_it_prints_with_everything_unfolded(page: Page, report: Path, tmp_path: Path) -> None:
    page.open(report)
    page.call("Emulation.setEmulatedMedia", media="print")
    assert page.value("document.querySelector('details.card .finding').getBoundingClientRect().height") > 20
    assert shown(page, ".filters") == 0
    page.printed(tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
    page.call("Emulation.setEmulatedMedia", media="")


def test_the_policy_stops_what_is_not_of_the_page(page: Page, report: Path) -> None:
    page.open(report)
    page.value("const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s)")
    assert page.value("window.ran === undefined")


def test_the_picture_leads_to_the_cards_and_lights_up(page: Page, report: Path) -> None:
    page.open(report)
    page.click(".filters .safe")
    page.click("svg a.change.breaking text")
    assert page.value("document.querySelector(':target').offsetParent !== null")
    assert page.value("document.querySelectorAll('.way.lit').length") == 2  # of stored data and of clients


FITS = """
(() => {
  const inside = (a, b) => a.left >= b.left - 1 && a.right <= b.right + 1 && a.top >= b.top - 1 && a.bottom <= b.bottom + 1;
  const wrong = [];
  for (const svg of document.querySelectorAll("svg")) {
    const whole = svg.getBoundingClientRect();
    for (const one of svg.querySelectorAll("text, rect, path, circle"))
      if (!inside(one.getBoundingClientRect(), whole)) wrong.push(one.outerHTML);
    for (const change of svg.querySelectorAll("a.change")) {
      const box = change.querySelector("rect").getBoundingClientRect();
      for (const one of change.querySelectorAll("text"))
        if (!inside(one.getBoundingClientRect(), box)) wrong.push(one.outerHTML);
    }
  }
  return wrong;
})()
"""


@pytest.mark.parametrize("width", [1400, 400])
def test_nothing_in_the_picture_stands_out_of_it(page: Page, report: Path, large: Path, width: int) -> None:
    for path in (report, large):
        page.open(path, width=width)
        assert page.value("document.querySelectorAll('svg .change').length") >= 5
        assert page.value(FITS) == []
        assert page.value("document.documentElement.scrollWidth <= innerWidth")
