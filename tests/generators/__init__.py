"""Random pairs of interfaces, the same ones for the same seed, and a way to make a pair smaller."""
