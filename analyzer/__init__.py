"""Compare two versions of an interface: text in, report out. No network, no clock, no printing.

The public names are loaded when first used, so that a Candid comparison does not load the Motoko side.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analyzer.compare.candid import compare_candid
    from analyzer.compare.stable import compare_stable
    from analyzer.errors import ParseError
    from analyzer.model import Report, Verdict

__all__ = ["ParseError", "Report", "Verdict", "compare_candid", "compare_stable"]

_HOMES = {
    "compare_candid": "analyzer.compare.candid",
    "compare_stable": "analyzer.compare.stable",
    "ParseError": "analyzer.errors",
    "Report": "analyzer.model",
    "Verdict": "analyzer.model",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the module has
    if name not in _HOMES:
        msg = f"module 'analyzer' has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(_HOMES[name]), name)
