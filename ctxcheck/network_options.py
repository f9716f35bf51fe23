"""The options that say where canisters run and as whom to ask; what follows from them is `ctxcheck.connection`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

_OPTIONS: tuple[Any, ...] = (
    click.option("-e", "--environment", metavar="NAME", help="An environment of icp.yaml, or a network of dfx.json."),
    click.option("-n", "--network", metavar="NAME|URL", help="A network of the project, `ic`, or a URL."),
    click.option("-k", "--root-key", metavar="HEX", help="The network's root key, where it is not known."),
)
_IDENTITY: tuple[Any, ...] = (
    click.option("--identity", metavar="NAME", help="An identity of icp-cli or dfx; `anonymous` for none."),
    click.option("--identity-file", type=click.Path(path_type=Path), metavar="PEM", help="A key in a file."),
    click.option("--identity-command", metavar="COMMAND", help="A command that prints a key in PEM."),
    click.option(
        "--identity-password-file", type=click.Path(path_type=Path), metavar="FILE", help="What opens an encrypted key."
    ),
)


def network_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say where canisters run and as whom to ask."""
    for option in reversed((*_OPTIONS, *_IDENTITY)):
        command = option(command)
    return command


def identity_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say who signs."""
    for option in reversed(_IDENTITY):
        command = option(command)
    return command
