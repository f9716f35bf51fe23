"""What became of the values, as JSON: `ctxcheck.state-diff/1`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyzer.heap.diff import Result

SCHEMA: Literal["ctxcheck.state-diff/1"] = "ctxcheck.state-diff/1"


def diff_document(result: Result, notes: Sequence[str], limit: int) -> dict[str, Any]:
    """Return a comparison as JSON values. limit: of differences that are listed; they carry values and keys."""
    return {
        "schema": SCHEMA,
        "kept": result.kept,
        "summary": result.summary(),
        "values": result.values,
        "found": result.found,
        "not_compared": result.not_compared,
        "regions": result.regions,
        "notes": list(notes),
        "variables": {
            name: {
                "values": one.values,
                "kept": one.kept,
                "expected": one.expected,
                **{change.value: count for change, count in one.counts.items()},
            }
            for name, one in result.variables.items()
        },
        "differences": [
            {"change": d.change.value, "path": d.path, "old": d.old, "new": d.new, "expected": d.expected}
            for d in result.differences[:limit]
        ],
    }
