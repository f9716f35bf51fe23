"""Issuing certificates: hash trees, the keys of a subnet and of its node, and what they sign.

Verifying certificates is another room's work, and shares no code with this one: a mistake must not confirm itself.
"""
