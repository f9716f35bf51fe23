"""An accepted change, as tests put it beside an occurrence."""

from __future__ import annotations

from datetime import date

from analyzer.policy.accepted import Accepted


def decision(reason: str, *, by: str = "ann", until: date | None = None) -> Accepted:
    return Accepted("0" * 64, "ledger", "C305", "case added", "m", reason, by, date(2026, 1, 2), until)
