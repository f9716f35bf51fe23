"""The management canister `aaaaa-aa`."""
