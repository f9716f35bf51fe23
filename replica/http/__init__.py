"""The HTTP interface of the Internet Computer: an ASGI app over a network, and a server for it on loopback."""
