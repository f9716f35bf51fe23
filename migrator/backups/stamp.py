"""The time in the names of backups, as the migration guide writes it: `2024-01-01T12-00-00-000Z`."""

from __future__ import annotations

import re
from datetime import UTC, datetime

PATTERN = re.compile(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z")


def stamp(ns: int) -> str:
    """Return a time (ns since epoch) as it stands in names."""
    time = datetime.fromtimestamp(ns // 10**9, UTC)
    return f"{time:%Y-%m-%dT%H-%M-%S}-{ns // 10**6 % 1000:03}Z"


def time_of(name: str) -> int | None:
    """Return the time (ns since epoch) in a name, None where there is none."""
    found = PATTERN.search(name)
    if found is None:
        return None
    try:
        time = datetime.strptime(found[0][:-5], "%Y-%m-%dT%H-%M-%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return int(time.timestamp()) * 10**9 + int(found[0][-4:-1]) * 10**6
