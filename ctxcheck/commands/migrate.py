"""`ctxcheck migrate`: the migration guide's words for backups."""

from __future__ import annotations

from importlib import import_module

import click

_WORDS = {"backup": "backup", "restore": "restore", "list": "list_backups", "verify": "verify"}


class Words(click.Group):
    """The commands by the words of the guide's `npm run migrate`."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return the words."""
        return list(_WORDS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """Return a command, None for another word."""
        if name not in _WORDS:
            return None
        found: click.Command = import_module(f"ctxcheck.commands.{_WORDS[name]}").command
        return found


@click.group("migrate", cls=Words, short_help="The migration guide's words: backup, restore, list, verify.")
def command() -> None:
    """Run `backup`, `restore`, `list` or `verify` by the words of the migration guide (`npm run migrate -- backup`)."""
