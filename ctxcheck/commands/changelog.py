"""`ctxcheck changelog OLD..NEW`."""

from __future__ import annotations

import sys

import click

from analyzer.compare.versions import compare_versions
from analyzer.sources.paths import read_versions
from analyzer.sources.projects.profile import default_profile


@click.command("changelog", short_help="Write all changes between two versions as release notes.")
@click.argument("versions", nargs=-1, required=True, metavar="OLD..NEW | OLD NEW | REVISION")
def command(versions: tuple[str, ...]) -> None:
    """Write all changes from OLD to NEW as release notes in Markdown: what `diff` compares.

    \b
    Exit status:
      0  written, whatever the changes are
      2  the call is wrong
      3  an input cannot be read
    """  # noqa: D301 - click's mark for lines that stay as they are
    from analyzer.report.changelog import changelog  # noqa: PLC0415 - not before the inputs are read

    old, new = versions[0], versions[1] if len(versions) > 1 else None
    if len(versions) > 2:  # noqa: PLR2004 - old and new
        msg = "give two versions: `ctxcheck changelog OLD NEW`, or `OLD..NEW`"
        raise click.UsageError(msg)
    changes = compare_versions(read_versions(old, new), profile=default_profile())
    first, _, second = old.partition("..")
    names = (old, new) if new is not None else (first, second) if second else (old, "the working files")
    sys.stdout.write(changelog(changes, *names))
