"""What the Internet Computer does, as stories over its HTTP interface: told of the embedded network, and of any other."""
