"""Put the report of a checked pull request into one comment: `python -m ctxcheck.comment`, in a `workflow_run`.

The check of a pull request runs without any right to write, and leaves its report as an artifact. This runs after it,
with the right to comment, and takes what it finds there for what it may be: written by whoever sent the pull request.
Nothing of it is run; the pull request is looked up, not read from it; of the report only our own elements are let
through. Where it cannot be a comment, it goes to the summary of the job.
"""

from __future__ import annotations

import json
import os
import re
import sys
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import Request, urlopen
from zipfile import BadZipFile, ZipFile

from analyzer.errors import CtxError, SourceError, UsageError
from analyzer.report.markdown import MARKER, MAX_CHARACTERS
from analyzer.report.words import clean

ARTIFACT, REPORT = "ctxcheck-report", "report.md"
AUTHOR = "github-actions[bot]"  # as whom a workflow's token comments
MAX_ARTIFACT = 10_000_000  # bytes, packed
MAX_ANSWER = 20_000_000
_SECONDS = 30
_PAGE = 100  # comments or artifacts an answer, GitHub's most
_PAGES = 50
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_FORBIDDEN = 403

# What our reports have of HTML; any other `<` is shown as one.
_OURS = r"/?(?:details|summary|code)>|br>"
_MARKUP = re.compile(rf"<(?!{_OURS})")
_AT = re.compile("@|&(?:#0*64|#[xX]0*40|commat);")
_ISSUE = re.compile(r"((?<!&)#(?=\d)|\bGH(?=-))", re.IGNORECASE)
_JOINER = "\u200d"


class Refused(CtxError):
    """GitHub does not allow it."""

    exit_code = 3


class GitHub(NamedTuple):
    """The REST API for one repository. api: its address. repository: `owner/name`."""

    api: str
    repository: str
    token: str

    def ask(self, path: str, query: dict[str, str | int] | None = None) -> Any:  # noqa: ANN401 - JSON
        """Return an answer. path: within the repository. Raises SourceError; Refused."""
        return json.loads(self._send("GET", self._url(path, query), None))

    def tell(self, method: str, path: str, body: dict[str, str]) -> None:
        """Change something. Raises SourceError; Refused."""
        self._send(method, self._url(path, None), json.dumps(body).encode())

    def download(self, path: str, limit: int) -> bytes:
        """Return what an address of the API leads to. Raises SourceError, also for more than `limit` bytes; Refused."""
        return self._send("GET", self._url(path, None), None, limit)

    def _url(self, path: str, query: dict[str, str | int] | None) -> str:
        return f"{self.api}/repos/{quote(self.repository)}/{path}{f'?{urlencode(query)}' if query else ''}"

    def _send(self, method: str, url: str, body: bytes | None, limit: int = MAX_ANSWER) -> bytes:
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            msg = "only https is asked, but for this machine itself"
            raise UsageError(msg, where=url)
        headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
        request = Request(url, body, headers, method=method)  # noqa: S310 - checked above
        # Not sent on where an answer points elsewhere: an artifact is kept by another host.
        request.add_unredirected_header("Authorization", f"Bearer {self.token}")
        try:
            with urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
                data: bytes = answer.read(limit + 1)
        except HTTPError as error:
            with error:
                kind = Refused if error.code == _FORBIDDEN else SourceError
                msg = f"GitHub answers {error.code} to {method}"
                raise kind(msg, where=url) from None
        except (URLError, OSError) as error:
            msg = f"GitHub cannot be asked: {getattr(error, 'reason', error)}"
            raise SourceError(msg, where=url) from None
        if len(data) > limit:
            msg = f"more than {limit:,} bytes"
            raise SourceError(msg, where=url)
        return data

    def pages(self, path: str, key: str | None = None) -> list[dict[str, Any]]:
        """Return the items of a list that comes in pages. key: where an answer has them, None: it is the list."""
        found: list[dict[str, Any]] = []
        for page in range(1, _PAGES + 1):
            answer = self.ask(path, {"per_page": _PAGE, "page": page})
            items = answer if key is None else answer[key]
            found += items
            if len(items) < _PAGE:
                break
        return found


def comment(github: GitHub, run: dict[str, Any]) -> str:
    """Write the comment, anew where there is one already; return what was done.

    run: `workflow_run` of the event. Raises SourceError: GitHub cannot be asked, or the artifact is no report of ours.
    """
    body = report(github, int(run["id"]))
    number = pull_request(github, run)
    if number is None:
        summarise(body)
        return "no open pull request has this commit at its head: the report is in the summary"
    try:
        return _write(github, number, body)
    except Refused as error:
        summarise(body)
        return f"{error}: the report is in the summary"


def _write(github: GitHub, number: int, body: str) -> str:
    for one in github.pages(f"issues/{number}/comments"):
        # The marker alone could be in anybody's comment.
        if one["user"] and one["user"]["login"] == AUTHOR and str(one["body"]).startswith(MARKER):
            if one["body"] == body:
                return f"the comment of #{number} says so already"
            github.tell("PATCH", f"issues/comments/{int(one['id'])}", {"body": body})
            return f"the comment of #{number} is written anew"
    github.tell("POST", f"issues/{number}/comments", {"body": body})
    return f"#{number} has a comment"


def pull_request(github: GitHub, run: dict[str, Any]) -> int | None:
    """Return the number of the open pull request whose head the run has checked; None where there is none.

    The event names none for a fork's, so it is asked for by the branch; what has moved on since gets its own run.
    """
    owner = (run.get("head_repository") or {}).get("owner", {}).get("login")
    if not owner:
        return None
    query: dict[str, str | int] = {"state": "open", "head": f"{owner}:{run['head_branch']}", "per_page": _PAGE}
    for one in github.ask("pulls", query):
        if one["head"]["sha"] == run["head_sha"]:
            return int(one["number"])
    return None


def report(github: GitHub, run: int) -> str:
    """Return the report that a run left, fit for a comment. Raises SourceError."""
    found = [one for one in github.pages(f"actions/runs/{run}/artifacts", "artifacts") if one["name"] == ARTIFACT]
    if not found or found[-1]["expired"]:
        msg = f"the run has no artifact {ARTIFACT}"
        raise SourceError(msg, where=f"run {run}")
    packed = github.download(f"actions/artifacts/{int(found[-1]['id'])}/zip", MAX_ARTIFACT)
    try:
        with ZipFile(BytesIO(packed)) as archive, archive.open(REPORT) as file:
            data = file.read(4 * MAX_CHARACTERS + 1)  # bounded: little may unpack to much
        text = data.decode()
    except (BadZipFile, KeyError, NotImplementedError, RuntimeError, UnicodeDecodeError, EOFError, OSError):
        msg = f"the artifact holds no {REPORT} that can be read"
        raise SourceError(msg, where=f"run {run}") from None
    return harmless(text)


def harmless(text: str) -> str:
    """Return a report of unknown origin, with nothing in it that calls, links or loads.

    Raises SourceError: it is none.
    """
    if not text.startswith(f"{MARKER}\n") or len(text) > MAX_CHARACTERS:
        msg = f"this is no report: one begins with {MARKER} and has at most {MAX_CHARACTERS:,} characters"
        raise SourceError(msg)
    rest = text.removeprefix(MARKER).replace(_JOINER, "")
    rest = "".join(c for c in rest if c.isprintable() or c == "\n")
    rest = _AT.sub(f"@{_JOINER}", rest)
    rest = _MARKUP.sub("&lt;", rest)
    rest = rest.replace("](", f"]{_JOINER}(").replace("]:", f"]{_JOINER}:").replace("][", f"]{_JOINER}[")
    rest = rest.replace("://", f":{_JOINER}//").replace("www.", f"www{_JOINER}.")
    rest = _ISSUE.sub(rf"\1{_JOINER}", rest)
    # What was put in may have made it longer than what GitHub takes.
    return (MARKER + rest)[: MAX_CHARACTERS + 5_000]


def summarise(text: str) -> None:
    """Append a report to the summary of the job, where there is one."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)


def main() -> int:
    """Comment as a workflow's environment says it; return the exit status: 0, 2 (wrongly called), 3 (no report)."""
    try:
        wanted = {name: os.environ.get(name, "") for name in ("GITHUB_REPOSITORY", "GITHUB_TOKEN", "GITHUB_EVENT_PATH")}
        lacking = [name for name, value in wanted.items() if not value]
        if lacking:
            msg = f"{', '.join(lacking)} must be set: this runs in a workflow of GitHub"
            raise UsageError(msg)
        event = json.loads(Path(wanted["GITHUB_EVENT_PATH"]).read_text("utf-8"))
        if "workflow_run" not in event:
            msg = "this runs on workflow_run alone: another event has no right to write that is safe to use"
            raise UsageError(msg)
        api = os.environ.get("GITHUB_API_URL", "https://api.github.com")
        done = comment(GitHub(api, wanted["GITHUB_REPOSITORY"], wanted["GITHUB_TOKEN"]), event["workflow_run"])
    except CtxError as error:
        sys.stderr.write(f"error: {clean(str(error), 600)}\n")
        return error.exit_code
    sys.stdout.write(f"{done}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
