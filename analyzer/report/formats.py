"""The formats of a report by name; each is loaded when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from analyzer.compare.versions import ChangeSet


def _text(changes: ChangeSet, _version: str) -> str:
    from analyzer.report.drawing import Drawing  # noqa: PLC0415
    from analyzer.report.text import plain_text  # noqa: PLC0415

    return plain_text(changes, Drawing())


def _short(changes: ChangeSet, _version: str) -> str:
    from analyzer.report.short import short_text  # noqa: PLC0415

    return short_text(changes)


def _json(changes: ChangeSet, version: str) -> str:
    from analyzer.report.json import json_text  # noqa: PLC0415

    return json_text(changes, version)


def _html(changes: ChangeSet, version: str) -> str:
    from analyzer.report.html.page import html_text  # noqa: PLC0415

    return html_text(changes, version)


def _github(changes: ChangeSet, _version: str) -> str:
    from analyzer.report.github import github_text  # noqa: PLC0415

    return github_text(changes)


def _markdown(changes: ChangeSet, version: str) -> str:
    from analyzer.report.markdown import markdown_text  # noqa: PLC0415

    return markdown_text(changes, version)


def _sarif(changes: ChangeSet, version: str) -> str:
    from analyzer.report.sarif import sarif_text  # noqa: PLC0415

    return sarif_text(changes, version)


def _junit(changes: ChangeSet, _version: str) -> str:
    from analyzer.report.junit import junit_text  # noqa: PLC0415

    return junit_text(changes)


def _gitlab(changes: ChangeSet, _version: str) -> str:
    from analyzer.report.gitlab import gitlab_text  # noqa: PLC0415

    return gitlab_text(changes)


# A change set and the version of ctxcheck -> the report, which ends with a line break.
FORMATS: dict[str, Callable[[ChangeSet, str], str]] = {
    "text": _text,
    "short": _short,
    "json": _json,
    "html": _html,
    "github": _github,
    "markdown": _markdown,
    "sarif": _sarif,
    "junit": _junit,
    "gitlab": _gitlab,
}
