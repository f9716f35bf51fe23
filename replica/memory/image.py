"""The committed bytes of a memory: mapped where the system can, copied elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from replica.memory import system
from replica.memory.copied import CopiedImage
from replica.memory.mapped import MappedImage

if TYPE_CHECKING:
    from pathlib import Path

Image: TypeAlias = MappedImage | CopiedImage


def new_image(size: int = 0) -> Image:
    """Return an image of zeros. size: bytes, whole pages of WebAssembly."""
    return MappedImage(size) if system.is_there() else CopiedImage(size)


def image_of_file(path: Path) -> Image:
    """Return an image of a file, which nobody may change. Raises OSError, ValueError: it is not of whole pages."""
    return MappedImage.of_file(path) if system.is_there() else CopiedImage.of_file(path)
