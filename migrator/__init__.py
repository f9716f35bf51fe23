"""Backs up, upgrades, verifies, rolls back; every answer of the network that it acts on is verified."""
