"""Two stable signatures in, a migration out: as a small tree, and as Motoko text. Nothing here is run or compiled."""
