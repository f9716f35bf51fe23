"""The comment on a pull request: found and written anew, and harmless whatever the artifact holds. GitHub is played."""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from markdown_it import MarkdownIt

from analyzer.report.formats import FORMATS
from analyzer.report.markdown import MARKER, MAX_CHARACTERS
from ctxcheck import comment
from ctxcheck.comment import AUTHOR, MAX_ARTIFACT, harmless
from tests.report.test_hostile_names import HOSTILE, changes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REPOSITORY, TOKEN, SHA = "owner/project", "secret", "a" * 40
REPORT = f"{MARKER}\n### all is well\n"


def zipped(files: dict[str, bytes]) -> bytes:
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return packed.getvalue()


class Played:
    """GitHub: what it holds, what it was told, and who showed which token where."""

    def __init__(self) -> None:
        self.artifact = zipped({"report.md": REPORT.encode()})
        self.comments: list[dict[str, Any]] = []
        self.pulls: list[dict[str, Any]] = [{"number": 7, "head": {"sha": SHA}}]
        self.asked: list[dict[str, list[str]]] = []
        self.told: list[tuple[str, str, str]] = []
        self.tokens: dict[str, str | None] = {}
        self.refuses = False
        self.expired = False
        self.store = ""  # the address of the host that keeps artifacts

    def answer(self, method: str, url: str, body: Any) -> tuple[int, Any]:  # noqa: ANN401 - JSON
        parts = urlsplit(url)
        path = parts.path.removeprefix(f"/repos/{REPOSITORY}/")
        query = parse_qs(parts.query)
        if method != "GET":
            if self.refuses:
                return 403, {"message": "Resource not accessible by integration"}
            self.told.append((method, path, body["body"]))
            return 200, {}
        first = 100 * (int(query.get("page", ["1"])[0]) - 1)
        match path:
            case "actions/runs/5/artifacts":
                found = [{"id": 1, "name": "other", "expired": False}]
                found.append({"id": 2, "name": "ctxcheck-report", "expired": self.expired})
                return 200, {"artifacts": found[first : first + 100]}
            case "actions/artifacts/2/zip":
                return 302, f"{self.store}/kept"
            case "pulls":
                self.asked.append(query)
                return 200, self.pulls
            case "issues/7/comments":
                return 200, self.comments[first : first + 100]
        return 404, {}


def served(played: Played, name: str, packed: bool) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            played.tokens[f"{name} {urlsplit(self.path).path}"] = self.headers.get("Authorization")
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            code, said = (200, None) if packed else played.answer(self.command, self.path, body)
            data = played.artifact if packed else json.dumps(said).encode()
            self.send_response(code)
            if code == 302:
                self.send_header("Location", str(said))
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_PATCH = do_GET  # noqa: N815 - so the standard library calls them

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    return server


@pytest.fixture
def github(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Played]:
    played = Played()
    servers = [served(played, "api", packed=False), served(played, "store", packed=True)]
    played.store = f"http://localhost:{servers[1].server_port}"
    run = {"id": 5, "head_sha": SHA, "head_branch": "a&b=c", "head_repository": {"owner": {"login": "forker"}}}
    (tmp_path / "event.json").write_text(json.dumps({"workflow_run": run}), "utf-8")
    environment = {
        "GITHUB_API_URL": f"http://127.0.0.1:{servers[0].server_port}",
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_TOKEN": TOKEN,
        "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    yield played
    for server in servers:
        server.shutdown()
        server.server_close()


def by(login: str, body: str, number: int) -> dict[str, Any]:
    return {"id": number, "user": {"login": login}, "body": body}


def test_the_first_report_is_a_new_comment(github: Played, capsys: pytest.CaptureFixture[str]) -> None:
    assert comment.main() == 0
    assert github.told == [("POST", "issues/7/comments", REPORT)]
    assert capsys.readouterr().out == "#7 has a comment\n"
    assert github.asked[0]["head"] == ["forker:a&b=c"]


@pytest.mark.parametrize(
    ("comments", "told"),
    [
        pytest.param([by(AUTHOR, f"{MARKER}\nold", 3)], [("PATCH", "issues/comments/3", REPORT)], id="ours"),
        pytest.param([by(AUTHOR, REPORT, 3)], [], id="ours, and it says the same"),
        pytest.param([by("mallory", f"{MARKER}\nold", 3)], [("POST", "issues/7/comments", REPORT)], id="somebody else's with the marker"),
        pytest.param([by(AUTHOR, f"old {MARKER}", 3)], [("POST", "issues/7/comments", REPORT)], id="another one of ours"),
        pytest.param([{**by("", MARKER, 3), "user": None}], [("POST", "issues/7/comments", REPORT)], id="of a user who is gone"),
        pytest.param([by("x", "y", n) for n in range(100)] + [by(AUTHOR, MARKER, 300)], [("PATCH", "issues/comments/300", REPORT)], id="ours on the second page"),
    ],
)  # fmt: skip
def test_a_comment_is_written_anew(
    github: Played, comments: list[dict[str, Any]], told: list[tuple[str, str, str]]
) -> None:
    github.comments = comments
    assert comment.main() == 0
    assert github.told == told


@pytest.mark.parametrize("why", ["no pull request", "it has moved on", "it may not"])
def test_what_cannot_be_a_comment_goes_to_the_summary(github: Played, tmp_path: Path, why: str) -> None:
    if why == "it may not":
        github.refuses = True
    else:
        github.pulls = [] if why == "no pull request" else [{"number": 7, "head": {"sha": "b" * 40}}]
    assert comment.main() == 0
    assert github.told == []
    assert (tmp_path / "summary.md").read_text("utf-8") == REPORT


def test_the_token_goes_to_github_alone(github: Played) -> None:
    assert comment.main() == 0
    assert github.tokens.pop("store /kept") is None
    assert set(github.tokens.values()) == {f"Bearer {TOKEN}"}


@pytest.mark.parametrize(
    ("artifact", "says"),
    [
        pytest.param(b"no archive", "no report.md that can be read", id="no archive"),
        pytest.param(zipped({"other.md": b""}), "no report.md that can be read", id="no report in it"),
        pytest.param(zipped({"report.md": b"\xff"}), "no report.md that can be read", id="no UTF-8"),
        pytest.param(zipped({"report.md": b"hello"}), "this is no report", id="no marker"),
        pytest.param(zipped({"report.md": MARKER.encode() + b"\n" + b"x" * MAX_CHARACTERS}), "this is no report", id="too long"),
        pytest.param(zipped({"report.md": MARKER.encode() + b"\n" * 10**8}), "this is no report", id="little that unpacks to much"),
        pytest.param(bytes(MAX_ARTIFACT + 1), "more than 10,000,000 bytes", id="too large"),
    ],
)  # fmt: skip
def test_what_is_no_report_of_ours_is_refused(
    github: Played, capsys: pytest.CaptureFixture[str], artifact: bytes, says: str
) -> None:
    github.artifact = artifact
    assert comment.main() == 3
    assert says in capsys.readouterr().err
    assert github.told == []


def test_an_artifact_that_is_gone(github: Played, capsys: pytest.CaptureFixture[str]) -> None:
    github.expired = True
    assert comment.main() == 3
    assert "the run has no artifact ctxcheck-report" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "value", "status", "says"),
    [
        pytest.param("GITHUB_TOKEN", "", 2, "GITHUB_TOKEN must be set", id="no token"),
        pytest.param("GITHUB_API_URL", "http://example.org", 2, "only https is asked", id="in the clear"),
        pytest.param("GITHUB_API_URL", "http://127.0.0.1:9", 3, "GitHub cannot be asked", id="nobody answers"),
        pytest.param("GITHUB_REPOSITORY", "owner/gone", 3, "GitHub answers 404 to GET", id="no such repository"),
    ],
)
@pytest.mark.usefixtures("github")
def test_errors(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str, status: int, says: str
) -> None:
    monkeypatch.setenv(name, value)
    assert comment.main() == status
    said = capsys.readouterr().err
    assert says in said
    assert TOKEN not in said


def test_another_event_is_refused(github: Played, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "event.json").write_text('{"pull_request": {}}', "utf-8")
    assert comment.main() == 2
    assert "on workflow_run alone" in capsys.readouterr().err
    assert github.told == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("@everyone and @org/team", id="a mention"),
        pytest.param("&#64;everyone &#x40;everyone &commat;everyone &#0064;x", id="a mention by number"),
        pytest.param("[x](http://y) ![x](http://y/z.png) [x](/settings)", id="links and pictures"),
        pytest.param("[x][y] [y]\n\n[y]: /settings", id="a link by reference"),
        pytest.param("<http://y> http://y www.y.com", id="bare links"),
        pytest.param("<img src=x> <a href=y>z</a> <details open> <DETAILS> <!-- x -->", id="elements"),
        pytest.param("closes #1, owner/project#2, GH-3", id="references"),
        pytest.param("a\u202eb\u200bc\x1b[31m", id="what hides"),
    ],
)
def test_a_report_of_a_stranger_is_harmless(text: str) -> None:
    found = harmless(f"{MARKER}\n{text}\n")
    shown = MarkdownIt("commonmark").enable("table").render(found.removeprefix(MARKER))
    assert not re.search("<(?!/?p>)", shown)
    for what in ("://", "www.", "#1", "#2", "GH-", "@e", "@x", "@o"):
        assert what not in shown
    assert all(c.isprintable() or c in "\n\u200d" for c in found)
    assert harmless(found) == found


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_report_of_ours_keeps_its_form(name: str) -> None:
    ours = FORMATS["markdown"](changes(name), "0.0.0")
    found = harmless(ours)
    assert len(found) <= 65_536
    kinds = [[token.type for token in MarkdownIt("commonmark").enable("table").parse(text)] for text in (ours, found)]
    assert kinds[0] == kinds[1]
