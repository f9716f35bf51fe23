"""Plans: what is to be done to which canisters, as one file that never changes and is called by its SHA-256."""
