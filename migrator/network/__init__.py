"""The network: what a canister really is and does, proven by certificates, and calls whose outcome is known."""
