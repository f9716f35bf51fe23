"""Candid interfaces (`.did`): what clients see, and whether another version may take its place."""
