"""`ctxcheck completion SHELL`."""

from __future__ import annotations

import sys

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")


@click.command("completion", short_help="Print the completion script of a shell.")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the completion script of SHELL.

    \b
      bash   ctxcheck completion bash > ~/.local/share/bash-completion/completions/ctxcheck
      zsh    ctxcheck completion zsh  > a folder of $fpath, as _ctxcheck
      fish   ctxcheck completion fish > ~/.config/fish/completions/ctxcheck.fish
    """  # noqa: D301 - click's mark for lines that stay as they are
    found = get_completion_class(shell)
    assert found is not None  # noqa: S101 - click has all three
    sys.stdout.write(found(ctx.find_root().command, {}, "ctxcheck", "_CTXCHECK_COMPLETE").source())
