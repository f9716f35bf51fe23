"""How much memory a process had at most: `ru_maxrss` also counts what its parent had when it was started."""

from __future__ import annotations

import re
import resource
from pathlib import Path


def peak() -> int:
    """Return the most memory that this process itself had, in MiB."""
    status = Path("/proc/self/status")
    found = re.search(r"^VmHWM:\s+(\d+) kB", status.read_text("ascii"), re.MULTILINE) if status.exists() else None
    kibibytes = int(found[1]) if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kibibytes // 1024
