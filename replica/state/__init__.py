"""A network in a folder: what was acknowledged is there again after the process was killed at any moment."""
