"""`ctxcheck changelog OLD..NEW`."""

from __future__ import annotations

import sys

import click

from analyzer.compare.versions import compare_versions
from analyzer.sources.paths import read_versions
from analyzer.sources.project import default_profile


@click.command("changelog", short_help="Write all changes between two versions as release notes.")
@click.argument("versions", nargs=-1, required=True, metavar="OLD..NEW | OLD NEW")
def command(versions: tuple[str, ...]) -> None:
    """Write all changes from OLD to NEW as release notes in Markdown: files or folders, as for `diff`.

    \b
    Exit status:
      0  written, whatever the changes are
      2  the call is wrong
      3  an input cannot be read
    """  # noqa: D301 - click's mark for lines that stay as they are
    from analyzer.report.changelog import changelog  # noqa: PLC0415 - not before the inputs are read

    old, new = _two(versions)
    changes = compare_versions(read_versions(old, new), profile=default_profile())
    sys.stdout.write(changelog(changes, old, new))


def _two(versions: tuple[str, ...]) -> tuple[str, str]:
    if len(versions) == 1:
        parts = versions[0].split("..")
        # A path may have dots of its own (`../old..../new`): then it takes two arguments.
        if len(parts) == 2 and all(parts):  # noqa: PLR2004 - old and new
            return parts[0], parts[1]
    elif len(versions) == 2:  # noqa: PLR2004
        return versions[0], versions[1]
    msg = "give two versions: `ctxcheck changelog OLD NEW`, or `OLD..NEW`"
    raise click.UsageError(msg)
