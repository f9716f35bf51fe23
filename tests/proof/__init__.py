"""Proofs that take longer than a test: ctxcheck against the official checkers on tens of thousands of random pairs."""
