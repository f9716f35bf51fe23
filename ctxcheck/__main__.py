"""The process: `ctxcheck` and `python -m ctxcheck`."""

import gc

gc.disable()  # while modules load, which stay: looking for garbage among them is a twentieth of a small diff

from ctxcheck.main import main  # noqa: E402 - what it loads is what the collector is to be spared

__all__ = ["main"]

if __name__ == "__main__":
    main()
