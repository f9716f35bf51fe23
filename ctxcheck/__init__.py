"""Say whether a canister may be upgraded, and whether anything is lost.

`compare_candid`, `compare_stable`, `Report`, `Verdict` and `ParseError` are the library, `MigrationOrchestrator` is
what the migration of a project extends; they are loaded when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analyzer import ParseError, Report, Verdict, compare_candid, compare_stable
    from migrator.orchestrator import MigrationOrchestrator

__version__ = "0.1.0"
__all__ = [
    "MigrationOrchestrator",
    "ParseError",
    "Report",
    "Verdict",
    "__version__",
    "compare_candid",
    "compare_stable",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the analyzer calls so
    if name not in __all__:
        msg = f"module 'ctxcheck' has no attribute {name!r}"
        raise AttributeError(msg)
    if name == "MigrationOrchestrator":
        return import_module("migrator.orchestrator").MigrationOrchestrator
    try:
        return getattr(import_module("analyzer"), name)
    except (ImportError, AttributeError) as error:
        found = getattr(import_module("analyzer"), "__file__", "an unknown place")
        msg = f"another package called `analyzer` ({found}) hides the one that ctxcheck brings"
        raise ImportError(msg) from error
