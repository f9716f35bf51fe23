"""The Context Registry in a network, called with values as text."""

from __future__ import annotations

from ctxcheck.demonstration import FIRST, LISTINGS, call, fill, interface, module, records

__all__ = ["FIRST", "LISTINGS", "call", "fill", "interface", "module", "records"]
