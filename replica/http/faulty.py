"""An answer as a fault makes it (`replica.faults`)."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from cbor2 import loads

from replica.certificates.authority import Authority
from replica.certificates.tree import LABELED, LEAF
from replica.errors import Reject
from replica.http.answer import CBOR, Answer
from replica.http.queries import rejection

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from replica.certificates.tree import Tree
    from replica.faults import Fault

_SECOND = 10**9
_STRANGER = b"somebody else"


class Cut(Exception):
    """The connection is to be cut."""


async def faulty(
    fault: Fault,
    action: str,
    run: Callable[[], Awaitable[Answer]],
    authority: Authority,
    encode: Callable[[object], bytes],
    now: int,
) -> Answer:
    """Return what a client gets instead of what `run` would give. now: ns since epoch. Raises Cut."""
    match fault.what:
        case "http":
            return Answer(HTTPStatus(fault.status), b"injected")
        case "reset":
            raise Cut
        case "lost":
            await run()
            raise Cut
        case "timeout":
            await run()
            await asyncio.sleep(fault.seconds)
            raise Cut
        case "silence":
            return Answer(HTTPStatus.ACCEPTED)
        case "reject" | "denied":
            if fault.what == "denied":
                await run()
            reject = rejection(Reject(fault.code, fault.error_code, fault.message))
            status = "rejected" if action == "query" else "non_replicated_rejection"
            return Answer(HTTPStatus.OK, encode({"status": status, **reject}), CBOR)
    answer = await run()
    return _changed(answer, fault, authority, encode, now) if answer.status == HTTPStatus.OK else answer


def _changed(answer: Answer, fault: Fault, authority: Authority, encode: Callable[[object], bytes], now: int) -> Answer:
    said = dict(loads(answer.body))
    if "certificate" in said:
        said["certificate"] = _certificate(said["certificate"], fault, authority, encode, now)
    elif "signatures" in said:
        said["signatures"] = [{**one, "signature": _flipped(one["signature"])} for one in said["signatures"]]
    elif "root_key" in said:
        said["root_key"] = Authority(_STRANGER).root_key
    return Answer(answer.status, encode(said), CBOR)


def _certificate(
    certificate: bytes, fault: Fault, authority: Authority, encode: Callable[[object], bytes], now: int
) -> bytes:
    whole = dict(loads(certificate))
    if fault.what == "forged":
        return encode({**whole, "signature": _flipped(whole["signature"])})
    tree = _tree(whole["tree"])
    tree.pop(b"time", None)
    if fault.what == "other key":
        return Authority(_STRANGER).issue(tree, time=now)
    return authority.issue(tree, time=now + int(fault.seconds * _SECOND))


def _flipped(data: bytes) -> bytes:
    return bytes([*data[:-1], data[-1] ^ 1])


def _tree(node: Any) -> Tree:  # noqa: ANN401 - nested arrays
    """Return labels and values of a tree as a certificate carries it; ours have nothing pruned."""
    if node[0] == LABELED:
        below = node[2]
        return {node[1]: below[1] if below[0] == LEAF else _tree(below)}
    found: Tree = {}
    for part in node[1:]:
        found |= _tree(part)
    return found
