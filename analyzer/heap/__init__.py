"""Stable variables of a Motoko canister with enhanced orthogonal persistence, straight from an image of its memory."""
