"""The memories of a canister: what a message changes is kept or undone as a whole."""
