"""What a page is made of: elements and text. Text is escaped here, where it is written, and nowhere else.

There is no way to hand markup to a page: a string is always text, and only `Inline` is written as it is, in the two
elements that browsers do not read as markup.
"""

from __future__ import annotations

import re
from typing import NamedTuple

VOID = frozenset(("meta", "link", "br", "input"))
TAGS = VOID | frozenset(
    """html head title body header footer main nav section article details summary h1 h2 h3 p ul ol li dl dt dd div span
    a b code pre strong ins del table caption thead tbody tr th td button output
    svg g path rect circle text desc""".split()  # noqa: SIM905 - a list of words reads best as words
)
ATTRIBUTES = frozenset(
    """id class lang title href rel name content http-equiv charset type placeholder role scope tabindex
    aria-label aria-labelledby aria-pressed aria-live aria-hidden data-verdict data-surface data-blocked data-copy
    data-edit data-set data-value viewBox width height x y rx cx cy r d text-anchor""".split()  # noqa: SIM905
)
_SCHEMES = ("#", "data:")  # all that a page may point at: itself, and what it carries


class Element(NamedTuple):
    """An element. children: in order; None is nothing."""

    tag: str
    attributes: dict[str, str | int | None]
    children: tuple[Node, ...]


class Inline(NamedTuple):
    """A style sheet, a script or data, written as it is: nothing in it can end its element."""

    tag: str
    text: str
    type: str | None = None


Node = Element | Inline | str | None


def element(tag: str, *children: Node, **attributes: str | int | None) -> Element:
    """Return an element. attributes: `class_` is class, `data_edit` is data-edit, one that is None is left out.

    Raises ValueError for a tag or an attribute that pages do not have, and for a link that leads out of the page.
    """
    named = {_attribute(name): value for name, value in attributes.items()}
    if tag not in TAGS or not named.keys() <= ATTRIBUTES:
        msg = f"a page has no <{tag}> with {sorted(named)}"
        raise ValueError(msg)
    if not str(named.get("href") or "#").startswith(_SCHEMES):
        msg = f"a page does not lead to {named['href']!r}"
        raise ValueError(msg)
    return Element(tag, named, children)


def inline(tag: str, text: str, type: str | None = None) -> Inline:  # noqa: A002 - the attribute's name
    """Return a style or script element. Raises ValueError where the text could end it, or hide its end."""
    if tag not in ("style", "script") or re.search(r"</|<!--", text):
        msg = f"this cannot stand in <{tag}> as it is"
        raise ValueError(msg)
    return Inline(tag, text, type)


def html(node: Node) -> str:
    """Return a node as HTML."""
    out: list[str] = []
    _write(node, out)
    return "".join(out)


def _write(node: Node, out: list[str]) -> None:
    if node is None:
        return
    if isinstance(node, str):
        out.append(_escaped(node))
        return
    if isinstance(node, Inline):
        kind = f' type="{_escaped(node.type)}"' if node.type else ""
        out.append(f"<{node.tag}{kind}>{node.text}</{node.tag}>")
        return
    written = "".join(f' {k}="{_escaped(str(v))}"' for k, v in node.attributes.items() if v is not None)
    out.append(f"<{node.tag}{written}>")
    if node.tag in VOID:
        return
    for child in node.children:
        _write(child, out)
    out.append(f"</{node.tag}>")


_SIGNS = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "\t": "    ", "\n": "\n"}


def _escaped(text: str) -> str:
    """Return text as HTML shows it: no markup, and nothing that hides or reorders what stands beside it."""
    return "".join([_SIGNS.get(c) or (c if c.isprintable() else f"\\u{{{ord(c):x}}}") for c in text])


def _attribute(name: str) -> str:
    return name.rstrip("_").replace("_", "-")
