"""The steps of one `ctxcheck diff OLD NEW`, timed: run by `breakdown` as a process of its own.

Loads nothing but what ctxcheck loads, and writes a line a step to standard error: name, tab, milliseconds.
"""

import gc
import sys
import time
from importlib import import_module

_MARKS = [("", time.perf_counter())]


def _mark(name: str) -> None:
    _MARKS.append((name, time.perf_counter()))


def _main(old: str, new: str) -> None:
    import_module("click")
    _mark("import click, and of Python what it needs")
    import_module("ctxcheck.main")
    import_module("ctxcheck.commands.diff")
    import_module("ctxcheck.paint")
    if new.endswith(".most"):
        import_module("analyzer.motoko.parse")
        import_module("analyzer.compare.stable")
    _mark("import ctxcheck")
    gc.disable()  # as the command does
    from analyzer.compare.versions import compare_versions
    from analyzer.sources.cache import open_cache
    from analyzer.sources.paths import read_versions
    from grammars import load

    cache = open_cache("bench")
    if cache is None:
        load("stable" if new.endswith(".most") else "candid")
        _mark("load the parse tables")
    versions = read_versions(old, new, cache)
    _mark("read both files" if cache else "read and parse both files")
    changes = compare_versions(versions, profile="didc")
    _mark("compare")
    lines = import_module("analyzer.report.text").text_lines
    _mark("import the report")
    for edit in changes.edits:
        for occurrence in edit.occurrences:
            _ = occurrence.witness
    _mark("find values that show the changes, with their imports")
    import_module("ctxcheck.paint").show(lambda drawing: lines(changes, drawing))
    sys.stdout.flush()
    _mark("print")
    for (name, at), (_, before) in zip(_MARKS[1:], _MARKS, strict=False):
        sys.stderr.write(f"{name}\t{(at - before) * 1000}\n")


_main(sys.argv[1], sys.argv[2])
