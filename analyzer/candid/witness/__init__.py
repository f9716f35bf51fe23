"""A value that shows what a change does: written by one version, refused or read as something else by the other."""

from analyzer.candid.witness.find import Witness, Witnesses, find
from analyzer.candid.witness.search import Loss

__all__ = ["Loss", "Witness", "Witnesses", "find"]
