"""What goes back to a client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from http import HTTPStatus

CBOR = "application/cbor"
TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """close: the connection cannot be used again, because the request was not read to its end."""

    status: HTTPStatus
    body: bytes = b""
    kind: str = TEXT
    close: bool = False
    allow: str | None = None


class HttpError(Exception):
    """The request is refused with this status and this text; agents print the text as it is (seen in agent-rs)."""

    def __init__(self, status: HTTPStatus, text: str, *, close: bool = False, allow: str | None = None) -> None:
        super().__init__(text)
        self.answer = Answer(status, text.encode("utf-8", "replace"), close=close, allow=allow)
