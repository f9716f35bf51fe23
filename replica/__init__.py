"""An embedded Internet Computer: real canisters, and the HTTP interface that real clients speak.

Importing the package loads nothing of it; each part is imported where it is used.
"""
