"""One message of one canister: the system interface that it sees, and what becomes of it."""
