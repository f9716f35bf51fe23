"""What holds for all tests: none reads or fills the caches of whoever runs them."""

from __future__ import annotations

import os

os.environ["CTXCHECK_CACHE"] = "0"  # here and in every process that a test starts; tests of the cache turn it on
