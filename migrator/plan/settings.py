"""The settings of a canister as text, so that they can be kept, compared and shown."""

from __future__ import annotations

from typing import Any

from analyzer.candid.principal import Principal
from analyzer.candid.values import Case, Some


def settings_text(settings: dict[str, Any]) -> dict[str, str]:
    """Return settings, values of Candid, as text by name. Controllers are kept apart."""
    return {name: _text(value) for name, value in sorted(settings.items()) if name != "controllers"}


def _text(value: Any) -> str:  # noqa: ANN401 - a value of Candid
    match value:
        case None:
            return "null"
        case Some():
            return _text(value.value)
        case Case():
            inner = "" if value.value is None else f"({_text(value.value)})"
            return f"{value.label}{inner}"
        case Principal():
            return str(value)
        case bytes():
            return value.hex()
        case dict():
            return "{" + ", ".join(f"{key}: {_text(one)}" for key, one in sorted(value.items(), key=str)) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(_text, value)) + "]"
    return str(value)
