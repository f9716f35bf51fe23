"""Compare two versions of an interface: text in, report out. No network, no clock, no printing."""
