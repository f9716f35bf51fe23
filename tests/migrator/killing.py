"""Runs that end at a chosen point: before or after a line of the journal, before, inside or after a request.

    python -m tests.migrator.killed URL FOLDER PLAN KEY POINT

ends by SIGKILL there; in a test's own process a run ends by an exception that nothing catches.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from migrator.journal.envelopes import Envelopes
from migrator.journal.file import Journal
from migrator.network.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Killed(BaseException):
    """The run ended here."""


class Points:
    """Counts the points that a run passes, and ends it at one of them. at: None, it is not ended.

    passed: what each point was.
    """

    def __init__(self, at: int | None, end: Callable[[], None] | None = None) -> None:
        self.at = at
        self.passed: list[str] = []
        self._end = end

    def pass_by(self, what: str, inside: Callable[[], object] | None = None) -> None:
        """Pass a point. inside: what is under way when it ends here."""
        self.passed.append(what)
        if self.at != len(self.passed) - 1:
            return
        if inside is not None:
            threading.Thread(target=_quietly(inside), daemon=True).start()
        if self._end is not None:
            self._end()
        raise Killed


def _quietly(work: Callable[[], object]) -> Callable[[], None]:
    def quiet() -> None:
        with suppress(Exception):  # whoever asked is gone
            work()

    return quiet


@contextmanager
def counted(points: Points) -> Iterator[None]:
    """Have runs pass the points, for as long as the context lasts."""
    append, keep, drop, post = Journal.append, Envelopes.keep, Envelopes.drop, Transport.post

    def appended(self: Journal, kind: str, target: str = "", step: str = "", **data: Any) -> Any:  # noqa: ANN401
        points.pass_by(f"before the journal says {kind} {step}")
        record = append(self, kind, target, step, **data)
        points.pass_by(f"after the journal says {kind} {step}")
        return record

    def kept(self: Envelopes, name: str, plain: dict[str, Any]) -> None:
        keep(self, name, plain)
        points.pass_by("after a request is kept")

    def dropped(self: Envelopes, name: str) -> None:
        points.pass_by("before a request is dropped")
        drop(self, name)

    def posted(self: Transport, path: str, body: bytes, *, until: float) -> Any:  # noqa: ANN401
        if not path.endswith("/call"):
            return post(self, path, body, until=until)
        points.pass_by("before a call")
        points.pass_by("inside a call", lambda: post(self, path, body, until=until))
        answer = post(self, path, body, until=until)
        points.pass_by("after a call")
        return answer

    with (
        patch.object(Journal, "append", appended),
        patch.object(Envelopes, "keep", kept),
        patch.object(Envelopes, "drop", dropped),
        patch.object(Transport, "post", posted),
    ):
        yield
