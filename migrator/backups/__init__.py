"""Backups that can be believed: every piece is hashed, and a backup that says it is complete is."""
