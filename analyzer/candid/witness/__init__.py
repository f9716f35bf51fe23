"""A value that shows what a change does: written by one version, refused or read as something else by the other."""
