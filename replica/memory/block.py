"""Images are shared, mapped and written down in blocks."""

BLOCK = 1 << 16  # bytes; a page of WebAssembly
ZEROS = bytes(BLOCK)


def blocks_of(size: int) -> int:
    """Return in how many blocks so many bytes are."""
    return -(-size // BLOCK)
