"""Motoko stable signatures (`.most`): what a program keeps across an upgrade, and whether another may take it over."""
